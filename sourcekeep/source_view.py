"""All that is known of one source, gathered from the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archive.words import Via
from sourcekeep.audit.link_view import link_view
from sourcekeep.capture_view import capture_view
from sourcekeep.judgement import Judgement, judge
from sourcekeep.quoting import RULES
from sourcekeep.sameness import sameness

if TYPE_CHECKING:
    from archive.catalogue import Catalogue
    from archive.records import Source
    from archive.text_records import Copy, Paste, Quotation, Text
    from sourcekeep.audit.link_view import LinkView
    from sourcekeep.capture_view import CaptureView


@dataclass(frozen=True, slots=True)
class CitedBy:
    """An incident that cites a source."""

    incident_id: str
    title: str | None
    cited_as: str


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


def source_view(catalogue: Catalogue, source: Source) -> SourceView:
    """Gather everything that the catalogue has of *source*."""
    verdicts = catalogue.reports.verdicts_of(source.id)
    rows = catalogue.captures.of_source(source.id)
    same = sameness([row for row in rows if row[1].via == Via.HTTP])
    captures = [
        capture_view(catalogue, capture_id, capture, verdicts.get(capture_id), same.get(capture_id))
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
