"""What a memento is worth: whether it is what was cited, by its verdict and by our own text, if there is one.

So an archived error page is never offered. All of it is derived from captures, and kept in the table `mementos`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from archive.health_records import JudgedMemento
from archive.mementos import dated
from archive.signals import is_home
from archive.standing import SUCCESSES, USABLE_VERDICTS, VERDICT_RANK
from archive.urls import fetchable
from archive.words import TextChange
from extract import drift
from extract.word_spans import Words

if TYPE_CHECKING:
    from archive.catalogue import Catalogue
    from archive.catalogue.comparisons import Comparisons, TextOfCapture
    from archive.records import Capture, Source
    from extract.drift import TextDrift


class Said(StrEnum):
    """What came of asking for a memento, the best first."""

    GOOD = "good"
    """The page, as an archive has it; where a text of our own is kept, with most of that."""
    DOUBTFUL = "doubtful"
    """A page, though less than half of our own text is in it, or no article, and there is nothing to compare."""
    OTHER_TEXT = "other-text"
    """Another text altogether."""
    NO_PAGE = "no-page"
    """What is archived is an error page, a wall, the site's home, or nothing."""
    NO_MEMENTO = "no-memento"
    """The archive has none."""
    NO_ANSWER = "no-answer"
    """The archive didn't say."""
    NOT_ASKED = "not-asked"
    """No archive was asked: there is none in the settings, or the URL is none."""


OFFERED = frozenset({Said.GOOD, Said.DOUBTFUL})
"""What may be cited instead."""
ORDER = tuple(Said)
RULES = f"mementos/1 {drift.RULES}"
"""Raised when the same captures would be worth something else."""
_NOT_FOUND = frozenset({404, 410})
_BY_CHANGE = {TextChange.REPLACED: Said.OTHER_TEXT, TextChange.REWRITTEN: Said.DOUBTFUL}


@dataclass(frozen=True, slots=True)
class Memento:
    """A memento of a source, or why there is none."""

    source_id: int
    said: Said
    capture_id: int | None = None
    """Of what came; None where nothing was asked."""
    url: str | None = None
    """To cite instead of the page; None for what is not to be offered."""
    at: str | None = None
    """When it was archived."""
    kept: float | None = None
    """The share of our own text that it has; None where there is nothing to compare."""


def judge(
    comparisons: Comparisons, source: Source, capture_id: int, capture: Capture, reference: TextOfCapture | None
) -> Memento:
    """Return what a capture via memento is worth; *reference* is the source's own text, if there is one."""
    answer = comparisons.answer(capture_id)
    compared = None
    if reference and answer.text_id:
        compared = drift.measure(Words(comparisons.text(reference.text_id)), Words(comparisons.text(answer.text_id)))
    said = _said(source, capture, answer.verdict, compared, has_own=reference is not None)
    url = _to_cite(capture) if said in OFFERED else None
    return Memento(source.id, said, capture_id, url, capture.memento_at, compared.kept if compared else None)


def keep_judged(catalogue: Catalogue, source_id: int, reference: TextOfCapture | None) -> bool:
    """Bring the table up to date for the mementos of one source, and return whether any was to be judged.

    Within a transaction.
    """
    comparisons, is_new = catalogue.comparisons, False
    for capture_id in comparisons.memento_captures(source_id):
        text_id, reference_id = comparisons.answer(capture_id).text_id, reference and reference.text_id
        known = comparisons.judged_memento(capture_id)
        if known and (known.text_id, known.reference_text_id, known.rules) == (text_id, reference_id, RULES):
            continue
        source, capture = catalogue.sources.get(source_id), catalogue.captures.get(capture_id)
        if source and capture:
            is_new = True
            found = judge(comparisons, source, capture_id, capture, reference)
            comparisons.put_memento(
                JudgedMemento(
                    capture_id, source_id, found.said, found.url, found.at, found.kept, RULES, text_id, reference_id
                )
            )
    return is_new


def _said(source: Source, capture: Capture, verdict: str | None, compared: TextDrift | None, *, has_own: bool) -> Said:
    if capture.memento_at is None:
        return Said.NO_MEMENTO if capture.http_status in _NOT_FOUND else Said.NO_ANSWER
    url = fetchable(source.url)
    if capture.outcome not in SUCCESSES or verdict not in VERDICT_RANK or _is_led_home(capture, url):
        return Said.NO_PAGE
    if compared:
        return _BY_CHANGE.get(compared.change, Said.GOOD)
    is_sure = not has_own and (verdict in USABLE_VERDICTS or is_home(url))
    return Said.GOOD if is_sure else Said.DOUBTFUL


def _is_led_home(capture: Capture, url: str) -> bool:
    """Tell whether the archive was led to the home of a site in the place of a page."""
    ended = dated(capture.final_url or "")
    return ended is not None and is_home(ended.of) and not is_home(url)


def _to_cite(capture: Capture) -> str | None:
    """Return the URL of a memento as people open it, and not as its bytes are asked for."""
    url = dated(capture.final_url or "")
    return url.plain().url if url else capture.final_url
