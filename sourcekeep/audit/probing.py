"""What probes say of captures that look as if the page were not there: how the server answers for a made-up name.

Only what the catalogue holds is compared; the rules are in `sourcekeep.audit.finding`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from archive.health_records import ProbeFinding
from archive.signals import directory_of
from archive.words import Finding, Outcome
from sourcekeep.audit import finding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archive.catalogue.comparisons import Answer, Comparisons
    from archive.catalogue.histories import Link, Look

NEAR = timedelta(days=30)
"""Between a probe and the capture that it says something of: servers are set up anew."""


class Probing:
    """Holds captures against probes in the directory of their source."""

    def __init__(self, comparisons: Comparisons) -> None:
        self._comparisons = comparisons

    def find(self, link: Link, suspicious: Iterable[Look]) -> bool:
        """Bring what probes say of a source's captures up to date, and return whether anything is new.

        *suspicious* are the captures that a probe can say something of. Within a transaction.
        """
        directory, known = directory_of(link.url), self._comparisons.findings(link.source_id)
        looks = list(suspicious)
        probes = self._comparisons.probes_in(directory) if directory and looks else []
        found = {look.capture_id: made for look in looks if (made := self._of(look, probes))}
        for capture_id in known.keys() - found.keys():
            self._comparisons.drop_finding(capture_id)
        for capture_id, made in found.items():
            if known.get(capture_id) != made:
                self._comparisons.put_finding(made)
        return known != found

    def _of(self, look: Look, probes: Iterable[Answer]) -> ProbeFinding | None:
        """Return what the nearest probe says that says anything; None where there is none near the capture."""
        nearest = sorted((_distance(look.at, probe.at), probe) for probe in probes if _is_judged(probe))
        made = [self._compare(look, probe) for distance, probe in nearest if distance <= NEAR]
        return min(made, key=lambda found: found.finding is Finding.NO_ANSWER, default=None)

    def _compare(self, look: Look, probe: Answer) -> ProbeFinding:
        page, beside = self._answer(self._comparisons.answer(look.capture_id)), self._answer(probe)
        found = finding.finding(page, beside)
        alike = None if found is Finding.NO_ANSWER else finding.similarity(page, beside)
        return ProbeFinding(look.capture_id, probe.capture_id, finding.RULES, found, alike)

    def _answer(self, answer: Answer) -> finding.Answer:
        """Return an answer with what the page says, as findings are made from them."""
        said = self._comparisons.said_by(answer.text_id) if answer.text_id is not None else None
        return finding.Answer(
            answer.asked_url,
            answer.final_url,
            answer.outcome,
            answer.http_status,
            answer.verdict,
            finding.own_words(said.title, said.text, said.stripped) if said else "",
            answer.payload_digest,
            said.evidence if said else {},
        )


def _distance(one: str, other: str) -> timedelta:
    return abs(datetime.fromisoformat(one) - datetime.fromisoformat(other))


def _is_judged(probe: Answer) -> bool:
    """Tell whether a probe that got a page has its verdict."""
    return probe.verdict is not None or probe.outcome != Outcome.FETCHED
