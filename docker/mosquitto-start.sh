#!/bin/sh
# Writes the password file from the environment and becomes the broker.
set -eu
passwords=/mosquitto/data/passwords
rm -f "$passwords"
umask 077
mosquitto_passwd -b -c "$passwords" "$TRICOLOR_MQTT_USERNAME" "$TRICOLOR_MQTT_PASSWORD"
if [ "$(id -u)" = 0 ]; then chown mosquitto:mosquitto "$passwords"; fi
exec mosquitto -c /mosquitto/config/mosquitto.conf
