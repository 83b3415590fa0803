"""What an audit counts: health now and over time, by site, by year, how long links last, and rates of rot."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from archive.words import IN_DOUBT, LOST, Health

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archive.catalogue.histories import Look
    from sourcekeep.audit.health import Course

PEW_STATUSES = frozenset({204, 400, 404, 410, 500, 501, 502, 503, 523})
"""Statuses by which the Pew Research Center's "When Online Content Disappears" (2024) counts a page as gone."""


@dataclass(frozen=True, slots=True)
class Rates:
    """How many of the links that were looked at are lost, as counts; a share is a count by `checked`."""

    checked: int
    """Sources with a capture that says something."""
    rotten: int
    """The lower bound: dead and removed."""
    in_doubt: int
    """Failing and unverifiable; with them, the upper bound."""
    drifted: int
    """Links that lead to another text than the one that was kept first."""
    pew: int
    """By Pew's rule: the last answer has one of nine statuses, and nothing else counts."""

    def share(self, number: int) -> float:
        """Return *number* as a share of what was checked; 0 where nothing was."""
        return number / self.checked if self.checked else 0.0


@dataclass(slots=True)
class Tally:
    """Takes sources one by one; what it holds doesn't grow with their captures."""

    health: Counter[Health] = field(default_factory=Counter)
    """Of what was measured; pins don't count."""
    by_site: defaultdict[str, Counter[Health]] = field(default_factory=lambda: defaultdict(Counter))
    by_year: defaultdict[int, Counter[Health]] = field(default_factory=lambda: defaultdict(Counter))
    """By the year of the incident that cites it; of several the first."""
    _steps: defaultdict[str, Counter[Health]] = field(default_factory=lambda: defaultdict(Counter))
    """By month: how many more sources have a health at its end."""
    _lives: Counter[tuple[int, bool]] = field(default_factory=Counter)
    """(days, died): of links that were good once, from then until they were lost or seen last."""
    _pew: int = 0

    def add(self, site: str | None, year: int | None, course: Course, looks: Sequence[Look]) -> None:
        """Count one source."""
        health = course.health
        self.health[health] += 1
        if health is Health.UNCHECKED:
            return
        self.by_site[site or ""][health] += 1
        if year:
            self.by_year[year][health] += 1
        self._pew += looks[-1].http_status in PEW_STATUSES
        before = None
        for step in course.steps:
            month = self._steps[step.since[:7]]
            month[step.health] += 1
            if before:
                month[before] -= 1
            before = step.health
        self._live(course, looks)

    def _live(self, course: Course, looks: Sequence[Look]) -> None:
        if course.first_good is None:
            return
        died = course.health in LOST and course.first_failure is not None
        end = course.first_failure.at if died and course.first_failure else looks[-1].at
        days = (datetime.fromisoformat(end) - datetime.fromisoformat(course.first_good.at)) // timedelta(days=1)
        self._lives[max(0, days), died] += 1

    def rates(self) -> Rates:
        """Return the rates of what was counted."""
        checked = self.health.total() - self.health[Health.UNCHECKED]
        rotten, in_doubt = (sum(self.health[one] for one in some) for some in (LOST, IN_DOUBT))
        return Rates(checked, rotten, in_doubt, self.health[Health.DRIFTED], self._pew)

    def over_time(self, until: str) -> Iterator[tuple[str, dict[Health, int]]]:
        """Iterate over the months up to *until* (`2026-11`), each with how many sources had which health at its end."""
        now: Counter[Health] = Counter()
        month = min(self._steps, default="9999-99")
        while month <= until:
            now.update(self._steps.get(month, {}))
            yield month, {health: now[health] for health in Health if health is not Health.UNCHECKED}
            month = _month_after(month)

    def survival(self) -> list[tuple[int, float, int]]:
        """Return (days, share, links at risk): how many links are still there so long after they were first seen good.

        The product-limit estimate (Kaplan and Meier, 1958): links that are still there count up to their last capture.
        It begins with (0, 1.0, all) and has a point for each day on which any was lost.
        """
        at_risk, share = self._lives.total(), 1.0
        curve = [(0, 1.0, at_risk)]
        days = sorted({days for days, _ in self._lives})
        for day in days:
            if died := self._lives[day, True]:
                share *= 1 - died / at_risk
                curve.append((day, share, at_risk))
            at_risk -= died + self._lives[day, False]
        if days and curve[-1][0] != days[-1]:
            curve.append((days[-1], share, self._lives[days[-1], False]))
        return curve


def _month_after(month: str) -> str:
    year, number = int(month[:4]), int(month[5:7])
    return f"{year + number // 12:04}-{number % 12 + 1:02}"
