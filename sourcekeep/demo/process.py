"""Starts and stops the server of the demo web, a process of its own."""

from __future__ import annotations

import json
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sourcekeep.invocation import own_process

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sourcekeep.demo.manifest import Web

STOP_SECONDS = 10


@dataclass(frozen=True, slots=True)
class DemoWeb:
    """Where the demo web answers, on 127.0.0.1."""

    http_port: int
    https_port: int
    alert_port: int
    """Ends every TLS handshake in an alert."""
    closed_port: int
    """Refuses connections, for as long as the web runs."""

    def resolve_options(self, web: Web) -> list[str]:
        """Return each host of *web* as `HOST:PORT:127.0.0.1:PORT`, for plain HTTP and for TLS.

        The dead host is not among the hosts, so its name goes to the resolver and fails there.
        """
        return [
            f"{name}:{port}:127.0.0.1:{real if host.listening else self.closed_port}"
            for name, host in web.hosts.items()
            for port, real in (
                (80, self.http_port),
                (443, self.https_port if host.handshake else self.alert_port),
            )
        ]


@contextmanager
def demo_web() -> Iterator[DemoWeb]:
    """Serve the demo web for as long as the context lasts; raises RuntimeError when it does not start."""
    command = own_process(module="sourcekeep.demo.server")
    # A session of its own keeps Ctrl-C from it: it ends with its standard input, and not before the crawl.
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as server:
        try:
            yield _ports(server)
        finally:
            if server.stdin is not None:
                server.stdin.close()
            try:
                server.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                server.kill()


def _ports(server: subprocess.Popen[str]) -> DemoWeb:
    line = server.stdout.readline() if server.stdout else ""
    try:
        ports = json.loads(line)
    except json.JSONDecodeError:
        raise RuntimeError(f"the demo web did not start (exit code {server.poll()}, it said {line!r})") from None
    return DemoWeb(ports["http"], ports["https"], ports["alert"], ports["closed"])
