"""`sourcekeep search`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path


@click.command(epilog="Example: sourcekeep search '\"facial recognition\"' 'arrest*'")
@click.argument("words", nargs=-1, required=True)
@click.option(
    "--limit", type=click.IntRange(min=1), default=20, show_default=True, metavar="N", help="Show at most N hits."
)
@click.option("--json", "as_json", is_flag=True, help="Print the hits as JSON.")
@click.pass_obj
def command(archive_dir: Path, *, words: tuple[str, ...], limit: int, as_json: bool) -> None:
    """Search titles and texts of the best copies for all of WORDS.

    A phrase stands in double quotes, which the shell wants in single ones: '"as it was said"'. A word may end in *.
    Capitals and accents make no difference.
    """
    from archive.clock import utc_now
    from archive.folder import ArchiveFolder
    from sourcekeep import screen, searching

    wanted = screen.typed(" ".join(words))
    with ArchiveFolder.open(archive_dir).catalogue() as catalogue, screen.printing():
        try:
            hits, more = searching.find(catalogue, wanted, limit)
        except ValueError as error:
            raise click.UsageError(f"{error}: {wanted!r}") from error
        if as_json:
            click.echo(screen.as_json({"words": wanted, "hits": hits, "more": more}, indent=2))
        elif hits:
            searching.print_hits(hits, wanted, more=more)
        else:
            searching.print_nothing_found(catalogue, wanted, utc_now())
