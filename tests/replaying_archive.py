"""Asking a running pywb for captures, byte for byte."""

from __future__ import annotations

import json
import socket
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from judges import WAYBACK

from archive.cdxj import index_path
from archive.http_message import HttpMessage, parse_response
from archive.warc_files import warc_files
from sourcekeep.replaying import replaying, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from archive.folder import ArchiveFolder

CODINGS = "gzip, x-gzip, deflate, br, zstd"


@dataclass(frozen=True, slots=True)
class IndexLine:
    """A line of an index."""

    key: str
    timestamp: str
    fields: dict[str, str]

    @property
    def url(self) -> str:
        return self.fields["url"]


def index_lines(folder: ArchiveFolder) -> list[IndexLine]:
    """Return the lines of all indexes of an archive; each file has one."""
    lines = []
    for path in warc_files(folder.warc_dir):
        for line in index_path(path).read_text(encoding="ascii").splitlines():
            key, timestamp, fields = line.split(" ", 2)
            lines.append(IndexLine(key, timestamp, json.loads(fields)))
    return lines


@dataclass(frozen=True, slots=True)
class Pywb:
    """pywb as it replays one archive."""

    address: str

    def get(self, url: str, timestamp: str = "", modifier: str = "id_", **headers: str) -> HttpMessage:
        """Return what pywb answers; `id_` asks for the capture as it was served."""
        return parse_response(self.raw(url, timestamp, modifier, **headers))

    def raw(self, url: str, timestamp: str = "", modifier: str = "id_", **headers: str) -> bytes:
        """Return the bytes that pywb answers, up to the end of the connection."""
        parts = urlsplit(self.address)
        place = "/".join(filter(None, (timestamp + modifier, url)))
        fields = {"Host": parts.netloc, "Connection": "close", "Accept-Encoding": CODINGS, **headers}
        lines = [f"GET {parts.path}{place} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
        with socket.create_connection((str(parts.hostname), int(parts.port or 80)), timeout=30) as connection:
            connection.sendall("\r\n".join(lines).encode("ascii") + b"\r\n\r\n")
            received = bytearray()
            while piece := connection.recv(1 << 16):
                received += piece
        return bytes(received)


@contextmanager
def pywb_at(home: Path) -> Iterator[Pywb]:
    """Replay the collection `archive` of a folder that pywb's own manager has laid out."""
    with serving(home, str(WAYBACK), 0) as (_, address):
        yield Pywb(address)


@contextmanager
def pywb_over(folder: ArchiveFolder) -> Iterator[Pywb]:
    """Replay *folder* as `sourcekeep replay` does."""
    with replaying(folder, str(WAYBACK), 0) as (_, address):
        yield Pywb(address)
