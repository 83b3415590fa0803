"""`sourcekeep export`."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command(epilog="Example: sourcekeep export --format csv --output sources.csv")
@click.option(
    "--format",
    "name",
    type=click.Choice(["jsonl", "csv", "markdown", "robustlinks", "replacements", "wacz"]),
    required=True,
    help="What to write.",
)
@click.option("--incident", metavar="ID", help="Only what one incident cites; not with wacz.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="FILE",
    help="Write there, whole or not at all, and not to standard output.",
)
@click.pass_obj
def command(archive_dir: Path, *, name: str, incident: str | None, output: Path | None) -> None:
    """Write the citations with what is known of each: one object, row or section a citation.

    jsonl has everything as it is; csv has the same columns, safe to open in a spreadsheet; markdown is for reading,
    with the clean texts. The columns are explained in docs/export.md.

    robustlinks is an HTML page of the citations, in which lost links lead to what is to be cited instead; replacements
    is a CSV of old and new, for a bulk edit (`sourcekeep replace` asks web archives for more of them).

    wacz is the captured pages themselves: the finished WARC files in one package that replay programs open.
    """
    if name == "wacz":
        _export_wacz(archive_dir, incident, output)
        return
    from archive.folder import ArchiveFolder
    from sourcekeep import screen
    from sourcekeep.exports import export

    folder = ArchiveFolder.open(archive_dir)
    with screen.printing():
        export(
            folder,
            name,
            incident_id=None if incident is None else screen.typed(incident),
            path=None if output == Path("-") else output,
        )


def _export_wacz(archive_dir: Path, incident: str | None, output: Path | None) -> None:
    from archive.folder import ArchiveFolder
    from sourcekeep import screen
    from sourcekeep.exports import export_wacz

    if incident is not None:
        raise click.UsageError("--incident can't be had with wacz: a package holds whole WARC files")
    to_stdout = output in (None, Path("-"))
    if to_stdout and sys.stdout.isatty():
        raise click.UsageError("a package is no text for a terminal; name a file with --output FILE.wacz")
    folder = ArchiveFolder.open(archive_dir)
    with screen.printing():
        export_wacz(folder, None if to_stdout else output)
