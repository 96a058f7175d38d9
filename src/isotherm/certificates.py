"""The authorities this machine trusts, for the programs that bring a list of their own."""

import os
import ssl
from collections.abc import Mapping
from pathlib import Path

COMMON_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, Red Hat
    "/etc/ssl/ca-bundle.pem",  # SUSE
)
# What Java, Node, pip and uv call an authority they do not know.
_DISTRUST = (
    "CERTIFICATE", "certificate", "unable to get local issuer", "UnknownIssuer", "PKIX path",
)  # fmt: skip
HINT = (
    "A certificate is not trusted here: behind a company's proxy name the file with its authority, "
    "SSL_CERT_FILE=/path/to/bundle.pem ./isotherm up"
)


def certificate_bundle(environment: Mapping[str, str]) -> Path | None:
    """The file of authorities the machine uses: what pip and OpenSSL are told, else by place."""
    named = [environment.get("SSL_CERT_FILE"), environment.get("PIP_CERT")]
    places = [*named, ssl.get_default_verify_paths().cafile, *COMMON_BUNDLES]
    return next((Path(one) for one in places if one and Path(one).is_file()), None)


def trusting_context() -> ssl.SSLContext:
    """For requests of ours: the authorities that come with Python's packages, and the machine's."""
    import certifi  # the build of HDFS's image has no packages, and needs the rest of this module

    context = ssl.create_default_context(cafile=certifi.where())
    bundle = certificate_bundle(os.environ)
    if bundle is not None:
        context.load_verify_locations(bundle)
    return context


def node_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """What makes Node and npm trust the machine's authorities beside their own; a person's stay."""
    if environment.get("NODE_EXTRA_CA_CERTS"):
        return {}
    bundle = certificate_bundle(environment)
    return {} if bundle is None else {"NODE_EXTRA_CA_CERTS": str(bundle)}


def hint(output: str) -> str:
    """A line on certificates where a program's output speaks of one it does not trust, else nothing."""
    return f"\n{HINT}" if any(one in output for one in _DISTRUST) else ""
