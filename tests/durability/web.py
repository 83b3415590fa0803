"""The web that the crawls fetch: the mock server, and a site that knows conditional requests."""

from __future__ import annotations

import sys
import threading
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

from mockserver import MockServer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from types import TracebackType

    from durability.evidence import Record

CONDITIONAL = "etag.pages.example"
"""The host that answers 304 to who has the page already."""

_ETAG = '"the only version"'
_MAY_BE_CUT = {f"{name}.wire.example" for name in ("reset-in-body", "closed-at-once", "no-http")}


class Web:
    """Both servers as a context manager; *directory* takes what the mock server needs."""

    def __init__(self, directory: Path) -> None:
        self._mock = MockServer(directory)

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            opening.enter_context(self._mock)
            site = opening.enter_context(_Site(("127.0.0.1", 0), _Conditional))
            threading.Thread(target=site.serve_forever, daemon=True).start()
            opening.callback(site.shutdown)
            self.rules = [f"{CONDITIONAL}:80:127.0.0.1:{site.server_address[1]}", self._mock.resolve]
            """For `--resolve`."""
            self._open = opening.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def not_as_sent(self, responses: Iterable[Record]) -> list[str]:
        """Return which of *responses* are not, byte for byte, something that the mock server sent."""
        sent = {(each.host, each.sent_digest) for each in self._mock.exchanges(robots=True)}
        others = _MAY_BE_CUT | {CONDITIONAL}
        return [
            f"{each.id} of {each.host}"
            for each in responses
            if each.host not in others and (each.host, each.headers["warc-block-digest"]) not in sent
        ]


class _Site(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a crawl that was killed."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Conditional(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:  # the server's interface
        """Answer: robots.txt is not there, and every page is what it was."""
        body = b"" if self.path == "/robots.txt" else f"<p>What {self.path} says, again and again.</p>".encode() * 50
        if not body:
            self.send_response(404)
        elif self.headers["If-None-Match"] == _ETAG:
            self.send_response(304)
            body = b""
        else:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
        self.send_header("ETag", _ETAG)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
