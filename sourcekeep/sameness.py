"""What can be said of a page that was captured more than once: the same bytes, other bytes, or the server's word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.words import Outcome
from sourcekeep.screen import when

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archive.records import Capture


def sameness(captures: Sequence[tuple[int, Capture]]) -> dict[int, str]:
    """Return by id how the page of each of a source's *captures* stands to an earlier one; the first has no entry."""
    by_id = dict(captures)
    found: dict[int, str] = {}
    before: Capture | None = None
    for capture_id, capture in captures:
        if said := _said(capture, by_id, before):
            found[capture_id] = said
        if capture.outcome is Outcome.FETCHED:
            before = capture
    return found


def _said(capture: Capture, by_id: Mapping[int, Capture], before: Capture | None) -> str | None:
    original = by_id.get(capture.revisit_of or 0)
    if capture.outcome is Outcome.NOT_MODIFIED and original:
        return f"the server said that it is still the page of {when(original.requested_at)}; no bytes came"
    if original:
        return f"the same bytes as on {when(original.requested_at)}"
    if capture.outcome is not Outcome.FETCHED or before is None:
        return None
    words = "the same bytes as" if capture.payload_digest == before.payload_digest else "other bytes than"
    return f"{words} on {when(before.requested_at)}"


def last_seen(captures: Sequence[tuple[int, Capture]], best_id: int) -> str:
    """Return when the best copy was made, when its bytes came again, and when the server said so last."""
    best = dict(captures)[best_id]
    again = [capture for _, capture in captures if capture.revisit_of == best_id]
    came = [capture.requested_at for capture in again if capture.outcome is Outcome.FETCHED]
    told = [capture.requested_at for capture in again if capture.outcome is Outcome.NOT_MODIFIED]
    parts = [f"copy of {when(best.requested_at)}"]
    if came:
        parts.append(f"the same bytes came again, last on {when(max(came))}")
    if told:
        parts.append(f"unchanged by the server's word, last on {when(max(told))}")
    return "; ".join(parts)
