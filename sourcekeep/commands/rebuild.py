"""`sourcekeep rebuild`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path


@click.command(epilog="Example, when catalogue.db is lost or broken: sourcekeep --archive /srv/archive rebuild")
@click.option("--extract/--no-extract", default=True, show_default=True, help="Make the texts anew too.")
@click.option("--workers", type=click.IntRange(min=1), metavar="N", help="Processes for texts.  [default: one a core]")
@click.option("--json", "as_json", is_flag=True, help="Print what came of it as JSON.")
@click.pass_obj
def command(archive_dir: Path, *, extract: bool, workers: int | None, as_json: bool) -> None:
    """Make the catalogue anew from the WARC files alone, whether the old one is lost, broken or out of date.

    Incidents, citations, crawls, captures and texts come back as they were. What only the old catalogue has is
    recorded first, if it can be read; it is kept as catalogue-TIME.db. Exits with 3 if any of the evidence could not be
    read or given its place.
    """
    from sourcekeep import rebuilding

    rebuilding.run(archive_dir, extract=extract, workers=workers, as_json=as_json)
