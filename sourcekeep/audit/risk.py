"""Incidents whose sources are about to be lost, or are."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING

from archive.records import Health

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from archive.catalogue import Catalogue
    from sourcekeep.audit.scope import Scope

SURVIVING = frozenset({Health.LIVE, Health.MOVED})
"""Links that lead to what was cited."""


class Danger(StrEnum):
    """Why an incident is at risk, the worst first."""

    NONE_LEFT = "no surviving source"
    ONE_LEFT = "one surviving source"
    NEVER_CAPTURED = "never captured"


@dataclass(frozen=True, slots=True)
class Risk:
    """An incident at risk, with its sources, each counted once."""

    incident_id: str
    danger: Danger
    sources: int
    surviving: int
    unverifiable: int
    """Walled or failing: they may be there."""
    kept: int
    """Of which the archive has a copy of its own."""


def worst_first(found: Iterable[Risk]) -> list[Risk]:
    """Return incidents with the worst danger first, and of one danger those without a copy, and with more sources."""
    worst = list(Danger)
    return sorted(found, key=lambda risk: (worst.index(risk.danger), risk.kept, -risk.sources))


def risks(catalogue: Catalogue, health: Mapping[int, Health], kept: AbstractSet[int], scope: Scope) -> Iterator[Risk]:
    """Iterate over the incidents at risk in the order of their import; one with a single, surviving source is one.

    *health* is by source; incidents are looked at only where all their sources are in it.
    """
    for incident_id, citations in groupby(catalogue.histories.citations(), key=lambda citation: citation[0]):
        if scope.incident in (None, incident_id):
            sources = {source_id for _, source_id, _ in citations}
            if sources <= health.keys() and (risk := _risk(incident_id, sources, health, kept)):
                yield risk


def _risk(
    incident_id: str, sources: AbstractSet[int], health: Mapping[int, Health], kept: AbstractSet[int]
) -> Risk | None:
    states = [health[source_id] for source_id in sources]
    surviving = sum(state in SURVIVING for state in states)
    if all(state is Health.UNCHECKED for state in states):
        danger = Danger.NEVER_CAPTURED
    elif surviving > 1:
        return None
    else:
        danger = Danger.ONE_LEFT if surviving else Danger.NONE_LEFT
    doubtful = sum(state in {Health.UNVERIFIABLE, Health.FAILING} for state in states)
    return Risk(incident_id, danger, len(sources), surviving, doubtful, len(sources & kept))
