"""`sourcekeep replay`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path


@click.command(epilog="Example: sourcekeep replay, then http://127.0.0.1:8080/archive/https://example.org/page")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    metavar="N",
    help="Listen there, on 127.0.0.1 only; 0 takes any free port.",
)
@click.option(
    "--wayback",
    "program",
    default="wayback",
    show_default=True,
    metavar="PROGRAM",
    help="pywb's program: its name on the PATH, or where it is.",
)
@click.pass_obj
def command(archive_dir: Path, *, port: int, program: str) -> None:
    """Show the captured pages in a browser, by pywb, until Ctrl-C.

    pywb is installed apart: `pipx install pywb` or `uv tool install pywb`. It reads the archive's folder as it stands,
    and answers as a Memento server too (RFC 7089). What is shown is what was served; texts and verdicts are not.
    """
    from sourcekeep import replaying

    replaying.run(archive_dir, port=port, program=program)
