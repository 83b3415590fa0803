"""What one spider fetches: the whole of a crawl, or one process's share of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from concurrent.futures import Future

    from archive.drafts import CaptureDraft, RecordedExchange
    from archive.records import Validators
    from crawler.errands import Errand
    from crawler.processes.hosts import SharedHosts


class Store(Protocol):
    """What captures are handed over to."""

    crawl_id: int

    def submit(self, draft: CaptureDraft) -> Future[int | None]:
        """Hand a capture over; the future's result is its id, once record and row are on disk."""

    def submit_exchanges(self, exchanges: list[RecordedExchange]) -> object:
        """Hand over exchanges that belong to no one capture."""

    def close(self, ended: str) -> None:
        """End what was begun; raises ArchiveError when not all could be written."""


@dataclass(frozen=True, slots=True)
class Share:
    """The errands, what is known of their sources, and where their captures go."""

    store: Store
    errands: Sequence[Errand]
    validators: Mapping[int, Validators]
    """By source: what its page can be asked for with."""
    hosts: SharedHosts | None = None
    """What other processes of the crawl have a say in; None where there are none."""
