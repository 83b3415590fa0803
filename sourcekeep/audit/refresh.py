"""Bringing the catalogue's word on links up to date: drift, what probes found, health, and when to look again.

All of it is derived: `sources.judged` says of which sources something has come since, triggers see to that, and
`afresh` does all of them again.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime
from typing import TYPE_CHECKING

from archive.catalogue.histories import COMPANY
from archive.records import Drift, Health, JudgedHealth
from archive.standing import SUCCESSES, confirm_due
from extract import drift
from sourcekeep.audit.mementos import keep_judged
from sourcekeep.audit.observing import Observer
from sourcekeep.audit.probing import Probing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from archive.catalogue import Catalogue
    from archive.catalogue.comparisons import Comparisons, TextOfCapture
    from archive.catalogue.histories import Link, Look
    from archive.settings import Settings
    from sourcekeep.audit.health import Course

_BATCH = 100
"""Sources in one transaction."""


def refresh(
    catalogue: Catalogue, settings: Settings, *, afresh: bool = False, on_done: Callable[[int], None] | None = None
) -> int:
    """Judge the sources of which something has come since, or with *afresh* all, and return how many that were.

    *on_done* is told of each batch how many it was.
    """
    if afresh:
        with catalogue.transaction():
            catalogue.histories.judge_again()
    refreshing = _Refreshing(catalogue, settings)
    count = 0
    while batch := catalogue.histories.not_judged(_BATCH):
        with catalogue.transaction():
            for source_id in batch:
                refreshing.judge(source_id)
        count += len(batch)
        if on_done:
            on_done(len(batch))
    return count


class _Refreshing:
    def __init__(self, catalogue: Catalogue, settings: Settings) -> None:
        self._catalogue = catalogue
        self._histories = catalogue.histories
        self._comparisons = catalogue.comparisons
        self._sources = catalogue.sources
        self._settings = settings
        self._companies: dict[str, bool] = {}
        self._observer = Observer(self._has_company)
        self._probing = Probing(self._comparisons)

    def judge(self, source_id: int) -> None:
        """Bring one source up to date, within a transaction."""
        if _compare(self._comparisons, source_id):
            self._sources.choose_best([source_id])
        own = [text for text in self._comparisons.texts_of(source_id) if text.standing]
        keep_judged(self._catalogue, source_id, reference_of(own))
        link, looks = self._histories.of(source_id)
        if self._probing.find(link, self._observer.suspicious(link, looks)):
            link, looks = self._histories.of(source_id)
        course = self._observer.fold(link, looks)
        step = course.step
        judged = JudgedHealth(course.health, probe_wanted=self._observer.probe_wanted(link, looks))
        if step:
            judged = replace(judged, since=step.since, capture_id=step.capture_id, rule=step.rule)
        self._histories.put_health(source_id, judged)
        self._confirm(link, looks, course)

    def _has_company(self, final_url: str) -> bool:
        """Tell whether several sources ended at a URL; when it has just become several, the others are judged again."""
        if final_url not in self._companies:
            company = self._histories.company_of(final_url)
            self._companies[final_url] = len(company) >= COMPANY
            if len(company) == COMPANY:
                self._histories.judge_again(company)
        return self._companies[final_url]

    def _confirm(self, link: Link, looks: list[Look], course: Course) -> None:
        """Let a page that only its verdict calls missing be looked at again as soon as one that a status does."""
        if course.health is Health.FAILING and looks[-1].outcome in SUCCESSES:
            at = datetime.fromisoformat(looks[-1].at)
            self._histories.confirm_at(link.source_id, confirm_due(course.failures, at, self._settings))


def reference_of(texts: Iterable[TextOfCapture]) -> TextOfCapture | None:
    """Return which of a source's texts the others are measured against: the first of its best ones."""
    return max(texts, key=lambda text: (text.standing, -text.capture_id), default=None)


def _compare(comparisons: Comparisons, source_id: int) -> bool:
    """Measure the texts of a source against the first of its best ones, and return whether anything was new."""
    texts = comparisons.texts_of(source_id)
    reference = reference_of(texts)
    others = [text for text in texts if text is not reference]
    changed = False
    for text in others:
        changed |= _measure(comparisons, text, reference)
    return comparisons.drop_drifts(source_id, [text.capture_id for text in others]) or changed


def _measure(comparisons: Comparisons, text: TextOfCapture, reference: TextOfCapture | None) -> bool:
    """Measure one text, unless that was done, and return whether it was to be done."""
    known = comparisons.drift(text.capture_id)
    pair = (text.text_id, reference.text_id if reference else 0)
    if known and (known.text_id, known.reference_text_id, known.rules) == (*pair, drift.RULES):
        return False
    found = drift.measure(comparisons.text(pair[1]), comparisons.text(pair[0]))
    comparisons.put_drift(Drift(text.capture_id, *pair, drift.RULES, **asdict(found)))
    return True
