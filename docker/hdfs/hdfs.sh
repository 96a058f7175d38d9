#!/bin/bash
# One HDFS program of this image: format | namenode | datanode | check-namenode | check-datanode.
# What follows the word, and HDFS_OPTIONS, are settings beside those of hdfs-site.xml: -D NAME=VALUE.
set -euo pipefail

state=/var/lib/hdfs
small=(-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData -XX:+ExitOnOutOfMemoryError
       -Djava.net.preferIPv4Stack=true)

hadoop_java() {
  exec java "-Xmx${HDFS_HEAP_MB:-128}m" "${small[@]}" -cp "/opt/hdfs/conf:/opt/hdfs/lib/*" "$@"
}

# The image has no curl: one HTTP request through bash. Prints the answer, fails if there is none.
http_get() {
  exec 3<>"/dev/tcp/127.0.0.1/$1"
  printf 'GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n' "$2" >&3
  timeout 8 cat <&3
}

server=org.apache.hadoop.hdfs.server
read -r -d '' -a options <<< "${HDFS_OPTIONS:-}" || true
options+=("${@:2}")
case "${1:-}" in
  format)
    if [ -e "$state/name/current/VERSION" ]; then
      echo "HDFS is formatted already."
      exit 0
    fi
    hadoop_java "$server.namenode.NameNode" "${options[@]}" -format -nonInteractive -force
    ;;
  namenode) hadoop_java "$server.namenode.NameNode" "${options[@]}" ;;
  datanode) hadoop_java "$server.datanode.DataNode" "${options[@]}" ;;
  check-namenode)
    http_get 9870 '/webhdfs/v1/?op=GETFILESTATUS' | grep -q '"FileStatus"'
    ;;
  check-datanode)
    # Registered with its NameNode, not merely listening.
    http_get 9864 '/jmx?qry=Hadoop:service=DataNode,name=DataNodeInfo' \
      | grep -q 'ActorState[^A-Z]*RUNNING'
    ;;
  *)
    echo "usage: hdfs.sh format | namenode | datanode | check-namenode | check-datanode" >&2
    exit 2
    ;;
esac
