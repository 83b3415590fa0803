"""The quotations of all incidents, and copies across the whole archive."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING

from archive.errors import CatalogueError
from extract.copies import BAND_BYTES, SIGNATURE_BYTES, Grams, signature
from extract.copies import RULES as COPY_RULES
from sourcekeep.independence import copy_of
from sourcekeep.quotes import Answer, answer_of
from sourcekeep.quoting import RULES, of_incident, witness

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archive.catalogue import Catalogue
    from sourcekeep.progress import Progress

_SIGNED_AT_ONCE = 100
_LARGE = 30
"""Of so many texts that look alike, each is compared with the first alone: a page that a site gives for all its URLs
would else be compared with itself a million times."""
_HELD = 200
"""Texts that are held apart into grams, for the pairs to come."""


@dataclass(slots=True)
class Everything:
    """The quotations and copies of an archive in numbers."""

    incidents: int = 0
    """How many were looked through now; the others were known."""
    answers: dict[Answer, int] = field(default_factory=lambda: dict.fromkeys(Answer, 0))
    missing: list[tuple[str, str]] = field(default_factory=list)
    """(incident id, quotation) for each that no source has though each was asked."""
    signed: int = 0
    """Texts that got a signature now."""
    compared: int = 0
    """Pairs of texts that look alike, compared now."""
    copies: dict[str, int] = field(default_factory=dict)
    """Pairs by kind."""


def bring_up_to_date(catalogue: Catalogue, progress: Progress) -> Everything:
    """Look for the quotations and copies that aren't known yet; raises CatalogueError where nothing can be kept."""
    if catalogue.read_only:
        raise CatalogueError(f"{catalogue.path} can't be written, so nothing can be kept; ask for one incident")
    found = Everything()
    unchecked = catalogue.quotations.unchecked(RULES)
    progress.plan(len(unchecked) + catalogue.copies.count_unsigned(COPY_RULES))
    for incident in filter(None, map(catalogue.incidents.get, unchecked)):
        of_incident(catalogue, incident)
        found.incidents += 1
        progress.done("incidents")
    for number in _sign(catalogue):
        found.signed += number
        for _ in range(number):
            progress.done("texts")
    found.compared = _compare_alike(catalogue)
    for incident_id, rows in catalogue.quotations.all():
        answer = answer_of(rows)
        found.answers[answer] += 1
        if answer is Answer.MISSING:
            found.missing.append((incident_id, rows[0].quotation))
    found.copies = catalogue.copies.counts()
    return found


def _sign(catalogue: Catalogue) -> Iterator[int]:
    """Give every best text its signature; yield how many got one, group by group."""
    while texts := catalogue.copies.unsigned(COPY_RULES, _SIGNED_AT_ONCE):
        signed = [(text, signature(Grams(text.text or ""))) for text in texts]
        with catalogue.transaction():
            catalogue.copies.sign(COPY_RULES, signed)
        yield len(signed)


def _compare_alike(catalogue: Catalogue) -> int:
    """Compare the texts whose signatures have a band in common, and write what they are; return how many pairs."""
    with catalogue.transaction():
        catalogue.copies.forget_others(COPY_RULES)
    behind = catalogue.copies.pairs()
    known = len(behind)
    for start in range(0, SIGNATURE_BYTES, BAND_BYTES):
        for group in catalogue.copies.alike(COPY_RULES, start, BAND_BYTES):
            pairs = combinations(group, 2) if len(group) < _LARGE else ((group[0], other) for other in group[1:])
            new = [pair for pair in pairs if pair not in behind]
            behind.update(new)
            if new:
                _compare(catalogue, new)
    return len(behind) - known


def _compare(catalogue: Catalogue, pairs: list[tuple[int, int]]) -> None:
    with catalogue.transaction():  # nothing may change between reading and writing
        read = lru_cache(_HELD)(lambda source_id: witness(catalogue, source_id))
        for source_id, other_id in pairs:
            one, other = read(source_id), read(other_id)
            copy = copy_of(one, other) if one and other else None
            if copy:
                catalogue.copies.put([copy], COPY_RULES)
