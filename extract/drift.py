"""How a page's text stands to the one that was kept first: how much is still there, and what differs.

What is counted are words that stand in runs of GRAM words which both texts have, in scripts without spaces characters:
such lexical measures tell pages that were edited from pages that were replaced better than models of meaning do (Eve
et al., 2024), and need no list of frequent words, which no two texts of a language lack.
"""

from __future__ import annotations

import difflib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archive.words import TextChange

if TYPE_CHECKING:
    from extract.word_spans import Words

GRAM = 4
"""Words in a run."""
MOST = 0.5
"""The share of the first text that is to be there, or the page counts as rewritten."""
NOTHING = 0.1
"""The share, both ways, below which another text stands there."""
RULES = "drift/1"
"""Raised when the same texts would get other answers."""
_CONTEXT = 1


@dataclass(frozen=True, slots=True)
class TextDrift:
    """How one text stands to an earlier one."""

    change: TextChange
    kept: float
    """The share of the earlier text's words that are still there, in order, from 0 to 1."""
    of_new: float
    """The share of the later text's words that the earlier one has."""
    words_lost: int
    """Words of the earlier text that the later one has no more, each as often as it was there."""
    words_gained: int


def measure(earlier: Words, later: Words) -> TextDrift:
    """Return how *later* stands to *earlier*."""
    old, new = earlier.folded, later.folded
    if old == new:
        return TextDrift(TextChange.SAME, 1.0, 1.0, 0, 0)
    kept, of_new = _covered(old, new), _covered(new, old)
    counts, new_counts = Counter(old), Counter(new)
    lost, gained = (counts - new_counts).total(), (new_counts - counts).total()
    return TextDrift(_change(kept, of_new), kept, of_new, lost, gained)


def _change(kept: float, of_new: float) -> TextChange:
    if max(kept, of_new) < NOTHING:
        return TextChange.REPLACED
    return TextChange.EDITED if kept >= MOST else TextChange.REWRITTEN


def _covered(words: list[str], others: list[str]) -> float:
    """Return the share of *words* that stand in runs which *others* have, too."""
    size = min(GRAM, len(words), len(others))
    if not size:
        return 0.0
    theirs = set(zip(*(others[shift:] for shift in range(size)), strict=False))
    covered = behind = 0
    for number, gram in enumerate(zip(*(words[shift:] for shift in range(size)), strict=False)):
        if gram in theirs:
            covered += number + size - max(number, behind)
            behind = number + size
    return covered / len(words)


def diff(earlier: str, later: str) -> list[tuple[str, str]]:
    """Return the paragraphs that differ, in order: (`-`, one that went), (`+`, one that came), (` `, one beside them).

    Stretches that are the same on both sides are left out, but for the paragraph before and behind a difference;
    (`…`, empty) stands for them.
    """
    old, new = earlier.split("\n"), later.split("\n")
    lines: list[tuple[str, str]] = []
    for group in difflib.SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(_CONTEXT):
        if group[0][1] or group[0][3]:
            lines.append(("…", ""))
        for kind, start, end, new_start, new_end in group:
            if kind == "equal":
                lines += [(" ", line) for line in old[start:end]]
                continue
            lines += [("-", line) for line in old[start:end]]
            lines += [("+", line) for line in new[new_start:new_end]]
    return lines
