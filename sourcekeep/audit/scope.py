"""Which sources an audit is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from archive.errors import ArchiveError
from archive.urls import host_of
from sourcekeep.lookup import near
from sourcekeep.screen import line

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
    everything: bool = False
    """Whether live and unchecked links are listed as well."""

    @classmethod
    def of(cls, incident: str | None, site: str | None, since: str | None = None, *, everything: bool = False) -> Self:
        """Return what was asked for; *site* may be any URL of it."""
        return cls(incident, site and ((host_of(site) if "/" in site else None) or site.lower()), since, everything)

    def histories(self, catalogue: Catalogue) -> Iterator[tuple[Link, list[Look]]]:
        """Iterate over the sources with their captures. Raises ArchiveError for what the catalogue doesn't know."""
        if self.site is not None and not catalogue.sources.has_site(self.site):
            raise ArchiveError(
                f"no cited source is of {line(self.site)}; name a site (example.org), a host or a URL of one"
            )
        if self.incident is not None:
            if catalogue.incidents.get(self.incident) is None:
                near_it = near(catalogue, self.incident, urls=False)
                raise ArchiveError(f"there is no incident {line(self.incident)}{near_it}")
            ids = [source.id for source in catalogue.sources.of_incident(self.incident)]
            pairs: Iterator[tuple[Link, list[Look]]] = map(catalogue.histories.of, ids)
        else:
            pairs = catalogue.histories.all()
        return (pair for pair in pairs if self.has(pair[0]))

    @property
    def words(self) -> dict[str, str]:
        """What narrows an audit down, by name."""
        found = {"incident": self.incident, "site": self.site, "since": self.since}
        return {name: value for name, value in found.items() if value is not None}

    def has(self, link: Link) -> bool:
        """Tell whether a source is of the site that was asked for."""
        return self.site is None or self.site in {link.site, link.host}
