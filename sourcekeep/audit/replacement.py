"""What to cite instead of a link that is lost, has moved or has drifted: chosen of what the archive knows of.

The page's new address where it has moved; our own copy where it is shown to others (`replay_url`); else the memento
that is worth most, and of several the one nearest to the citation. A copy that nobody else can see comes last.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from archive.words import LOST, Health
from sourcekeep.audit.cited_on import cited_on
from sourcekeep.audit.mementos import ORDER, Said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archive.catalogue import Catalogue
    from archive.catalogue.histories import Link, Look
    from archive.health_records import JudgedMemento
    from sourcekeep.audit.health import Course

REPLACED = LOST | {Health.MOVED, Health.DRIFTED}
"""Links for which something else is to be cited."""


class ReplacementKind(StrEnum):
    """What a replacement is."""

    MOVED = "moved"
    """The page itself, under its new address."""
    COPY = "copy"
    """Our own capture."""
    MEMENTO = "memento"
    """A web archive's."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """What to cite instead of a source."""

    kind: ReplacementKind
    url: str | None
    """None for a copy of our own that nobody else can see."""
    at: str | None
    """When it was captured; None for a page that has moved."""
    capture_id: int
    """The capture that proves it."""
    kept: float | None = None
    """Of a memento: the share of our own text that it has; None where there is nothing to compare."""


class Replacing:
    """Chooses replacements; *replay_url* is where own copies are shown to others, empty where they aren't."""

    def __init__(self, catalogue: Catalogue, replay_url: str) -> None:
        self._catalogue = catalogue
        self._replay_url = replay_url
        self._mementos: dict[int, list[JudgedMemento]] = {}
        for memento in catalogue.comparisons.mementos():
            if memento.url:
                self._mementos.setdefault(memento.source_id, []).append(memento)

    def of(self, link: Link, looks: list[Look], course: Course, health: Health) -> Replacement | None:
        """Return what to cite instead of a source that has that *health*, or None where nothing is known."""
        return next(self._in_order(link, looks, course), None) if health in REPLACED else None

    def version(self, link: Link) -> Replacement | None:
        """Return a copy of a source as it was cited that others can see, whatever became of its link."""
        return next((copy for copy in self._copies(link) if copy.url), None)

    def _in_order(self, link: Link, looks: list[Look], course: Course) -> Iterator[Replacement]:
        if moved := _moved_to(looks, course):
            yield moved
        yield from self._copies(link)

    def _copies(self, link: Link) -> Iterator[Replacement]:
        own = self._own(link)
        if own and own.url:
            yield own
        if memento := self._memento(link.source_id):
            yield Replacement(ReplacementKind.MEMENTO, memento.url, memento.at, memento.capture_id, memento.kept)
        if own and not own.url:
            yield own

    def _own(self, link: Link) -> Replacement | None:
        if not link.is_kept or link.best_capture_id is None or link.best_at is None:
            return None
        digits = "".join(filter(str.isdigit, link.best_at))[:14]
        url = f"{self._replay_url}{digits}/{link.url}" if self._replay_url else None
        return Replacement(ReplacementKind.COPY, url, link.best_at, link.best_capture_id)

    def _memento(self, source_id: int) -> JudgedMemento | None:
        """Return the best memento of a source; of several that are as good the one nearest to its citation."""
        mementos = self._mementos.get(source_id)
        if not mementos:
            return None
        source = self._catalogue.sources.get(source_id)
        wanted = cited_on(self._catalogue, source) if source else None
        return min(mementos, key=lambda memento: (ORDER.index(Said(memento.said)), _days(memento.at, wanted)))


def _moved_to(looks: list[Look], course: Course) -> Replacement | None:
    """Return where a page is now, by the last capture that found it there."""
    if course.health is not Health.MOVED or course.last_good is None:
        return None
    found = next(look for look in reversed(looks) if look.capture_id == course.last_good.capture_id)
    return Replacement(ReplacementKind.MOVED, found.final_url, None, found.capture_id) if found.final_url else None


def _days(at: str | None, wanted: str | None) -> int:
    if at is None or wanted is None:
        return 0
    return abs((date.fromisoformat(at[:10]) - date.fromisoformat(wanted)).days)
