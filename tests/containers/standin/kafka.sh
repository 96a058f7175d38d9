#!/bin/bash
# Make the settings, format the storage where it is new, start the broker.
set -euo pipefail
class_path='/opt/kafka/libs/*'
log4j=-Dlog4j2.configurationFile=/opt/kafka/config/log4j2.yaml
read -r -a heap <<< "${KAFKA_HEAP_OPTS:--Xmx256m}"
java "${heap[@]}" -cp "$class_path" kafka.docker.KafkaDockerWrapper setup \
  --default-configs-dir /etc/kafka/docker --mounted-configs-dir /mnt/shared/config \
  --final-configs-dir /opt/kafka/config 2>&1 | tee /tmp/setup.log \
  || grep -qi 'already formatted' /tmp/setup.log
exec java "${heap[@]}" "$log4j" "-Xlog:gc*:file=/opt/kafka/logs/gc.log" -cp "$class_path" \
  kafka.Kafka /opt/kafka/config/server.properties
