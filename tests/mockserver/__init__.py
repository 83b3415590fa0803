"""A hostile HTTP server in a process of its own, which writes the exact bytes that it is told to.

    with MockServer(tmp_path) as server:
        ...  # crawl http://chunked.wire.example/ with the rule server.resolve
        for exchange in server.exchanges():
            exchange.request, exchange.sent  # the bytes as they crossed the wire

What it answers stands in `site.py` and `cases.py`; `proxy.py` is how it behaves as a proxy. It listens on 127.0.0.1
and, where the machine has IPv6, on ::1, on ports that the system picks.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from mockserver.certificates import make_certificates
from mockserver.steps import Hold

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["LoggedExchange", "MockServer"]


@dataclass(frozen=True, slots=True)
class LoggedExchange:
    """One request that came, and what was sent back, as the server saw them."""

    kind: str
    """Which of the server's ports it came to, see `MockServer.ports`."""
    connection: int
    host: str
    path: str
    started: float
    """Seconds of the server's monotonic clock: when the request was there."""
    ended: float
    request: bytes
    sent: bytes
    """At most the first 4 MiB of it."""
    sent_length: int
    sent_digest: str
    """Of all that was sent, written as WARC writes digests."""


class MockServer:
    """The server's process as a context manager; *directory* takes its log and its certificates."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._log = directory / "exchanges.jsonl"
        self._logged: list[LoggedExchange] = []
        self._read = 0
        self.authority = directory / "authority.pem"
        """The certificate that signed the good one; for SSL_CERT_FILE."""
        self.ports: dict[str, int] = {}
        """By kind: `http`; with TLS `good`, `expired`, `self-signed`, `wrong-name`; on ::1 `http6` and `good6`; a proxy
        `proxy`, one that wants a password `password-proxy`, and where a proxy's tunnels lead, `tunnel`."""

    def __enter__(self) -> Self:
        make_certificates(self._directory)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "mockserver", str(self._directory)],
            cwd=Path(__file__).parent.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout
        self.ports = json.loads(self._process.stdout.readline())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    @property
    def resolve(self) -> str:
        """The rule for SOURCEKEEP_RESOLVE that sends every host's port 80 here."""
        return f"*:80:127.0.0.1:{self.ports['http']}"

    def resolve_tls(self, host: str, kind: str) -> str:
        """Return the rule that sends port 443 of *host* to the port with the certificate *kind*."""
        return f"{host}:443:127.0.0.1:{self.ports[kind]}"

    def let_go(self, host: str) -> None:
        """Let *host*, which is one of `held.example`, answer from now on."""
        Hold(host).let_go(self._directory).touch()

    def exchanges(
        self, host: str | None = None, *, kind: str | None = None, robots: bool = False
    ) -> list[LoggedExchange]:
        """Return the exchanges so far, of all hosts and ports or of one, in the order of their starts."""
        self._read_on()
        found = [each for each in self._logged if host in (None, each.host) and kind in (None, each.kind)]
        found = [each for each in found if robots or each.path != "/robots.txt"]
        return sorted(found, key=lambda each: each.started)

    def _read_on(self) -> None:
        """Read what was logged since the last time."""
        if not self._log.exists():
            return
        with self._log.open("rb") as file:
            file.seek(self._read)
            lines = file.read().splitlines(keepends=True)
        whole = [line for line in lines if line.endswith(b"\n")]
        self._read += sum(map(len, whole))
        self._logged += [_exchange(json.loads(line)) for line in whole]


def _exchange(line: dict[str, object]) -> LoggedExchange:
    raw = {name: base64.b64decode(str(line.pop(name))) for name in ("request", "sent")}
    return LoggedExchange(**line, **raw)  # type: ignore[arg-type]  # JSON that the server wrote from the same fields
