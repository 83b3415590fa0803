"""The server of the bench: `python -m bench.server FOLDER [--delay-ms N] [--pages-each N]`.

It serves the pages of the folder by host name on 127.0.0.1, as a web server and as a proxy (absolute-form targets
and CONNECT, RFC 9112 3.2), since not every client can be told where a host is. It prints one line of JSON (`http`,
`https`: ports; `trusted`: the file of authorities to trust) and serves until its standard input ends. Every byte that
it sends is made beforehand: the clients are what is measured.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bench.certificates import Authority, by_name
from bench.pages import Address, BenchError, load_pages, served, target, tls_hosts

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

LOOPBACK = "127.0.0.1"
BACKLOG = 1024
_NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nServer: bench\r\nContent-Length: 0\r\n\r\n"
_BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\nServer: bench\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_TUNNEL = b"HTTP/1.1 200 Connection established\r\n\r\n"


class BenchServer:
    """Answers connections from *responses*; what is not there, such as /robots.txt, is a 404."""

    def __init__(self, responses: Mapping[Address, bytes], context: ssl.SSLContext, delay: float) -> None:
        self._responses = responses
        self._context = context
        self._delay = delay

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection to its end."""
        with contextlib.suppress(asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
            while await self._answered(reader, writer):
                pass
        writer.close()

    async def _answered(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; returns whether the connection stays."""
        head = (await reader.readuntil(b"\r\n\r\n"))[:-4]
        if head.startswith(b"CONNECT "):
            writer.write(_TUNNEL)
            await self._start_tls(writer)
            return True
        try:
            address, stays = parse_request(head)
        except ValueError:
            writer.write(_BAD_REQUEST)
            return False
        if self._delay:
            await asyncio.sleep(self._delay)
        writer.write(self._responses.get(address, _NOT_FOUND))
        await writer.drain()
        return stays

    async def _start_tls(self, writer: asyncio.StreamWriter) -> None:
        acknowledging = asyncio.ensure_future(acknowledge_at_once(writer.get_extra_info("socket")))
        try:
            await writer.start_tls(self._context)
        finally:
            acknowledging.cancel()


async def acknowledge_at_once(connection: socket.socket) -> None:
    """Keep the system from delaying acknowledgements, until cancelled.

    wget sends the two last messages of its handshake apart with Nagle's algorithm on, so that each of its TLS
    connections would wait 40 ms for the acknowledgement of the first: ten times what the page takes here.
    """
    while True:
        if hasattr(socket, "TCP_QUICKACK"):  # Linux; it holds only until the next acknowledgement
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        await asyncio.sleep(0.001)


def parse_request(head: bytes) -> tuple[Address, bool]:
    """Return what a GET asks for, and whether its connection may stay; raises ValueError when *head* is none."""
    request_line, *fields = head.decode("latin-1").split("\r\n")
    method, wanted, _version = request_line.split(" ")
    if method != "GET":
        raise ValueError(method)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in fields)}
    host = headers.get("host", "")
    if not wanted.startswith("/"):
        host, slash, path = wanted.partition("://")[2].partition("/")
        wanted = slash + path
    stays = "close" not in headers.get("connection", "").lower()
    return (host.partition(":")[0].lower(), target(wanted.encode("latin-1"))), stays


async def serve_until_stdin_ends(folder: Path, certificates: Path, delay: float, copies: int) -> None:
    """Serve the pages of *folder* on free ports, say which, and return when standard input ends."""
    pages = load_pages(folder, copies)
    authority = Authority(certificates)
    context = by_name({host: authority.context(host) for host in tls_hosts(pages)})
    responses = {address: page.response() for address, page in served(pages).items()}
    server = BenchServer(responses, context, delay)
    plain = await asyncio.start_server(server.serve, LOOPBACK, 0, backlog=BACKLOG)
    tls = await asyncio.start_server(server.serve, LOOPBACK, 0, ssl=context, backlog=BACKLOG)
    about = {
        "http": plain.sockets[0].getsockname()[1],
        "https": tls.sockets[0].getsockname()[1],
        "trusted": str(authority.write_bundle()),
    }
    print(json.dumps(about), flush=True)
    await asyncio.to_thread(sys.stdin.buffer.read)


@click.command(epilog="Example: python -m bench.server ../shared/bench/segments")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--delay-ms", type=click.IntRange(min=0), default=0, help="Wait this long before each answer.")
@click.option("--pages-each", type=click.IntRange(min=1), default=1, help="Make so many pages of each page.")
def main(folder: Path, delay_ms: int, pages_each: int) -> None:
    """Serve the bench pages of FOLDER by host name until standard input ends."""
    with tempfile.TemporaryDirectory(prefix="bench-certificates-") as certificates:
        try:
            asyncio.run(serve_until_stdin_ends(folder, Path(certificates), delay_ms / 1000, pages_each))
        except BenchError as error:
            sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
