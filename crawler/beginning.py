"""How a crawl begins: what a crash left is put right, then it is told what is due, then its row is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.errors import ArchiveError
from crawler.frontier import known_validators
from crawler.share import Share
from crawler.store import CrawlStore
from crawler.versions import version_of

if TYPE_CHECKING:
    from archive.folder import ArchiveFolder
    from crawler.frontier import Work


def begin_crawl(
    folder: ArchiveFolder, work: Work, *, user_agent: str | None = None, conditional_for: float | None = None
) -> Share:
    """Begin a crawl that does *work*, and return the whole of it.

    What is not given is as the archive's settings have it. Raises ArchiveError when another crawl is under way, or
    what it is to take is unknown.
    """
    settings = folder.settings()
    days = settings.conditional_for if conditional_for is None else conditional_for
    store = CrawlStore(folder)
    try:  # behind the store's recovery: what it brings back is not to be fetched again
        with folder.catalogue() as catalogue:
            errands = work.errands(catalogue, settings)
            validators = known_validators(catalogue, folder.warc_dir, days)
    except ArchiveError:
        store.release()
        raise
    store.begin(settings, work.trigger(), user_agent or settings.user_agent(version_of("sourcekeep")))
    return Share(store, errands, validators)
