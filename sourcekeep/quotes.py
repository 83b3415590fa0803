"""What is known of an incident's quotations, and of its sources as witnesses."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from archive.words import Match

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archive.text_records import Copy, Quotation
    from extract.quotations import Passage
    from sourcekeep.judgement import Judgement

NO_MATCH = frozenset({Match.NEAR, Match.NOWHERE})


class Answer(StrEnum):
    """What became of one quotation."""

    FOUND = "found"
    """A source has it."""
    MISSING = "missing"
    """No source has it, and each was asked."""
    OPEN = "open"
    """No source that could be asked has it; others have no text."""


@dataclass(frozen=True, slots=True)
class CitedSource:
    """A source that an incident cites, as a witness."""

    source_id: int
    url: str
    positions: tuple[int, ...]
    """Where it stands among what the incident cites."""
    judgement: Judgement
    has_text: bool
    is_pasted: bool
    """Whether it is read by what editors pasted, since no copy has a text."""
    words: int
    """Of the text that it is read by."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A place where a source has a quotation, or nearly has it."""

    row: Quotation
    said: str
    """The passage as the source has it."""
    capture_id: int | None
    """None, as the next, when the text was pasted into a record."""
    captured_at: str | None
    is_best: bool
    """Whether the source is read by this text: its best copy's, or without one what was pasted last."""


@dataclass(frozen=True, slots=True)
class QuotedPassage:
    """One passage in quotation marks, and what was found of it."""

    position: int
    passage: Passage
    answer: Answer
    hits: tuple[Hit, ...]
    """One for each source that has it or nearly has it."""
    rows: tuple[Quotation, ...]
    """Those of the hits; without any, one that says nowhere."""


@dataclass(frozen=True, slots=True)
class IncidentQuotes:
    """All that is known of the quotations of an incident and of its sources as witnesses."""

    incident_id: str
    title: str | None
    passages: tuple[QuotedPassage, ...]
    sources: tuple[CitedSource, ...]
    """In the order of their citations."""
    lost_links: int
    copies: tuple[Copy, ...]
    dependents: dict[int, int]
    """By source that is no witness of its own: the source that says the same."""

    @property
    def with_text(self) -> int:
        """How many sources have a text."""
        return sum(source.has_text for source in self.sources)

    @property
    def independent(self) -> int:
        """How many sources have a text that says something of its own."""
        return self.with_text - len(self.dependents)

    @property
    def missing(self) -> int:
        """How many quotations no source has, though each was asked."""
        return sum(one.answer is Answer.MISSING for one in self.passages)


def answer_of(rows: Sequence[Quotation]) -> Answer:
    """Return what became of a quotation, by all that is known of it."""
    if any(row.match not in NO_MATCH for row in rows):
        return Answer.FOUND
    some_not_asked = any(row.details["not_asked"] or row.details["lost_links"] for row in rows)
    return Answer.OPEN if some_not_asked else Answer.MISSING


def as_dict(quotes: IncidentQuotes) -> dict[str, Any]:
    """Return *quotes* as JSON wants it."""
    return {
        "incident_id": quotes.incident_id,
        "title": quotes.title,
        "sources_cited": len(quotes.sources),
        "with_text": quotes.with_text,
        "independent": quotes.independent,
        "lost_links": quotes.lost_links,
        "quotations": [_passage_as_dict(one) for one in quotes.passages],
        "sources": [
            {**asdict(source), "says_the_same_as": quotes.dependents.get(source.source_id)} for source in quotes.sources
        ],
        "copies": [asdict(copy) for copy in quotes.copies],
    }


def _passage_as_dict(one: QuotedPassage) -> dict[str, Any]:
    return {
        "position": one.position,
        "quotation": one.passage.text,
        "summary_start": one.passage.start,
        "summary_end": one.passage.end,
        "closed": one.passage.closed,
        "answer": one.answer,
        "found": [_hit_as_dict(hit) for hit in one.hits],
    }


def _hit_as_dict(hit: Hit) -> dict[str, Any]:
    row = hit.row
    return {
        "match": row.match,
        "source_id": row.source_id,
        "text_id": row.text_id,
        "capture_id": hit.capture_id,
        "captured_at": hit.captured_at,
        "is_read_by_this": hit.is_best,
        "part": row.part,
        "start": row.start,
        "end": row.end,
        "passage": hit.said,
        **{name: row.details.get(name, []) for name in ("folds", "pieces", "differences")},
    }
