"""The fork server: `python -m durability`. An `Order` a line on standard input, an answer a line on standard output.

Everything that a crawl imports is imported before the first fork, what Scrapy's settings name among it; the reactor
is not, and there is no second thread here.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import random
import re
import select
import signal
import sys
import tempfile
import threading
import time
from contextlib import suppress
from functools import partial
from typing import IO, TYPE_CHECKING, Any

from mockserver.crawling import children, fetchers, is_running
from scrapy.settings import Settings

from archive.urls import site_of
from durability import child

if TYPE_CHECKING:
    from collections.abc import Callable

_PR_SET_CHILD_SUBREAPER = 36
"""Processes whose parent died become children of this one (prctl(2))."""
_ORPHANS_SECONDS = 3.0

_COMPONENT = re.compile(r"((?:scrapy|crawler|sourcekeep)(?:\.\w+)+)\.[A-Z]\w+")


def serve() -> None:
    """Answer orders until standard input ends."""
    _import_components()
    site_of("www.example.org")  # reads the list of suffixes
    gc.freeze()
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1)
    assert threading.active_count() == 1
    assert "twisted.internet.reactor" not in sys.modules
    for line in sys.stdin:
        print(json.dumps(_run(json.loads(line))), flush=True)  # noqa: T201  # the other process reads it


def _import_components() -> None:
    settings = Settings()
    settings.setmodule("crawler.settings")
    for value in settings.attributes.values():
        for name in value.value if hasattr(value.value, "keys") else [value.value]:
            if isinstance(name, str) and (found := _COMPONENT.fullmatch(name)):
                importlib.import_module(found[1])


def _run(order: dict[str, Any]) -> dict[str, Any]:
    reports, report_to = os.pipe()
    with tempfile.TemporaryFile() as output:
        started = time.monotonic()
        pid = os.fork()
        if not pid:
            os.close(reports)
            child.be(order, report_to, output.fileno())
        os.close(report_to)
        try:
            said = _watch(pid, reports, started, order)
        finally:
            os.close(reports)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        seconds = time.monotonic() - started
        return {"status": status, "seconds": seconds, **said, "orphans": _orphans(), "output": _all_of(output)}


def _watch(pid: int, reports: int, started: float, order: dict[str, Any]) -> dict[str, Any]:
    """Read what the child reports until it is dead, killing it in time; the child isn't reaped, so it is still it."""
    kills: list[tuple[float, Callable[[], bool | None]]]
    kills = [(started + order["hangs_after"], partial(os.kill, pid, signal.SIGALRM))]
    if order["kill_after"] is not None:
        kill = partial(_kill_fetcher, pid) if order["kills_fetcher"] else partial(os.kill, pid, signal.SIGKILL)
        kills.append((started + order["kill_after"], kill))
    fetcher_killed = False
    os.set_blocking(reports, False)
    alive = os.pidfd_open(pid)  # a process that it has started may hold the pipe open for longer
    poll = select.poll()
    poll.register(reports, select.POLLIN)
    poll.register(alive, select.POLLIN)
    data = b""
    dead = False
    while not dead:
        if kills and kills[-1][0] <= time.monotonic():
            fetcher_killed |= kills.pop()[1]() is True
        wait = max(0.0, kills[-1][0] - time.monotonic()) if kills else None
        dead = alive in [number for number, _ in poll.poll(None if wait is None else wait * 1000)]
        with suppress(BlockingIOError):
            while piece := os.read(reports, 65536):
                data += piece
    os.close(alive)
    return {**_gathered(data), "fetcher_killed": fetcher_killed}


def _kill_fetcher(pid: int) -> bool:
    """Kill one of the processes that fetch for *pid*; False where none of them lives."""
    alive = [fetcher for fetcher in fetchers(pid) if is_running(fetcher)]
    with suppress(ProcessLookupError, IndexError):
        os.kill(random.choice(alive), signal.SIGKILL)
        return True
    return False


def _orphans() -> int:
    """Wait for the processes that the child had started, and return how many had to be killed."""
    killed = 0
    until = time.monotonic() + _ORPHANS_SECONDS
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return killed
        if not pid:
            time.sleep(0.01)
            if time.monotonic() > until:
                for orphan in children(os.getpid()):
                    os.kill(orphan, signal.SIGKILL)
                    killed += 1


def _gathered(data: bytes) -> dict[str, Any]:
    said: dict[str, Any] = {"planned": None, "passed_before": None, "acknowledged": {}, "struck": None, "passed": {}}
    for line in data.split(b"\n")[:-1]:  # what stands behind the last line end was cut off by the kill
        for name, value in json.loads(line).items():
            if isinstance(said[name], dict):
                said[name].update(value)
            else:
                said[name] = value
    return said


def _all_of(output: IO[bytes]) -> str:
    output.seek(0)
    return output.read().decode(errors="replace")


if __name__ == "__main__":
    serve()
