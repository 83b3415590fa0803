"""Checking in several processes: a WARC file, a range of texts, or the catalogue's own file at a time.

Work is shared by file and not within one: a file is finished near 1 GB, so an archive that takes long has many, and
the digest that a seal holds is of a file's bytes from its first to its last, taken as they are checked.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import sys
import threading
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from archive.catalogue import Catalogue
from archive.errors import ArchiveError
from archive.fixity.file import check_file
from archive.fixity.findings import Fault, FaultKind, FileFindings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.connection import Connection
    from pathlib import Path

LARGE = 32 * 1024 * 1024
"""Bytes of WARC files from which processes are worth their start, about half a second."""
_TELL_SECONDS = 0.25
_FEW_BYTES = 1024 * 1024


class Task(Protocol):
    """Something to be checked."""

    def run(self, catalogue: Catalogue, progress: Callable[[int], None]) -> FileFindings | list[Fault]:
        """Check it; *progress* is told how many more bytes of WARC files are done."""


@dataclass(frozen=True, slots=True)
class FileTask:
    """A WARC file."""

    warc_dir: Path
    name: str
    size: int
    """When it was found."""
    end: int | None = None
    """Of an unfinished file: where the last record ends that a row names."""

    def run(self, catalogue: Catalogue, progress: Callable[[int], None]) -> FileFindings:
        """Check it; an unfinished one may have been finished since it was found."""
        # Of a size that could not be told, all is read.
        stop = None if self.end is None else (self.end, self.size or sys.maxsize)
        return check_file(self.warc_dir, self.name, catalogue, unfinished=stop, progress=progress)


@dataclass(frozen=True, slots=True)
class TextsTask:
    """The texts whose ids are above *after* and not above *last*."""

    after: int
    last: int

    def run(self, catalogue: Catalogue, _progress: Callable[[int], None]) -> list[Fault]:
        """Check that each still has its digest."""
        return [
            Fault(FaultKind.CATALOGUE, f"text {text_id} (of {what}) has not the digest that it says")
            for text_id, what in catalogue.fixity.wrong_texts(self.after, self.last)
        ]


@dataclass(frozen=True, slots=True)
class CatalogueTask:
    """The catalogue's own file."""

    def run(self, catalogue: Catalogue, _progress: Callable[[int], None]) -> list[Fault]:
        """Have SQLite check it."""
        return [Fault(FaultKind.CATALOGUE, problem) for problem in catalogue.fixity.problems()]


def run_all(
    catalogue_path: Path, tasks: Sequence[Task], workers: int, progress: Callable[[int], None]
) -> Iterator[FileFindings | list[Fault]]:
    """Run *tasks* in so many processes, or here if it is one; iterate over what each found, as it comes.

    *progress* is told how many more bytes of WARC files are done. Raises ArchiveError when a process dies.
    """
    if workers > 1 and len(tasks) > 1:
        yield from _run_in_pool(catalogue_path, tasks, min(workers, len(tasks)), progress)
        return
    with Catalogue(catalogue_path) as catalogue:
        for task in tasks:
            yield _run(task, catalogue, progress)


def _run(task: Task, catalogue: Catalogue, progress: Callable[[int], None]) -> FileFindings | list[Fault]:
    try:
        return task.run(catalogue, progress)
    except sqlite3.DatabaseError as error:
        return [Fault(FaultKind.CATALOGUE, f"it can't be read: {error}", catalogue.path.name)]


def _run_in_pool(
    catalogue_path: Path, tasks: Sequence[Task], workers: int, progress: Callable[[int], None]
) -> Iterator[FileFindings | list[Fault]]:
    context = multiprocessing.get_context("spawn")  # not fork: this process may have threads, and has a catalogue open
    done_bytes, told = context.Value("Q", 0), 0
    theirs, ours = context.Pipe(duplex=False)
    with ours, theirs:
        executor = ProcessPoolExecutor(
            workers, mp_context=context, initializer=_prepare, initargs=(catalogue_path, done_bytes, theirs)
        )
        try:
            with _without_ctrl_c():
                running = {executor.submit(_run_here, task) for task in tasks}
            while running:
                done, running = wait(running, timeout=_TELL_SECONDS, return_when=FIRST_COMPLETED)
                now = done_bytes.value
                progress(now - told)
                told = now
                for future in done:
                    yield future.result()
        except BrokenProcessPool as error:
            raise ArchiveError("a process that checks the archive was ended from outside (no memory left?)") from error
        finally:
            ours.close()  # the processes end with it, whatever they are at
            executor.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _without_ctrl_c() -> Iterator[None]:
    """Start processes inside that Ctrl-C doesn't reach: it would end them with a traceback; they end with this one."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Worker:
    """What a worker process has: the catalogue, and the count of bytes that it shares with all others."""

    catalogue: Catalogue
    counter: _Counter


def _prepare(catalogue_path: Path, done_bytes: Any, line: Connection) -> None:
    """Open the catalogue, and end when the parent lets go of its end of *line*, or dies."""
    threading.Thread(target=_end_with, args=(line,), daemon=True).start()
    _Worker.catalogue = Catalogue(catalogue_path)
    _Worker.counter = _Counter(done_bytes)


def _end_with(line: Connection) -> None:
    try:
        line.recv_bytes()
    except (EOFError, OSError):
        os._exit(1)


class _Counter:
    """Adds to a shared count, now and then: each addition takes its lock."""

    def __init__(self, shared: Any) -> None:
        self._shared = shared
        self._held = 0

    def add(self, count: int) -> None:
        self._held += count
        if self._held >= _FEW_BYTES:
            self.flush()

    def flush(self) -> None:
        with self._shared.get_lock():
            self._shared.value += self._held
        self._held = 0


def _run_here(task: Task) -> FileFindings | list[Fault]:
    try:
        return _run(task, _Worker.catalogue, _Worker.counter.add)
    finally:
        _Worker.counter.flush()
