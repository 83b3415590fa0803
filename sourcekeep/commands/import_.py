"""`sourcekeep import`."""

from __future__ import annotations

from pathlib import Path

import click

_FORMATS = ("aiid", "aiaaic", "avid", "scrape-dump", "csv", "tsv", "json", "jsonl", "urls")


@click.command("import", epilog="Example: sourcekeep import incidents.csv --id-column ID --url-column Links")
@click.argument("paths", metavar="FILE...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--format", "format_name", type=click.Choice(_FORMATS), help="Told by the contents if left out.")
@click.option("--id-column", metavar="NAME", help="The column with the incidents' ids (csv, tsv, json, jsonl).")
@click.option("--url-column", "url_columns", metavar="NAME", multiple=True, help="A column with URLs. Repeatable.")
@click.option("--id-prefix", metavar="TEXT", default="", help="Put before every id, to tell databases apart.")
@click.option("--dry-run", is_flag=True, help="Read and report, and write nothing.")
@click.option(
    "--extract/--no-extract", default=True, show_default=True, help="Make texts of page text that the files hold."
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.pass_obj
def command(
    archive_dir: Path,
    *,
    paths: tuple[Path, ...],
    format_name: str | None,
    id_column: str | None,
    url_columns: tuple[str, ...],
    id_prefix: str,
    dry_run: bool,
    extract: bool,
    as_json: bool,
) -> None:
    """Take incidents and the URLs that they cite from files into the archive.

    FILE is an export of an incident database, any table or JSON with a column of URLs, a text file with a URL in
    each line, or a folder of such files. Importing a file again changes nothing; a changed record is updated.
    """
    from sourcekeep import screen
    from sourcekeep.importing import import_readings
    from sourcekeep.incidents import Options, read_incidents

    options = Options(
        screen.typed(id_column) if id_column else None,
        tuple(map(screen.typed, url_columns)),
        screen.typed(id_prefix),
    )
    readings = read_incidents(paths, format_name, options)
    import_readings(archive_dir, readings, dry_run=dry_run, extract=extract, as_json=as_json)
