# What stands in for apache/kafka: the same jars, user and folders, and the image's own set-up program
# (it is one of the jars), which makes the broker's settings of KAFKA_* variables.
FROM isotherm-standin/debian:bookworm
RUN apt-get update \
    && apt-get install --yes --no-install-recommends openjdk-17-jre-headless \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 1000 --create-home appuser \
    && install --directory --owner=1000 --group=0 --mode=0775 /opt/kafka/config /opt/kafka/logs \
        /etc/kafka/docker /mnt/shared/config /var/lib/kafka/data
COPY kafka-jars /opt/kafka/libs
COPY kafka-log4j2.yaml /etc/kafka/docker/log4j2.yaml
COPY kafka-log4j2.yaml /etc/kafka/docker/tools-log4j2.yaml
COPY --chmod=0755 kafka.sh /etc/kafka/docker/run
USER appuser
VOLUME ["/etc/kafka/secrets", "/var/lib/kafka/data", "/mnt/shared/config"]
CMD ["/etc/kafka/docker/run"]
