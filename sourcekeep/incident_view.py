"""All that is known of one incident, gathered from the catalogue."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sourcekeep.judgement import Judgement, Standing, judge
from sourcekeep.quotes import as_dict as quotes_as_dict
from sourcekeep.quoting import look
from sourcekeep.source_view import PastedView

if TYPE_CHECKING:
    from archive.catalogue import Catalogue
    from archive.records import Incident
    from sourcekeep.quotes import IncidentQuotes


@dataclass(frozen=True, slots=True)
class CitationView:
    """One thing that an incident cites, with what is known of it."""

    position: int
    cited_as: str
    label: str | None
    source_id: int | None
    """None for a link whose URL was lost."""
    judgement: Judgement | None
    """None for a link whose URL was lost."""
    row: dict[str, Any]
    """Columns as in `docs/export.md`."""
    pasted: PastedView | None


@dataclass(frozen=True, slots=True)
class IncidentView:
    """One incident with what it cites, in its order."""

    incident: Incident
    standings: dict[str, int]
    """How many of its sources, each counted once, are good for what."""
    lost_links: int
    citations: list[CitationView]
    quotes: IncidentQuotes


def incident_view(catalogue: Catalogue, incident: Incident) -> IncidentView:
    """Gather what the catalogue has of *incident* and of all that it cites."""
    pasted = {
        paste.position: PastedView(paste, text) for paste, text in catalogue.texts.pastes(incident_id=incident.id)
    }
    citations = [
        _citation_view(row, pasted.get(row["position"]))
        for row in catalogue.reports.export(incident.id)
        if row["position"] is not None  # it cites nothing
    ]
    by_source = {view.source_id: view.judgement.standing for view in citations if view.judgement}
    standings = list(by_source.values())
    return IncidentView(
        incident=incident,
        standings={standing: standings.count(standing) for standing in Standing},
        lost_links=sum(view.source_id is None for view in citations),
        citations=citations,
        quotes=look(catalogue, incident),
    )


def _citation_view(row: dict[str, Any], pasted: PastedView | None) -> CitationView:
    judgement = None if row["source_id"] is None else judge(row)
    return CitationView(row["position"], row["cited_as"], row["label"], row["source_id"], judgement, row, pasted)


_NOT_IN_JSON = frozenset(
    {
        *("incident_id", "incident_title", "origin", "occurred", "summary", "incident_fields"),
        *("text", "comments", "pasted_text", "pasted_article", "pasted_comments"),
    }
)
"""Columns that stand once in the incident, or are texts, which `show URL` and `export` give."""


def as_dict(view: IncidentView) -> dict[str, Any]:
    """Return *view* as JSON wants it."""
    citations = [
        {
            **{name: value for name, value in citation.row.items() if name not in _NOT_IN_JSON},
            "pasted_characters": len(citation.row["pasted_text"] or ""),
            "judgement": citation.judgement,
        }
        for citation in view.citations
    ]
    incident = asdict(view.incident)
    del incident["links"]  # they are the citations
    return {
        "incident": incident,
        "standings": view.standings,
        "lost_links": view.lost_links,
        "citations": citations,
        "quotes": quotes_as_dict(view.quotes),
    }
