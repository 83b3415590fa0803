"""Which sources a crawl takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archive.errors import ArchiveError
from archive.records import utc_now

if TYPE_CHECKING:
    from archive.catalogue import Catalogue
    from archive.records import Source


@dataclass(frozen=True, slots=True)
class Selection:
    """What the caller asked for; without anything, what is due."""

    all: bool = False
    incident: str | None = None
    urls: tuple[str, ...] = ()

    def sources(self, catalogue: Catalogue) -> list[Source]:
        """Return the sources to capture, hosts in turns.

        Raises ArchiveError for an incident or a URL that the catalogue doesn't know.
        """
        if self.urls:
            return list(dict.fromkeys(_by_url(catalogue, url) for url in self.urls))
        if self.incident is not None:
            if catalogue.incidents.get(self.incident) is None:
                raise ArchiveError(f"there is no incident {self.incident!r}; `sourcekeep status` lists them")
            return catalogue.sources.of_incident(self.incident)
        return catalogue.sources.all() if self.all else catalogue.sources.due(utc_now())

    def trigger(self) -> str:
        """Return what stands in the crawl's `trigger`."""
        if self.urls:
            return "url"
        return "incident" if self.incident is not None else "all" if self.all else "due"


def _by_url(catalogue: Catalogue, url: str) -> Source:
    source = catalogue.sources.find(url)
    if source is None:
        raise ArchiveError(f"no incident cites {url}; import one that does, then crawl it")
    return source
