"""Incidents whose sources are about to be lost, or are."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING

from archive.words import IN_DOUBT, SURVIVING, Health

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from archive.catalogue import Catalogue
    from sourcekeep.audit.scope import Scope

_OPEN = IN_DOUBT | {Health.UNCHECKED}


class Danger(StrEnum):
    """Why an incident is at risk, the worst first."""

    NONE_LEFT = "no surviving source"
    NONE_KNOWN = "none known to survive"
    """Some are walled, failing or were never looked at: they may be there."""
    ONE_LEFT = "one surviving source"
    NEVER_CAPTURED = "never captured"


@dataclass(frozen=True, slots=True)
class Risk:
    """An incident at risk, with its sources, each counted once."""

    incident_id: str
    danger: Danger
    sources: int
    surviving: int
    in_doubt: int
    """Walled, failing or never looked at: they may be there."""
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
    in_doubt = sum(state in _OPEN for state in states)
    if all(state is Health.UNCHECKED for state in states):
        danger = Danger.NEVER_CAPTURED
    elif surviving > 1:
        return None
    elif surviving:
        danger = Danger.ONE_LEFT
    else:
        danger = Danger.NONE_KNOWN if in_doubt else Danger.NONE_LEFT
    return Risk(incident_id, danger, len(sources), surviving, in_doubt, len(sources & kept))
