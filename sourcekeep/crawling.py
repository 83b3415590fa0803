"""Running a crawl from the command line: what it takes, and how many processes fetch."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING, Any

from archive.folder import ArchiveFolder
from crawler.processes.shares import processes_for
from sourcekeep.crawl_log import log_file
from sourcekeep.fetcher import started

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from archive.settings import Settings
    from crawler.frontier import Selection


def run(
    archive_dir: Path,
    *,
    selection: Mapping[str, Any],
    settings: Mapping[str, Any],
    processes: int | None,
    as_json: bool,
) -> None:
    """Crawl, show it, and exit: 0 done, 1 failed, 130 stopped by Ctrl-C. Raises ArchiveError."""
    gc.disable()  # until everything is imported, as in the processes that fetch
    folder = ArchiveFolder.open(archive_dir)
    own = folder.settings()  # a mistake in it is said before anything begins
    wanted = own.processes if processes is None else processes
    # Before it is known how much there is to do: that takes less time than a process takes to be ready.
    with started(log_file(folder)) as fetchers:
        from crawler.frontier import Selection

        choice = Selection(selection["all"], selection["incident"], tuple(selection["url"]))
        if count := _number_to_do(folder, choice, own):
            from sourcekeep import crawl_control
            from sourcekeep.crawl_display import CrawlDisplay

            fetchers.fork(processes_for(count, wanted, os.cpu_count()))
            display = CrawlDisplay(folder, extract=settings["SOURCEKEEP_EXTRACT"], as_json=as_json)
            sys.exit(crawl_control.run(folder, choice, settings, fetchers, display))
    _nothing_to_do(folder, selection, as_json=as_json)


def _number_to_do(folder: ArchiveFolder, choice: Selection, own: Settings) -> int:
    """Return how much is to be fetched; if nothing, put right what a crash left: no next crawl is in sight."""
    from archive.recovery import reconcile

    with folder.catalogue() as catalogue:
        if errands := choice.errands(catalogue, own):
            return len(errands)
    with folder.lock("crawl"):
        reconcile(folder)
    with folder.catalogue() as catalogue:  # under an older catalogue, the WARC files may have brought more to do
        return len(choice.errands(catalogue, own))


def _nothing_to_do(folder: ArchiveFolder, selection: Mapping[str, Any], *, as_json: bool) -> None:
    import json

    import click

    from archive.clock import utc_now
    from sourcekeep import screen
    from sourcekeep.invocation import with_archive

    with folder.catalogue() as catalogue:
        next_due, any_source = catalogue.sources.next_due_after(utc_now()), bool(catalogue.sources.all())
    if as_json:
        click.echo(json.dumps({"planned": 0, "captured": 0, "next_due_at": next_due}))
    elif selection["incident"] is not None:
        click.echo(f"incident {selection['incident']} cites no URL")
    elif not any_source:
        click.echo(f"no source is cited yet: {with_archive(folder.path)} import FILE")
    elif next_due:
        click.echo(
            f"nothing is due; the next source is due on {screen.when(next_due)} (--all captures every source now)"
        )
    else:
        click.echo("nothing is due, and nothing will be (--all captures every source now)")
