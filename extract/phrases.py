"""Tables of phrases, and finding which of them a block of text is.

A table is a TOML file beside this module: groups, in each group languages, in each language phrases in the
notation that `notices.toml` explains.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from extract.kept import Answers

if TYPE_CHECKING:
    from collections.abc import Iterator

_ELLIPSIS = "…"
_FORMS = dict(zip("’‘‛`´ʼ“”„‟«»「」『』", "''''''" + '"' * 10, strict=True))
_FORM = re.compile(f"[{''.join(_FORMS)}]")
# What stands before a notice's first word: arrows, bullets, brackets.
_MARKS = " >›»→▶►•·*+|#-–—([{"
_WORD = re.compile(r"\w+")
# Scripts written without spaces, where a phrase has no word to be looked up by.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Phrase:
    """One line of a table."""

    group: str
    language: str
    phrase: str
    """As the table has it."""
    pieces: tuple[str, ...]
    """Its words between the ellipses, folded."""
    begins: bool
    """Whether the block must begin with them."""
    ends: bool
    """Whether the block must end with them."""
    max_chars: int

    @property
    def is_whole(self) -> bool:
        """Whether the block must be these words and nothing else."""
        return self.begins and self.ends and len(self.pieces) == 1

    def matches(self, folded: str) -> bool:
        """Return whether *folded* is, begins with, ends with or holds these words, and doesn't quote them."""
        if len(folded) > self.max_chars:
            return False
        if self.begins and not folded.startswith(self.pieces[0]):
            folded = folded.lstrip(_MARKS)
            if not folded.startswith(self.pieces[0]):
                return False
        if self.ends and not folded.endswith(self.pieces[-1]):
            return False
        if folded.count('"', 0, max(0, folded.find(self.pieces[0]))) % 2:
            return False  # an article about notices
        start = 0
        for piece in self.pieces:
            found = folded.find(piece, start)
            if found < 0:
                return False
            start = found + len(piece)
        return True


def _without_arrow(text: str) -> str:
    """Return *text* without the marks before it, where a » is one of them: folded, it would open a quotation."""
    rest = text.lstrip(_MARKS)
    return rest if "»" in text[: len(text) - len(rest)] and "«" not in text else text


def fold_words(text: str) -> str:
    """Return *text* as phrases are compared: lower case, one space, one form of each quotation mark."""
    # `str.translate` takes several times as long, and most texts have none of them.
    return " ".join(_FORM.sub(lambda found: _FORMS[found[0]], text).lower().split())


def _core(folded: str) -> str:
    """Return *folded* from its first letter or digit to its last."""
    start, end = 0, len(folded)
    while start < end and not folded[start].isalnum():
        start += 1
    while start < end and not folded[end - 1].isalnum():
        end -= 1
    return folded[start:end]


class _Read(NamedTuple):
    """A text as phrases are looked up in it."""

    folded: str
    core: str
    words: frozenset[str]
    is_unspaced: bool
    """Whether any of it is written without spaces."""


def _read(text: str) -> _Read:
    folded = fold_words(_without_arrow(text) if "»" in text else text)
    is_unspaced = not folded.isascii() and _UNSPACED.search(folded) is not None
    return _Read(folded, _core(folded), frozenset(_WORD.findall(folded)), is_unspaced)


_READ = Answers(_read)
"""A block is looked up in several tables."""


class PhraseTable:
    """Phrases, indexed by a word that each of them needs."""

    def __init__(self, phrases: list[Phrase]) -> None:
        self._whole: dict[str, Phrase] = {}
        self._by_word: dict[str, list[tuple[str, Phrase]]] = defaultdict(list)
        """By the longest word of each phrase: its longest piece, which a text must hold, and it."""
        self._unspaced: list[tuple[str, Phrase]] = []
        self._wordless: list[tuple[str, Phrase]] = []
        self._most_chars = max(max(phrase.max_chars, 2 * len(phrase.phrase)) for phrase in phrases)
        """A longer block is none of them, whatever stands around its words."""
        for phrase in phrases:
            self._add(phrase)
        self._words = frozenset(self._by_word)
        self._first = lru_cache(maxsize=1 << 12)(lambda text: next(self.find_all(text), None))
        """The first phrase of a text: a third of the blocks of pages are what others had before."""

    def _add(self, phrase: Phrase) -> None:
        if phrase.is_whole:
            self._whole.setdefault(_core(phrase.pieces[0]), phrase)
            return
        words = [word for piece in phrase.pieces for word in _WORD.findall(piece)]
        entry = max(phrase.pieces, key=len), phrase
        if any(_UNSPACED.search(piece) for piece in phrase.pieces):
            self._unspaced.append(entry)
        elif not words:
            self._wordless.append(entry)
        else:
            self._by_word[max(words, key=len)].append(entry)

    def find(self, text: str) -> Phrase | None:
        """Return the first phrase that the block *text* is, or None."""
        return None if len(text) > self._most_chars else self._first(text)

    def find_all(self, text: str) -> Iterator[Phrase]:
        """Yield every phrase that the block *text* is or holds."""
        if len(text) > self._most_chars:
            return
        folded, core, words, is_unspaced = _READ[text]
        if whole := self._whole.get(core):
            yield whole
        # Sorted, so that the answer does not hang on the order of a set.
        for word in sorted(self._words & words):
            yield from _among(self._by_word[word], folded)
        yield from _among(self._wordless, folded)
        if is_unspaced:
            yield from _among(self._unspaced, folded)


def _among(entries: list[tuple[str, Phrase]], folded: str) -> list[Phrase]:
    """Return which phrases *folded* is; each stands behind a piece of it that has to be there."""
    return [phrase for piece, phrase in entries if piece in folded and phrase.matches(folded)]


@cache
def load_table(name: str) -> PhraseTable:
    """Read the table *name* (a TOML file beside this module), once in a process."""
    groups = tomllib.loads((Path(__file__).parent / name).read_text(encoding="utf-8"))
    return PhraseTable(
        [
            _parse(group, language, phrase, int(entries["max_chars"]))
            for group, entries in groups.items()
            for language, phrases in entries.items()
            if language != "max_chars"
            for phrase in phrases
        ]
    )


def _parse(group: str, language: str, phrase: str, max_chars: int) -> Phrase:
    """Return *phrase* in its compared form; ValueError where it has no words."""
    folded = fold_words(phrase)
    pieces = tuple(piece.strip() for piece in folded.split(_ELLIPSIS) if piece.strip())
    if not pieces:
        raise ValueError(f"a phrase of group {group!r}, language {language!r} has no words: {phrase!r}")
    begins, ends = not folded.startswith(_ELLIPSIS), not folded.endswith(_ELLIPSIS)
    return Phrase(group, language, phrase, pieces, begins, ends, max_chars)
