"""What probes say of captures that look as if the page were not there: how the server answers for a made-up name.

Only what the catalogue holds is compared: where both ended, their texts, the digests of what came.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from archive.records import Finding, Outcome, ProbeFinding
from archive.signals import directory_of, probe_says
from archive.urls import url_key
from extract import drift

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archive.catalogue.histories import Answer, Histories, Link, Look

NEAR = timedelta(days=30)
"""Between a probe and the capture that it says something of: servers are set up anew."""
ALIKE = 0.95
"""The share of words, both ways, from which on two answers are the same page."""
RULES = f"probing/1 {drift.RULES}"
"""Raised when the same answers would lead to another finding."""


class Probing:
    """Holds captures against probes in the directory of their source."""

    def __init__(self, histories: Histories) -> None:
        self._histories = histories

    def find(self, link: Link, suspicious: Iterable[Look]) -> bool:
        """Bring what probes say of a source's captures up to date, and return whether anything is new.

        *suspicious* are the captures that a probe can say something of. Within a transaction.
        """
        directory, known = directory_of(link.url), self._histories.findings(link.source_id)
        looks = list(suspicious)
        probes = self._histories.probes_in(directory) if directory and looks else []
        found = {look.capture_id: finding for look in looks if (finding := self._of(link, look, probes))}
        for capture_id in known.keys() - found.keys():
            self._histories.drop_finding(capture_id)
        for capture_id, finding in found.items():
            if known.get(capture_id) != finding:
                self._histories.put_finding(finding)
        return known != found

    def _of(self, link: Link, look: Look, probes: Iterable[Answer]) -> ProbeFinding | None:
        """Return what the nearest probe says that says anything; None where there is none near the capture."""
        nearest = sorted((_distance(look.at, probe.at), probe) for probe in probes if _is_judged(probe))
        findings = [self._compare(link, look, probe) for distance, probe in nearest if distance <= NEAR]
        return min(findings, key=lambda found: found.finding is Finding.NO_ANSWER, default=None)

    def _compare(self, link: Link, look: Look, probe: Answer) -> ProbeFinding:
        says = probe_says(probe.outcome, probe.http_status, probe.verdict)
        if says is Finding.NO_ANSWER:
            return ProbeFinding(look.capture_id, probe.capture_id, RULES, says, None)
        page = self._histories.answer(look.capture_id)
        similarity = self._similarity(page, probe)
        if _ended_at(probe, link.url_key):  # the page is what made-up names are led to
            finding = Finding.OTHER_ANSWER
        elif _ended_together(page, probe) or _are_one(page, probe) or (similarity or 0.0) >= ALIKE:
            finding = Finding.SAME_ANSWER
        else:
            finding = says or _unlike(page, probe)
        return ProbeFinding(look.capture_id, probe.capture_id, RULES, finding, similarity)

    def _similarity(self, page: Answer, probe: Answer) -> float | None:
        if page.text_id is None or probe.text_id is None:
            return None
        found = drift.measure(self._histories.text(page.text_id), self._histories.text(probe.text_id))
        return min(found.kept, found.of_new)


def _distance(one: str, other: str) -> timedelta:
    return abs(datetime.fromisoformat(one) - datetime.fromisoformat(other))


def _is_judged(probe: Answer) -> bool:
    """Tell whether a probe that got a page has its verdict."""
    return probe.verdict is not None or probe.outcome != Outcome.FETCHED


def _ended_at(answer: Answer, key: str) -> bool:
    return answer.final_url is not None and url_key(answer.final_url) == key


def _ended_together(page: Answer, probe: Answer) -> bool:
    """Tell whether both were sent on to one page: a probe's own URL is no other's."""
    return page.final_url is not None and _ended_at(probe, url_key(page.final_url))


def _are_one(page: Answer, probe: Answer) -> bool:
    """Tell whether both are the same bytes: lists of links and empty shells have no text to compare."""
    return page.payload_digest is not None and page.payload_digest == probe.payload_digest


def _unlike(page: Answer, probe: Answer) -> Finding:
    """Return what two answers say of which nothing was the same; where neither has a text, not even that is known."""
    return Finding.NO_ANSWER if page.text_id is None and probe.text_id is None else Finding.OTHER_ANSWER
