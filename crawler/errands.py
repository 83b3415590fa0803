"""What a crawl is sent out for: a source, and the URL that is asked for its sake."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archive.urls import host_of, site_of
from archive.words import Via

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archive.records import Source


@dataclass(frozen=True, slots=True)
class Errand:
    """One thing to fetch. A crawl has at most one for a source and a `via`, and each ends as one capture.

    Politeness goes by the host that is asked, whoever's source it is for.
    """

    source: Source
    via: Via = Via.HTTP
    asked_url: str | None = None
    """What is asked for, where that is not the source's own URL."""
    headers: tuple[tuple[str, str], ...] = ()
    """Fields of the request beside those that every request has."""

    @property
    def key(self) -> tuple[int, Via]:
        """What no other errand of the crawl has."""
        return self.source.id, self.via

    @property
    def url(self) -> str:
        """What is asked for."""
        return self.asked_url or self.source.url

    @property
    def host(self) -> str | None:
        """The host that is asked; None where the URL names none."""
        return host_of(self.asked_url) if self.asked_url else self.source.host

    @property
    def site(self) -> str | None:
        """The site of that host; None where it has none."""
        if not self.asked_url:
            return self.source.site
        host = self.host
        return site_of(host) if host else None


def count(errands: Iterable[Errand], via: Via) -> int:
    """Return how many of *errands* ask *via* that; of Via.HTTP it is how many sources are captured."""
    return sum(errand.via == via for errand in errands)
