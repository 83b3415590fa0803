"""What a probe says of the page beside it: two answers held side by side (Bar-Yossef et al., 2004).

A made-up name is asked for in the directory of a page. A server that says of it that there is no such page would say so
of the page as well; one that gives it what it gives the page hasn't got the page. Pure: answers in, a `Finding` out.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from archive.signals import directory_of, last_part, probe_says
from archive.standing import PARTS, SUCCESSES, USABLE_VERDICTS
from archive.urls import url_key
from archive.words import Evidence, Finding, Verdict
from extract.word_spans import Words

if TYPE_CHECKING:
    from collections.abc import Iterable

ALIKE = 0.95
"""The share of words in common from which two answers are one and the same page (Bar-Yossef et al., 2004)."""
RULES = "finding/1"
"""Raised when the same answers would get another finding."""

_IN_PASSING = frozenset({"text", "notice"})
"""Places of a phrase that alone makes a page only suspect: an article may say it of something else."""
_ID = re.compile(r"\d{3,}|[0-9a-f]{8,}")
_YEAR = re.compile(r"(?:1[34]|19|20|25)\d\d")
"""Of the calendars of Iran, of Islam, of the West, of Thailand: a folder of stories, and not the number of one."""
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
    evidence: Evidence = field(default_factory=dict)
    """Of the verdict."""


def own_words(title: str | None, text: str | None, stripped: Iterable[tuple[str, str]]) -> str:
    """Return what a page itself says: its text or, where none is kept, what stood in its place, below its title.

    *stripped* are rules and texts of its notices.
    """
    said = [words for rule, words in stripped if rule.startswith("verdict:")] if text is None else [text]
    return "\n".join(filter(None, (title, *said)))


def finding(page: Answer, probe: Answer) -> Finding:
    """Return what *probe*, the answer for a made-up name beside *page*, says of it."""
    says = probe_says(probe.outcome, probe.http_status, probe.verdict)
    if says is Finding.NO_ANSWER or page.outcome not in SUCCESSES | PARTS:
        return Finding.NO_ANSWER
    if _is_elsewhere(probe) and _end(probe) == url_key(page.asked_url):
        return Finding.OTHER_ANSWER  # the page is what made-up names are led to
    if is_same(page, probe):
        return Finding.NO_ANSWER if _is_by_directory(page) else Finding.SAME_ANSWER
    if says is Finding.SAYS_MISSING and page.verdict == Verdict.SOFT_404:
        return says if page.evidence.get("place") in _IN_PASSING and not _is_by_number(page) else Finding.NO_ANSWER
    return says or (Finding.NO_ANSWER if similarity(page, probe) is None else Finding.OTHER_ANSWER)


def is_same(page: Answer, probe: Answer) -> bool:
    """Tell whether two answers are one: the same bytes, the same end of both redirects, or the same words."""
    if page.payload_digest is not None and page.payload_digest == probe.payload_digest:
        return True
    if _is_elsewhere(page) and _end(page) == _end(probe):
        return True
    return (similarity(page, probe) or 0.0) >= ALIKE


def similarity(page: Answer, probe: Answer) -> float | None:
    """Return the share of words that two answers have in common, from 0 to 1, but for the names that were asked for.

    None where neither has a word.
    """
    one, other = _counted(page), _counted(probe)
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else None


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
    """Tell whether the server may have looked at a number above the name alone, so that any name gives the page."""
    directory = directory_of(page.asked_url)
    if page.verdict not in USABLE_VERDICTS or not _is_number(last_part(directory or "")):
        return False
    return not _is_elsewhere(page) or directory_of(page.final_url or "") == directory


def _is_by_number(page: Answer) -> bool:
    """Tell whether the server looks the page up by a number, of which it says nothing by what it says of a name."""
    directory = directory_of(page.asked_url) or ""
    parts = (urlsplit(page.asked_url).path.rstrip("/").rpartition("/")[2], last_part(directory))
    return bool(urlsplit(page.asked_url).query) or any(map(_is_number, parts))


def _is_number(part: str) -> bool:
    return _ID.search(part) is not None and _YEAR.fullmatch(part) is None
