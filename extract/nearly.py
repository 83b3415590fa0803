"""Where a text has a run of words in which one or two are others, missing or too many."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from extract.word_spans import length_in_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from extract.word_spans import Words

ONE_EDIT, TWO_EDITS = 6, 10
"""From so many words on, one or two of them may differ; a shorter run in which a word differs is another one."""


@dataclass(frozen=True, slots=True)
class NearSpan:
    """Words of a text that are nearly those that were looked for."""

    first: int
    """The number of the first of them."""
    count: int
    edits: int
    """How many words are others, missing or too many."""
    differences: tuple[tuple[str, str], ...]
    """Words that were looked for, and the words of the text in their place; either may be none."""


def near_spans(wanted: Words, text: Words, most_places: int) -> Iterator[NearSpan]:
    """Yield the places of *text* that nearly have the words *wanted*, at most *most_places* for each part of them.

    Of one part more than there may be edits, one at least stands in the text as it is; the rest is compared around it.
    """
    length = length_in_words(wanted.text)
    limit = 2 if length >= TWO_EDITS else 1 if length >= ONE_EDIT else 0
    if not limit:
        return
    words = wanted.folded
    cuts = [len(words) * part // (limit + 1) for part in range(limit + 2)]
    for start, end in pairwise(cuts):
        for place in islice(text.occurrences(words[start:end]), most_places):
            if found := _around(words, (start, end), text.folded, place, limit):
                first, count, edits = found
                yield NearSpan(first, count, edits, _differences(wanted, text, first, count))


def _around(
    words: Sequence[str], part: tuple[int, int], text: Sequence[str], place: int, limit: int
) -> tuple[int, int, int] | None:
    """Return first word, count and edits of what stands around *part* of *words*, which *text* has at *place*."""
    start, end = part
    before = _reach(words[:start][::-1], text[max(0, place - start - limit) : place][::-1], limit)
    if before is None:
        return None
    behind = place + end - start
    after = _reach(words[end:], text[behind : behind + len(words) - end + limit], limit - before[0])
    if after is None:
        return None
    return place - before[1], before[1] + end - start + after[1], before[0] + after[0]


def _reach(words: Sequence[str], text: Sequence[str], limit: int) -> tuple[int, int] | None:
    """Return the fewest edits that make *words* of a beginning of *text*, and its length; None with over *limit*.

    Levenshtein's distance by words, in a band as wide as *limit*.
    """
    row = {used: used for used in range(min(limit, len(text)) + 1)}
    for number, word in enumerate(words, 1):
        above, row = row, {}
        for used in range(max(0, number - limit), min(len(text), number + limit) + 1):
            edits = min(
                above.get(used, limit) + 1,
                row.get(used - 1, limit) + 1,
                above.get(used - 1, limit + 1) + (used == 0 or text[used - 1] != word),
            )
            if edits <= limit:
                row[used] = edits
        if not row:
            return None
    ends_alike = {used for used in row if used and text[used - 1 : used] == words[-1:]}
    length = min(row, key=lambda used: (row[used], used not in ends_alike, abs(used - len(words))))
    return row[length], length


def _differences(wanted: Words, text: Words, first: int, count: int) -> tuple[tuple[str, str], ...]:
    matcher = SequenceMatcher(None, wanted.folded, text.folded[first : first + count], autojunk=False)
    return tuple(
        (_said(wanted, start, end), _said(text, first + text_start, first + text_end))
        for tag, start, end, text_start, text_end in matcher.get_opcodes()
        if tag != "equal"
    )


def _said(words: Words, start: int, end: int) -> str:
    """Return words *start* to *end* as they stand."""
    if start == end:
        return ""
    span = words.span(start, end - start)
    return words.text[slice(*span)]
