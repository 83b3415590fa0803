"""`sourcekeep demo`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(epilog="Example: sourcekeep demo && sourcekeep --archive demo-archive search ferry")
@click.option(
    "--into",
    default=Path("demo-archive"),
    show_default=True,
    type=click.Path(path_type=Path),
    help="The folder of the demo's archive; it is made if missing.",
)
def command(into: Path) -> None:
    """Run the whole of it on a small web that is served from this machine.

    Fictional incidents cite pages on 37 hosts in 8 languages: articles under cookie banners, a paywall, a bot
    wall, redirects, a PDF, dead and slow hosts. Nothing leaves this machine but one look-up of a name that doesn't
    exist.
    """
    from sourcekeep.demo.run import run

    run(into)
