"""The process that fetching processes are forked from, and what is known of how each ended."""

from __future__ import annotations

import os
import queue
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from mockserver.crawling import DEADLINE, ROOT, children, is_running

from crawler.processes.fork_server import EXIT, ORDER
from crawler.processes.messages import Plan
from sourcekeep.fetcher import Fetchers, started

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OUTLIVED = "how is not known, for the fork server ended before: signal SIGKILL"


def test_fork_server_that_dies_before_it_forks_ends_the_connections(tmp_path: Path) -> None:
    with started(tmp_path / "log") as group:
        group.kill()
        group.fork(2)
        heard: queue.SimpleQueue[object] = queue.SimpleQueue()
        for fetcher in group.all:
            fetcher.begin(Plan(1, [], {}, {}, shared=True), lambda _, message: heard.put(message))
        assert [heard.get(timeout=10) for _ in group.all] == [None, None]
        assert [fetcher.wait() for fetcher in group.all] == [OUTLIVED, OUTLIVED]


def wait_for_fork(group: Fetchers, count: int) -> None:
    until = time.monotonic() + DEADLINE
    while len(children(group._server.pid)) < count:
        assert time.monotonic() < until
        time.sleep(0.01)


def test_how_a_process_ended_is_known_in_whatever_order_they_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with started(tmp_path / "log") as group:
        group.fork(2)
        wait_for_fork(group, 2)
        first, second = group.all
        second.hang_up()
        assert second.wait() == "exit code 0"
        monkeypatch.setattr("sourcekeep.fetcher._GOING_SECONDS", 0.1)
        assert first.wait() == "how is not known"
        monkeypatch.undo()
        os.kill(children(group._server.pid)[0], signal.SIGKILL)
        assert first.wait() == "signal SIGKILL"


@pytest.fixture
def outliving(tmp_path: Path) -> Iterator[tuple[Fetchers, int]]:
    """Fetchers whose fork server was killed, and the number of the one that it had forked; then they are ended."""
    with started(tmp_path / "log") as group:
        group.fork(1)
        wait_for_fork(group, 1)
        (forked,) = children(group._server.pid)
        os.kill(group._server.pid, signal.SIGKILL)
        yield group, forked
    assert not is_running(forked)


def test_how_a_process_ended_that_outlived_the_fork_server_is_not_known(outliving: tuple[Fetchers, int]) -> None:
    group, forked = outliving
    assert is_running(forked)
    group.all[0].hang_up()
    assert group.all[0].wait() == OUTLIVED


def test_none_is_left_of_processes_that_outlived_the_fork_server(outliving: tuple[Fetchers, int]) -> None:
    """With the fork server, its group can no longer be killed by its number."""
    group, forked = outliving
    group._server.wait()
    assert is_running(forked)


SERVER = """
import os, resource, sys
from crawler.processes.fork_server import serve
fork, calls = os.fork, []
def fork_but_once():
    calls.append(1)
    if len(calls) == 2:
        raise BlockingIOError(11, "Resource temporarily unavailable")
    return fork()
LACK
serve(int(sys.argv[1]), lambda connection: None)
"""


@pytest.mark.parametrize(
    ("lack", "exits", "said"),
    [
        ("os.fork = fork_but_once", [0, os.EX_OSERR, 0], "Resource temporarily unavailable"),
        ("resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))", [os.EX_OSERR] * 3, "too many open files"),
    ],
)
def test_process_that_there_is_no_room_for_is_told_of_and_costs_the_others_nothing(
    lack: str, exits: list[int], said: str
) -> None:
    line, theirs = socket.socketpair()
    with line, theirs:
        command = [sys.executable, "-c", SERVER.replace("LACK", lack), str(theirs.fileno())]
        with subprocess.Popen(
            command, pass_fds=[theirs.fileno()], cwd=ROOT, stderr=subprocess.PIPE, text=True
        ) as server:
            theirs.close()
            for number in range(3):
                ours, connection = socket.socketpair()
                with ours, connection:
                    socket.send_fds(line, [ORDER.pack(number)], [connection.fileno()])
            line.shutdown(socket.SHUT_WR)
            reports = b"".join(iter(lambda: line.recv(1024), b""))
            _, log = server.communicate(timeout=DEADLINE)
    assert dict(EXIT.iter_unpack(reports)) == dict(enumerate(exits))
    assert said in log
