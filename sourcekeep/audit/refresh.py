"""Bringing the catalogue's word on links up to date: drift, what probes found, health, and when to look again.

All of it is derived: `sources.judged` says of which sources something has come since, triggers see to that, and
`afresh` does all of them again.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from archive.catalogue.histories import COMPANY
from archive.health_records import Drift, JudgedHealth
from archive.words import Health
from extract import drift
from extract.word_spans import Words
from sourcekeep.audit import finding, mementos
from sourcekeep.audit.mementos import keep_judged
from sourcekeep.audit.observing import Observer
from sourcekeep.audit.probing import Probing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from archive.catalogue import Catalogue
    from archive.catalogue.comparisons import Comparisons, TextOfCapture

_BATCH = 1000
"""Sources that are looked up at once."""
_HELD = 0.25
"""Seconds after which a transaction is closed, at the next source: a crawl has captures to write."""
_RULES = {"drifts": drift.RULES, "probe_findings": finding.RULES, "mementos": mementos.RULES}


def refresh(catalogue: Catalogue, *, afresh: bool = False, on_done: Callable[[int], None] | None = None) -> int:
    """Judge the sources of which something has come since, and return how many that were.

    So are those that were judged by other rules than these, and with *afresh* all, with nothing taken for known.
    *on_done* is told now and then how many more are done.
    """
    with catalogue.transaction():
        catalogue.comparisons.judge_others(_RULES)
        if afresh:
            catalogue.comparisons.forget()
            catalogue.histories.judge_again()
    refreshing = _Refreshing(catalogue)
    count = 0
    while batch := deque(catalogue.histories.not_judged(_BATCH)):
        while batch:
            done = refreshing.judge_some(batch)
            count += done
            if on_done:
                on_done(done)
    return count


def bring_up_to_date(catalogue: Catalogue) -> None:
    """Judge what has come since, where that can be written."""
    if not catalogue.read_only:
        refresh(catalogue)


class _Refreshing:
    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._histories = catalogue.histories
        self._comparisons = catalogue.comparisons
        self._sources = catalogue.sources
        self._companies: set[str] = set()
        self._observer = Observer(self._has_company)
        self._probing = Probing(self._comparisons)

    def judge_some(self, source_ids: deque[int]) -> int:
        """Take sources from the left and bring them up to date, for as long as others can wait; return how many."""
        before, until = len(source_ids), time.monotonic() + _HELD
        with self._catalogue.transaction():
            while source_ids and time.monotonic() < until:
                self._judge(source_ids.popleft())
        return before - len(source_ids)

    def _judge(self, source_id: int) -> None:
        reference, is_new = _compare(self._comparisons, source_id)
        if keep_judged(self._catalogue, source_id, reference) or is_new:
            self._sources.choose_best([source_id])
        link, looks = self._histories.of(source_id)
        if self._probing.find(link, self._observer.suspicious(link, looks)):
            link, looks = self._histories.of(source_id)
        course = self._observer.fold(link, looks)
        step = course.step
        judged = JudgedHealth(course.health, probe_wanted=self._observer.probe_wanted(link, looks))
        if step:
            judged = replace(judged, since=step.since, capture_id=step.capture_id, rule=step.rule)
        self._histories.put_health(source_id, judged)
        # A page that only its verdict calls missing is looked at again as soon as one that a status does.
        failing = course.failures if course.health is Health.FAILING else 0
        self._sources.reschedule(source_id, failing)

    def _has_company(self, final_url: str) -> bool:
        """Tell whether several sources ended at a URL.

        Those that did so before it were several were judged without knowing; they are judged again.
        """
        if final_url not in self._companies:
            company = self._histories.company_of(final_url)
            if len(company) < COMPANY:
                return False
            self._companies.add(final_url)
            self._histories.judge_again(company[: COMPANY - 1])
        return True


def reference_of(texts: Iterable[TextOfCapture]) -> TextOfCapture | None:
    """Return which of a source's texts the others are measured against: the first of its best ones."""
    return max(texts, key=lambda text: (text.standing, -text.capture_id), default=None)


def _compare(comparisons: Comparisons, source_id: int) -> tuple[TextOfCapture | None, bool]:
    """Measure the texts of a source against the first of its best ones; return that, and whether anything was new."""
    texts = comparisons.texts_of(source_id)
    reference = reference_of(text for text in texts if text.standing)
    others = [text for text in texts if text is not reference]
    is_new = comparisons.drop_drifts(source_id, [text.capture_id for text in others])
    if reference is None:
        return None, is_new
    pairs = [(text.text_id, reference.text_id, drift.RULES) for text in others]
    known = [comparisons.drift(text.capture_id) for text in others]
    unknown = [
        text
        for text, pair, one in zip(others, pairs, known, strict=True)
        if one is None or (one.text_id, one.reference_text_id, one.rules) != pair
    ]
    first = Words(comparisons.text(reference.text_id)) if unknown else None
    for text in unknown:
        if first:
            found = drift.measure(first, Words(comparisons.text(text.text_id)))
            comparisons.put_drift(Drift(text.capture_id, text.text_id, reference.text_id, drift.RULES, **asdict(found)))
    return reference, is_new or bool(unknown)
