"""An audit: all captures folded anew, counted, and held against what the catalogue says."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from archive.words import Health
from sourcekeep.audit.cited_on import year_of
from sourcekeep.audit.observing import Observer
from sourcekeep.audit.replacement import Replacing
from sourcekeep.audit.risk import Risk, risks
from sourcekeep.audit.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable

    from archive.catalogue import Catalogue
    from archive.catalogue.histories import Histories, Link, Look
    from archive.health_records import Pin
    from sourcekeep.audit.health import Course, Step
    from sourcekeep.audit.replacement import Replacement
    from sourcekeep.audit.scope import Scope

_TOLD = 1000
_UNTROUBLED = frozenset({Health.LIVE, Health.UNCHECKED})


@dataclass(frozen=True, slots=True)
class AuditedLink:
    """A source with what became of its link, and the capture that proves it."""

    source_id: int
    url: str
    site: str | None
    health: Health
    """As an editor pinned it, else as it was measured."""
    measured: Health
    since: str | None
    """When the capture was asked for that caused what was measured."""
    rule: str | None
    capture_id: int | None
    """That capture."""
    last_good_at: str | None
    first_failed_at: str | None
    """Of the failures behind the last good capture; the link died between the two."""
    failures: int
    """Of those that count."""
    captured_at: str | None
    captures: int
    is_kept: bool
    """Whether the archive has a copy of its own."""
    pin: Pin | None
    replacement: Replacement | None
    """What to cite instead of a link that is lost, has moved or has drifted."""
    version: Replacement | None
    """A copy of it as it was cited that others can see."""


@dataclass(slots=True)
class Audit:
    """What an audit found."""

    made_at: str
    scope: Scope
    tally: Tally = field(default_factory=Tally)
    """What was measured."""
    health: Counter[str] = field(default_factory=Counter)
    """Links by their health, as editors pinned it or as it was measured."""
    links: list[AuditedLink] = field(default_factory=list)
    """Those that are not simply live, in the order of their import; with `since`, those that have changed since."""
    risks: list[Risk] = field(default_factory=list)
    """Incidents that are at risk of losing their sources."""
    pins: int = 0
    stale: list[int] = field(default_factory=list)
    """Sources of which the catalogue said something else than their captures do."""


def audit(
    catalogue: Catalogue,
    scope: Scope,
    now: str,
    *,
    replay_url: str = "",
    on_sources: Callable[[int], None] = lambda _: None,
) -> Audit:
    """Return what became of the links in *scope*, by their captures alone; nothing is written.

    *replay_url* is where own copies are shown to others. *on_sources* is told now and then how many more are done.
    Raises ArchiveError when the scope is unknown.
    """
    return _Auditing(catalogue, Audit(now, scope), replay_url).run(on_sources)


class _Auditing:
    def __init__(self, catalogue: Catalogue, found: Audit, replay_url: str) -> None:
        histories = catalogue.histories
        self._catalogue = catalogue
        self._found = found
        self._pins = catalogue.pins.all()
        self._years = _years(histories)
        self._observer = Observer(_companies(histories, found.scope))
        self._replacing = Replacing(catalogue, replay_url)
        self._health: dict[int, Health] = {}

    def run(self, on_sources: Callable[[int], None]) -> Audit:
        kept: set[int] = set()
        for number, (link, looks) in enumerate(self._found.scope.histories(self._catalogue), 1):
            self._take(link, looks)
            if link.is_kept:
                kept.add(link.source_id)
            if number % _TOLD == 0:
                on_sources(_TOLD)
        self._found.risks = list(risks(self._catalogue, self._health, kept, self._found.scope))
        return self._found

    def _take(self, link: Link, looks: list[Look]) -> None:
        course = self._observer.fold(link, looks)
        found, number = self._found, link.source_id
        year = self._years[number] if number < len(self._years) else 0
        found.tally.add(link.site or link.host, year, course, looks)
        if link.is_judged and _is_stale(link, course.step):
            found.stale.append(number)
        pin = self._pins.get(number)
        found.pins += pin is not None
        health = self._health[number] = pin.health if pin else course.health
        found.health[health] += 1
        if self._is_listed(health, course, pin):
            found.links.append(_audited(link, looks, course, pin, self._replacing))

    def _is_listed(self, health: Health, course: Course, pin: Pin | None) -> bool:
        since = self._found.scope.since
        if since is not None:
            changed_at = max(course.step.since if course.step else "", pin.pinned_at if pin else "")
            return changed_at >= since
        return self._found.scope.everything or pin is not None or health not in _UNTROUBLED


def _is_stale(link: Link, step: Step | None) -> bool:
    """Tell whether the catalogue says another health than the captures do, or for another reason."""
    known = (link.health, link.health_capture_id, link.health_rule)
    return known != ((step.health, step.capture_id, step.rule) if step else (Health.UNCHECKED, None, None))


def _audited(link: Link, looks: list[Look], course: Course, pin: Pin | None, replacing: Replacing) -> AuditedLink:
    step, lost = course.step, course.first_failure
    health = pin.health if pin else course.health
    return AuditedLink(
        source_id=link.source_id,
        url=link.url,
        site=link.site or link.host,
        health=health,
        measured=course.health,
        since=step.since if step else None,
        rule=step.rule if step else None,
        capture_id=step.capture_id if step else None,
        last_good_at=course.last_good.at if course.last_good else None,
        first_failed_at=lost.at if lost else None,
        failures=course.failures,
        captured_at=looks[-1].at if looks else None,
        captures=len(looks),
        is_kept=bool(link.is_kept),
        pin=pin,
        replacement=replacing.of(link, looks, course, health),
        version=replacing.version(link),
    )


def _companies(histories: Histories, scope: Scope) -> Callable[[str], bool]:
    if scope.incident is None:
        return histories.companies().__contains__
    return histories.has_company


def _years(histories: Histories) -> array[int]:
    """Return by source the year of the first incident that cites it; 0 where no incident says one."""
    years = array("H")
    for _, source_id, occurred in histories.citations():
        year = year_of(occurred or "")
        if source_id >= len(years):
            years.extend([0] * (source_id + 1 - len(years)))
        if year and not 0 < years[source_id] <= year:
            years[source_id] = year
    return years


def gated(found: Audit, wanted: frozenset[str]) -> int:
    """Return how many links have a health that the caller wants to be told of."""
    return sum(found.health[health] for health in wanted)
