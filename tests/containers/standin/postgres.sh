#!/bin/bash
# The first start makes the database and its user; then the server.
set -euo pipefail
chmod 0700 "$PGDATA"
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  initdb "--username=$POSTGRES_USER" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") > /dev/null
  echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
  pg_ctl -w -o "-c listen_addresses=" start > /dev/null
  createdb "--username=$POSTGRES_USER" "$POSTGRES_DB"
  pg_ctl -w -m fast stop > /dev/null
fi
exec "$@" -c 'listen_addresses=*'
