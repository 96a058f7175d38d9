#!/bin/bash
# The first start makes the database and its user, on the socket alone; then the server.
set -euo pipefail
data=/var/lib/mysql
server=(mysqld --no-defaults "--datadir=$data" --socket=/var/run/mysqld/mysqld.sock
        --pid-file=/var/run/mysqld/mysqld.pid --mysqlx=OFF --secure-file-priv=NULL "$@")
as_root=(mysql --no-defaults --socket=/var/run/mysqld/mysqld.sock --user=root)

if [ ! -d "$data/mysql" ]; then
  "${server[@]}" --initialize-insecure
  "${server[@]}" --skip-networking &
  first=$!
  until "${as_root[@]}" --execute 'SELECT 1' > /dev/null 2>&1; do
    kill -0 "$first" || exit 1
    sleep 0.2
  done
  "${as_root[@]}" << SQL
CREATE DATABASE \`$MYSQL_DATABASE\`;
CREATE USER '$MYSQL_USER'@'%' IDENTIFIED BY '$MYSQL_PASSWORD';
GRANT ALL ON \`$MYSQL_DATABASE\`.* TO '$MYSQL_USER'@'%';
SQL
  for script in /docker-entrypoint-initdb.d/*.sql; do
    "${as_root[@]}" "--database=$MYSQL_DATABASE" < "$script"
  done
  "${as_root[@]}" --execute "ALTER USER 'root'@'localhost' IDENTIFIED BY '$MYSQL_ROOT_PASSWORD'"
  kill "$first"
  wait "$first"
fi
exec "${server[@]}"
