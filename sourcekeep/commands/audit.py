"""`sourcekeep audit`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

_GATE = 3
"""The exit code when a link has a health that the caller asked to be told of."""
_HEALTH = ("unchecked", "live", "moved", "drifted", "unverifiable", "failing", "dead", "removed")


@click.command(epilog="Example: sourcekeep audit --format html --output rot.html --fail-on dead,removed")
@click.option(
    "--format",
    "name",
    type=click.Choice(["table", "json", "csv", "junit", "html"]),
    default="table",
    show_default=True,
    help="html is one file with charts that needs no network.",
)
@click.option("--output", type=click.Path(path_type=Path, allow_dash=True), metavar="FILE", help="Write there.")
@click.option("--incident", metavar="ID", help="Only what one incident cites.")
@click.option("--site", metavar="SITE", help="Only one site (example.org) or host (news.example.org).")
@click.option("--since", metavar="DATE", help="List only links whose health has changed since (2026-11-01).")
@click.option("--all", "everything", is_flag=True, help="List live links as well.")
@click.option("--most", type=click.IntRange(min=0), default=20, show_default=True, help="Lines of a kind in the table.")
@click.option(
    "--fail-on", metavar="HEALTH,...", help=f"Exit with 3 when a link in scope is one of these: {', '.join(_HEALTH)}."
)
@click.option("--afresh", is_flag=True, help="Compare all texts again, and not only new ones.")
@click.pass_obj
def command(
    archive_dir: Path,
    *,
    name: str,
    output: Path | None,
    incident: str | None,
    site: str | None,
    since: str | None,
    everything: bool,
    most: int,
    fail_on: str | None,
    afresh: bool,
) -> None:
    """Say which links have died, when, and by what proof. Nothing is fetched.

    Dead is a link after three failures, more than three days apart each (two where the server says that it is gone for
    good); walls, robots.txt and certificates never make one dead, and one good capture heals.
    """
    from archive.folder import ArchiveFolder
    from sourcekeep import screen
    from sourcekeep.audit.run import Wanted, run
    from sourcekeep.audit.scope import Scope

    gate = _gate(fail_on)
    scope = Scope.of(
        incident and screen.typed(incident),
        site and screen.typed(site),
        _date(since),
        everything=everything or name == "junit",  # a case each, those that pass too
    )
    path = None if output == Path("-") else output
    wanted = Wanted(name, path, most=most, failing=gate, afresh=afresh)
    if run(ArchiveFolder.open(archive_dir), scope, wanted):
        sys.exit(_GATE)


def _gate(fail_on: str | None) -> frozenset[str]:
    wanted = frozenset(part.strip() for part in (fail_on or "").split(",") if part.strip())
    if unknown := sorted(wanted - set(_HEALTH)):
        raise click.BadParameter(
            f"there is no health {unknown[0]!r}; there are {', '.join(_HEALTH)}", param_hint="--fail-on"
        )
    return wanted


def _date(since: str | None) -> str | None:
    """Return *since* as the catalogue writes times. A day begins at midnight, UTC."""
    from datetime import UTC, datetime

    from archive.clock import as_timestamp

    if since is None:
        return None
    try:
        moment = datetime.fromisoformat(since)
    except ValueError as error:
        raise click.BadParameter(f"{since!r} is no date like 2026-11-01", param_hint="--since") from error
    return as_timestamp(moment.replace(tzinfo=moment.tzinfo or UTC))
