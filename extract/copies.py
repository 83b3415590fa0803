"""Which texts have passages in common, and how much of each that is.

A gram is eight words in a row; in scripts without spaces, eight characters. Texts that share one share a passage. A
MinHash signature (Broder, "On the resemblance and containment of documents", 1997) finds among very many texts those
that may be largely the same; whether they are is decided by their grams alone.

The signature is of one permutation: each gram is hashed once, and the least hash of each of its slots is kept (Li,
Owen, Zhang, "One permutation hashing", 2012); an empty slot has what the next one has (Shrivastava and Li, 2014).
"""

from __future__ import annotations

import struct
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING

from archive.words import CopyKind
from extract.word_spans import Words

if TYPE_CHECKING:
    from collections.abc import Sequence

GRAM = 8
"""Words in a gram."""
LONG_PASSAGE = 25
"""Words of a shared passage from which on it is a quotation; fewer are a name, a title, a phrase of the trade."""
LARGELY = 0.5
"""The share of a text's words from which on it is largely another's."""
SAME = 0.8
"""The share, both ways, from which on two texts are the same one."""
SLOTS = 128
"""Numbers in a signature."""
BAND = 4
"""Numbers in a band: texts are compared when a band of theirs is the same. With 32 bands, that happens to 999 of 1,000
pairs that have two thirds of their grams in common, and to one of 20 that have a fifth."""
SIGNATURE_BYTES = 4 * SLOTS
BAND_BYTES = 4 * BAND
RULES = "copies/1"
"""Raised when the same texts would get other answers."""

_MOST_PASSAGES = 5
_MOST_PLACES = 20
"""Places of the other text that are tried for the longest passage that begins with one gram."""
_OFFSET = 0x9E3779B1


@dataclass(frozen=True, slots=True)
class Overlap:
    """What two texts have in common."""

    kind: CopyKind
    share: float
    """The part of the words of the one that stand in grams that the other has, too."""
    of_share: float
    """The same part of the other."""
    words: int
    """How many words of the one that are."""
    of_words: int
    longest: int
    """Words of the longest shared passage."""
    passages: tuple[tuple[int, int, int, int], ...]
    """The longest of them: start and end in the one, start and end in the other, in code points."""

    def reversed(self) -> Overlap:
        """Return the same, seen from the other text."""
        turned = tuple((start, end, of_start, of_end) for of_start, of_end, start, end in self.passages)
        return Overlap(self.kind, self.of_share, self.share, self.of_words, self.words, self.longest, turned)


@dataclass(frozen=True)
class Grams:
    """The grams of a text."""

    text: str

    @cached_property
    def words(self) -> Words:
        """The words that they are made of."""
        return Words(self.text)

    @cached_property
    def all(self) -> list[str]:
        """The gram that begins with each word."""
        words = self.words.folded
        return [" ".join(words[number : number + GRAM]) for number in range(len(words) - GRAM + 1)]

    @cached_property
    def places(self) -> dict[str, list[int]]:
        """By gram: the numbers of the words that it begins with."""
        found: defaultdict[str, list[int]] = defaultdict(list)
        for number, gram in enumerate(self.all):
            found[gram].append(number)
        return dict(found)

    def covered(self, other: Grams) -> int:
        """Return how many words stand in grams that *other* has, too."""
        covered = behind = 0
        for number, gram in enumerate(self.all):
            if gram in other.places:
                covered += number + GRAM - max(number, behind)
                behind = number + GRAM
        return covered


def compare(one: Grams, other: Grams) -> Overlap | None:
    """Return what two texts have in common, if it makes one of them a copy or a quotation; else None."""
    if not one.places or not other.places or one.places.keys().isdisjoint(other.places):
        return None
    words, of_words = one.covered(other), other.covered(one)
    share, of_share = words / len(one.words.folded), of_words / len(other.words.folded)
    runs = _runs(one, other)
    longest = max(length for _, _, length in runs)
    if min(share, of_share) >= SAME:
        kind = CopyKind.SYNDICATED
    elif longest >= LONG_PASSAGE or max(share, of_share) >= LARGELY:
        kind = CopyKind.QUOTES
    else:
        return None
    longest_first = sorted(runs, key=lambda run: -run[2])[:_MOST_PASSAGES]
    passages = tuple((*one.words.span(here, n), *other.words.span(there, n)) for here, there, n in longest_first)
    return Overlap(kind, share, of_share, words, of_words, longest, passages)


def _runs(one: Grams, other: Grams) -> list[tuple[int, int, int]]:
    """Return the shared passages, each as far as it goes: number of the first word here, there, and of words."""
    runs: list[tuple[int, int, int]] = []
    number = 0
    while number < len(one.all):
        places = other.places.get(one.all[number], ())[:_MOST_PLACES]
        if not places:
            number += 1
            continue
        length, there = max((_length(one, other, number, place), -place) for place in places)
        runs.append((number, -there, length))
        number += length
    return runs


def _length(one: Grams, other: Grams, here: int, there: int) -> int:
    """Return how many words are the same from *here* and *there* on."""
    ours, theirs = one.words.folded, other.words.folded
    length = 0
    while here + length < len(ours) and there + length < len(theirs) and ours[here + length] == theirs[there + length]:
        length += 1
    return length


def signature(grams: Grams) -> bytes | None:
    """Return the signature of a text, SIGNATURE_BYTES long; None for a text of fewer words than a gram has.

    Two signatures have about the share of slots in common that the texts have of all their grams.
    """
    if not grams.places:
        return None
    slots: dict[int, int] = {}
    for gram in grams.places:
        slot, value = struct.unpack("<II", blake2b(gram.encode("utf-8", "surrogatepass"), digest_size=8).digest())
        slot %= SLOTS
        if value < slots.get(slot, 1 << 32):
            slots[slot] = value
    return struct.pack(f"<{SLOTS}I", *_without_gaps(slots))


def _without_gaps(slots: dict[int, int]) -> Sequence[int]:
    """Return the values of all slots; an empty one has that of the next that isn't, moved by how far that is."""
    values = [0] * SLOTS
    distance, value = 0, slots[min(slots)]
    for slot in reversed(range(2 * SLOTS)):
        if slot % SLOTS in slots:
            distance, value = 0, slots[slot % SLOTS]
        values[slot % SLOTS] = (value + distance * _OFFSET) % (1 << 32)
        distance += 1
    return values
