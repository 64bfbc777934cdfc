#!/bin/bash
# Run once by the image, after its setup: lets InfluxQL (and Grafana) see the bucket as a database of the same name.
set -euo pipefail
influx v1 dbrp create \
  --db "$DOCKER_INFLUXDB_INIT_BUCKET" --rp autogen --default \
  --bucket-id "$DOCKER_INFLUXDB_INIT_BUCKET_ID" --org "$DOCKER_INFLUXDB_INIT_ORG"
