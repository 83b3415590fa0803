"""What `sourcekeep show` says of a source's link: its health with the proof, what each capture says, and its drift."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from extract.drift import diff
from extract.quotations import passages
from extract.verbatim import Quoted
from extract.word_spans import Words
from sourcekeep.audit.observing import Observer
from sourcekeep.audit.wording import HEALTH, rule_in_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archive.catalogue import Catalogue
    from archive.health_records import Drift, Pin
    from archive.words import Health
    from sourcekeep.audit.health import Step


@dataclass(frozen=True, slots=True)
class DriftView:
    """How the text of the last page stands to the one that was kept first."""

    drift: Drift
    reference_capture_id: int
    reference_at: str
    quotations_kept: list[str]
    """What incidents quote of the first text, and the last one still has."""
    quotations_lost: list[str]
    diff: list[tuple[str, str]]
    """Paragraphs that differ: see `extract.drift.diff`."""


@dataclass(frozen=True, slots=True)
class LinkView:
    """What became of a link."""

    health: Health
    """As an editor pinned it, else as it was measured."""
    measured: Health
    explanation: str
    steps: list[Step]
    """Each change of what was measured, with the capture that caused it and its rule."""
    last_good_at: str | None
    first_failed_at: str | None
    failures: int
    said: dict[int, tuple[str, str]]
    """By capture: what it says of the link (a `Signal`), and by which rule."""
    pin: Pin | None
    drift: DriftView | None


def link_view(catalogue: Catalogue, source_id: int) -> LinkView:
    """Return what the captures of a source say of its link. Raises LookupError when there is no such source."""
    histories = catalogue.histories
    observer = Observer(histories.has_company)
    link, looks = histories.of(source_id)
    course = observer.fold(link, looks)
    pin = catalogue.pins.all().get(source_id)
    said = dict(zip((look.capture_id for look in looks), observer.said(link, looks), strict=True))
    return LinkView(
        health=pin.health if pin else course.health,
        measured=course.health,
        explanation=_explained(course.health, course.step),
        steps=list(course.steps),
        last_good_at=course.last_good.at if course.last_good else None,
        first_failed_at=course.first_failure.at if course.first_failure else None,
        failures=course.failures,
        said={number: (str(signal), rule) for number, (signal, rule) in said.items()},
        pin=pin,
        drift=_drift(catalogue, source_id, [look.capture_id for look in looks]),
    )


def _explained(health: Health, step: Step | None) -> str:
    return f"{HEALTH[health]}: {rule_in_words(step.rule)}" if step else HEALTH[health]


def _drift(catalogue: Catalogue, source_id: int, capture_ids: list[int]) -> DriftView | None:
    """Return the drift of the last capture that has one, unless its text is the same."""
    drifts = (catalogue.comparisons.drift(number) for number in reversed(capture_ids))
    drift = next((one for one in drifts if one), None)
    if drift is None or drift.change == "same":
        return None
    reference = catalogue.texts.get(drift.reference_text_id)
    now = catalogue.texts.get(drift.text_id)
    capture = catalogue.captures.get(reference.capture_id) if reference and reference.capture_id else None
    if reference is None or now is None or capture is None or reference.capture_id is None:
        return None
    before, after = Words(reference.text or ""), Words(now.text or "")
    quoted = [passage for passage in _quoted(catalogue, source_id) if Quoted(passage).match(before)]
    kept = [passage for passage in quoted if Quoted(passage).match(after)]
    return DriftView(
        drift,
        reference.capture_id,
        capture.requested_at,
        kept,
        [passage for passage in quoted if passage not in kept],
        diff(before.text, after.text),
    )


def _quoted(catalogue: Catalogue, source_id: int) -> Iterator[str]:
    """Iterate over what the incidents that cite a source quote in their summaries, each passage once."""
    seen: set[str] = set()
    for incident_id in dict.fromkeys(incident_id for incident_id, _, _ in catalogue.incidents.citing(source_id)):
        incident = catalogue.incidents.get(incident_id)
        for passage in passages((incident.summary if incident else None) or ""):
            if passage.text not in seen:
                seen.add(passage.text)
                yield passage.text
