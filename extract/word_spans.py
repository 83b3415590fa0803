"""The words of a text as two texts are compared by: folded, each with the place where it stands."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

IGNORABLE = "\u00ad\u200b-\u200f\u2060\ufeff"
"""Soft hyphens, joiners and the like: what stands within a word and is not seen. For a class of characters."""

# Scripts without spaces between words: Thai, Lao, Burmese, Khmer, kana, Han.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
# `\w` has no combining marks, so that words of Hindi, or of Latin script in its decomposed form, would fall apart.
_WITH_MARKS = (range(0x300, 0x1E00), range(0x20D0, 0x2100), range(0x3099, 0x309B), range(0xA66F, 0xABEE))
_MARKS = "".join(chr(code) for codes in _WITH_MARKS for code in codes if unicodedata.category(chr(code))[0] == "M")

WORD = re.compile(
    f"[{_UNSPACED}][{_MARKS}]*|(?:(?![{_UNSPACED}])[\\w{_MARKS}])(?:(?![{_UNSPACED}])[\\w{_MARKS}{IGNORABLE}])*"
)
"""A word; in scripts without spaces, a character."""

_UNSEEN = re.compile(f"[{IGNORABLE}]")
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")


def fold_word(word: str) -> str:
    """Return *word* as it is compared: lower case, no ligatures or full-width forms, nothing that is not seen."""
    if word.isascii():
        return word.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", _UNSEEN.sub("", word)).casefold())


def is_unspaced(word: str) -> bool:
    """Tell whether *word* is a character of a script without spaces."""
    return _IS_UNSPACED.match(word) is not None


def length_in_words(text: str) -> float:
    """Return about how many words *text* has; in scripts without spaces, two characters count as one."""
    return sum(0.5 if _IS_UNSPACED.match(found[0]) else 1.0 for found in WORD.finditer(text))


@dataclass(frozen=True)
class Words:
    """The words of *text*."""

    text: str

    @cached_property
    def spans(self) -> list[tuple[int, int]]:
        """Where each stands, in code points."""
        return [found.span() for found in WORD.finditer(self.text)]

    @cached_property
    def folded(self) -> list[str]:
        """Each of them, folded."""
        return [fold_word(word) for word in WORD.findall(self.text)]

    @cached_property
    def _line(self) -> str:
        return f" {' '.join(self.folded)} "

    @cached_property
    def _starts(self) -> list[int]:
        """Where each begins in the line; one more for the end."""
        return list(accumulate((len(word) + 1 for word in self.folded), initial=0))

    def occurrences(self, words: Sequence[str], after: int = 0) -> Iterator[int]:
        """Yield the number of the first word of each place, from word *after* on, that has the folded *words*."""
        if not words or after >= len(self.folded):
            return
        wanted = f" {' '.join(words)} "
        found = self._line.find(wanted, self._starts[after])
        while found >= 0:
            yield bisect_left(self._starts, found)
            found = self._line.find(wanted, found + 1)

    def span(self, first: int, count: int) -> tuple[int, int]:
        """Return where *count* words from number *first* on stand, in code points."""
        return self.spans[first][0], self.spans[first + count - 1][1]
