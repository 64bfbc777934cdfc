#!/bin/sh
# At the first start makes the file of accounts with the administrator in it, then becomes the broker. The other accounts are made over MQTT:
# the intake's by the service broker-accounts, the gateways' by `tricolor gateway add`.
set -eu
folder=${MOSQUITTO_DATA:-/mosquitto/data}
accounts=$folder/dynamic-security.json
: "${TRICOLOR_BROKER_ADMIN_USERNAME:?names the account that gives out the others}"
: "${TRICOLOR_BROKER_ADMIN_PASSWORD:?is empty: set it in .env, e.g. openssl rand -hex 24}"
umask 077
if [ ! -s "$accounts" ]; then
  rm -f "$accounts" "$accounts.first"
  mosquitto_ctrl dynsec init "$accounts.first" "$TRICOLOR_BROKER_ADMIN_USERNAME" "$TRICOLOR_BROKER_ADMIN_PASSWORD" >/dev/null
  chmod 600 "$accounts.first"
  mv "$accounts.first" "$accounts"
fi
rm -f "$folder/passwords" # of versions that had one password for all
if [ "$(id -u)" = 0 ]; then chown mosquitto:mosquitto "$accounts"; fi
exec mosquitto -c "${MOSQUITTO_CONF:-/mosquitto/config/mosquitto.conf}"
