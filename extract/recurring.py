"""Lines that recur in the articles of one site: what they are told by, and how they are taken out and put back.

Pure, over texts; `extract.sites` reads the catalogue. A line is boilerplate when it stands word for word in several
articles of the site that are otherwise not the same, and doesn't speak of what they are about.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b
from itertools import pairwise
from typing import TYPE_CHECKING
from zlib import crc32

from archive.text_records import Notice
from archive.words import NoticeKind
from extract.copies import GRAM
from extract.markup import fold, weight
from extract.word_spans import Words, is_unspaced

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from archive.catalogue.recurrence import LineTally

RULES = "recurring/1"
"""Raised when the same texts would get other answers."""
RULE = "recurring:"
"""How the rule of a line that was taken out begins."""
LEAST = 3
"""Articles in which a line stands at the end, for less of which nothing is learned."""

_SHARE = 0.25
"""Of a site's articles that have it."""
_LEAST_ELSEWHERE = 5
"""The same for a line that stands anywhere else: there, stories tell again what was."""
_SHARE_ELSEWHERE = 0.5
_PLACE_SHARE = 0.75
"""Of the articles with the line: those in which it stands at the end, and those of whose matter it doesn't speak."""
_LAST_LINES = 8
_MOST_WEIGHT = 1000
_MOST_WEIGHT_ELSEWHERE = 200
_LEAST_WORDS_ELSEWHERE = 4
"""Fewer are a heading, which many articles of a site may have."""
_MOST_OF_TEXT = 0.4
"""A text of which more would be taken out is left whole."""
_OWN_SHARE = 0.5
"""Of a text that no other one of the site has, for it to be an article of its own and no copy."""
_LEAST_OWN = 200
"""The same in weight."""
_MATTER = 0.4
"""Of the longer words of a line: with so many of them in the rest of an article, it speaks of the same matter."""
_LONGER = 6
"""Shorter words stand in articles on anything."""
_SAMPLED = 4
"""One gram of so many is compared, by the two words that it begins with."""
# What somebody said belongs to the article, however often a site has it.
_QUOTES = re.compile('["“”„«»‹›「」『』《》]')


@dataclass(frozen=True, slots=True)
class Learned:
    """A line that recurs."""

    articles: int
    """In how many articles of the site it stands."""
    of: int
    """How many there are."""
    at_end: bool
    """Whether it is boilerplate at the end of a text alone."""


@dataclass(frozen=True)
class Lines:
    """A text, taken apart into its lines."""

    text: str

    @cached_property
    def all(self) -> list[str]:
        """The lines as they stand."""
        return self.text.split("\n")

    @cached_property
    def keys(self) -> list[int]:
        """What each of them is compared by: the same for the same words."""
        return [_hash(fold(line).casefold()) for line in self.all]

    def may_recur(self, number: int) -> bool:
        """Tell whether a line could be boilerplate at all."""
        line = self.all[number]
        return bool(line.strip()) and weight(line) <= _MOST_WEIGHT and not _QUOTES.search(line)

    def is_at_end(self, number: int) -> bool:
        """Tell whether a line is among the last ones, and in the second half."""
        return len(self.all) - number <= _LAST_LINES and 2 * number >= len(self.all)

    def fits(self, number: int, learned: Learned) -> bool:
        """Tell whether a line stands where such a line is boilerplate."""
        if not self.may_recur(number):
            return False
        if learned.at_end:
            return self.is_at_end(number)
        line = self.all[number]
        return weight(line) <= _MOST_WEIGHT_ELSEWHERE and len(Words(line).folded) >= _LEAST_WORDS_ELSEWHERE


class Rest:
    """What a text has beside the lines that it shares with other texts of its site."""

    def __init__(self, lines: Lines, frequent: Collection[int]) -> None:
        own = [line for line, key in zip(lines.all, lines.keys, strict=True) if key not in frequent]
        self._own_weight, self._weight = weight("".join(own)), weight(lines.text)
        self._words = Words("\n".join(own)).folded
        self._matter = _longer(self._words)

    @property
    def is_most(self) -> bool:
        """Whether it is half of the text, and enough for an article."""
        return self._own_weight >= max(_LEAST_OWN, _OWN_SHARE * self._weight)

    def grams(self) -> set[int]:
        """Return some of the runs of words in it: the same ones of the same words, whatever stands around them."""
        words = self._words
        sampled = (at for at in range(len(words) - GRAM + 1) if _is_sampled(words[at] + words[at + 1]))
        return {_hash(" ".join(words[at : at + GRAM])) for at in sampled}

    def is_about(self, line: str) -> bool:
        """Tell whether *line* speaks of the same matter."""
        words = _longer(Words(line).folded)
        return bool(words) and len(words & self._matter) >= _MATTER * len(words)


