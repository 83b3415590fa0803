"""How this program is called from where its user stands, for the commands that it tells them to type."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

import click

DEFAULT_ARCHIVE = "archive-data"
"""The archive's folder where neither `--archive` nor SOURCEKEEP_ARCHIVE names one."""

SIGNALLED = 128
"""A process that a signal stopped exits with this plus the signal's number, as shells count."""


def program() -> str:
    """Return `sourcekeep` where the shell finds this installation by that name, else the path to it."""
    installed = Path(sys.executable).parent / "sourcekeep"
    found = shutil.which("sourcekeep")
    if not installed.exists() or (found and Path(found).samefile(installed)):
        return "sourcekeep"
    return shlex.quote(_short(installed))


def with_archive(path: Path) -> str:
    """Return how to call the program for the archive at *path*; its usual one need not be named."""
    if str(path) == (os.environ.get("SOURCEKEEP_ARCHIVE") or DEFAULT_ARCHIVE):
        return program()
    return f"{program()} --archive {shlex.quote(_short(path))}"


def own_process(*arguments: str, module: str = "sourcekeep") -> list[str]:
    """Return the command line of a process of this same installation.

    `-P` keeps the folder that the user stands in off the path: a file `extract.py` there is theirs, and not ours.
    """
    return [sys.executable, "-P", "-m", module, *arguments]


def as_typed(text: str) -> str:
    """Return *text* with each `sourcekeep ...` in it as it has to be typed for the archive of the running command."""
    context = click.get_current_context(silent=True)
    if context is None or not isinstance(context.obj, Path):
        return text
    return text.replace("`sourcekeep ", f"`{with_archive(context.obj)} ")


def _short(path: Path) -> str:
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
