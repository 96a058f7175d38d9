# What stands in for Python's image: this machine's CPython 3.12, with the libraries it is linked to.
FROM isotherm-standin/debian:bookworm
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libssl3 libsqlite3-0 libffi8 zlib1g libbz2-1.0 \
        liblzma5 libreadline8 libexpat1 libuuid1 libncursesw6 libtirpc3 \
    && rm -rf /var/lib/apt/lists/*
ADD python.tar /usr/local/
RUN ldconfig \
    && ln -sf python3.12 /usr/local/bin/python3 \
    && ln -sf python3.12 /usr/local/bin/python \
    && python -m ensurepip \
    && ln -sf pip3.12 /usr/local/bin/pip
CMD ["python"]
