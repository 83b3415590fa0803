"""`sourcekeep show`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path

    from archive.catalogue import Catalogue
    from archive.folder import ArchiveFolder
    from archive.records import Incident
    from sourcekeep.source_view import SourceView


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
    from dataclasses import asdict

    from archive.folder import ArchiveFolder
    from archive.records import Incident
    from sourcekeep import lookup, screen

    folder = ArchiveFolder.open(archive_dir)
    with folder.catalogue() as catalogue, screen.printing():
        found = lookup.find(catalogue, screen.typed(wanted))
        if isinstance(found, Incident):
            if whole_text or history or raw or markdown:
                raise click.UsageError(
                    f"{wanted} is an incident; --text, --history, --raw and --markdown are for a URL"
                )
            _show_incident(catalogue, found, as_json=as_json)
            return
        from sourcekeep import best_copy, source_view
        from sourcekeep.show_source import print_source

        view = source_view.source_view(catalogue, found)
        if markdown:
            click.echo(screen.block(best_copy.markdown(folder, view)))
        elif raw:
            _write_raw(folder, view)
        elif as_json:
            click.echo(screen.as_json(asdict(view), indent=2))
        else:
            print_source(view, whole_text=whole_text, history=history)


def _show_incident(catalogue: Catalogue, incident: Incident, *, as_json: bool) -> None:
    from sourcekeep import incident_view, screen
    from sourcekeep.show_incident import print_incident

    view = incident_view.incident_view(catalogue, incident)
    if as_json:
        click.echo(screen.as_json(incident_view.as_dict(view), indent=2))
    else:
        print_incident(view)


def _write_raw(folder: ArchiveFolder, view: SourceView) -> None:
    from sourcekeep import best_copy, screen

    if sys.stdout.isatty():
        raise click.UsageError("--raw writes the bytes as a stranger sent them; send them to a file or another program")
    message = best_copy.raw_response(folder, view)
    if coding := message.header("Content-Encoding"):
        click.echo(f"note: the body is in the content coding {coding!r}, as it was served", err=True)
    screen.write_bytes(message.payload, sys.stdout.buffer)
    sys.stdout.buffer.flush()
