"""The server of the demo web: `python -m sourcekeep.demo.server`.

It prints one line of JSON with its ports, all on 127.0.0.1, and serves until its standard input ends: so it
dies with the process that holds the other end, however that one dies. HTTP/1.1 (RFC 9112) is written out here
by hand, since a server that keeps the rules could not send what the demo has to show.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import socket
import struct
import sys
from collections import Counter
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING

from sourcekeep.demo.certificate import self_signed_context
from sourcekeep.demo.manifest import Answer, load_web

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sourcekeep.demo.manifest import Web

LOOPBACK = "127.0.0.1"
CHUNK = 1361
"""Bytes to a chunk: a size that falls in the middle of words and of characters."""
HANDSHAKE_FAILURE = bytes([21, 3, 3, 0, 2, 2, 40])
"""A TLS record: alert, TLS 1.2, two bytes: fatal, handshake_failure."""
CLIENT_HELLO_LIMIT = 16_384


@dataclass(frozen=True, slots=True)
class Request:
    """What the server needs to know of a request."""

    method: str
    at: str
    """Host (without port), path and query."""
    headers: dict[str, str]


def parse_request(head: bytes) -> Request:
    """Read a request's *head*; raises ValueError when it is none."""
    lines = head.decode("latin-1").split("\r\n")
    method, target, _version = lines[0].split(" ")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    host = headers.get("host", "").partition(":")[0].lower()
    return Request(method, f"{host}{target}", headers)


class Chooser:
    """Chooses the answer to a request, and remembers how often each limited one was given."""

    def __init__(self, web: Web) -> None:
        self.web = web
        self._given: Counter[Answer] = Counter()

    def choose(self, request: Request) -> Answer:
        """Return the first answer of the URL whose conditions hold, or a 404 (421 on a host of nobody's).

        A query that no answer names is ignored, as most sites do with what they do not know.
        """
        cookies = request.headers.get("cookie", "").split("; ")
        answers = self.web.answers
        for answer in answers.get(request.at) or answers.get(request.at.partition("?")[0], ()):
            spent = answer.times is not None and self._given[answer] >= answer.times
            if not spent and (answer.cookie is None or answer.cookie in cookies):
                self._given[answer] += 1
                return answer
        host = self.web.hosts.get(request.at.partition("/")[0])
        if host is None:
            return Answer(request.at, status=HTTPStatus.MISDIRECTED_REQUEST)
        return Answer(request.at, status=HTTPStatus.NOT_FOUND, headers=host.headers)


def coded_body(answer: Answer, body: bytes) -> bytes:
    """Return *body* in the content coding of *answer*; the same input gives the same bytes."""
    return gzip.compress(body, mtime=0) if answer.gzip else body


def head_bytes(answer: Answer, length: int, date: str) -> bytes:
    """Return status line and headers for a coded body of *length* bytes."""
    lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}", f"Date: {date}", *answer.headers]
    if answer.gzip:
        lines.append("Content-Encoding: gzip")
    if answer.framing == "chunked":
        lines.append("Transfer-Encoding: chunked")
    elif answer.framing == "length":
        lines.append(f"Content-Length: {length}")
    else:
        lines.append("Connection: close")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def framed(answer: Answer, body: bytes) -> bytes:
    """Return a coded *body* as it goes over the wire."""
    if answer.framing != "chunked":
        return body
    pieces = [body[start : start + CHUNK] for start in range(0, len(body), CHUNK)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in [*pieces, b""])


class DemoServer:
    """Serves connections: one answer after the other while the client wants more and the answer allows it."""

    def __init__(self, web: Web) -> None:
        self.chooser = Chooser(web)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection to its end."""
        ends = (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError)
        # Cancelled when the server ends: then so does the connection, and nobody waits to hear of it.
        with contextlib.suppress(*ends, asyncio.CancelledError):
            while await self._answered(reader, writer):
                pass
        writer.close()

    async def _answered(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; returns whether the connection stays."""
        try:
            request = parse_request((await reader.readuntil(b"\r\n\r\n"))[:-4])
            await reader.readexactly(int(request.headers.get("content-length", 0)))
        except ValueError:
            writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            return False
        answer = self.chooser.choose(request)
        await asyncio.sleep(answer.delay)
        if answer.fault == "silent":
            await reader.read()
            return False
        if answer.fault == "reset":
            reset(writer)
            return False
        for piece in self._pieces(answer, request.method):
            writer.write(piece)
            await writer.drain()
        stays = request.headers.get("connection", "").lower() != "close" and answer.framing != "close"
        return stays and answer.fault is None

    def _pieces(self, answer: Answer, method: str) -> Iterator[bytes]:
        body = coded_body(answer, self.chooser.web.body(answer))
        yield head_bytes(answer, len(body), formatdate(usegmt=True))
        if method == "HEAD":
            return
        wire = framed(answer, body)
        yield wire[: len(wire) // 2] if answer.fault == "cut" else wire


def reset(writer: asyncio.StreamWriter) -> None:
    """End the connection with RST: that is what a socket with a linger time of zero does when it closes."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def refuse_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer a ClientHello with the alert `handshake_failure` (RFC 8446, section 6)."""
    with contextlib.suppress(ConnectionError):
        await reader.read(CLIENT_HELLO_LIMIT)
        writer.write(HANDSHAKE_FAILURE)
        await writer.drain()
    writer.close()


async def serve_until_stdin_ends(web: Web) -> None:
    """Serve *web* on free ports, say which, and return when standard input ends."""
    server = DemoServer(web)
    context = self_signed_context(list(web.hosts))
    servers = {
        "http": await asyncio.start_server(server.serve, LOOPBACK, 0),
        "https": await asyncio.start_server(server.serve, LOOPBACK, 0, ssl=context),
        "alert": await asyncio.start_server(refuse_tls, LOOPBACK, 0),
    }
    # Bound and never listening: a connection to this port is refused, and nobody else can take it meanwhile.
    with socket.socket() as closed:
        closed.bind((LOOPBACK, 0))
        sockets = {"closed": closed, **{name: one.sockets[0] for name, one in servers.items()}}
        sys.stdout.write(json.dumps({name: one.getsockname()[1] for name, one in sockets.items()}) + "\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.buffer.read)


if __name__ == "__main__":
    asyncio.run(serve_until_stdin_ends(load_web()))
