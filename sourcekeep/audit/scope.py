"""Which sources an audit is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archive.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archive.catalogue import Catalogue
    from archive.catalogue.histories import Link, Look


@dataclass(frozen=True, slots=True)
class Scope:
    """What the caller asked for; without anything, all sources."""

    incident: str | None = None
    site: str | None = None
    """A site (`example.org`) with all its hosts, or one host."""
    since: str | None = None
    """A date or a time, in UTC: only links whose health has changed since then are listed."""

    def histories(self, catalogue: Catalogue) -> Iterator[tuple[Link, list[Look]]]:
        """Iterate over the sources with their captures. Raises ArchiveError for what the catalogue doesn't know."""
        if self.incident is not None:
            if catalogue.incidents.get(self.incident) is None:
                raise ArchiveError(f"there is no incident {self.incident!r}; `sourcekeep status` lists them")
            ids = [source.id for source in catalogue.sources.of_incident(self.incident)]
            pairs: Iterator[tuple[Link, list[Look]]] = map(catalogue.histories.of, ids)
        else:
            pairs = catalogue.histories.all()
        return (pair for pair in pairs if self.has(pair[0]))

    def has(self, link: Link) -> bool:
        """Tell whether a source is of the site that was asked for."""
        return self.site is None or self.site.lower() in {link.site, link.host}
