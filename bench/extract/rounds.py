"""Rounds in which the contenders read the pages in turn, a few at a time: each has the machine's same minutes."""

from __future__ import annotations

import queue
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any

from bench.extract.contenders import Answer, Runner

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench.extract.corpus import Page

TURN = 20
"""Pages that a contender reads before it is the next one's turn."""
SHARE = 2
"""Pages that a process takes at a time where several share the work."""
PIECE = 100
"""Pages that one process reads, and then two: in some seconds, of which the last share is a small part."""

Scaling = dict[str, list[float]]
"""By contender: pages a second of two processes by those of one, for each round."""


@dataclass(slots=True)
class Run:
    """What one contender did in all rounds."""

    name: str
    pages: int
    rounds: list[Answer] = field(default_factory=list)

    @property
    def first(self) -> Answer:
        """Its answers of the first round, which are the ones that are judged."""
        return self.rounds[0]

    @property
    def pages_per_second(self) -> float:
        """Pages by seconds of processor time on one core, the median of the rounds."""
        return median(self.pages / each.cpu_seconds for each in self.rounds)

    def speed_by(self, other: Run) -> float:
        """Return the ratio of its speed to that of *other* in the same round, the median of the rounds."""
        return median(
            theirs.cpu_seconds / ours.cpu_seconds for ours, theirs in zip(self.rounds, other.rounds, strict=True)
        )

    def wavering(self) -> list[str]:
        """Return the pages of which it made something else in a later round."""
        return [
            "/".join(key)
            for key, found in self.first.found.items()
            if any(each.found.get(key) != found for each in self.rounds[1:])
        ]

    def as_dict(self) -> dict[str, Any]:
        """Return its speed and its failures as JSON wants them."""
        return {
            "who": self.name,
            "cpu_seconds": [round(answer.cpu_seconds, 3) for answer in self.rounds],
            "pages_per_second": round(self.pages_per_second, 2),
            "failed": {"/".join(key): error for key, error in self.first.failed.items()},
        }


def run_rounds(names: Sequence[str], pages: Sequence[Page], rounds: int, say: Callable[[str], None]) -> list[Run]:
    """Let each of *names* read *pages* once in each round, in processes that have met none of them."""
    runs = {name: Run(name, len(pages)) for name in names}
    for number in range(1, rounds + 1):
        say(f"round {number} of {rounds}: {len(pages)} pages, {len(names)} contenders in turn")
        with ExitStack() as stack:
            runners = {name: stack.enter_context(Runner(name)) for name in names}
            answers = {name: Answer() for name in names}
            for start in range(0, len(pages), TURN):
                for name, runner in runners.items():
                    answers[name].add(runner.ask(pages[start : start + TURN]))
        for name, answer in answers.items():
            runs[name].rounds.append(answer)
    return list(runs.values())


def scaling(names: Sequence[str], pages: Sequence[Page], rounds: int, say: Callable[[str], None]) -> Scaling:
    """Measure how many times the pages a second two processes read that one reads, by the wall clock.

    One and two read each piece of the pages in turn, and so do all of *names*: a machine whose speed changes from one
    second to the next does that to all of them.
    """
    ratios: Scaling = {name: [] for name in names}
    for number in range(1, rounds + 1):
        say(f"round {number} of {rounds}: {', '.join(names)}: one process and two in turn")
        with ExitStack() as stack:
            runners = {name: [stack.enter_context(Runner(name)) for _ in range(3)] for name in names}
            seconds = {name: [0.0, 0.0] for name in names}
            for start in range(0, len(pages), PIECE):
                for name, (one, *two) in runners.items():
                    for who, team in enumerate(([one], two)):
                        seconds[name][who] += _wall_seconds(team, pages[start : start + PIECE])
        for name, (alone, together) in seconds.items():
            ratios[name].append(alone / together)
    return ratios


def _wall_seconds(runners: Sequence[Runner], pages: Sequence[Page]) -> float:
    started = time.perf_counter()
    read_together(runners, pages, keep=False)
    return time.perf_counter() - started


def read_together(runners: Sequence[Runner], pages: Sequence[Page], *, keep: bool = True) -> Answer:
    """Let *runners* share *pages*, each taking a few whenever it is free; without *keep* nobody says what was found.

    Raises ContenderError when one of them ends.
    """
    shares: queue.SimpleQueue[Sequence[Page]] = queue.SimpleQueue()
    for start in range(0, len(pages), SHARE):
        shares.put(pages[start : start + SHARE])
    with ThreadPoolExecutor(len(runners)) as threads:
        answers = list(threads.map(lambda runner: _work(runner, shares, keep=keep), runners))
    whole = Answer()
    for answer in answers:
        whole.add(answer)
    return whole


def _work(runner: Runner, shares: queue.SimpleQueue[Sequence[Page]], *, keep: bool) -> Answer:
    done = Answer()
    while True:
        try:
            share = shares.get_nowait()
        except queue.Empty:
            return done
        done.add(runner.ask(share, keep=keep))
