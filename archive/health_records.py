"""What the catalogue holds of the health of sources, and of the copies in web archives, by the names of its columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archive.words import Finding, Health, TextChange


@dataclass(frozen=True, slots=True)
class JudgedHealth:
    """What became of a source's link, as its captures say."""

    health: Health
    since: str | None = None
    """When the capture was asked for that caused it; None, as the next two, where none did."""
    capture_id: int | None = None
    rule: str | None = None
    probe_wanted: str | None = None
    """The directory in which a probe would say more about the last capture."""


@dataclass(frozen=True, slots=True)
class Drift:
    """How the text of a capture stands to the reference: the first of its source's best texts."""

    capture_id: int
    text_id: int
    reference_text_id: int
    rules: str
    change: TextChange
    kept: float
    """The share of the reference's grams that the text still has, from 0 to 1."""
    of_new: float
    """The share of the text's grams that the reference has."""
    words_lost: int
    words_gained: int


@dataclass(frozen=True, slots=True)
class ProbeFinding:
    """What a probe says of a capture of a page beside it."""

    capture_id: int
    probe_id: int
    """The capture of the probe."""
    rules: str
    finding: Finding
    similarity: float | None
    """The share of words that both answers have; None where no words were compared."""


@dataclass(frozen=True, slots=True)
class JudgedMemento:
    """What a capture of a web archive's copy is worth (the table `mementos`)."""

    capture_id: int
    source_id: int
    said: str
    """A word of `sourcekeep.audit.mementos.Said`."""
    url: str | None
    """What may be cited instead of the source; None for what may not."""
    at: str | None
    """When the archive captured it."""
    kept: float | None
    """The share of our own text that it has; None where there is nothing to compare."""
    rules: str
    text_id: int | None
    reference_text_id: int | None


@dataclass(frozen=True, slots=True)
class Pin:
    """What an editor says a source's health is; what was measured stands beside it, and is not changed by it."""

    source_id: int
    health: Health
    reason: str
    pinned_by: str
    pinned_at: str
