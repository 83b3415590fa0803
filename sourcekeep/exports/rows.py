"""The rows of an export: one a citation, the same columns in every format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sourcekeep.judgement import judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Row = dict[str, Any]

COLUMNS = (
    # the incident
    *("incident_id", "origin", "incident_title", "occurred", "summary", "incident_fields"),
    # the citation and its source
    *("position", "cited_as", "label", "pasted_text", "pasted_verdict", "pasted_language", "pasted_article"),
    *("pasted_comments", "source_id", "url"),
    # what it is good for
    *("standing", "reason", "explanation", "advice", "last_look"),
    # the last capture
    *("captured_at", "outcome", "verdict", "http_status", "error", "final_url", "evidence"),
    *("capture_record_id", "capture_warc_file", "capture_warc_offset", "next_due_at"),
    # what became of the link
    *("health", "measured_health", "health_since", "health_rule", "pinned_health", "pin_reason", "pinned_by"),
    # the best copy, and the record that proves it
    *("best_captured_at", "best_outcome", "best_verdict", "best_url", "media_type"),
    *("payload_digest", "record_id", "warc_file", "warc_offset", "warc_length", "refers_to"),
    # the best copy's text
    *("extractor", "title", "byline", "published_on", "site_name", "language", "words", "text", "comments"),
    "stripped",
)
"""Their meaning is in `docs/export.md`."""


def complete(rows: Iterable[Row]) -> Iterator[Row]:
    """Iterate over rows of `Reports.export` with all COLUMNS, in their order; None where there is nothing."""
    for row in rows:
        found = judge(row) if row["source_id"] is not None else None
        words = {
            "standing": found and found.standing,
            "reason": found and found.label,
            "explanation": found and found.explanation,
            "advice": (found and found.advice) or None,
            "last_look": found and found.last_look,
            "health": row["pinned_health"] or row["measured_health"],
        }
        values = {**row, **words}
        yield {column: values[column] for column in COLUMNS}
