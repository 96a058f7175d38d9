# What stands in for mysql: Oracle's MySQL as the Debian of these days has it, with the image's user,
# folders and variables.
FROM isotherm-standin/debian:sid
RUN groupadd --gid 999 mysql \
    && useradd --uid 999 --gid 999 --home-dir /var/lib/mysql --no-create-home mysql \
    && apt-get update \
    && apt-get install --yes --no-install-recommends mysql-server-core mysql-client-core \
    && rm -rf /var/lib/apt/lists/* \
    && install --directory --owner=mysql --group=mysql --mode=1777 /var/lib/mysql /var/run/mysqld \
    && mkdir -p /docker-entrypoint-initdb.d
COPY --chmod=0755 mysql.sh /usr/local/bin/docker-entrypoint.sh
VOLUME /var/lib/mysql
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["mysqld"]
