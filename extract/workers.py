"""Worker processes that make texts, each page within limits of time and memory.

A page that breaks a limit ends its worker, also from within C code; the parent knows which page it was, has a new
worker in its place, and goes on. Nothing here knows the catalogue.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
from collections import deque
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from pathlib import Path
from typing import TYPE_CHECKING, Self

from extract.making import failed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

    from archive.text_records import Pending, Text
    from archive.words import Evidence

    Make = Callable[[Path, Pending], Text]

OVER_LIMIT = "over-limit"
WORKER_DIED = "worker-died"
WORKER_FAILED = "worker-failed"

_AHEAD = 2
"""Pages given to a worker: the one that it makes, and the next, so that it never waits for its parent."""
_SLACK_BYTES = 96 * 1024 * 1024
"""Address space that a page may reserve beyond the memory that it may use."""
_END_SECONDS = 5.0
_STATUS = Path("/proc/self/status")
_CLEAR_REFS = Path("/proc/self/clear_refs")
# Enough words for every table and profile that is loaded with its first use.
_WARM_UP = b"<html><body><article>" + b"<p>The lift that counted wrong was put right by hand.</p>" * 9 + b"</article>"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one page may take."""

    cpu_seconds: float = 5.0
    wall_seconds: float = 120.0
    """For a page that waits for something; far more than its CPU time, since a busy machine is no page's fault."""
    memory_bytes: int = 500_000_000
    """Beyond what a worker has when it is idle."""


@dataclass(slots=True)
class _Worker:
    process: SpawnProcess
    connection: Connection
    items: deque[Pending] = field(default_factory=deque)
    """What it has been given and not yet answered, in its order."""
    has_answered: bool = False


class Workers:
    """A number of worker processes; use it as a context."""

    def __init__(self, count: int, make: Make, warc_dir: Path, limits: Limits) -> None:
        self.count = count
        self._start_with = (make, warc_dir, limits)
        self._limits = limits
        self._workers: list[_Worker] = []
        self._waiting: deque[Pending] = deque()

    @property
    def room(self) -> int:
        """How many pages more keep all workers busy."""
        return self.count * _AHEAD * 2 - len(self)

    def __len__(self) -> int:
        """Return how many pages are waiting or under way."""
        return len(self._waiting) + sum(len(worker.items) for worker in self._workers)

    def submit(self, item: Pending) -> None:
        """Have the text of *item* made."""
        self._waiting.append(item)
        self._hand_out()

    def made(self, timeout: float) -> Iterator[tuple[Pending, Text]]:
        """Yield the texts that are ready within *timeout* seconds; each page that was submitted comes out once."""
        busy = {worker.connection: worker for worker in self._workers if worker.items}
        for connection in wait(list(busy), timeout):
            worker = busy[connection]  # type: ignore[index]  # of what was waited for
            try:
                text, retires = worker.connection.recv()
            except (EOFError, OSError):
                yield self._bury(worker)
                continue
            worker.has_answered = True
            yield worker.items.popleft(), text
            if retires:
                self._replace(worker)
        self._hand_out()

    def _hand_out(self) -> None:
        while self._waiting:
            worker = min(self._workers, key=lambda one: len(one.items), default=None)
            if len(self._workers) < self.count and (worker is None or worker.items):
                worker = self._start()
            if worker is None or len(worker.items) >= _AHEAD:
                return
            worker.items.append(self._waiting.popleft())
            # One that has died is noticed when its answer is waited for.
            with contextlib.suppress(OSError):
                worker.connection.send(worker.items[-1])

    def _start(self) -> _Worker:
        context = multiprocessing.get_context("spawn")  # not fork: the parent has threads and an open catalogue
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs, *self._start_with), daemon=True)
        process.start()
        theirs.close()
        worker = _Worker(process, ours)
        self._workers.append(worker)
        return worker

    def _bury(self, worker: _Worker) -> tuple[Pending, Text]:
        """Return what is to be said of the page that a worker died of; the next pages go to another."""
        worker.process.join()
        item = worker.items.popleft()
        exit_code = worker.process.exitcode or 0
        self._replace(worker)
        return item, failed(item, _cause(exit_code, self._limits))

    def _replace(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        self._waiting.extendleft(reversed(worker.items))
        worker.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.connection.close()
        for worker in self._workers:
            if worker.items:
                worker.process.terminate()
            worker.process.join(_END_SECONDS)


def _cause(exit_code: int, limits: Limits) -> Evidence:
    """Return why a worker died that ended with *exit_code*; the negative of a signal's number, if one ended it."""
    if exit_code == -signal.SIGPROF:
        return {"rule": OVER_LIMIT, "limit": "cpu-seconds", "allowed": limits.cpu_seconds}
    if exit_code == -signal.SIGALRM:
        return {"rule": OVER_LIMIT, "limit": "wall-seconds", "allowed": limits.wall_seconds}
    if exit_code < 0:
        return {"rule": WORKER_DIED, "signal": signal.Signals(-exit_code).name}
    return {"rule": WORKER_DIED, "exit_code": exit_code}


def _work(connection: Connection, make: Make, warc_dir: Path, limits: Limits) -> None:
    """Make texts until the parent has no more; this is what a worker process runs."""
    idle = _prepare(limits)
    with contextlib.suppress(EOFError, OSError):
        while True:
            item = connection.recv()
            text, retires = _made(make, warc_dir, item, limits, idle)
            connection.send((text, retires))
            if retires:  # its memory may be in pieces
                return


def _prepare(limits: Limits) -> int:
    """Bound this process, and load all that a page may need; return its memory in bytes before the first page."""
    import resource

    from extract.page import extract_page

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's
    for ending in (signal.SIGALRM, signal.SIGPROF):
        signal.signal(ending, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    extract_page(_WARM_UP)
    if size := _status("VmSize"):
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (size + limits.memory_bytes + _SLACK_BYTES, hard))
    return _status("VmRSS")


def _made(make: Make, warc_dir: Path, item: Pending, limits: Limits, idle: int) -> tuple[Text, bool]:
    """Return the text of *item*, and whether this worker has to end because of it."""
    with contextlib.suppress(OSError):
        _CLEAR_REFS.write_text("5", encoding="ascii")  # proc(5): the peak counts from here
    signal.setitimer(signal.ITIMER_PROF, limits.cpu_seconds)
    signal.setitimer(signal.ITIMER_REAL, limits.wall_seconds)
    try:
        text = make(warc_dir, item)
    except MemoryError:
        return failed(item, _over_memory(limits, max(_status("VmHWM") - idle, 0))), True
    except Exception as error:  # noqa: BLE001  # a bug: this page's row says so, the rest go on
        return failed(item, {"rule": WORKER_FAILED, "error": f"{type(error).__name__}: {error}"}), False
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
    taken = _status("VmHWM") - idle
    if taken > limits.memory_bytes or str(text.evidence.get("error", "")).startswith("MemoryError"):
        return failed(item, _over_memory(limits, taken)), True
    return text, False


def _over_memory(limits: Limits, taken: int) -> Evidence:
    return {"rule": OVER_LIMIT, "limit": "memory-bytes", "allowed": limits.memory_bytes, "taken": taken}


def _status(name: str) -> int:
    """Return a figure of this process in bytes (proc(5)); 0 where the system has none."""
    try:
        for line in _STATUS.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0
