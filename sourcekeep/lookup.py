"""An incident or a source by what was typed, and where there is none, what comes near it."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from archive.errors import ArchiveError
from archive.urls import strip_url
from sourcekeep.screen import line

if TYPE_CHECKING:
    from archive.catalogue import Catalogue
    from archive.records import Incident, Source

_NEAR = 3


class NotFoundError(ArchiveError):
    """There is no such incident and no such source."""


def find(catalogue: Catalogue, wanted: str) -> Incident | Source:
    """Return the incident with the id *wanted*, or the source with that URL's comparison key.

    Raises NotFoundError, with what comes near it.
    """
    incident = catalogue.incidents.get(wanted)
    if incident is not None:
        return incident
    source = catalogue.sources.find(wanted) or catalogue.sources.ended_at(wanted)
    if source is not None:
        return source
    raise NotFoundError(
        f"{line(wanted)} is no incident's id and no cited URL in {catalogue.path.parent}{near(catalogue, wanted)}"
    )


def find_incident(catalogue: Catalogue, incident_id: str) -> Incident:
    """Return the incident; raises NotFoundError, with what comes near its id."""
    incident = catalogue.incidents.get(incident_id)
    if incident is None:
        raise NotFoundError(f"there is no incident {line(incident_id)}{near(catalogue, incident_id, urls=False)}")
    return incident


def near(catalogue: Catalogue, wanted: str, *, urls: bool = True) -> str:
    """Return `; near it: …` with ids, and *urls*, that are like *wanted*; empty when there is none."""
    ids = [head.id for head in catalogue.reports.incident_heads()]
    found = difflib.get_close_matches(wanted, ids, n=_NEAR)
    found += [one for one in ids if one.casefold() == wanted.casefold() and one not in found]
    if urls:
        found += _near_urls(catalogue, wanted)
    return f"; near it: {', '.join(map(line, found[: 2 * _NEAR]))}" if found else ""


def _near_urls(catalogue: Catalogue, wanted: str) -> list[str]:
    """Return cited URLs that hold *wanted*, or are like it on its host."""
    bare = strip_url(wanted).partition("://")[2] or strip_url(wanted)
    if found := catalogue.reports.urls_with(bare, _NEAR) if bare else []:
        return found
    try:
        host = urlsplit(f"//{bare}").hostname
    except ValueError:
        return []
    if not host or "." not in host:
        return []
    return difflib.get_close_matches(wanted, catalogue.reports.urls_with(host, 1000), n=_NEAR, cutoff=0.4)
