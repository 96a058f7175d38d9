"""Behind an authority of one's own pip, uv, npm and our requests trust what the machine is told to.

A small registry on loopback, with a certificate of a private authority, stands for a company's proxy.
"""

import base64
import hashlib
import io
import json
import os
import ssl
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from isotherm.archive.http_archive import HttpArchive
from isotherm.certificates import HINT, node_variables
from isotherm.errors import SetupError
from isotherm.local import dashboard
from isotherm.settings import REPOSITORY_ROOT, load_settings

WHEEL = "isotherm_probe-1.0-py3-none-any.whl"


def make_wheel() -> bytes:
    """The smallest package pip and uv install."""
    info = "isotherm_probe-1.0.dist-info"
    files = {
        "isotherm_probe.py": b"",
        f"{info}/METADATA": b"Metadata-Version: 2.1\nName: isotherm-probe\nVersion: 1.0\n",
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    digests = {name: hashlib.sha256(content).digest() for name, content in files.items()}
    rows = [
        f"{name},sha256={base64.urlsafe_b64encode(digests[name]).rstrip(b'=').decode()},{len(content)}"
        for name, content in files.items()
    ]
    files[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,", ""]).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


class Registry(BaseHTTPRequestHandler):
    """As much of PyPI, of npm and of an archive as is asked for."""

    pages = {  # noqa: RUF012 - the same for all
        "/simple/isotherm-probe/": ("text/html", f'<a href="/{WHEEL}">{WHEEL}</a>'.encode()),
        f"/{WHEEL}": ("application/octet-stream", make_wheel()),
        "/-/ping": ("application/json", json.dumps({}).encode()),
    }

    def do_GET(self) -> None:
        kind, content = self.pages.get(self.path.partition("?")[0], ("text/html", b"<html></html>"))
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


def certificate(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: x509.Name, signed_by: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    """An authority's certificate where it signs itself, else a server's."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    is_authority = subject == issuer
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signed_by.public_key()), critical=False
        )
    )
    if not is_authority:
        names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(signed_by, hashes.SHA256())


def pem(*certificates: x509.Certificate) -> bytes:
    """Certificates as files hold them."""
    return b"".join(one.public_bytes(serialization.Encoding.PEM) for one in certificates)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Address of the registry, and the file with the authority that signed it."""
    folder = tmp_path_factory.mktemp("authority")
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A company")])
    root = certificate("A company", root_key, root_name, root_key)
    own = certificate("localhost", key, root_name, root_key)
    (folder / "bundle.pem").write_bytes(pem(root))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.pem").write_bytes(private + pem(own, root))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://localhost:{server.server_port}", folder / "bundle.pem"
    server.shutdown()


@pytest.fixture
def told(authority: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> str:
    """The registry's address, in an environment that names its authority."""
    forget_authorities(monkeypatch)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority[1]))
    return authority[0]


def forget_authorities(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine where nobody has set anything; no proxy lies before loopback."""
    for name in (
        "SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS",
        "UV_SYSTEM_CERTS", "UV_NATIVE_TLS", "NODE_OPTIONS", "UV_DEFAULT_INDEX", "UV_INDEX_URL",
    ):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "localhost,127.0.0.1")
    monkeypatch.setenv("no_proxy", "localhost,127.0.0.1")


def install(program: str, target: Path) -> subprocess.CompletedProcess[str]:
    """Have one of the bootstrap script's installers fetch the probe, configured as the script does."""
    script = (REPOSITORY_ROOT / "isotherm").read_text()
    functions = script[: script.index("is_set_up || set_up")]
    options = f"install --quiet --no-deps --target '{target}' isotherm-probe"
    installers = {
        "pip": f"'{sys.executable}' -m pip --disable-pip-version-check --retries 0 {options}",
        "uv": f"$tools/uv/bin/uv pip --no-cache {options} --python '{sys.executable}'",
    }
    tools = str(load_settings().tools_dir)
    return subprocess.run(
        ["bash", "-c", f"{functions}\nconfigure_downloads\n{installers[program]}"],
        env={**os.environ, "ISOTHERM_TOOLS_DIR": tools, "UV_HTTP_RETRIES": "0"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("program", ["pip", "uv"])
def test_the_installers_trust_the_authority_they_are_told(
    told: str, tmp_path: Path, program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", f"{told}/simple/")
    ended = install(program, tmp_path / "target")
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "target" / "isotherm_probe.py").exists()


@pytest.mark.parametrize("program", ["pip", "uv"])
def test_an_authority_that_pip_alone_was_told_of_is_uv_s_too(
    authority: tuple[str, Path], tmp_path: Path, program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_authorities(monkeypatch)
    monkeypatch.setenv("PIP_CERT", str(authority[1]))
    monkeypatch.setenv("PIP_INDEX_URL", f"{authority[0]}/simple/")
    ended = install(program, tmp_path / "target")
    assert ended.returncode == 0, ended.stderr


def test_npm_trusts_the_authority_and_says_what_to_do_where_it_is_not_told(
    authority: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_authorities(monkeypatch)
    ping = ["npm", "ping", "--fetch-retries=0", f"--registry={authority[0]}/"]
    with pytest.raises(SetupError) as caught:
        dashboard._run(ping, tmp_path, 60)
    assert "CERT" in str(caught.value)
    assert str(caught.value).endswith(HINT)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority[1]))
    dashboard._run(ping, tmp_path, 60)


def test_what_a_person_has_told_node_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    forget_authorities(monkeypatch)
    bundle = tmp_path / "bundle.pem"
    bundle.touch()
    assert node_variables({"SSL_CERT_FILE": str(bundle)}) == {"NODE_EXTRA_CA_CERTS": str(bundle)}
    assert node_variables({"SSL_CERT_FILE": str(bundle), "NODE_EXTRA_CA_CERTS": "/mine"}) == {}


def test_an_archive_behind_the_authority_is_reached_or_told_how(
    authority: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_authorities(monkeypatch)
    archive = HttpArchive(authority[0])
    reason = archive.unreachable_reason()
    archive.close()
    assert reason is not None
    assert HINT in reason
    monkeypatch.setenv("SSL_CERT_FILE", str(authority[1]))
    archive = HttpArchive(authority[0])
    assert archive.unreachable_reason() is None
    archive.close()
