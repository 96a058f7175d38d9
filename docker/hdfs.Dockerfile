# HDFS's NameNode and DataNode: Debian, a Java runtime, and the jars of the local stack's own lock file.
ARG BASE=debian:bookworm-slim
FROM ${BASE} AS jars
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates ivy openjdk-17-jre-headless python3 \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY src/isotherm/__init__.py src/isotherm/certificates.py src/isotherm/errors.py isotherm/
COPY src/isotherm/local/__init__.py src/isotherm/local/jars.py src/isotherm/local/jars.lock isotherm/local/
COPY docker/fetch_jars.py .
RUN PYTHONPATH=. python3 fetch_jars.py hdfs /jars java /usr/share/java/ivy.jar

FROM ${BASE}
# A name for the number: Hadoop's login fails for a user without one.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends openjdk-17-jre-headless \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --gid 0 --home-dir /var/lib/hdfs --no-create-home isotherm \
    && install --directory --owner=10001 --group=0 --mode=0770 /var/lib/hdfs
COPY --from=jars /jars /opt/hdfs/lib
COPY docker/hdfs/conf /opt/hdfs/conf
COPY --chmod=0755 docker/hdfs/hdfs.sh /opt/hdfs/hdfs.sh
# Hadoop looks for these at start; the jars hold no web pages.
RUN mkdir -p /opt/hdfs/conf/webapps/hdfs /opt/hdfs/conf/webapps/datanode
ENV HADOOP_USER_NAME=isotherm
USER 10001:0
WORKDIR /var/lib/hdfs
ENTRYPOINT ["/opt/hdfs/hdfs.sh"]
CMD ["namenode"]
