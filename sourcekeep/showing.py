"""All that is known of one source or one incident, gathered from the catalogue."""

from __future__ import annotations

import difflib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from archive.errors import ArchiveError
from archive.records import Via
from archive.urls import strip_url
from archive.warc_reader import read_http_response
from sourcekeep.audit.link_view import link_view
from sourcekeep.judgement import Judgement, Standing, judge
from sourcekeep.quotes import as_dict as quotes_as_dict
from sourcekeep.quoting import RULES, look
from sourcekeep.sameness import sameness
from sourcekeep.screen import line
from sourcekeep.words import advice, explain, label

if TYPE_CHECKING:
    from archive.catalogue import Catalogue
    from archive.folder import ArchiveFolder
    from archive.http_message import HttpMessage
    from archive.records import Capture, Copy, Incident, Paste, Quotation, RecordPlace, Source, Text
    from sourcekeep.audit.link_view import LinkView
    from sourcekeep.quotes import IncidentQuotes

_NEAR = 3


class NotFoundError(ArchiveError):
    """There is no such incident and no such source."""


@dataclass(frozen=True, slots=True)
class CitedBy:
    """An incident that cites a source."""

    incident_id: str
    title: str | None
    cited_as: str


@dataclass(frozen=True, slots=True)
class CaptureView:
    """One capture, in rows and in words."""

    id: int
    verdict: str | None
    label: str
    explanation: str
    advice: str
    robots: RecordPlace | None
    """Where the robots.txt lies that denied it, if one did."""
    original: RecordPlace | None
    """Where the payload lies of a response that is a revisit record."""
    sameness: str | None
    """How its page stands to the one before, in words; None for the first."""
    capture: Capture


@dataclass(frozen=True, slots=True)
class PastedView:
    """Page text that an incident had pasted beside a URL, and what extraction made of it."""

    paste: Paste
    text: Text | None


@dataclass(frozen=True, slots=True)
class QuotedBy:
    """An incident that quotes a source, or nearly does."""

    incident_id: str
    quotation: Quotation


@dataclass(frozen=True, slots=True)
class CopyView:
    """Another source that has the same passages."""

    url: str
    copies_this: bool
    """Whether it is the other one that has this one's words."""
    copy: Copy


@dataclass(frozen=True, slots=True)
class SourceView:
    """One source with everything that is kept of it."""

    source: Source
    cited_by: list[CitedBy]
    judgement: Judgement
    best: CaptureView | None
    last: CaptureView | None
    text: Text | None
    """Of the best capture; without one, what extraction made of the last."""
    pasted: list[PastedView]
    """What incidents had pasted for it; no capture, and never in the place of one."""
    captures: list[CaptureView]
    """Oldest first."""
    quoted_by: list[QuotedBy]
    copies: list[CopyView]
    not_looked_through: list[str]
    """Incidents that cite it and whose quotations are not known: they would be missing from the two lists above."""
    link: LinkView
    """What became of its link."""


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


def find(catalogue: Catalogue, wanted: str) -> SourceView | IncidentView:
    """Return the incident with the id *wanted*, or the source with that URL's comparison key.

    Raises NotFoundError, with what comes near it.
    """
    incident = catalogue.incidents.get(wanted)
    if incident is not None:
        return _incident_view(catalogue, incident)
    source = catalogue.sources.find(wanted) or catalogue.sources.ended_at(wanted)
    if source is not None:
        return _source_view(catalogue, source)
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


def raw_response(folder: ArchiveFolder, view: SourceView) -> HttpMessage:
    """Read the response of the best capture from its WARC record.

    Raises NotFoundError when no copy is kept, RecordMissingError or RecordDamagedError when it can't be read.
    """
    place = view.best.capture.exchanges[-1].response if view.best and view.best.capture.exchanges else None
    if place is None:
        raise NotFoundError(line(f"no copy of {view.source.url} is kept: {view.judgement.explanation}"))
    return read_http_response(folder.warc_dir, place, view.best.original if view.best else None)


