"""The demo: the real commands over the demo web, each shown as it would be typed."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import click

from archive.clock import utc_now
from archive.errors import ArchiveError
from archive.folder import ArchiveFolder
from sourcekeep.demo.manifest import DEMO_DIR, load_web
from sourcekeep.demo.process import demo_web
from sourcekeep.demo.report import print_report
from sourcekeep.invocation import own_process, with_archive

if TYPE_CHECKING:
    from pathlib import Path

INCIDENT_FILES = (DEMO_DIR / "incidents.csv", DEMO_DIR / "incidents.json")

_MARK = "# The archive of the demo: it can be deleted, and `sourcekeep demo` makes it anew."
_SETTINGS = f"""{_MARK}
contact = "https://sourcekeep.example/demo"  # stands in the user agent
delay = 0.0            # the demo web is this machine's own: no need to be slow
timeout = 4.0          # one page never answers
retries = 1
retry_wait = 0.5
max_bytes = 2_000_000  # one film is larger
"""


def run(path: Path) -> None:
    """Run the main job on the demo web into the archive at *path*, and show what came of it.

    A second run imports the same again and captures every source anew. Raises ArchiveError for a folder that holds
    something else, and when one of the commands fails.
    """
    folder = _prepared(path)
    click.echo("A small fictional web is served from this machine, and fictional incidents cite it.\n")
    _do(folder, ["import", *map(str, INCIDENT_FILES)], "import incidents.csv incidents.json")
    with folder.catalogue() as catalogue:
        again = [] if catalogue.sources.due(utc_now()) else ["--all"]
    with demo_web() as served:
        rules = served.resolve_options(load_web())
        shown = f"crawl {' '.join([*again, ''])}--resolve '{rules[0]}' … (each host of the demo web, on this machine)"
        _do(folder, ["crawl", *again, *(word for rule in rules for word in ("--resolve", rule))], shown)
    print_report(folder)


def _prepared(path: Path) -> ArchiveFolder:
    folder = ArchiveFolder(path)
    if folder.settings_path.is_file() and not folder.settings_path.read_text(encoding="utf-8").startswith(_MARK):
        raise ArchiveError(f"{path} is an archive and not the demo's; choose another with `demo --into DIR`")
    ArchiveFolder.create(path)
    folder.settings_path.write_text(_SETTINGS, encoding="utf-8")
    return folder


def _do(folder: ArchiveFolder, arguments: list[str], shown: str) -> None:
    """Run a command of ours as its own process; *shown* is what a person would type."""
    click.secho(f"$ {with_archive(folder.path)} {shown}", bold=True)
    sys.stdout.flush()
    ended = subprocess.run(own_process("--archive", str(folder.path), *arguments), check=False)
    if ended.returncode:
        raise ArchiveError(f"`sourcekeep {arguments[0]}` of the demo ended with exit code {ended.returncode}")
    click.echo()
