"""The server's process: `python -m mockserver DIRECTORY`. It ends when its standard input does."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import socket
import ssl
import struct
import sys
import time
from collections import Counter
from contextlib import suppress
from functools import partial
from hashlib import sha256
from pathlib import Path

from mockserver.certificates import KINDS
from mockserver.proxy import ask_for_password, tunnel_to
from mockserver.site import answer_to
from mockserver.steps import Answer, Close, Cut, Hold, Pause, Repeat, Reset

_TLS_HANDSHAKE = b"\x16"
_MOST_LOGGED = 4 * 1024 * 1024


class Sent:
    """What was sent: its beginning, its length and its digest."""

    def __init__(self) -> None:
        self.beginning = bytearray()
        self.length = 0
        self._sha = sha256()

    def add(self, data: bytes) -> None:
        self.beginning += data[: max(0, _MOST_LOGGED - len(self.beginning))]
        self.length += len(data)
        self._sha.update(data)

    def digest(self) -> str:
        return "sha256:" + base64.b32encode(self._sha.digest()).decode("ascii")


class Server:
    """Answers every connection by the site's script, and logs each exchange."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._log = (directory / "exchanges.jsonl").open("a", buffering=1, encoding="utf-8")
        self._numbers = itertools.count(1)
        self._visits: Counter[tuple[str, str, str]] = Counter()
        self._servers: list[asyncio.Server] = []
        self._ports: dict[str, int] = {}

    async def run(self) -> None:
        """Listen, print the ports as JSON, and serve until standard input ends."""
        for kind in ("http", "proxy", "password-proxy"):
            await self._listen(kind)
        for kind in KINDS:
            await self._listen(kind, certificate=kind)
        await self._listen("tunnel", certificate="good")
        with suppress(OSError):  # not every machine has IPv6
            await self._listen("http6", address="::1")
            await self._listen("good6", address="::1", certificate="good")
        print(json.dumps(self._ports), flush=True)  # noqa: T201  # the parent reads it
        await asyncio.to_thread(sys.stdin.read)

    async def _listen(self, kind: str, *, address: str = "127.0.0.1", certificate: str | None = None) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if certificate else None
        if context:
            context.load_cert_chain(self._directory / f"{certificate}.pem")
        # The limit lets a request line of any length that a test sends through.
        server = await asyncio.start_server(
            partial(self._serve, kind), address, 0, ssl=context, limit=1 << 22, backlog=512
        )
        self._servers.append(server)
        self._ports[kind] = int(server.sockets[0].getsockname()[1])

    async def _serve(self, kind: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = next(self._numbers)
        with suppress(OSError, asyncio.IncompleteReadError, ssl.SSLError):
            while await self._exchange(kind, number, reader, writer):
                pass
        writer.close()

    async def _exchange(
        self, kind: str, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Take one request and answer it; tell whether the connection stays open."""
        request = await reader.readexactly(1)
        if request == _TLS_HANDSHAKE:  # on a port without TLS: say what most servers say
            writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
            return False
        request += await reader.readuntil(b"\r\n\r\n")
        started = time.monotonic()
        method, host, path = _target(request)
        visit = self._visits[kind, host, path]
        self._visits[kind, host, path] += 1
        answer, upstream = answer_to(host, path, visit), None
        if kind == "password-proxy" and (refusal := ask_for_password(request)):
            answer = refusal
        elif method == "CONNECT":
            answer, upstream = tunnel_to(host, self._ports)
        sent = Sent()
        try:
            stays = await _play(answer, reader, writer, sent, self._directory)
        finally:
            line = {"kind": kind, "connection": number, "host": host, "path": path, "started": started}
            line |= {"ended": time.monotonic(), "sent_length": sent.length, "sent_digest": sent.digest()}
            raw = {"request": request, "sent": bytes(sent.beginning)}
            line |= {name: base64.b64encode(value).decode("ascii") for name, value in raw.items()}
            self._log.write(json.dumps(line) + "\n")
        if stays and upstream:
            await _join(upstream, reader, writer)
            return False
        return stays


async def _play(
    steps: Answer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sent: Sent, directory: Path
) -> bool:
    for step in steps:
        match step:
            case bytes():
                await _send(step, writer, sent)
            case Repeat(piece, times):
                for _ in range(times):
                    await _send(piece, writer, sent)
            case Pause(seconds):
                await _pause(seconds, reader)
            case Hold():
                await _hold(step.let_go(directory), reader)
            case Close():
                return False
            case Cut() | Reset():
                await asyncio.sleep(0.05)  # what was sent shall arrive before the end
                _hang_up(step, writer)
                return False
    return True


async def _send(data: bytes, writer: asyncio.StreamWriter, sent: Sent) -> None:
    sent.add(data)
    writer.write(data)
    await writer.drain()


async def _pause(seconds: float, reader: asyncio.StreamReader) -> None:
    """Wait, unless the client hangs up: then raise ConnectionError."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if reader.at_eof() or reader.exception():
            raise ConnectionResetError
        await asyncio.sleep(min(left, 0.02))


async def _hold(let_go: Path, reader: asyncio.StreamReader) -> None:
    """Wait until the file *let_go* is there; raise as `_pause` does."""
    while not let_go.exists():  # noqa: ASYNC240  # one look at a local disk
        await _pause(0.02, reader)


def _hang_up(how: Cut | Reset, writer: asyncio.StreamWriter) -> None:
    if isinstance(how, Reset):
        _reset(writer)
    else:
        writer.transport.abort()


def _reset(writer: asyncio.StreamWriter) -> None:
    linger_no_second = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_no_second)
    writer.transport.abort()


async def _join(port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Be the tunnel to *port* until one of both ends hangs up; how it does is passed on."""
    upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", port)
    there = asyncio.ensure_future(_pump(reader, upstream_writer))
    back = asyncio.ensure_future(_pump(upstream_reader, writer))
    await asyncio.wait((there, back), return_when=asyncio.FIRST_COMPLETED)
    if back.done() and back.exception():
        _reset(writer)
    for task in (there, back):
        task.cancel()
    await asyncio.gather(there, back, return_exceptions=True)
    upstream_writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()


def _target(request: bytes) -> tuple[str, str, str]:
    """Return method, host and path; of a request to a proxy those that stand in its request line."""
    line, *fields = request.decode("latin-1").split("\r\n")
    method, target, _ = line.split(" ", 2)
    hosts = [value.strip() for name, _, value in (field.partition(":") for field in fields) if name.lower() == "host"]
    host = hosts[0] if hosts else ""
    if target.startswith("http://"):
        host, slash, path = target.removeprefix("http://").partition("/")
        target = slash + path
    return method, host, target


if __name__ == "__main__":
    asyncio.run(Server(Path(sys.argv[1])).run())
