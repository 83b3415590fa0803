"""Crawls that are killed, starved of disk, or lied to by their clock, and readers that look at what they left.

A crawl's process spends more than a second on its imports. So a fork server (`__main__.py`) imports everything once
and forks a child for each crawl: `Lane.run` starts one there and tells how it ended. What goes wrong in it, and
where, is in `faults.py`; what must be true afterwards, whatever went wrong, is in `evidence.py`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from types import TracebackType

__all__ = ["Ended", "Lane", "Lanes", "Order"]

LANES = 2
"""Fork servers at work at once: a crawl leaves a core idle for half of its time."""

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(slots=True)
class Order:
    """One process that the fork server is asked for: `sourcekeep ARGUMENTS`, and what happens to it."""

    archive: str
    arguments: Sequence[str]
    kill_after: float | None = None
    """Seconds after its start at which it is killed by the fork server."""
    kills_fetcher: bool = False
    """Whether it is not itself killed then, but one of the processes that fetch for it, any of them."""
    least_sources: int | None = None
    """How many sources there must be for each fetching process, in place of 25."""
    hangs_after: float = 30.0
    """Seconds after which it counts as hanging; its status is then -14 (SIGALRM)."""
    faults: Mapping[str, Any] | None = None
    """What goes wrong at which places: the arguments of `faults.Faults`."""
    rotate_at: int | None = None
    """Bytes at which a WARC file is finished, in place of 1 GB."""
    limit_file_bytes: int | None = None
    """RLIMIT_FSIZE: no file grows beyond it."""
    catalogue_pages: int | None = None
    """SQLite's max_page_count: beyond it the catalogue is full."""
    busy_seconds: float | None = None
    """How long SQLite waits for another program, in place of a minute."""
    clock_jumps: Mapping[int, float] = field(default_factory=dict)
    """Seconds by which the clock is off, from the so-many-th acknowledged capture on (0: from the start)."""
    ends_when_open: bool = False
    """Whether it is killed as soon as its crawl is open, before the first request."""
    without_privileges: bool = False
    """Whether root gives up what lets it write where permissions say no."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended, and what it had told until then."""

    order: Order
    status: int
    """The exit code, or the signal's number below zero."""
    seconds: float
    planned: int | None
    """The id of its crawl once that was open, with salvage and recovery behind it."""
    passed_before: int | None
    """How many places were passed until then."""
    acknowledged: Mapping[int, str]
    """By capture id: the source's URL. What the crawl was told is on disk."""
    struck: str | None
    """The place at which something went wrong, if one was drawn."""
    passed: Mapping[str, int]
    """How often each place was passed, where the process lived long enough to tell."""
    fetcher_killed: bool
    """Whether a process that fetched for it was there to be killed, and was."""
    orphans: int
    """How many processes it had started were still there three seconds after its end."""
    output: str
    """What it wrote to standard output and standard error."""

    @property
    def killed(self) -> bool:
        """Whether it was killed, by the clock or at a place, or one that fetched for it."""
        return self.status == -9 or self.fetcher_killed


class Lane:
    """A fork server as a context manager; it runs one process at a time."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "durability"],
            cwd=Path(__file__).parent.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def start(self, order: Order) -> None:
        """Have a process started; `wait` tells how it ended."""
        assert self._process.stdin
        self._order = order
        self._process.stdin.write(json.dumps(asdict(order)) + "\n")
        self._process.stdin.flush()

    def wait(self) -> Ended:
        """Return how the process ended that was started last."""
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, f"the fork server died over {self._order}"
        said = json.loads(line)
        said["acknowledged"] = {int(number): url for number, url in said["acknowledged"].items()}
        return Ended(self._order, **said)

    def run(self, order: Order) -> Ended:
        """Run a process to its end."""
        self.start(order)
        return self.wait()


class Lanes:
    """Several lanes as a context manager."""

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            self._free: SimpleQueue[Lane] = SimpleQueue()
            for _ in range(LANES):
                self._free.put(opening.enter_context(Lane()))
            self._open = opening.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def map(self, work: Callable[[Lane, Item], Result], items: Iterable[Item]) -> list[Result]:
        """Return what *work* makes of each item with a lane of its own; raises what one of them raised."""

        def with_a_lane(item: Item) -> Result:
            lane = self._free.get()
            try:
                return work(lane, item)
            finally:
                self._free.put(lane)

        with ThreadPoolExecutor(LANES) as pool:
            return list(pool.map(with_a_lane, items))
