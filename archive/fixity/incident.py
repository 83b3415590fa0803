"""An incident beside the statement that has the last word on it: what each says must be the same."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from archive.ledger.statements import UNREADABLE, incident_of
from archive.records import CitedLink, Incident
from archive.storable import storable
from archive.words import StatementKind

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping

    from archive.catalogue import Catalogue


def contradictions(catalogue: Catalogue, row: sqlite3.Row, about: Mapping[str, Any]) -> Iterator[str]:
    """Yield what differs between the incident of a statement's *row* and *about*, what its record says.

    Nothing where the statement is about something else, or a later one is about the same incident.
    """
    if row["kind"] != StatementKind.INCIDENT:
        return
    kept = catalogue.incidents.get(row["subject"])
    # Asked behind the incident's row: a change of it and the statement of that change come in one transaction.
    if not catalogue.fixity.is_last_word(row):
        return
    try:
        stated = incident_of(about["incident"])
    except UNREADABLE:
        yield "what it says of its incident can't be read"
        return
    if kept is None:
        yield "no row belongs to its incident"
        return
    yield from _differences(stated, kept)


def _differences(stated: Incident, kept: Incident) -> Iterator[str]:
    for name in (field.name for field in fields(Incident) if field.name not in {"id", "links"}):
        if _storable(getattr(stated, name)) != getattr(kept, name):
            yield f"{name} of its incident is another in the catalogue"
    if [_link(link) for link in stated.links] != [_link(link) for link in kept.links]:
        yield "the citations of its incident are others in the catalogue"


def _storable(value: Any) -> Any:
    return storable(value) if isinstance(value, str) else value


def _link(link: CitedLink) -> tuple[Any, ...]:
    return tuple(_storable(getattr(link, field.name)) for field in fields(CitedLink))
