"""Turns and pauses of hosts between processes: real ones, on a real file."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from scrapy import Request
from scrapy.core.downloader import Slot
from twisted.internet.defer import Deferred

from crawler.downloader import StoppableDownloader
from crawler.outcomes import own_failure
from crawler.processes.hosts import SharedHosts, open_hosts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

    from twisted.python.failure import Failure

ROOT = Path(__file__).parent.parent
HOST = "shared.example"

OTHER = """
import sys
from crawler.processes.hosts import SharedHosts
hosts = SharedHosts(int(sys.argv[1]))
for line in sys.stdin:
    print(eval(line), flush=True)
"""


class Other:
    """A process that does with its hosts what it is told."""

    def __init__(self, file: IO[bytes]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", OTHER, str(file.fileno())],
            cwd=ROOT,
            pass_fds=[file.fileno()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def says(self, expression: str) -> str:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(expression + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()


@pytest.fixture
def file() -> Iterator[IO[bytes]]:
    with open_hosts() as opened:
        yield opened


@pytest.fixture
def other(file: IO[bytes]) -> Iterator[Other]:
    started = Other(file)
    yield started
    started.process.kill()
    started.process.communicate()


def test_one_process_at_a_time_has_the_turn_of_a_host(file: IO[bytes], other: Other) -> None:
    hosts = SharedHosts(file.fileno())
    assert hosts.take(HOST)
    assert hosts.take(HOST)  # it has it
    assert other.says(f"hosts.take({HOST!r})") == "False"
    assert other.says("hosts.take('elsewhere.example')") == "True"
    hosts.let_go(HOST)
    assert other.says(f"hosts.take({HOST!r})") == "True"
    assert not hosts.take(HOST)
    assert other.says(f"hosts.let_go({HOST!r})") == "None"
    assert hosts.take(HOST)


def test_who_waits_comes_before_who_had_the_turn(file: IO[bytes], other: Other) -> None:
    hosts = SharedHosts(file.fileno())
    assert hosts.take(HOST)
    assert other.says(f"hosts.take({HOST!r})") == "False"
    hosts.let_go(HOST)
    assert not hosts.take(HOST)
    assert other.says(f"hosts.take({HOST!r})") == "True"


def test_process_that_dies_lets_go_of_its_turn(file: IO[bytes], other: Other) -> None:
    hosts = SharedHosts(file.fileno())
    assert other.says(f"hosts.take({HOST!r})") == "True"
    assert not hosts.take(HOST)
    other.process.kill()
    other.process.wait()
    assert hosts.take(HOST)


def test_pause_is_known_to_all(file: IO[bytes], other: Other) -> None:
    hosts = SharedHosts(file.fileno())
    until = time.monotonic() + 60
    assert hosts.paused_until(HOST) == 0
    hosts.pause(HOST, until)
    hosts.pause("another.example", until + 5)
    hosts.pause(HOST, until - 30)  # a shorter one takes nothing back
    assert hosts.paused_until(HOST) == until
    assert float(other.says(f"hosts.paused_until({HOST!r})")) == until
    assert float(other.says("hosts.paused_until('another.example')")) == until + 5
    assert float(other.says("hosts.paused_until('third.example')")) == 0
    assert other.says("hosts.pause('third.example', 7.5)") == "None"
    assert hosts.paused_until("third.example") == 7.5


def test_many_pauses_are_read_whole(file: IO[bytes], other: Other) -> None:
    hosts = SharedHosts(file.fileno())
    for number in range(10_000):
        hosts.pause(f"h{number}.example", float(number))
    assert other.says("sum(hosts.paused_until(f'h{n}.example') for n in range(10_000))") == "49995000.0"


def test_turn_is_kept_until_the_delay_behind_the_newest_request_is_over(file: IO[bytes], other: Other) -> None:
    """The end of an earlier one's delay, which is as long as chance has it, may come while the next is to be made."""
    hosts, slot = SharedHosts(file.fileno()), Slot(1, 1.0)
    assert hosts.take(HOST)
    slot.lastseen = 100.0
    StoppableDownloader._let_go(hosts, slot, HOST, 99.0)
    assert other.says(f"hosts.take({HOST!r})") == "False"
    StoppableDownloader._let_go(hosts, slot, HOST, 100.0)
    assert other.says(f"hosts.take({HOST!r})") == "True"


def test_folder_without_locks_is_a_clear_error_to_all_that_wait_for_the_host(tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    path.touch()
    downloader, slot = StoppableDownloader.__new__(StoppableDownloader), Slot(1, 0.0)
    open_slot = SimpleNamespace(closing=None)
    downloader.crawler = cast("Any", SimpleNamespace(engine=SimpleNamespace(_slot=open_slot)))
    waiting: list[Deferred[Any]] = [Deferred(), Deferred()]
    slot.queue += [(Request(f"http://{HOST}/", meta={"download_slot": HOST}), each) for each in waiting]
    with path.open("rb") as opened:  # no exclusive lock is given on what can't be written
        downloader._hosts = SharedHosts(opened.fileno())
        downloader._process_queue(slot)
    said: list[BaseException | None] = []

    def note(failure: Failure) -> str:
        said.append(failure.value)
        return "noted"

    for each in waiting:
        each.addErrback(note)
    assert not slot.queue
    assert [str(error) for error in said if error and own_failure(error)] == [str(said[0])] * 2
    assert "TMPDIR" in str(said[0])
