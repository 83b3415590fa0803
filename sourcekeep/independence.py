"""Which of several sources only say again what another says: nine links are not nine witnesses."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from archive.text_records import Copy
from archive.words import CopyKind
from extract.copies import LARGELY, Grams, Overlap, compare

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Witness:
    """A source with the text that it is read by."""

    source_id: int
    text_id: int
    published_on: str | None
    """As the page says it."""
    captured_at: str | None
    """When a text of the source was captured for the first time; None where all it has was pasted."""
    grams: Grams


def copies_among(witnesses: Sequence[Witness]) -> list[Copy]:
    """Return the pairs whose texts have passages in common that are worth telling."""
    found = (copy_of(one, other) for one, other in combinations(witnesses, 2))
    return [copy for copy in found if copy is not None]


def copy_of(one: Witness, other: Witness) -> Copy | None:
    """Return what two sources have in common, or None: as the later's copy of the earlier.

    Where it isn't known which is earlier, as that of the one with the larger share.
    """
    overlap = compare(one.grams, other.grams)
    if overlap is None:
        return None
    if by := _came_first(other, one):
        return _copy(one, other, overlap, by)
    if by := _came_first(one, other):
        return _copy(other, one, overlap.reversed(), by)
    if overlap.share >= overlap.of_share:
        return _copy(one, other, overlap, None)
    return _copy(other, one, overlap.reversed(), None)


def _copy(later: Witness, earlier: Witness, overlap: Overlap, first_by: str | None) -> Copy:
    return Copy(
        source_id=later.source_id,
        text_id=later.text_id,
        of_source_id=earlier.source_id,
        of_text_id=earlier.text_id,
        kind=overlap.kind,
        share=round(overlap.share, 4),
        of_share=round(overlap.of_share, 4),
        words=overlap.words,
        longest=overlap.longest,
        first_by=first_by,
        passages=overlap.passages,
    )


def _came_first(one: Witness, other: Witness) -> str | None:
    """Return what proves that *one* came before *other*: `published` or `captured`; None where nothing does.

    A capture proves that its page was there; it is no proof that it wasn't there long before.
    """
    published, other_published = _day(one.published_on), _day(other.published_on)
    if other_published is None:
        return None
    if published is not None and published < other_published:
        return "published"
    was_there = one.captured_at is not None and one.captured_at[:10] < other_published
    return "captured" if was_there and published is None else None


def _day(published_on: str | None) -> str | None:
    found = _DAY.match(published_on or "")
    return found[0] if found else None


def dependents(sources: Mapping[int, int], copies: Collection[Copy]) -> dict[int, int]:
    """Return, by source that is no witness of its own, the source that says the same.

    *sources* are those with a text, in the order of their citations, with the number of their words. Of sources that
    have the same text, the first stands for all. Then a text that is largely in a larger one says nothing of its own,
    whichever was first.
    """
    groups = _same_texts(list(sources), copies)
    found = {member: group[0] for group in groups for member in group[1:]}
    shares = defaultdict(float, _shares(copies))
    own: list[list[int]] = []
    for group in sorted(groups, key=lambda group: -max(sources[member] for member in group)):
        pairs = ((one, other) for larger in own for one in group for other in larger)
        holder = next((other for one, other in pairs if shares[one, other] >= LARGELY), None)
        if holder is None:
            own.append(group)
        else:
            found[group[0]] = holder
    return found


def _same_texts(sources: list[int], copies: Collection[Copy]) -> list[list[int]]:
    """Return the sources in groups that have the same text, the first of each group first."""
    same = [copy for copy in copies if copy.kind is CopyKind.SYNDICATED]
    group_of = {source: [source] for source in sources}
    for copy in same:
        one, other = group_of[copy.source_id], group_of[copy.of_source_id]
        if one is not other:
            one += other
            group_of.update(dict.fromkeys(other, one))
    later = {copy.source_id for copy in same if copy.first_by}
    groups = {id(group): group for group in group_of.values()}.values()
    return [sorted(group, key=lambda source: (source in later, sources.index(source))) for group in groups]


def _shares(copies: Collection[Copy]) -> dict[tuple[int, int], float]:
    """Return how much of a source's text another has, by (that source, the other)."""
    shares = {(copy.source_id, copy.of_source_id): copy.share for copy in copies}
    return shares | {(copy.of_source_id, copy.source_id): copy.of_share for copy in copies}
