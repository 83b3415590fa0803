"""Where a text has a quotation: exactly, with folded marks and case, by the pieces between its ellipses, or nearly.

A text is searched by its words. What stands between them is compared afterwards, so that every difference is known
by its name. The offsets are those of the text as it is, in code points.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from archive.words import Match
from extract.nearly import near_spans
from extract.word_spans import IGNORABLE, WORD, Words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RULES = "quotations/1"
"""Raised when the same summary and the same texts would get other answers."""
LEAST_PIECE = 3
"""Words of the longest piece of a quotation with ellipses; without such a piece it could stand anywhere."""
ELLIPSIS_WORDS = 200
"""How many words of the source an ellipsis may stand for."""
BRACKET_WORDS = 12
"""How many words of the source a bracketed word may stand for."""
_MOST_PLACES = 200
"""Places of a text that are looked at for one run of words."""

_MARKS = re.escape("\"'“”„‟‘’‚‛«»‹›「」『』`´ʼ＂＇")
_DASHES = re.escape("-‐‑‒–—―−")
_DOTS = r"…+|\.\s?\.\s?\.(?:\s?\.)?"
_ELISION = re.compile(rf"[\[(]\s*(?:{_DOTS})\s*[\])]|{_DOTS}")
# [he], [T]he: an editor's words, with what is left of a word that they are a part of.
_BRACKET = re.compile(r"\w*\[[^\[\]]*\]\w*")
_CUT = re.compile(rf"{_ELISION.pattern}|{_BRACKET.pattern}")
_HEAD = re.compile(rf"(?:{_ELISION.pattern}|[\s¿¡{_MARKS}])*")
_TAIL = re.compile(rf"(?:{_ELISION.pattern}|[\s.,;:!?。、，！？{_MARKS}{_DASHES}])*$")

FOLDS: dict[str, Callable[[str], str]] = {
    "unseen characters": lambda text: re.sub(f"[{IGNORABLE}]", "", text),
    "forms of letters": lambda text: WORD.sub(lambda word: unicodedata.normalize("NFKC", word[0]), text),
    "case": str.casefold,
    "quotation marks": lambda text: re.sub(f"[{_MARKS}]", "'", text.replace("''", '"')),
    "ellipses": lambda text: re.sub(rf"\s?(?:{_DOTS})\s?", "...", text),
    "dashes": lambda text: re.sub(rf"\s*[{_DASHES}]+\s*", "-", text),
    "white space": lambda text: " ".join(text.split()),
}
"""What makes no difference to a match, by name, in the order in which it is taken out."""
END_PUNCTUATION = "end punctuation"
"""A mark at an end of the quotation that is the quoting sentence's, or was left out."""
BRACKETS = "brackets"
"""Brackets around a part of a word, as in [T]he."""


@dataclass(frozen=True, slots=True)
class Finding:
    """How and where a text has a quotation."""

    match: Match
    start: int
    end: int
    folds: tuple[str, ...] = ()
    """What makes the difference between the quotation and the text; empty for an exact match."""
    pieces: tuple[tuple[int, int], ...] = ()
    """Where each of the pieces stands, when it matches by them."""
    differences: tuple[tuple[str, str], ...] = ()
    """Of a near one: words of the quotation, and the words of the text in their place. None: punctuation differs."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a text has the words of a run."""

    first: int
    """The number of its first word."""
    start: int
    end: int
    folds: tuple[str, ...] | None
    """What makes the difference; None where it is more than folds."""


@dataclass(frozen=True)
class _Run:
    """Words that a text must have as they stand."""

    text: str
    gap: int = 0
    """How many words of the source may stand before it, behind the run before."""

    @cached_property
    def words(self) -> Words:
        return Words(self.text)

    @cached_property
    def core(self) -> tuple[int, int]:
        """Where it stands without punctuation at its ends; signs that mean something ($, %, #) stay."""
        head, tail = _HEAD.match(self.text), _TAIL.search(self.text)
        return head.end() if head else 0, tail.start() if tail else len(self.text)

    def places(self, text: Words, after: int = 0) -> Iterator[_Place]:
        """Yield the places of *text* that have these words, from word *after* on."""
        found = text.occurrences(self.words.folded, after)
        return (self._judge(text, first) for first in islice(found, _MOST_PLACES))

    def matching(self, text: Words, after: int = 0) -> Iterator[_Place]:
        """Yield the places where nothing but folds makes a difference."""
        return (place for place in self.places(text, after) if place.folds is not None)

    def _judge(self, text: Words, first: int) -> _Place:
        spans, (core_start, core_end) = self.words.spans, self.core
        start, end = text.span(first, len(spans))
        whole = max(0, start - spans[0][0]), end + len(self.text) - spans[-1][1]
        if text.text[slice(*whole)] == self.text:
            return _Place(first, *whole, ())
        start, end = max(0, start - spans[0][0] + core_start), end + core_end - spans[-1][1]
        folds = _folds_between(self.text[core_start:core_end], text.text[start:end])
        if folds is None:
            return _Place(first, *text.span(first, len(spans)), None)
        head, tail = text.text[whole[0] : start], text.text[end : whole[1]]
        same_head, same_tail = _fold(head) == _fold(self.text[:core_start]), _fold(tail) == _fold(self.text[core_end:])
        ends = () if same_head and same_tail else (END_PUNCTUATION,)
        return _Place(first, whole[0] if same_head else start, whole[1] if same_tail else end, (*folds, *ends))


