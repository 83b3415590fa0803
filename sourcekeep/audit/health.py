"""The health of a source: one state machine over its captures, in their order.

A link is dead only after three failures, each more than three days behind the one before (the rule of
InternetArchiveBot); two where the server says that the page is gone for good (410). Walls, robots.txt and certificates
never count, neither for nor against it. One good capture heals. Nothing but captures goes in, so that all of it can be
computed again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from archive.signals import Signal
from archive.words import LOST, Health

APART = timedelta(days=3)
"""A failure counts when it was asked for more than this behind the last one that counted."""
FAILURES = 3
"""So many failures that count make a link dead."""
SAID_SO = 2
"""So many, where the server or the page itself says that it is gone."""

_GOOD = {Signal.GOOD: Health.LIVE, Signal.MOVED: Health.MOVED, Signal.DRIFTED: Health.DRIFTED}
_FAILED = frozenset({Signal.MISSING, Signal.GONE, Signal.REMOVED})
_FOUND, _LIVE = Signal.GOOD, Health.LIVE  # Python 3.11 looks members of an enumeration up as properties


class Observed(NamedTuple):
    """What one capture says of its link."""

    capture_id: int
    at: str
    """When it was asked for."""
    signal: Signal
    rule: str


class Step(NamedTuple):
    """A change of health, and the capture that caused it."""

    health: Health
    since: str
    capture_id: int
    rule: str


@dataclass(slots=True)
class Course:
    """What a link has been so far."""

    health: Health = Health.UNCHECKED
    steps: list[Step] = field(default_factory=list)
    """Its changes of health, oldest first."""
    first_good: Observed | None = None
    """The first capture that found a page."""
    first_failure: Observed | None = None
    """Of the failures since then, the first."""
    failures: int = 0
    """Failures since then that count."""
    _last_good: tuple[int, str, Signal, str] | None = None
    _gone: int = 0
    _removed: int = 0
    _counted_at: str = ""

    @property
    def step(self) -> Step | None:
        """The last change of health; None where there was none."""
        return self.steps[-1] if self.steps else None

    @property
    def last_good(self) -> Observed | None:
        """The last capture that found a page."""
        return Observed._make(self._last_good) if self._last_good else None

    def take(self, capture_id: int, at: str, signal: Signal, rule: str) -> None:
        """Go on with the next capture, which was asked for *at* then."""
        if signal is _FOUND and self.health is _LIVE:  # as nearly always; and a million times, quickly
            self._last_good = capture_id, at, signal, rule
            return
        seen = Observed(capture_id, at, signal, rule)
        if good := _GOOD.get(signal):
            self.first_good = self.first_good or seen
            self._last_good, self.first_failure = seen, None
            self.failures = self._gone = self._removed = 0
            self._become(good, seen)
        elif signal in _FAILED:
            self._fail(seen)
        elif signal is Signal.BLOCKED and self.health not in LOST:
            self._become(Health.UNVERIFIABLE, seen)

    def _fail(self, seen: Observed) -> None:
        if self.first_failure is None:
            self.first_failure = seen
        if self.failures and not _is_apart(self._counted_at, seen.at):
            self._counted_at = min(self._counted_at, seen.at)  # a clock that was ahead may not hold up the count
            self._become(self.health if self.health in LOST else Health.FAILING, seen)
            return
        self._counted_at = seen.at
        self.failures += 1
        self._gone += seen.signal is Signal.GONE
        self._removed += seen.signal is Signal.REMOVED
        self._become(self._verdict(seen.signal), seen)

    def _verdict(self, signal: Signal) -> Health:
        if self._removed >= SAID_SO or (self.failures >= FAILURES and signal is Signal.REMOVED):
            return Health.REMOVED
        if self.health is Health.REMOVED:
            return Health.REMOVED
        return Health.DEAD if self._gone >= SAID_SO or self.failures >= FAILURES else Health.FAILING

    def _become(self, health: Health, seen: Observed) -> None:
        if health is not self.health:
            self.health = health
            self.steps.append(Step(health, seen.at, seen.capture_id, seen.rule))


def _is_apart(earlier: str, later: str) -> bool:
    return datetime.fromisoformat(later) - datetime.fromisoformat(earlier) > APART