def take_in(lines: Lines, tally: LineTally) -> bool:
    """Count the lines of a text that recur, if it is an article of its own beside those before it; return whether."""
    frequent = tally.frequent(lines.keys, LEAST)
    rest = Rest(lines, frequent)
    grams = rest.grams()
    is_own = tally.add_grams(grams) >= _OWN_SHARE * len(grams) > 0
    if not is_own or not rest.is_most:
        return False
    found: dict[int, tuple[bool, bool]] = {}
    for number, (line, key) in enumerate(zip(lines.all, lines.keys, strict=True)):
        if key in frequent and lines.may_recur(number):
            at_end, about = found.get(key, (False, False))
            found[key] = (at_end or lines.is_at_end(number), about or rest.is_about(line))
    tally.add_places((key, *places) for key, places in found.items())
    return True


def learn(tally: LineTally, articles: int) -> dict[int, Learned]:
    """Return the lines that are boilerplate of a site with so many *articles*, by their keys."""
    learned = {}
    for key, having, at_end, about in tally.places(max(LEAST, int(_SHARE * articles))):
        if having < _SHARE * articles or about > (1 - _PLACE_SHARE) * having:
            continue
        if at_end >= _PLACE_SHARE * having:
            learned[key] = Learned(having, articles, at_end=True)
        elif having >= max(_LEAST_ELSEWHERE, _SHARE_ELSEWHERE * articles):
            learned[key] = Learned(having, articles, at_end=False)
    return learned


def strip(
    text: str, notices: Sequence[Notice], learned: Mapping[int, Learned], site: str
) -> tuple[str, tuple[Notice, ...]]:
    """Return a whole text without its boilerplate, and its notices with that in their order. See `restore`."""
    lines = Lines(text)
    taken = {
        number: learned[key]
        for number, key in enumerate(lines.keys)
        if key in learned and lines.fits(number, learned[key])
    }
    if not taken or sum(weight(lines.all[number]) for number in taken) > _MOST_OF_TEXT * weight(text):
        return text, tuple(notices)
    found: list[Notice] = []
    out = 0
    waiting = [(number, lines.all[number], why) for number, why in sorted(taken.items())]
    for notice in [*notices, None]:
        while waiting and (notice is None or waiting[0][0] < notice.position):
            number, line, why = waiting.pop(0)
            rule = f"{RULE}{site}:{why.articles}-of-{why.of}"
            found.append(Notice(NoticeKind.NAVIGATION, rule, line, number - out))
            out += 1
        if notice:
            found.append(replace(notice, position=notice.position - out))
    return "\n".join(line for number, line in enumerate(lines.all) if number not in taken), tuple(found)


def restore(text: str, notices: Sequence[Notice]) -> tuple[str, tuple[Notice, ...]]:
    """Return a text with the lines that `strip` took out, and its other notices: as it was before.

    The order of the notices tells whether one stood before or behind a line that was taken out at the same place.
    """
    lines, others = text.split("\n"), []
    put_back = 0
    for notice in notices:
        if notice.rule.startswith(RULE):
            lines.insert(notice.position + put_back, notice.text)
            put_back += 1
        else:
            others.append(replace(notice, position=notice.position + put_back))
    return "\n".join(lines), tuple(others)


def taken_out(notices: Iterable[Notice]) -> dict[int, str]:
    """Return the lines that `strip` took out, by their numbers in the whole text."""
    lines = (notice for notice in notices if notice.rule.startswith(RULE))
    return {notice.position + before: notice.text for before, notice in enumerate(lines)}


def _longer(words: Sequence[str]) -> set[str]:
    """Return the words that tell what a text is about; in scripts without spaces, pairs of characters."""
    longer = {word for word in words if weight(word) >= _LONGER}
    if not "".join(words).isascii():
        longer |= {one + other for one, other in pairwise(words) if is_unspaced(one) and is_unspaced(other)}
    return longer


def _is_sampled(words: str) -> bool:
    return crc32(words.encode("utf-8", "surrogatepass")) % _SAMPLED == 0


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big", signed=True)
