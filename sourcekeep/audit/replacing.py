"""What web archives keep of pages that are gone: asked for in rounds, each a crawl, and judged like any page.

An archive's TimeGate leads to the copy that is nearest to a date. Where that one is an error page, a wall or another
text, its neighbours in time are asked for, until one is good or there were enough tries.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from archive.words import Via
from sourcekeep import crawl_control
from sourcekeep.audit.candidates import Search
from sourcekeep.crawl_display import CrawlDisplay
from sourcekeep.crawl_log import log_file
from sourcekeep.fetcher import started

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archive.catalogue import Catalogue
    from archive.folder import ArchiveFolder
    from archive.records import Source
    from archive.settings import Settings
    from crawler.errands import Errand
    from sourcekeep.audit.mementos import Memento

TRIGGER = "memento"


@dataclass(frozen=True, slots=True)
class Wish:
    """A source of which an archived copy is wanted."""

    source: Source
    at: str
    """A date or a time, ISO 8601 in UTC: the nearer to it the better."""


@dataclass(slots=True)
class Replacements:
    """What came of wishes."""

    mementos: list[Memento] = field(default_factory=list)
    """One for each wish, in their order."""
    exit_code: int = 0
    """Of the last round; after anything but 0, no further one was begun."""


class _Round:
    """The work of one crawl: see `crawler.frontier.Work`."""

    def __init__(self, errands: list[Errand]) -> None:
        self._errands = errands

    def errands(self, _: Catalogue, __: Settings, /) -> list[Errand]:
        """Return what was given."""
        return self._errands

    def trigger(self) -> str:
        """Return what stands in the crawl's `trigger`."""
        return TRIGGER


class _Display(CrawlDisplay):
    """Shows a round; what came of it all is for the caller to say."""

    def _print_report(self) -> None:
        pass


def find_mementos(folder: ArchiveFolder, wishes: Sequence[Wish], settings: Mapping[str, Any]) -> Replacements:
    """Ask the archives in the settings for *wishes*; *settings* are Scrapy's, over those of the archive.

    Every answer is a capture `via` memento. Raises ArchiveError when another crawl is under way.
    """
    own = folder.settings()
    with folder.catalogue() as catalogue:
        searches = [Search(catalogue, wish.source, wish.at, own.timegates, own.memento_tries) for wish in wishes]
    found = Replacements()
    while found.exit_code == 0 and (errands := [errand for search in searches if (errand := search.errand())]):
        display = _Display(folder, extract=True, as_json=False, verb="asking web archives for", via=Via.MEMENTO)
        with started(log_file(folder)) as fetchers:
            fetchers.fork(1)  # archives are few, and each is asked one thing at a time
            found.exit_code = crawl_control.run(
                folder, _Round(errands), {**settings, "SOURCEKEEP_EXTRACT": True}, fetchers, display
            )
        _take(folder, searches, display.crawl_id)
    found.mementos = [search.memento() for search in searches]
    return found


def _take(folder: ArchiveFolder, searches: Sequence[Search], crawl_id: int) -> None:
    """Let each search know what came of what it asked for."""
    with folder.catalogue() as catalogue:
        captures = catalogue.captures.of_crawl(crawl_id, Via.MEMENTO)
        for search in searches:
            if capture_id := captures.get(search.source.id):
                search.take(catalogue, folder.warc_dir, capture_id)
