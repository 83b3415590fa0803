"""Running a crawl from the command line: what it takes, and how many processes fetch."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import click

from archive.folder import ArchiveFolder
from archive.records import utc_now
from archive.recovery import reconcile
from crawler.frontier import Selection
from crawler.processes.shares import processes_for
from sourcekeep import screen
from sourcekeep.invocation import with_archive

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def run(
    archive_dir: Path,
    *,
    selection: Mapping[str, Any],
    settings: Mapping[str, Any],
    processes: int | None,
    as_json: bool,
) -> None:
    """Crawl, show it, and exit: 0 done, 1 failed, 130 stopped by Ctrl-C. Raises ArchiveError."""
    folder = ArchiveFolder.open(archive_dir)
    own = folder.settings()  # a mistake in it is said before anything begins
    choice = Selection(selection["all"], selection["incident"], tuple(selection["url"]))
    wanted = own.processes if processes is None else processes
    count = _number_to_do(folder, choice)
    if not count:
        _nothing_to_do(folder, selection, as_json=as_json)
    elif (fetching := processes_for(count, wanted, os.cpu_count())) > 1:
        from sourcekeep import crawl_together

        crawl_together.run(folder, choice, settings, fetching, as_json=as_json)
    else:
        from sourcekeep import crawl_alone

        crawl_alone.run(folder, selection, settings, as_json=as_json)


def _number_to_do(folder: ArchiveFolder, choice: Selection) -> int:
    """Return how many sources are to be captured; if none, put right what a crash left: no next crawl is in sight."""
    with folder.catalogue() as catalogue:
        if sources := choice.sources(catalogue):
            return len(sources)
    with folder.lock("crawl"):
        reconcile(folder)
    with folder.catalogue() as catalogue:  # under an older catalogue, the WARC files may have brought more to do
        return len(choice.sources(catalogue))


def _nothing_to_do(folder: ArchiveFolder, selection: Mapping[str, Any], *, as_json: bool) -> None:
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
