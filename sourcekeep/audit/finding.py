"""What a probe says of the page beside it: two answers side by side (Bar-Yossef et al., 2004).

A made-up name is asked for in the directory of a page. A server that says of it that there is no such page would say so
of the page as well; one that gives it what it gives the page hasn't got the page. Pure: answers in, a `Finding` out.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from archive.records import Finding, Outcome, Verdict
from archive.signals import BLOCKING_STATUSES, WALLS, directory_of
from archive.urls import url_key
from extract.word_spans import Words

if TYPE_CHECKING:
    from extract.page import ExtractedPage

ALIKE = 0.95
"""The share of words in common from which two answers are one and the same page (Bar-Yossef et al., 2004)."""
RULES = "finding/1"
"""Raised when the same answers would get another finding."""

_MISSING = frozenset({404, 410})
_MISSING_VERDICTS = frozenset({Verdict.SOFT_404, Verdict.REMOVED})
_ID = re.compile(r"\d{3,}|[0-9a-f]{8,}")
_OF_A_DATE = re.compile(r"(?:19|20)\d\d")
_NAME = "\ufffc"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for one URL."""

    asked_url: str
    final_url: str | None
    outcome: str
    http_status: int | None
    verdict: str | None
    words: str = ""
    """What the page itself says: see `own_words`."""
    payload_digest: str | None = None


def own_words(page: ExtractedPage) -> str:
    """Return what a page itself says: its title with its text or, where that isn't kept, with what stood in its place."""
    said = [notice.text for notice in page.notices if notice.rule.startswith("verdict:")]
    return "\n".join(filter(None, (page.title, page.text, *(said if page.text is None else ()))))


def finding(page: Answer, probe: Answer) -> Finding:
    """Return what *probe*, the answer for a made-up name beside *page*, says of it."""
    if probe.http_status in _MISSING:
        return Finding.SAYS_MISSING
    if probe.outcome not in {Outcome.FETCHED, Outcome.NOT_MODIFIED} or probe.verdict in WALLS:
        return Finding.NO_ANSWER
    if page.outcome not in {Outcome.FETCHED, Outcome.NOT_MODIFIED} or page.http_status in BLOCKING_STATUSES:
        return Finding.NO_ANSWER
    if is_same(page, probe):
        return Finding.NO_ANSWER if _is_by_directory(page) else Finding.SAME_ANSWER
    return Finding.SAYS_MISSING if probe.verdict in _MISSING_VERDICTS else Finding.OTHER_ANSWER


def is_same(page: Answer, probe: Answer) -> bool:
    """Tell whether two answers are one: the same bytes, the same end of both redirects, or the same words."""
    if page.payload_digest and page.payload_digest == probe.payload_digest:
        return True
    if _is_elsewhere(page) and _end(page) == _end(probe):
        return True
    return similarity(page, probe) >= ALIKE


def similarity(page: Answer, probe: Answer) -> float:
    """Return the share of words that two answers have in common, from 0 to 1, without the names that were asked for."""
    one, other = _counted(page), _counted(probe)
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 0.0


def _counted(answer: Answer) -> Counter[str]:
    counts = Counter(Words(answer.words).folded)
    for word in Words(unquote(urlsplit(answer.asked_url).path)).folded:
        counts.pop(word, None)
    return counts


def _is_elsewhere(answer: Answer) -> bool:
    return answer.final_url is not None and url_key(answer.final_url) != url_key(answer.asked_url)


def _end(answer: Answer) -> str:
    """Return where an answer's redirects ended, without the name that was asked for, which many a target carries."""
    name = urlsplit(answer.asked_url).path.rstrip("/").rpartition("/")[2]
    end = url_key(answer.final_url or answer.asked_url)
    return end.replace(name, _NAME) if name else end


def _is_by_directory(page: Answer) -> bool:
    """Tell whether the server may have looked at a number above the page's name alone: any name gives the page there."""
    directory = directory_of(page.asked_url)
    last = urlsplit(directory or "").path.rstrip("/").rpartition("/")[2]
    is_id = bool(_ID.search(last)) and not _OF_A_DATE.fullmatch(last)
    return is_id and (not _is_elsewhere(page) or directory_of(page.final_url or "") == directory)
