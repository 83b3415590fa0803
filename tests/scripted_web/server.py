"""The server of the scripted web, in a thread: every host of it, as it is in the week that it is told."""

from __future__ import annotations

import socket
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

from mockserver.steps import redirect, respond

from scripted_web import pages

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from scripted_web import ScriptedLink

_ALL_DENIED = respond(b"Content-Type: text/plain", body=b"User-agent: *\nDisallow: /\n")
_AT_ONCE = struct.pack("ii", 1, 0)


class ScriptedWeb:
    """Serves *links* while it is open; `week` is which week it is, from 1."""

    def __init__(self, links: Sequence[ScriptedLink]) -> None:
        self._links = links
        self._sites: dict[str, dict[str, ScriptedLink]] = {}
        for link in links:
            for host in (link.host, link.host.replace("www.", "new.")):
                self._sites.setdefault(host, {})[link.path] = link
        self.week = 1

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.web = self
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        # A port at which nobody listens, and nobody will while this is open.
        self._closed = socket.socket()
        self._closed.bind(("127.0.0.1", 0))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._closed.close()

    def rules(self) -> list[str]:
        """Return the rules for `--resolve` in this week; a host without one has no address."""
        ports = {"refused": self._closed.getsockname()[1]}
        said = {host: self._said(next(iter(site.values()))) for host, site in self._sites.items()}
        return [
            f"{host}:80:127.0.0.1:{ports.get(word, self._server.server_address[1])}"
            for host, word in said.items()
            if word != "dns"
        ]

    def answer(self, host: str, path: str, etag: str | None) -> bytes | None:
        """Return what is sent for a request; None where the connection is broken off."""
        site = self._sites[host]
        if path in site:
            return self._of_link(site[path], etag)
        some = next(iter(site.values()))
        if path == "/robots.txt":
            return _ALL_DENIED if self._said(some) == "robots" else pages.error("404")
        if path.startswith(pages.MOVED + "/") and (link := site.get(path.removeprefix(pages.MOVED))):
            return self._of_moved(link)
        return self._of_place(some, path)

    def _said(self, link: ScriptedLink) -> str:
        return link.answers[self.week - 1]

    def _of_link(self, link: ScriptedLink, etag: str | None) -> bytes | None:
        word = self._said(link)
        if word == "reset":
            return None
        if word == "tagged" and etag is not None:
            return pages.page(link, "304")
        return pages.answer(link, word)

    def _of_moved(self, link: ScriptedLink) -> bytes:
        word = self._said(link)
        if word in {"moved", "moved-host"}:
            return pages.page(link, "text")
        return pages.page(link, "edited") if word == "moved-edited" else pages.error("404")

    def _of_place(self, link: ScriptedLink, path: str) -> bytes:
        """Answer for the first page, a list, the login, or what isn't there."""
        word = self._said(link)
        if path == "/" and word == "shop-home":
            return pages.page(link, "shop")
        if link.missing == "same" and word in pages.NO_TEXT:
            return pages.answer(link, word)
        if path in {"/", "/news/"}:
            return pages.listing(link)
        if path.startswith("/login"):
            return pages.page(link, "like")
        if link.missing == "home":
            return redirect(b"302 Found", b"/")
        return redirect(b"302 Found", b"/news/") if link.missing == "list" else pages.error("404")


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True
    web: ScriptedWeb

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of connections that break."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:  # the server's interface
        """Answer with the bytes that the web says."""
        sent = self.server.web.answer(self.headers["Host"], self.path, self.headers["If-None-Match"])
        if sent is None:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            self.connection.close()
            self.close_connection = True
            return
        self.wfile.write(sent)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
