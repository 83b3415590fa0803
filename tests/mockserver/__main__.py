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
from pathlib import Path

from mockserver.certificates import KINDS
from mockserver.site import answer_to
from mockserver.steps import Answer, Close, Pause, Reset

_TLS_HANDSHAKE = b"\x16"


class Server:
    """Answers every connection by the site's script, and logs each exchange."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._log = (directory / "exchanges.jsonl").open("a", buffering=1, encoding="utf-8")
        self._numbers = itertools.count(1)
        self._visits: Counter[tuple[str, str]] = Counter()
        self._servers: list[asyncio.Server] = []

    async def run(self) -> None:
        """Listen, print the ports as JSON, and serve until standard input ends."""
        ports = {"http": await self._listen(None)}
        for kind in KINDS:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self._directory / f"{kind}.pem")
            ports[kind] = await self._listen(context)
        print(json.dumps(ports), flush=True)  # noqa: T201  # the parent reads it
        await asyncio.to_thread(sys.stdin.read)

    async def _listen(self, context: ssl.SSLContext | None) -> int:
        # The limit lets a request line of any length that a test sends through.
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context, limit=1 << 22, backlog=512)
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = next(self._numbers)
        with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            while await self._exchange(number, reader, writer):
                pass
        writer.close()

    async def _exchange(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Take one request and answer it; tell whether the connection stays open."""
        request = await reader.readexactly(1)
        if request == _TLS_HANDSHAKE:  # on a port without TLS: say what most servers say
            writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
            return False
        request += await reader.readuntil(b"\r\n\r\n")
        started = time.monotonic()
        host, path = _host_and_path(request)
        visit = self._visits[host, path]
        self._visits[host, path] += 1
        sent = bytearray()
        try:
            return await _play(answer_to(host, path, visit), reader, writer, sent)
        finally:
            line = {"connection": number, "host": host, "path": path, "started": started, "ended": time.monotonic()}
            raw = {"request": request, "sent": bytes(sent)}
            line |= {name: base64.b64encode(value).decode("ascii") for name, value in raw.items()}
            self._log.write(json.dumps(line) + "\n")


async def _play(steps: Answer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sent: bytearray) -> bool:
    for step in steps:
        match step:
            case bytes():
                sent += step
                writer.write(step)
                await writer.drain()
            case Pause(seconds):
                await _pause(seconds, reader)
            case Close():
                return False
            case Reset():
                await asyncio.sleep(0.05)  # what was sent shall arrive before the reset
                _reset(writer)
                return False
    return True


async def _pause(seconds: float, reader: asyncio.StreamReader) -> None:
    """Wait, unless the client hangs up: then raise ConnectionError."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if reader.at_eof() or reader.exception():
            raise ConnectionResetError
        await asyncio.sleep(min(left, 0.02))


def _reset(writer: asyncio.StreamWriter) -> None:
    linger_no_second = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_no_second)
    writer.transport.abort()


def _host_and_path(request: bytes) -> tuple[str, str]:
    line, *fields = request.decode("latin-1").split("\r\n")
    hosts = [value.strip() for name, _, value in (field.partition(":") for field in fields) if name.lower() == "host"]
    return (hosts[0] if hosts else ""), line.split(" ")[1]


if __name__ == "__main__":
    asyncio.run(Server(Path(sys.argv[1])).run())
