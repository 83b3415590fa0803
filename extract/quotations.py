"""The passages in quotation marks of a text: what its writer says that somebody else has said or written.

Marks are told from apostrophes and inches by what stands beside them. Single marks count only where they clearly
quote: apostrophes are the same character.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from extract.word_spans import length_in_words

LEAST_WORDS = 3
"""A passage with fewer words is a name or a word with a wink."""

_DOUBLE = {
    "“": '”"',
    "„": "“”",
    "‟": "”",
    "”": "”",
    '"': '"”',
    "«": "»",
    "»": "«»",
    "‹": "›",
    "›": "‹›",
    "「": "」",
    "『": "』",
    "﹁": "﹂",
    "﹃": "﹄",
}
"""By opening mark: what closes it. ” and » also open, in Swedish and in German books."""
_SINGLE = {"‘": "’'", "‚": "‘’", "'": "'’"}
_ONE_WAY = frozenset("“„‟«‹「『﹁﹃")
"""Marks that open wherever they stand; the others must have no letter before them."""

_DOUBLE_MARKS = re.compile(f"[{''.join({*_DOUBLE, *''.join(_DOUBLE.values())})}]")
_DEEPEST = 8
"""How many marks are held open at once."""
_PARAGRAPH = re.compile(r"(?:[^\n]|\n(?![^\S\n]*\n))+")
_BEFORE_OPENING = re.compile(r"[\s(\[{<–—―/=:;,。、，：\u3040-\u30ff\u3400-\u9fff“„‟«»‹›「『\"-]")
_AFTER_OPENING_SINGLE = re.compile(r"[\w\[($€£“\"«….¿¡]")
# '90s, 'em, rock 'n' roll.
_NO_OPENING = re.compile(r"['‘](?:\d\ds?\b|(?:em|n|til|tis|twas|cause|bout|round|cos|cuz)\b)", re.IGNORECASE)
_ENDS_SENTENCE = frozenset(".,!?;:…)]")
_AFTER_CLOSING = frozenset('.,!?;:…)]}"”»›“–—-/')


@dataclass(frozen=True, slots=True)
class Passage:
    """What stands between two quotation marks."""

    text: str
    """Without the marks, and without blanks at its ends."""
    start: int
    """Where it begins in the text that quotes, in code points."""
    end: int
    closed: bool = True
    """Whether there is a closing mark; one that isn't closed runs to the end of its paragraph."""


def passages(text: str) -> list[Passage]:
    """Return the passages in quotation marks of *text* that have at least LEAST_WORDS words, in their order.

    A passage within another one counts for itself, too. In scripts without spaces, two characters count as a word.
    """
    found: list[Passage] = []
    for paragraph in _PARAGRAPH.finditer(text):
        start, end = paragraph.span()
        doubles = _in_double_marks(text, start, end)
        singles = [span for span in _in_single_marks(text, start, end) if not any(_cross(span, one) for one in doubles)]
        found += [_passage(text, span) for span in doubles + singles]
    return sorted(
        (one for one in found if length_in_words(one.text) >= LEAST_WORDS), key=lambda one: (one.start, -one.end)
    )


_Span = tuple[int, int, bool]
"""Start, end, whether closed; between the marks."""


def _cross(one: _Span, other: _Span) -> bool:
    return one[0] < other[0] < one[1] < other[1] or other[0] < one[0] < other[1] < one[1]


def _passage(text: str, span: _Span) -> Passage:
    start, end, closed = span
    inside = text[start:end]
    start += len(inside) - len(inside.lstrip())
    return Passage(inside.strip(), start, start + len(inside.strip()), closed)


@dataclass(slots=True)
class _Opened:
    """A double mark that is not closed yet."""

    mark: str
    since: int
    until: int | None = None
    """Where the next mark of its kind opens: if it is never closed, it can't go on behind that."""


def _in_double_marks(text: str, start: int, end: int) -> list[_Span]:
    found: list[_Span] = []
    opened: list[_Opened] = []
    for match in _DOUBLE_MARKS.finditer(text, start, end):
        mark, at = match[0], match.start()
        opens = mark in _DOUBLE and _may_open(text, at, start, end)
        level = next((n for n in reversed(range(len(opened))) if mark in _DOUBLE[opened[n].mark]), None)
        if level is not None and not (opens and text[at - 1].isspace()):
            found += [(one.since, at, False) for one in opened[level + 1 :]]
            found.append((opened[level].since, at, True))
            del opened[level:]
        elif opens:
            for one in opened:
                if one.mark == mark and one.until is None:
                    one.until = at
            found += [(one.since, one.until or end, False) for one in opened[: 1 - _DEEPEST]]
            opened = [*opened[1 - _DEEPEST :], _Opened(mark, at + 1)]
    return found + [(one.since, one.until or end, False) for one in opened]


def _may_open(text: str, at: int, start: int, end: int) -> bool:
    if text[at] in _ONE_WAY:
        return True
    return (at == start or bool(_BEFORE_OPENING.match(text[at - 1]))) and at + 1 < end and not text[at + 1].isspace()


def _in_single_marks(text: str, start: int, end: int) -> list[_Span]:
    opening = [at for at in range(start, end) if text[at] in _SINGLE and _opens_single(text, at, start, end)]
    found: list[_Span] = []
    for at, limit in pairwise([*opening, end]):
        close = _closing_single(text, at, limit, end)
        if close is not None:
            found.append((at + 1, close, True))
    return found


def _opens_single(text: str, at: int, start: int, end: int) -> bool:
    return (
        (at == start or bool(_BEFORE_OPENING.match(text[at - 1])))
        and at + 1 < end
        and bool(_AFTER_OPENING_SINGLE.match(text[at + 1]))
        and not _NO_OPENING.match(text, at)
    )


def _closing_single(text: str, at: int, limit: int, end: int) -> int | None:
    """Return where the passage that opens at *at* closes: at the first mark that is no plural's apostrophe.

    Where there are none but such marks (“the users' data”), at the first of them.
    """
    marks = _SINGLE[text[at]]
    closing = [
        n
        for n in range(at + 2, limit)
        if text[n] in marks and not text[n - 1].isspace() and not (n + 1 < end and text[n + 1].isalnum())
    ]
    sure = (n for n in closing if n + 1 >= end or text[n - 1] in _ENDS_SENTENCE or text[n + 1] in _AFTER_CLOSING)
    clear = (n for n in closing if text[n - 1] not in "sS")
    candidates = [n for n in (next(sure, None), next(clear, None)) if n is not None]
    return min(candidates) if candidates else next(iter(closing), None)
