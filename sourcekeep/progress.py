"""How a crawl shows that it goes on: a live bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType
    from rich.progress import Progress as RichProgress
    from rich.progress import ProgressColumn, Task

_LINE_SECONDS = 5.0


class Progress(Protocol):
    """What is told of sources that are done."""

    def plan(self, total: int) -> None:
        """Say how many there will be."""

    def done(self, outcome: str, count: int = 1) -> None:
        """Count one, or several at once."""

    def note(self, message: str) -> None:
        """Say something in a line of its own."""

    def close(self) -> None:
        """Stop showing."""


def for_stderr(verb: str) -> Progress:
    """Return a bar when stderr is a terminal, else plain lines; *verb* stands before the counts."""
    return BarProgress(verb) if sys.stderr.isatty() else LineProgress(verb)


class LineProgress:
    """A line every five seconds, for logs and cron mail."""

    def __init__(self, verb: str) -> None:
        self._verb = verb
        self._total = 0
        self._counts: Counter[str] = Counter()
        self._started = self._spoke = time.monotonic()
        self._said = 0

    def plan(self, total: int) -> None:
        """Say how many there will be."""
        self._total = total
        self.note(f"{self._verb} {total}")

    def done(self, outcome: str, count: int = 1) -> None:
        """Count them; speak when the last line is five seconds old."""
        self._counts[outcome] += count
        if time.monotonic() - self._spoke >= _LINE_SECONDS:
            self._spoke = time.monotonic()
            self.note(self._line())

    def _line(self) -> str:
        done = self._said = self._counts.total()
        rate = done / max(time.monotonic() - self._started, 0.001)
        left = (self._total - done) / rate
        return f"{done} of {self._total}, {rate:.1f}/s, {left:.0f} s left: {in_words(self._counts)}"

    def note(self, message: str) -> None:
        """Print *message*."""
        print(message, file=sys.stderr, flush=True)  # noqa: T201  # this is its business

    def close(self) -> None:
        """Print the last count, unless it was the last thing said."""
        if self._counts.total() != self._said:
            self.note(self._line())


class BarProgress:
    """A live bar with what is done, the rate and the time left, and the outcomes in a line below it."""

    def __init__(self, verb: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

        self._counts: Counter[str] = Counter()
        two_lines, rate = _own_parts()
        self._bar = two_lines(
            TextColumn(verb),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            rate,
            TimeRemainingColumn(compact=True),
            console=Console(stderr=True),
        )
        self._task = self._bar.add_task(verb, total=None, counts="")
        self._bar.start()

    def plan(self, total: int) -> None:
        """Say how many there will be."""
        self._bar.update(self._task, total=total)

    def done(self, outcome: str, count: int = 1) -> None:
        """Count them."""
        self._counts[outcome] += count
        self._bar.update(self._task, advance=count, counts=in_words(self._counts))

    def note(self, message: str) -> None:
        """Print *message* above the bar."""
        self._bar.console.print(message, markup=False, highlight=False)

    def close(self) -> None:
        """Leave the bar as it is."""
        self._bar.stop()


def _own_parts() -> tuple[type[RichProgress], ProgressColumn]:
    """Return rich's progress with the field `counts` below the bar, where it can't push it aside, and a rate."""
    from rich.progress import Progress as RichProgress
    from rich.progress import ProgressColumn
    from rich.text import Text

    class TwoLines(RichProgress):
        def get_renderables(self) -> Iterable[RenderableType]:
            yield self.make_tasks_table(self.tasks)
            yield Text("  " + "".join(task.fields["counts"] for task in self.tasks), style="dim")

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.completed / max(task.elapsed or 0.0, 0.001):.1f}/s")

    return TwoLines, Rate()


def in_words(counts: Counter[str]) -> str:
    """Return counts as `fetched 12, http-error 3`, most first."""
    return ", ".join(f"{name} {count}" for name, count in counts.most_common())
