"""`sourcekeep status`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path


@click.command(epilog="Example, what needs an editor: sourcekeep status --failures")
@click.option(
    "--incidents",
    type=click.IntRange(min=0),
    default=10,
    show_default=True,
    metavar="N",
    help="Show at most N incidents, those with the fewest usable sources first.",
)
@click.option("--failures", is_flag=True, help="Each source without a usable last capture: why, and what to do.")
@click.option("--quarantine", is_flag=True, help="What of the imports could not be read, and why.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.pass_obj
def command(archive_dir: Path, *, incidents: int, failures: bool, quarantine: bool, as_json: bool) -> None:
    """Say what is cited, what is usable, why the rest is not, and what to do next.

    Usable is a source of which a whole article, document or medium is kept, even if the link has died since.
    """
    from archive.folder import ArchiveFolder
    from sourcekeep import screen, status, status_print
    from sourcekeep.audit.refresh import bring_up_to_date

    folder = ArchiveFolder.open(archive_dir)
    with folder.catalogue() as catalogue, screen.printing():
        bring_up_to_date(catalogue)
        if as_json:
            made = status.make_status(folder, catalogue, incidents=incidents).as_dict()
            if failures:
                made["failures"] = list(status.failures(catalogue))
            if quarantine:
                made["quarantine"] = catalogue.incidents.quarantined()
            click.echo(screen.as_json(made, indent=2))
            return
        if failures:
            status_print.print_failures(status.failures(catalogue))
        if quarantine:
            status_print.print_quarantine(catalogue.incidents.quarantined())
        if not failures and not quarantine:
            status_print.print_status(status.make_status(folder, catalogue, incidents=incidents))
