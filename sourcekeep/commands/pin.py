"""`sourcekeep pin`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path

_HEALTH = ("live", "moved", "drifted", "unverifiable", "failing", "dead", "removed")


@click.command(
    epilog='Example: sourcekeep pin https://example.org/a --health live --reason "seen in a browser" --by "A. Editor"'
)
@click.argument("url", required=False)
@click.option("--health", type=click.Choice(_HEALTH), help="What the link is.")
@click.option("--reason", metavar="TEXT", help="How you know.")
@click.option("--by", metavar="NAME", envvar="SOURCEKEEP_EDITOR", show_envvar=True, help="Who says so.")
@click.option("--remove", is_flag=True, help="Take the pin away; what is measured holds again.")
@click.option("--list", "listing", is_flag=True, help="Print the pins.")
@click.pass_obj
def command(  # options
    archive_dir: Path,
    *,
    url: str | None,
    health: str | None,
    reason: str | None,
    by: str | None,
    remove: bool,
    listing: bool,
) -> None:
    """Say what the health of a cited URL is, where you know better than what can be measured.

    What is measured goes on beside it and is always shown with it. A pin is kept in the archive's WARC files, with your
    name and reason.
    """
    from archive.folder import ArchiveFolder
    from archive.words import Health
    from sourcekeep import pinning

    if listing == (url is not None) or (url is not None and remove == (health is not None)):
        raise click.UsageError("name a URL with --health or with --remove, or ask for all pins with --list")
    folder = ArchiveFolder.open(archive_dir)
    if url is None:
        pinning.print_pins(folder)
        return
    if not (by or "").strip() or (health and not (reason or "").strip()):
        raise click.UsageError("a pin needs --reason and --by: whoever reads it has nothing else to go by")
    pinning.pin(folder, url, Health(health) if health else None, reason=reason or "", by=by or "")
