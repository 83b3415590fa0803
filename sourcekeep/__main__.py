"""`sourcekeep`: the command line. Commands are imported only when they are used, so that `--help` answers at once."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import click

from sourcekeep.invocation import DEFAULT_ARCHIVE

_COMMANDS = {
    "demo": ("demo", "Run the whole of it on a small web served here."),
    "import": ("import_", "Take incidents and the URLs that they cite."),
    "crawl": ("crawl", "Fetch the cited pages that are due."),
    "extract": ("extract", "Make texts of captures that lack them."),
    "status": ("status", "Say what is usable, what is not, and why."),
    "search": ("search", "Search titles and texts."),
    "show": ("show", "Show a source or an incident, with its evidence."),
    "quotes": ("quotes", "Say which source has what an incident quotes."),
    "audit": ("audit", "Say which links have died, when, and by what proof."),
    "replace": ("replace", "Find what to cite instead of links that are lost."),
    "pin": ("pin", "Say what a link's health is where you know better."),
    "replay": ("replay", "Show the captured pages in a browser, by pywb."),
    "export": ("export", "Write everything: JSON lines, CSV, Markdown, robust links, WACZ."),
    "verify": ("verify", "Prove that the evidence is what was written, and seal it."),
    "rebuild": ("rebuild", "Make the catalogue anew from the WARC files."),
}
"""By name: the module in `sourcekeep.commands`, and the line for the list of commands."""

_PACKAGES = ("archive", "crawler", "extract", "sourcekeep")


class _Commands(click.Group):
    """A group whose commands are modules, in the order of use."""

    # ruff: noqa: ARG002  # click's interface

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, short_help = _COMMANDS[cmd_name]
        command: click.Command = importlib.import_module(f"sourcekeep.commands.{module}").command
        command.short_help = short_help
        return command


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with: sourcekeep demo. Then: sourcekeep import incidents.csv && sourcekeep crawl",
)
@click.option(
    "--archive",
    "archive_dir",
    envvar="SOURCEKEEP_ARCHIVE",
    default=DEFAULT_ARCHIVE,
    show_default=True,
    show_envvar=True,
    type=click.Path(path_type=Path),
    help="The archive's folder.",
)
@click.version_option(package_name="sourcekeep")
@click.pass_context
def cli(ctx: click.Context, archive_dir: Path) -> None:
    """Keep the web pages that an incident database cites.

    Exact bytes in WARC files, clean text and an honest status in SQLite.
    """
    ctx.obj = archive_dir


def main() -> None:
    """Run the command line; an error of the archive is one sentence and exit code 1."""
    # Closed by whoever started this. In their order: each takes the lowest descriptor that is free, its own; else a
    # file of the archive would get it, or what a process inherits, which its own standard streams would then replace.
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115  # for good
    _check_packages()
    from archive.errors import ArchiveError

    try:
        cli(prog_name="sourcekeep")
    except ArchiveError as error:
        from sourcekeep import screen

        click.echo(f"error: {screen.line(error)}", err=True)  # it may quote a file's or a page's words
        sys.exit(1)


def _check_packages() -> None:
    """Stop when a package of ours is somebody else's: generic names collide in a shared environment."""
    home = Path(__file__).resolve().parent.parent
    for name in _PACKAGES:
        spec = importlib.util.find_spec(name)
        origin = Path(spec.origin).resolve() if spec and spec.origin else None
        if origin is None or origin.parent.parent != home:
            sys.exit(
                f"error: the package {name!r} comes from {origin or 'nowhere'} and not from {home}; another "
                "distribution has the same name. Install Sourcekeep in an environment of its own (pipx, uv tool)."
            )


if __name__ == "__main__":
    main()
