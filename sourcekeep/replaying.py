"""Replaying the archive in a browser: pywb's `wayback` over the folder as it stands, a program of its own.

pywb is under the GPL and needs a module of the same name as one of ours, so it is never imported. It is given a
temporary folder that links to the archive's WARC files and their indexes; nothing is copied, nothing is changed.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from archive.cdxj import index_missing, write_index
from archive.errors import ArchiveError
from archive.folder import ArchiveFolder
from archive.warc_files import OPEN_SUFFIX, warc_files
from sourcekeep import screen

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST = "127.0.0.1"
COLLECTION = "archive"
"""The name under which pywb shows the archive, the first part of every address."""

_CONFIG = "enable_memento: true\nframed_replay: false\n"
_START_SECONDS = 60.0
_STOP_SECONDS = 10.0


def run(archive_dir: Path, *, port: int, program: str) -> None:
    """Replay the archive until Ctrl-C; raises ArchiveError when it can't be, or pywb ends by itself."""
    folder = ArchiveFolder.open(archive_dir)
    wayback = _find(program)
    _index(folder)
    before = signal.signal(signal.SIGTERM, _stop)
    try:
        with replaying(folder, wayback, port) as (process, address):
            _say_where(folder, address)
            process.wait()
            raise ArchiveError(f"{wayback} has ended by itself (exit code {process.returncode})")
    except KeyboardInterrupt:
        click.echo("Stopped.", err=True)
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def replaying(folder: ArchiveFolder, wayback: str, port: int) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Serve the archive for as long as the context lasts; gives the process and the address, with its last slash.

    Port 0 is any free one. Raises ArchiveError when the port is taken, or pywb doesn't start.
    """
    with tempfile.TemporaryDirectory(prefix="sourcekeep-replay-") as directory:
        home = Path(directory)
        _lay_out(home, folder)
        with serving(home, wayback, port) as served:
            yield served


@contextmanager
def serving(home: Path, wayback: str, port: int) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Serve the collection in *home*, a folder of pywb's, as `replaying` does."""
    port = _free_port(port)
    environment = {name: value for name, value in os.environ.items() if name != "PYWB_CONFIG_FILE"}
    log = home / "wayback.log"
    command = [wayback, "--bind", HOST, "--port", str(port)]
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command, cwd=home, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        ) as process,
    ):
        try:
            _await_start(process, port, log)
            yield process, f"http://{HOST}:{port}/{COLLECTION}/"
        finally:
            _end(process)


def _find(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        raise ArchiveError(
            f"pywb's program {program} is not there; install pywb in an environment of its own "
            "(`pipx install pywb` or `uv tool install pywb`), or say where it is with --wayback PROGRAM"
        )
    return str(Path(found).absolute())


def _index(folder: ArchiveFolder) -> None:
    """Make the indexes that a crash or an older version left out."""
    for path in index_missing(folder.warc_dir):
        click.echo(f"indexing {path.name}", err=True)
        write_index(path)


def _lay_out(home: Path, folder: ArchiveFolder) -> None:
    """Make the folders that pywb looks for its collections in."""
    collection = home / "collections" / COLLECTION
    collection.mkdir(parents=True)
    for name in ("archive", "indexes"):
        (collection / name).symlink_to(folder.warc_dir.resolve())
    (home / "config.yaml").write_text(_CONFIG, encoding="utf-8")


def _free_port(port: int) -> int:
    """Return *port* if nothing listens there, any free one for 0."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise ArchiveError(f"port {port} can't be used: {error.strerror}; choose another with --port") from error
        return int(probe.getsockname()[1])


def _await_start(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while process.poll() is None and time.monotonic() < until:
        try:
            with direct.open(f"http://{HOST}:{port}/", timeout=_START_SECONDS):
                return
        except OSError:
            time.sleep(0.1)
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    said = screen.line(lines[-1]) if lines else "nothing"
    raise ArchiveError(f"pywb doesn't start (exit code {process.poll()}); the last thing it said: {said}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _say_where(folder: ArchiveFolder, address: str) -> None:
    files = len(warc_files(folder.warc_dir))
    click.echo(f"Replaying {screen.count(files, 'WARC file')} of {folder.path} at {address}")
    click.echo(f"Memento: TimeGate {address}URL, TimeMap {address}timemap/link/URL")
    if unfinished := len(list(folder.warc_dir.glob(f"*{OPEN_SUFFIX}"))):
        click.echo(f"note: {screen.count(unfinished, 'file')} of a crawl under way can be replayed when it is finished")
    click.echo("Ctrl-C stops it.")


def _stop(*_: object) -> NoReturn:
    raise KeyboardInterrupt
