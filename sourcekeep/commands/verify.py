"""`sourcekeep verify`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(epilog="Example, once a month: sourcekeep verify --seal")
@click.option("--seal", is_flag=True, help="If nothing is wrong, write a manifest of all finished WARC files.")
@click.option(
    "--timestamp",
    "authority",
    is_flag=False,
    flag_value="",
    metavar="[URL]",
    help="Have the newest seal time-stamped (RFC 3161).  [URL: timestamp_authority in sourcekeep.toml]",
)
@click.option(
    "--tsa-certificate",
    "certificates",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The authority's root certificate in PEM, to check signatures of time-stamps with.",
)
@click.option("--file", "files", multiple=True, metavar="NAME", help="Only this WARC file. Repeatable.")
@click.option(
    "--workers", type=click.IntRange(min=1), metavar="N", help="Processes.  [default: one a core, for 32 MB and more]"
)
@click.option("--json", "as_json", is_flag=True, help="Print all that was found as JSON.")
@click.pass_obj
def command(
    archive_dir: Path,
    *,
    seal: bool,
    authority: str | None,
    certificates: Path | None,
    files: tuple[str, ...],
    workers: int | None,
    as_json: bool,
) -> None:
    """Prove that the evidence is what was written: each row beside its record, each record beside its row.

    Every WARC file is read from end to end: gzip members, block and payload digests, HTTP, what refers to what. Seals
    and time-stamps are checked too. Nothing is changed. Exits with 3 if anything is wrong.
    """
    if files and (seal or authority is not None):
        raise click.UsageError("--seal and --timestamp are about the whole archive, and --file is not")
    from sourcekeep import verifying

    wish = verifying.Wish(seal=seal, authority=authority, certificates=certificates)
    verifying.run(archive_dir, wish, files=[Path(name).name for name in files], workers=workers, as_json=as_json)