def markdown(folder: ArchiveFolder, view: SourceView) -> str:
    """Return the text of the best copy as Markdown, made of its bytes.

    Raises NotFoundError when no text is kept of it, and what `raw_response` raises.
    """
    from extract.page import markdown_of_page
    from extract.recurring import taken_out

    if not (view.text and view.text.text):
        raise NotFoundError(line(f"no text of {view.source.url} is kept: {view.judgement.explanation}"))
    message = raw_response(folder, view)
    content_type = message.header("Content-Type")
    without = taken_out(view.text.notices)
    return markdown_of_page(message.content(), url=view.source.url, content_type=content_type, without=without) or ""


def _source_view(catalogue: Catalogue, source: Source) -> SourceView:
    verdicts = catalogue.reports.verdicts_of(source.id)
    rows = catalogue.captures.of_source(source.id)
    same = sameness([row for row in rows if row[1].via == Via.HTTP])
    captures = [
        _capture_view(catalogue, capture_id, capture, verdicts.get(capture_id), same.get(capture_id))
        for capture_id, capture in rows
    ]
    by_id = {view.id: view for view in captures}
    best, last = by_id.get(source.best_capture_id or 0), by_id.get(source.last_capture_id or 0)
    shown = best or last
    cited_by = [CitedBy(*row) for row in catalogue.incidents.citing(source.id)]
    citing = dict.fromkeys(one.incident_id for one in cited_by)
    return SourceView(
        source=source,
        cited_by=cited_by,
        judgement=judge(_columns(best, last)),
        best=best,
        last=last,
        text=catalogue.texts.latest(shown.id) if shown else None,
        pasted=[PastedView(*one) for one in catalogue.texts.pastes(source_id=source.id)],
        captures=captures,
        quoted_by=[QuotedBy(*row) for row in catalogue.quotations.of_source(source.id)],
        copies=[_copy_view(catalogue, source.id, copy) for copy in catalogue.copies.of_source(source.id)],
        not_looked_through=[one for one in citing if not catalogue.quotations.is_known(one, RULES)],
        link=link_view(catalogue, source.id),
    )


def _copy_view(catalogue: Catalogue, source_id: int, copy: Copy) -> CopyView:
    copies_this = copy.of_source_id == source_id
    other = catalogue.sources.get(copy.source_id if copies_this else copy.of_source_id)
    return CopyView(other.url if other else "", copies_this, copy)


def _capture_view(
    catalogue: Catalogue, capture_id: int, capture: Capture, verdict: str | None, same: str | None
) -> CaptureView:
    ending = (capture.outcome, verdict, capture.http_status)
    why = capture.evidence.get("outcome")
    record_id = why.get("record_id") if isinstance(why, dict) else None
    refers_to = capture.exchanges[-1].refers_to if capture.exchanges else None
    return CaptureView(
        id=capture_id,
        verdict=verdict,
        label=label(*ending),
        explanation=explain(*ending, capture.error, capture.evidence),
        advice=advice(*ending, capture.evidence),
        robots=catalogue.reports.place_of(record_id) if isinstance(record_id, str) else None,
        original=catalogue.reports.place_of(refers_to) if refers_to else None,
        sameness=same,
        capture=capture,
    )


def _columns(best: CaptureView | None, last: CaptureView | None) -> dict[str, Any]:
    """Return the columns that `judge` reads."""
    return {
        "outcome": last.capture.outcome if last else None,
        "verdict": last.verdict if last else None,
        "http_status": last.capture.http_status if last else None,
        "error": last.capture.error if last else None,
        "evidence": last.capture.evidence if last else {},
        "captured_at": last.capture.requested_at if last else None,
        "best_outcome": best.capture.outcome if best else None,
        "best_verdict": best.verdict if best else None,
        "best_captured_at": best.capture.requested_at if best else None,
    }


def _incident_view(catalogue: Catalogue, incident: Incident) -> IncidentView:
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


def as_dict(view: SourceView | IncidentView) -> dict[str, Any]:
    """Return *view* as JSON wants it."""
    if isinstance(view, SourceView):
        return asdict(view)
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
