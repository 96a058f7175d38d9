"""Questions that tell whether a server is ready; each answers within seconds and never raises."""

import socket
import ssl
from typing import Any

import httpx

from isotherm.settings import LOOPBACK

# By default every question would read all authorities of the machine anew, for addresses without TLS.
NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
PROBE_TIMEOUT_S = 5.0
PATIENT_TIMEOUT_S = 10.0  # of a running server, which may be busy


def accepts_connections(port: int) -> bool:
    """Whether something listens on a loopback port."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=PROBE_TIMEOUT_S):
            return True
    except OSError:
        return False


def answers(url: str) -> bool:
    """Whether a GET of this address gives a success."""
    try:
        return httpx.get(
            url, timeout=PROBE_TIMEOUT_S, trust_env=False, verify=NO_AUTHORITIES
        ).is_success
    except httpx.HTTPError:
        return False


def responds(url: str) -> bool:
    """Whether a GET of this address gives any answer, also a refusal: the server does not hang."""
    try:
        httpx.get(url, timeout=PATIENT_TIMEOUT_S, trust_env=False, verify=NO_AUTHORITIES)
    except httpx.HTTPError:
        return False
    return True


def read_json(url: str) -> dict[str, Any]:
    """The JSON object an address gives; empty when it gives none."""
    try:
        response = httpx.get(url, timeout=PROBE_TIMEOUT_S, trust_env=False, verify=NO_AUTHORITIES)
        content = response.json() if response.is_success else {}
    except (httpx.HTTPError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
