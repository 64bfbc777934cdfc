#!/bin/bash
# Run once by the image: a role for Grafana that may only read, and only the tables named here (no keys, no people), also when a migration makes them later.
set -euo pipefail
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" -v password="$GRAFANA_LEDGER_PASSWORD" <<'SQL'
CREATE ROLE grafana_reader LOGIN PASSWORD :'password' CONNECTION LIMIT 20;
ALTER ROLE grafana_reader SET default_transaction_read_only = on;
ALTER ROLE grafana_reader SET statement_timeout = '20s';
GRANT USAGE ON SCHEMA public TO grafana_reader;
CREATE FUNCTION let_grafana_read() RETURNS event_trigger LANGUAGE plpgsql AS $$
DECLARE made record;
BEGIN
  FOR made IN SELECT object_identity FROM pg_event_trigger_ddl_commands() WHERE command_tag = 'CREATE TABLE' LOOP
    IF made.object_identity IN ('public.entity', 'public.meter', 'public.point', 'public.verdict', 'public.alert', 'public.alert_event',
                                'public.account_day', 'public.activity', 'public.intake_count') THEN
      EXECUTE format('GRANT SELECT ON %s TO grafana_reader', made.object_identity);
    END IF;
  END LOOP;
END $$;
CREATE EVENT TRIGGER let_grafana_read ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION let_grafana_read();
SQL
