"""`sourcekeep quotes`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path

    from archive.catalogue import Catalogue
    from sourcekeep.quoting_all import Everything

_GATE = 3
"""The exit code when a quotation is missing and the caller asked to be told so."""


@click.command(epilog="Example: sourcekeep quotes DB-100 --fail-on-missing")
@click.argument("incident", metavar="INCIDENT-ID", required=False)
@click.option(
    "--all", "all_incidents", is_flag=True, help="Look through all incidents, and for copies among all texts."
)
@click.option(
    "--fail-on-missing",
    is_flag=True,
    help="Exit with 3 when no source has a quotation though each of them has a text.",
)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.pass_obj
def command(
    archive_dir: Path, *, incident: str | None, all_incidents: bool, fail_on_missing: bool, as_json: bool
) -> None:
    """Say which source has each quotation of an incident's summary, and which sources only repeat another.

    A quotation is found exactly, folded (marks, case, blanks), or by the pieces between its ellipses and brackets; what
    nearly has it is told, and is no match. Offsets count characters of the source's text.
    """
    from archive.folder import ArchiveFolder
    from sourcekeep import screen

    if (incident is None) != all_incidents:
        raise click.UsageError("name one incident, or all of them with --all")
    folder = ArchiveFolder.open(archive_dir)
    with folder.catalogue() as catalogue, screen.printing():
        if incident is None:
            missing = _print_all(catalogue, as_json=as_json)
        else:
            missing = _print_one(catalogue, screen.typed(incident), as_json=as_json)
    if missing and fail_on_missing:
        sys.exit(_GATE)


def _print_one(catalogue: Catalogue, incident_id: str, *, as_json: bool) -> int:
    """Print one incident's quotations, and return how many are missing."""
    from sourcekeep import lookup, quotes, quotes_print, quoting, screen

    found = quoting.of_incident(catalogue, lookup.find_incident(catalogue, incident_id))
    if as_json:
        click.echo(screen.as_json(quotes.as_dict(found), indent=2))
    else:
        quotes_print.print_quotes(found)
    return found.missing


def _print_all(catalogue: Catalogue, *, as_json: bool) -> int:
    """Bring all up to date, print the numbers, and return how many quotations are missing."""
    from sourcekeep import quotes_print, screen

    found = _with_progress(catalogue)
    if as_json:
        click.echo(screen.as_json(found, indent=2))
    else:
        quotes_print.print_everything(found)
    return len(found.missing)


def _with_progress(catalogue: Catalogue) -> Everything:
    from sourcekeep import progress, quoting_all

    display = progress.for_stderr("looking for quotations and copies")
    try:
        return quoting_all.bring_up_to_date(catalogue, display)
    finally:
        display.close()
