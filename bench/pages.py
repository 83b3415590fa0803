"""The pages of the bench: a folder with `truth.json` (page id to URL) and the bodies, `ID.html.gz`.

What the server sends is made here, the same bytes each time it is made, so that an archive of them can be compared
with what was served.
"""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass
from itertools import cycle
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes, urlsplit

if TYPE_CHECKING:
    from pathlib import Path

CHUNK = 8192
"""Bytes to a chunk of a chunked body."""
CODINGS = ("plain", "gzip", "chunked")
"""How bodies are sent, in turn, in the order of `truth.json`."""

_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")

Address = tuple[str, bytes]
"""A host in lower case and ASCII, and path and query with their escapes undone."""


class BenchError(Exception):
    """The bench cannot run, or what it ran failed; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the folder."""

    id: str
    url: str
    """As it stands in `truth.json`; some are no URL."""
    file: Path
    coding: str
    copy: int = 1
    """Which of the host's pages it is that are made of one file."""

    def response(self) -> bytes:
        """Return the whole HTTP response, head and framed body."""
        body = gzip.decompress(self.file.read_bytes())
        if self.copy > 1:
            body += b"<!-- page %d -->" % self.copy  # no two are alike, or they would be written as revisits
        return http_response(body, self.coding)


def load_pages(folder: Path, copies: int = 1) -> list[Page]:
    """Return the pages of *folder* in its own order; raises BenchError when it is no such folder.

    With more *copies* than one, each is followed by others like it, at URLs and with bytes of their own.
    """
    try:
        truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
        urls = {page_id: str(entry["url"]) for page_id, entry in truth.items()}
    except FileNotFoundError as error:
        raise BenchError(
            f"{folder} is no folder of bench pages (it has no truth.json); name one: make bench-crawl SEGMENTS=FOLDER"
        ) from error
    except (OSError, ValueError, AttributeError, KeyError, TypeError) as error:
        raise BenchError(f"{folder / 'truth.json'} does not give each page its url: {error!r}") from error
    return [
        Page(_numbered(page_id, "-", copy), _another(url, copy), folder / f"{page_id}.html.gz", coding, copy)
        for (page_id, url), coding in zip(urls.items(), cycle(CODINGS), strict=False)
        for copy in range(1, copies + 1)
    ]


def _another(url: str, copy: int) -> str:
    """Return the URL of the page's *copy*, the first of which is the page itself, blanks and all."""
    if copy == 1:
        return url
    address, hash_sign, fragment = url.strip().partition("#")
    return _numbered(address, "&page=" if "?" in address else "?page=", copy) + hash_sign + fragment


def _numbered(name: str, before: str, copy: int) -> str:
    return name if copy == 1 else f"{name}{before}{copy}"


def served(pages: list[Page]) -> dict[Address, Page]:
    """Return the pages that a server can serve, by the address of their URL."""
    addressed = ((address_of(page.url), page) for page in pages)
    return {address: page for address, page in addressed if address}


def tls_hosts(pages: list[Page]) -> list[str]:
    """Return the hosts of the https URLs."""
    urls = (page.url.strip() for page in served(pages).values())
    return sorted({urlsplit(url).hostname or "" for url in urls if url.lower().startswith("https:")})


def address_of(url: str) -> Address | None:
    """Return the address of an http or https URL, or None for anything else."""
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").encode("idna").decode("ascii")
    except ValueError:  # UnicodeError is one
        return None
    if parts.scheme not in {"http", "https"} or not _HOST.fullmatch(host):
        return None
    return host, target(parts.path + ("?" + parts.query if parts.query else ""))


def target(path: str | bytes) -> bytes:
    """Return *path* (with its query) so that two ways of escaping it are equal."""
    return unquote_to_bytes(path or "/")


def http_response(body: bytes, coding: str) -> bytes:
    """Return a 200 with *body*. It has no Date, so that it is the same whenever it is made."""
    framing = b""
    if coding == "gzip":
        body = gzip.compress(body, 6, mtime=0)
        framing = b"Content-Encoding: gzip\r\n"
    if coding == "chunked":
        body = chunked(body)
        framing += b"Transfer-Encoding: chunked\r\n"
    else:
        framing += b"Content-Length: %d\r\n" % len(body)
    return b"HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: text/html\r\n" + framing + b"\r\n" + body


def chunked(body: bytes) -> bytes:
    """Return *body* in the chunked transfer coding (RFC 9112 7.1)."""
    pieces = [body[start : start + CHUNK] for start in range(0, len(body), CHUNK)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in [*pieces, b""])