class Quoted:
    """A quotation that is looked for in texts."""

    def __init__(self, quotation: str) -> None:
        self.text = quotation
        self._whole = _Run(quotation)
        self._unbracketed = _Run(re.sub(r"(?<=\w)[\[\]]|[\[\]](?=\w)", "", quotation))
        self._runs = _runs(quotation)

    def match(self, text: Words) -> Finding | None:
        """Return where *text* has the quotation, exactly, folded or by its pieces; None where it hasn't."""
        if place := _first_or_exact(self._whole.matching(text)):
            match = Match.FOLDED if place.folds else Match.EXACT
            return Finding(match, place.start, place.end, place.folds or ())
        if self._unbracketed.text != self._whole.text and (place := next(self._unbracketed.matching(text), None)):
            return Finding(Match.FOLDED, place.start, place.end, (*(place.folds or ()), BRACKETS))
        longest = max((len(run.words.folded) for run in self._runs), default=0)
        return _in_pieces(self._runs, text) if longest >= LEAST_PIECE else None

    def near(self, text: Words) -> Finding | None:
        """Return where *text* nearly has the quotation: other punctuation, or one or two other words. Else None."""
        if place := next(self._whole.places(text), None):
            return Finding(Match.NEAR, place.start, place.end)
        spans = near_spans(self._whole.words, text, _MOST_PLACES)
        best = min(spans, key=lambda one: one.edits, default=None)
        if best is None:
            return None
        return Finding(Match.NEAR, *text.span(best.first, best.count), differences=best.differences)


def _runs(quotation: str) -> list[_Run]:
    """Return what its writer left as it was: all that stands between ellipses and bracketed words."""
    runs: list[_Run] = []
    behind = gap = 0
    for cut in _CUT.finditer(quotation):
        piece = quotation[behind : cut.start()]
        if WORD.search(piece):
            runs.append(_Run(piece.strip(), gap))
            gap = 0
        gap += ELLIPSIS_WORDS if _ELISION.fullmatch(cut[0]) else BRACKET_WORDS
        behind = cut.end()
    if behind and WORD.search(quotation, behind):
        runs.append(_Run(quotation[behind:].strip(), gap))
    return runs


def _in_pieces(runs: list[_Run], text: Words) -> Finding | None:
    """Return the shortest part of *text* that has all *runs* in order; None where there is none."""
    chains = [chain for first in runs[0].matching(text) if (chain := _chain(first, runs, text))]
    places = min(chains, key=lambda chain: chain[-1].end - chain[0].start, default=None)
    if places is None:
        return None
    folds = dict.fromkeys(fold for place in places for fold in place.folds or ())
    pieces = tuple((place.start, place.end) for place in places)
    return Finding(Match.PIECES, places[0].start, places[-1].end, tuple(folds), pieces)


def _chain(first: _Place, runs: list[_Run], text: Words) -> list[_Place] | None:
    """Return the places of *runs* from *first* on, no further apart than what was left out may be long; else None."""
    places = [first]
    for before, run in pairwise(runs):
        after = places[-1].first + len(before.words.folded)
        place = next(run.matching(text, after), None)
        if place is None or place.first - after > run.gap:
            return None
        places.append(place)
    return places


def _first_or_exact(places: Iterator[_Place]) -> _Place | None:
    """Return the first exact place; without one, the first."""
    found = list(places)
    return next((place for place in found if not place.folds), next(iter(found), None))


def _folds_between(quotation: str, text: str) -> tuple[str, ...] | None:
    """Return the folds without which the two would differ, or None where they differ with all of them."""
    if quotation == text:
        return ()
    if _fold(quotation) != _fold(text):
        return None
    needed = tuple(name for name in FOLDS if _fold(quotation, name) != _fold(text, name))
    # Two folds may take out the same thing: a ligature is another form, and lower case takes it apart as well.
    return needed or tuple(name for name, fold in FOLDS.items() if fold(quotation) != quotation or fold(text) != text)


def _fold(text: str, but: str | None = None) -> str:
    for name, fold in FOLDS.items():
        if name != but:
            text = fold(text)
    return text
