"""What a crawl takes: the sources that were asked for or are due, and the probes that would say more of some."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING, Protocol

from archive.clock import as_timestamp, utc_now
from archive.errors import ArchiveError
from archive.signals import probe_url
from archive.warc_files import size_of
from archive.words import Via
from crawler.errands import Errand

if TYPE_CHECKING:
    from pathlib import Path

    from archive.catalogue import Catalogue
    from archive.records import Source, Validators
    from archive.settings import Settings


class Work(Protocol):
    """What a crawl is to do."""

    def errands(self, catalogue: Catalogue, settings: Settings, /) -> list[Errand]:
        """Return what is to be fetched. Raises ArchiveError for what the catalogue doesn't know."""

    def trigger(self) -> str:
        """Return what stands in the crawl's `trigger`."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What the caller asked for; without anything, what is due."""

    all: bool = False
    incident: str | None = None
    urls: tuple[str, ...] = ()

    def errands(self, catalogue: Catalogue, settings: Settings) -> list[Errand]:
        """Return an errand for each source that is to be captured, and one for each probe that is wanted.

        Whoever names what is to be captured gets that and nothing else. Raises what `sources` raises.
        """
        errands = [Errand(source) for source in self.sources(catalogue)]
        return errands if self.urls or self.incident is not None else errands + _probes(catalogue, settings)

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


def _probes(catalogue: Catalogue, settings: Settings) -> list[Errand]:
    """Return a probe for each directory beside whose page one would say more, and where none was made of late."""
    if not settings.probe_after:
        return []
    now = datetime.now(UTC)
    # One from the future was made under a clock that was wrong.
    since, until = now - timedelta(days=settings.probe_after), now + timedelta(days=1)
    wanted = catalogue.sources.probes_wanted(as_timestamp(since), as_timestamp(until))
    return [Errand(source, Via.PROBE, probe_url(directory)) for source, directory in wanted]


def known_validators(catalogue: Catalogue, warc_dir: Path, days: float) -> dict[int, Validators]:
    """Return by source the validators of the page that the archive has of it, if it came whole within *days*.

    A page whose record has gone is not asked for with them: it has to come whole again.
    """
    since = as_timestamp(datetime.now(UTC) - timedelta(days=days))
    size = cache(partial(size_of, warc_dir))
    known = {}
    for source_id, validators in catalogue.captures.validators(since, utc_now()):
        place = validators.original.place
        if place.warc_offset + place.warc_length <= size(place.warc_file):
            known[source_id] = validators
    return known


def _by_url(catalogue: Catalogue, url: str) -> Source:
    source = catalogue.sources.find(url)
    if source is None:
        raise ArchiveError(f"no incident cites {url}; import one that does, then crawl it")
    return source
