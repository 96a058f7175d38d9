# Our image with the provider that only another executor of Airflow's needs; all else stays as it is.
#   docker build --file docker/executor.Dockerfile --build-arg PROVIDER=... --tag ... .
ARG BASE=isotherm:local
FROM ${BASE}
ARG PROVIDER
USER 0
RUN pip freeze --exclude-editable > /tmp/installed \
    && pip install --no-cache-dir --constraint /tmp/installed "${PROVIDER}"
USER 10001:0
