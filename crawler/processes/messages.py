"""What a crawl and its fetching processes say to each other (`channel.py` carries it)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archive.drafts import CaptureDraft, RecordedExchange
    from archive.errors import ArchiveError
    from archive.records import Validators
    from crawler.errands import Errand


@dataclass(frozen=True, slots=True)
class Plan:
    """To a process, first of all: what it is to fetch."""

    crawl_id: int
    errands: Sequence[Errand]
    validators: Mapping[int, Validators]
    settings: Mapping[str, Any]
    """Of Scrapy, over those that the crawler and the archive have."""
    shared: bool
    """Whether other processes fetch for this crawl, and may come to the same hosts."""


@dataclass(frozen=True, slots=True)
class Written:
    """To a process: the capture with this number is on disk."""

    number: int
    capture_id: int | None


@dataclass(frozen=True, slots=True)
class Refused:
    """To a process: the capture with this number could not be written, and nothing more can."""

    number: int
    error: ArchiveError


@dataclass(frozen=True, slots=True)
class Stop:
    """To a process: finish what is under way, and begin nothing."""


@dataclass(frozen=True, slots=True)
class Captured:
    """From a process: a capture to be written."""

    number: int
    draft: CaptureDraft


@dataclass(frozen=True, slots=True)
class Exchanged:
    """From a process: exchanges to be written that belong to no one capture."""

    exchanges: list[RecordedExchange]


@dataclass(frozen=True, slots=True)
class Postponed:
    """From a process: a fetch will be tried again."""

    host: str | None
    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class Ended:
    """From a process, last of all: why it ended, by Scrapy's word, and the error that kept it from going on."""

    reason: str
    error: ArchiveError | None = None


FromProcess = Captured | Exchanged | Postponed | Ended
ToProcess = Plan | Written | Refused | Stop
