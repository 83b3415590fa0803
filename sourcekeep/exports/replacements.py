"""What to cite instead: robust links as HTML, and old and new as CSV for a bulk edit.

Robust Links (Van de Sompel, Nelson and others, robustlinks.mementoweb.org): a link carries, beside its `href`,
`data-originalurl`, `data-versionurl` and `data-versiondate`, so that a reader gets to the page as it was cited also
when the link itself is dead.
"""

from __future__ import annotations

from html import escape
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from archive.urls import fetchable
from sourcekeep.audit.auditing import audit
from sourcekeep.audit.scope import Scope
from sourcekeep.exports.csv_rows import csv_line
from sourcekeep.screen import line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archive.catalogue import Catalogue
    from archive.records import Incident
    from sourcekeep.audit.auditing import AuditedLink

COLUMNS = (
    *("incident_id", "position", "cited_as", "health", "health_since", "health_rule"),
    *("replacement", "replacement_kind", "replacement_at"),
)
"""Of the CSV: see `docs/export.md`."""


class Cited(NamedTuple):
    """A URL as an incident cites it, with what became of it."""

    incident: Incident
    position: int
    cited_as: str
    label: str | None
    link: AuditedLink


def cited(catalogue: Catalogue, incident_id: str | None, replay_url: str, now: str) -> Iterator[Cited]:
    """Iterate over the citations that have a URL, in the order of the incidents."""
    found = audit(catalogue, Scope(incident_id, everything=True), now, replay_url=replay_url)
    links = {link.source_id: link for link in found.links}
    incidents = catalogue.incidents.all() if incident_id is None else [catalogue.incidents.get(incident_id)]
    for incident in incidents:
        for position, one in enumerate(incident.links if incident else (), 1):
            source = catalogue.sources.find(one.cited_as) if one.has_url else None
            if incident and source and source.id in links:
                yield Cited(incident, position, one.cited_as, one.label, links[source.id])


def csv_of_replacements(rows: Iterator[Cited]) -> Iterator[str]:
    """Iterate over the lines of the CSV, the header first: the citations for which something else is to be cited."""
    yield csv_line(COLUMNS)
    for row in rows:
        if (instead := row.link.replacement) and instead.url:
            link = row.link
            yield csv_line(
                (
                    *(row.incident.id, row.position, row.cited_as, link.health, link.since, link.rule),
                    *(instead.url, instead.kind, instead.at),
                )
            )


def robust_links(rows: Iterator[Cited]) -> Iterator[str]:
    """Iterate over an HTML page with all citations as robust links; dead ones lead to what is to be cited instead."""
    yield '<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"><title>Robust links</title></head>\n<body>\n'
    for _, group in groupby(rows, key=lambda row: row.incident.id):
        first, *others = list(group)
        title = " ".join(filter(None, (line(first.incident.id), line(first.incident.title or ""))))
        yield f"<h2>{escape(title)}</h2>\n<ol>\n"
        for row in (first, *others):
            yield f'<li value="{row.position}">{_anchor(row)}</li>\n'
        yield "</ol>\n"
    yield "</body>\n</html>\n"


def _anchor(row: Cited) -> str:
    url = fetchable(row.cited_as)
    text = escape(line(row.label or row.cited_as))
    if not url.lower().startswith(("http://", "https://")):
        return text
    attributes = " ".join(f'{name}="{escape(value)}"' for name, value in _attributes(url, row.link).items())
    return f"<a {attributes}>{text}</a>"


def _attributes(url: str, link: AuditedLink) -> dict[str, str]:
    """Return the attributes of a robust link; where no copy is known, its version is the day of our last look at it."""
    instead, version = link.replacement, link.version
    attributes = {"href": (instead and instead.url) or url, "data-originalurl": url}
    if version and version.url:
        attributes["data-versionurl"] = version.url
    day = version.at if version else link.last_good_at
    return attributes | ({"data-versiondate": day[:10]} if day else {})
