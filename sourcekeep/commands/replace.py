"""`sourcekeep replace`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path


@click.command(epilog="Example: sourcekeep replace && sourcekeep export --format robustlinks --output links.html")
@click.option("--incident", metavar="ID", help="Only what one incident cites.")
@click.option("--site", metavar="SITE", help="Only one site (example.org) or host (news.example.org).")
@click.option("--url", "urls", multiple=True, metavar="URL", help="Only this cited URL, lost or not. Repeatable.")
@click.option("--again", is_flag=True, help="Also where an archive was asked before.")
@click.option("--most", type=click.IntRange(min=1), metavar="N", help="Ask for at most N sources now.")
@click.option(
    "--resolve",
    multiple=True,
    metavar="HOST:PORT:ADDRESS[:PORT]",
    help="Connect there instead, as with crawl. Repeatable.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@click.pass_obj
def command(
    archive_dir: Path,
    *,
    incident: str | None,
    site: str | None,
    urls: tuple[str, ...],
    again: bool,
    most: int | None,
    resolve: tuple[str, ...],
    as_json: bool,
) -> None:
    """Ask web archives for what to cite instead of links that are dead, removed, moved or drifted.

    The archives are the timegates of sourcekeep.toml, the Internet Archive without any. They are asked by the Memento
    protocol (RFC 7089) for the copy nearest to the citation; each copy is archived and judged like any page, so that an
    archived error page is never offered.
    """
    from archive.folder import ArchiveFolder
    from sourcekeep import screen
    from sourcekeep.audit.asking import Asked, ask
    from sourcekeep.audit.scope import Scope
    from sourcekeep.commands.crawl import checked_resolve

    scope = Scope.of(incident and screen.typed(incident), site and screen.typed(site))
    asked = Asked(scope, tuple(map(screen.typed, urls)), again=again, most=most)
    with screen.printing():
        code = ask(ArchiveFolder.open(archive_dir), asked, checked_resolve(resolve), as_json=as_json)
    sys.exit(code)
