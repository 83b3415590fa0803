"""One capture as `sourcekeep show` tells of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sourcekeep.words import advice, explain, label

if TYPE_CHECKING:
    from archive.catalogue import Catalogue
    from archive.records import Capture, RecordPlace


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


def capture_view(
    catalogue: Catalogue, capture_id: int, capture: Capture, verdict: str | None, same: str | None
) -> CaptureView:
    """Return what is known of a capture with its *verdict*, whose page stands to the one before as *same* says."""
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
