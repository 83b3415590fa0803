"""Starts and stops the server of the bench, a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.measure import cpu_seconds
from bench.pages import BenchError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STOP_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Web:
    """The running server, on 127.0.0.1."""

    http: int
    https: int
    trusted: str
    """File with the authorities to trust."""
    pid: int

    def cpu_seconds(self) -> float:
        """Return the processor time that the server has used."""
        return cpu_seconds(self.pid)


@contextmanager
def bench_web(segments: Path, delay_ms: int = 0, copies: int = 1) -> Iterator[Web]:
    """Serve *segments* for as long as the context lasts; raises BenchError when the server does not start."""
    options = ["--delay-ms", str(delay_ms), "--pages-each", str(copies)]
    command = [sys.executable, "-m", "bench.server", str(segments), *options]
    # A session of its own keeps Ctrl-C from it: it ends when its standard input does, and not before the clients.
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as server:
        try:
            line = server.stdout.readline() if server.stdout else ""
            if not line:
                raise BenchError(f"the server did not start (exit code {server.wait()})")
            yield Web(**json.loads(line), pid=server.pid)
        finally:
            if server.stdin:
                server.stdin.close()
            try:
                server.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                server.kill()
