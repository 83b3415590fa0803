"""What the catalogue holds of texts, and of what they have in common.

A field has the name of its column.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archive.records import RecordPlace
    from archive.words import CopyKind, Evidence, Match, NoticeKind, Outcome, Part, Verdict


@dataclass(frozen=True, slots=True)
class PendingText:
    """A capture that has a response and lacks a text of the current extractor."""

    capture_id: int
    source_id: int
    url: str
    http_status: int | None
    outcome: Outcome
    response: RecordPlace
    original: RecordPlace | None = None
    """Where the payload lies, when the response is a revisit record."""


@dataclass(frozen=True, slots=True)
class Paste:
    """Page text that was pasted at one citation, by the statement that says so."""

    citation_id: int
    incident_id: str
    position: int
    """Of the link among those of the incident, from 1."""
    url: str | None
    """None for a link whose URL was lost."""
    statement: RecordPlace
    """Of the `resource` record of the import in which the incident says what was pasted."""


Pending = PendingText | Paste
"""What a text is still to be made of."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A piece that was stripped from a page."""

    kind: NoticeKind
    rule: str
    text: str
    position: int
    """How many lines of the text stand before it."""


@dataclass(frozen=True, slots=True)
class Text:
    """What extraction made of one capture, or of what was pasted at one citation, with one extractor version."""

    capture_id: int | None
    """None for a pasted text: it is no capture."""
    extractor: str
    verdict: Verdict
    evidence: Evidence
    title: str | None = None
    byline: str | None = None
    published_on: str | None = None
    site_name: str | None = None
    language: str | None = None
    language_confidence: float | None = None
    text: str | None = None
    comments: str | None = None
    charset: str | None = None
    repair: str | None = None
    notices: tuple[Notice, ...] = ()
    citation_id: int | None = None
    """None for the text of a capture."""


@dataclass(frozen=True, slots=True)
class SourceText:
    """The newest text of one capture, or of one paste, as quotations are looked for in it."""

    source_id: int
    text_id: int
    capture_id: int | None
    """None for a pasted text."""
    captured_at: str | None
    is_best: bool
    """Whether the source is read by it: its best capture's text, or without one what was pasted last."""
    published_on: str | None
    title: str | None
    text: str | None
    comments: str | None
    words: int


@dataclass(frozen=True, slots=True)
class Quotation:
    """A passage in quotation marks of an incident's summary, and where one source has it."""

    position: int
    """Its number among those of the summary, from 1."""
    quotation: str
    """Without the marks."""
    match: Match
    details: dict[str, Any]
    """What makes the match no exact one: `folds`, `pieces`, `differences`; of `nowhere`, `not_asked`."""
    source_id: int | None = None
    """None, as all below, when it is nowhere."""
    text_id: int | None = None
    part: Part | None = None
    start: int | None = None
    """In code points of the part: `part[start:end]` is the passage as the source has it."""
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Copy:
    """Two sources whose texts have passages in common: the one that has the other's words, and that other one."""

    source_id: int
    text_id: int
    of_source_id: int
    of_text_id: int
    kind: CopyKind
    share: float
    """The part of the words of `text_id` that stand in shared runs of eight words or more."""
    of_share: float
    """The same part of `of_text_id`."""
    words: int
    """How many words of `text_id` that are."""
    longest: int
    """Words of the longest shared passage."""
    first_by: str | None
    """Why the other one is the earlier: `published` or `captured`; None when it is not known which is."""
    passages: tuple[tuple[int, int, int, int], ...]
    """The longest shared passages: start and end in `text_id`, start and end in `of_text_id`, in code points."""
