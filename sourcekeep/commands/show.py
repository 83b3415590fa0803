"""`sourcekeep show`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path

    from archive.folder import ArchiveFolder
    from sourcekeep.showing import SourceView


@click.command(epilog="Example: sourcekeep show https://www.example.org/news/42 --history")
@click.argument("wanted", metavar="URL|INCIDENT-ID")
@click.option("--text", "whole_text", is_flag=True, help="The whole text and all that was stripped, uncut.")
@click.option("--history", is_flag=True, help="All captures of the source, oldest first.")
@click.option("--raw", is_flag=True, help="Write the body of the best copy, as archived, and nothing else.")
@click.option("--markdown", is_flag=True, help="Write the text of the best copy as Markdown, and nothing else.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON: text and history are always in it.")
@click.pass_obj
def command(
    archive_dir: Path, *, wanted: str, whole_text: bool, history: bool, raw: bool, markdown: bool, as_json: bool
) -> None:
    """Show what is known of a cited URL, or of an incident and all that it cites.

    Of a URL: who cites it, what became of it, its clean text, and the WARC records that prove it. The URL may be given
    in any of its forms: scheme, www. and tracking parameters make no difference.
    """
    from archive.folder import ArchiveFolder
    from sourcekeep import screen, showing

    folder = ArchiveFolder.open(archive_dir)
    with folder.catalogue() as catalogue, screen.printing():
        view = showing.find(catalogue, screen.typed(wanted))
        if isinstance(view, showing.IncidentView) and (whole_text or history or raw or markdown):
            raise click.UsageError(f"{wanted} is an incident; --text, --history, --raw and --markdown are for a URL")
        if markdown and isinstance(view, showing.SourceView):
            click.echo(screen.block(showing.markdown(folder, view)))
        elif raw and isinstance(view, showing.SourceView):
            _write_raw(folder, view)
        elif as_json:
            click.echo(screen.as_json(showing.as_dict(view), indent=2))
        elif isinstance(view, showing.SourceView):
            from sourcekeep.show_source import print_source

            print_source(view, whole_text=whole_text, history=history)
        else:
            from sourcekeep.show_incident import print_incident

            print_incident(view)


def _write_raw(folder: ArchiveFolder, view: SourceView) -> None:
    from sourcekeep import screen, showing

    if sys.stdout.isatty():
        raise click.UsageError("--raw writes the bytes as a stranger sent them; send them to a file or another program")
    message = showing.raw_response(folder, view)
    if coding := message.header("Content-Encoding"):
        click.echo(f"note: the body is in the content coding {coding!r}, as it was served", err=True)
    screen.write_bytes(message.payload, sys.stdout.buffer)
    sys.stdout.buffer.flush()
