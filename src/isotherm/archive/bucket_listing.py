"""The keys of a public S3 bucket: what there is, how large, since when; a thousand a page."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final
from urllib.parse import quote
from xml.etree import ElementTree

from isotherm.archive.http_client import PoliteClient
from isotherm.errors import SourceError

_ROOT: Final = "ListBucketResult"
_NAMESPACE: Final = re.compile(r"^\{[^}]*\}")


@dataclass(frozen=True, slots=True)
class ListedKey:
    """One object of a bucket."""

    key: str
    size_bytes: int | None


@dataclass(frozen=True, slots=True)
class _Page:
    keys: tuple[ListedKey, ...]
    next_token: str | None


def list_keys(client: PoliteClient, bucket_url: str, prefix: str) -> Iterator[ListedKey]:
    """Every key that begins with the prefix, in the bucket's order.

    Raises:
        SourceError: the bucket does not answer, or not with a list of its keys.
    """
    token: str | None = None
    while True:
        page = _read_page(client, bucket_url, prefix, token)
        yield from page.keys
        if page.next_token is None:
            return
        token = page.next_token


def _read_page(client: PoliteClient, bucket_url: str, prefix: str, token: str | None) -> _Page:
    url = f"{bucket_url}/?list-type=2&prefix={quote(prefix, safe='/')}"
    if token is not None:
        url += f"&continuation-token={quote(token, safe='')}"
    page = client.read(url, partial(_page_of, url))
    if page is None:
        raise SourceError(f"{url}: there is no such bucket. Check the archive's address.")
    return page


def _page_of(url: str, content: bytes) -> _Page:
    """One page; whole, or an error: a part of one would hide stations.

    Raises:
        SourceError: it is no list of keys, or says that it goes on and not where.
    """
    try:
        # Expat refuses entities that grow; nothing else of the document is followed.
        root = ElementTree.fromstring(content)  # noqa: S314
    except ElementTree.ParseError as error:
        raise SourceError(f"{url}: no list of keys ({error}). Try again later.") from error
    if _name(root) != _ROOT:
        raise SourceError(f"{url}: {_name(root)!r} instead of a list of keys. Try again later.")
    keys = tuple(
        ListedKey(texts.get("Key", ""), int(size) if size.isdecimal() else None)
        for element in root
        if _name(element) == "Contents"
        for texts in [_texts(element)]
        for size in [texts.get("Size", "")]
    )
    texts = _texts(root)
    token = texts.get("NextContinuationToken")
    if texts.get("IsTruncated") == "true" and not token:
        raise SourceError(f"{url}: the list is cut off and does not say where it goes on.")
    return _Page(keys, token if texts.get("IsTruncated") == "true" else None)


def _name(element: ElementTree.Element) -> str:
    return _NAMESPACE.sub("", element.tag)


def _texts(element: ElementTree.Element) -> dict[str, str]:
    return {_name(child): child.text or "" for child in element}
