# One image for all Python parts: Airflow, the API, the sink, and the one-shot set-up programs.
# The same hashed lock, jars and Java as the local stack; the code is installed editable, so that
# dags/, jobs/, streaming/ and plugins/ lie beside it as in the repository.
ARG BASE=python:3.12-slim-bookworm
FROM ${BASE}
WORKDIR /opt/isotherm
COPY requirements-3.12.lock requirements-lineage-3.12.lock ./
RUN pip install --no-cache-dir --no-deps --require-hashes --requirement requirements-3.12.lock

ENV ISOTHERM_TOOLS_DIR=/opt/isotherm-tools \
    ISOTHERM_STATE_DIR=/var/lib/isotherm
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY src src
COPY dashboard dashboard
COPY docker/set_up_tools.py docker/
# A name for the number: Hadoop's login, in Spark too, fails for a user without one.
RUN pip install --no-cache-dir --no-deps --no-build-isolation --editable . \
    && python docker/set_up_tools.py java jars-spark dashboard spark-archive \
    && ISOTHERM_LINEAGE=/nowhere python docker/set_up_tools.py lineage \
    && rm -rf dashboard/node_modules /opt/isotherm-tools/npm-cache \
    && useradd --uid 10001 --gid 0 --home-dir /var/lib/isotherm --no-create-home isotherm \
    && install --directory --owner=10001 --group=0 --mode=0770 /var/lib/isotherm
COPY docker docker
COPY dags dags
COPY jobs jobs
COPY streaming streaming
COPY plugins plugins
# The root is read-only later: what is not compiled here each program compiles anew at each start. Of the
# standard library the base image has no compiled files either; pip compiles what it installs.
RUN python -m compileall -q -x '/(site-packages|test|tests|idlelib|lib2to3)/' \
        /usr/local/lib/python3.12 src docker dags jobs streaming plugins

ENV JAVA_HOME=/opt/isotherm-tools/java \
    SPARK_HOME=/usr/local/lib/python3.12/site-packages/pyspark \
    PYSPARK_PYTHON=/usr/local/bin/python \
    PYSPARK_DRIVER_PYTHON=/usr/local/bin/python \
    SPARK_LOCAL_DIRS=/var/lib/isotherm/spark \
    HADOOP_USER_NAME=isotherm \
    PYTHONUNBUFFERED=1
ENV PATH=/opt/isotherm-tools/java/bin:$PATH
USER 10001:0
WORKDIR /var/lib/isotherm
CMD ["python", "-c", "import sys; sys.exit('name the program to run: docker-compose.yaml does')"]
