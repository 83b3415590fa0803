"""What an answer is made of: bytes to be written as they are, and the steps between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing for so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Hold:
    """Nothing until `MockServer.let_go` is called with this name."""

    name: str

    def let_go(self, directory: Path) -> Path:
        """Return the file that is there from then on, in the server's *directory*."""
        return directory / f"{self.name}.let-go"


@dataclass(frozen=True, slots=True)
class Close:
    """An orderly end of the connection (FIN)."""


@dataclass(frozen=True, slots=True)
class Reset:
    """A disorderly one (RST)."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The connection ends (FIN), and TLS never said that it would (RFC 8446 6.1)."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """The same bytes so many times: bodies that need not be in memory."""

    piece: bytes
    times: int


Answer = tuple[bytes | Repeat | Pause | Hold | Close | Cut | Reset, ...]
"""Without Close, Cut or Reset at its end, the connection stays open for the next request."""


def respond(*fields: bytes, body: bytes = b"", status: bytes = b"200 OK") -> bytes:
    """Return a plain response with *fields* as its header lines and the length of *body*."""
    lines = [b"HTTP/1.1 " + status, *fields, b"Content-Length: %d" % len(body)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def page(text: str) -> bytes:
    """Return a small HTML page in UTF-8 as a response."""
    html = f"<!doctype html><title>{text}</title><p>{text}</p>\n".encode()
    return respond(b"Content-Type: text/html; charset=utf-8", body=html)


def redirect(status: bytes, location: bytes, *fields: bytes, body: bytes = b"") -> bytes:
    """Return a redirect."""
    return respond(b"Location: " + location, *fields, status=status, body=body)
