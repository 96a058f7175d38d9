# What stands in for Debian's image where no image registry is reached: debootstrap's tree, and this
# machine's own certificate authorities, so that programs of a build trust what the machine trusts.
ARG TREE
FROM ${TREE}
COPY authorities/ /usr/local/share/ca-certificates/
# A mirror may stand still for longer than its index is said to hold.
RUN echo 'Acquire::Check-Valid-Until "false";' > /etc/apt/apt.conf.d/99-standing-mirror \
    && apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && printf '[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n' > /etc/pip.conf
ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
    REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt \
    NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
CMD ["bash"]
