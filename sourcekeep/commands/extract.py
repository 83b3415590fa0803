"""`sourcekeep extract`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path


@click.command(epilog="Example, after an update with better rules: sourcekeep extract")
@click.option("--all", "all_again", is_flag=True, help="Make every text again, also those this version made.")
@click.option("--workers", type=click.IntRange(min=1), metavar="N", help="Processes.  [default: one a core]")
@click.option("--follow", is_flag=True, hidden=True, help="Wait for more until standard input ends.")
@click.option("--json", "as_json", is_flag=True, help="Print the totals as JSON.")
@click.pass_obj
def command(archive_dir: Path, *, all_again: bool, workers: int | None, follow: bool, as_json: bool) -> None:
    """Make clean text, language and verdict of captures that lack them, offline.

    A crawl does this beside it; this makes what is left, or everything again when the rules have improved.
    """
    from sourcekeep import extracting

    extracting.run(archive_dir, all_again=all_again, workers=workers, follow=follow, as_json=as_json)
