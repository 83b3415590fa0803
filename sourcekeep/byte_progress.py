"""How work on files shows that it goes on, in bytes: a live bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from typing import Protocol

from sourcekeep.screen import size

_LINE_SECONDS = 5.0


class ByteProgress(Protocol):
    """What is told of bytes that are done."""

    def plan(self, total: int) -> None:
        """Say how many there will be."""

    def advance(self, count: int) -> None:
        """Say how many more are done."""

    def close(self) -> None:
        """Stop showing."""


def for_stderr(verb: str) -> ByteProgress:
    """Return a bar when stderr is a terminal, else plain lines; *verb* stands before the numbers."""
    return _Bar(verb) if sys.stderr.isatty() else _Lines(verb)


class _Lines:
    """A line every five seconds, for logs and cron mail; nothing for what is done sooner."""

    def __init__(self, verb: str) -> None:
        self._verb = verb
        self._total = self._done = 0
        self._started = self._spoke = time.monotonic()

    def plan(self, total: int) -> None:
        """Say how many there will be."""
        self._total = total

    def advance(self, count: int) -> None:
        """Speak when the last line is five seconds old."""
        self._done += count
        now = time.monotonic()
        if now - self._spoke >= _LINE_SECONDS:
            self._spoke = now
            rate = max(self._done, 1) / (now - self._started)
            left = max(self._total - self._done, 0) / rate
            line = f"{self._verb}: {size(self._done)} of {size(self._total)}, {size(round(rate))}/s, {left:.0f} s left"
            print(line, file=sys.stderr, flush=True)  # noqa: T201  # this is its business

    def close(self) -> None:
        """Say nothing more: what came of it is said by others."""


class _Bar:
    """A live bar with the bytes done, the rate and the time left."""

    def __init__(self, verb: str) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )

        self._bar = Progress(
            TextColumn(verb),
            BarColumn(bar_width=24),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(compact=True),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._bar.add_task(verb, total=None)
        self._bar.start()

    def plan(self, total: int) -> None:
        """Say how many there will be."""
        self._bar.update(self._task, total=total)

    def advance(self, count: int) -> None:
        """Say how many more are done."""
        self._bar.update(self._task, advance=count)

    def close(self) -> None:
        """Take the bar away."""
        self._bar.stop()
