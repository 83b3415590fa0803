"""`sourcekeep replay`: pywb over the archive's folder, and what is said where it can't be."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import pytest
from judges import WAYBACK, needs_judges
from reading_archive import ARTICLE, JAPANESE, make_archive, run
from replaying_archive import Pywb

from archive.cdxj import index_missing, index_path, write_index
from archive.warc_files import warc_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from archive.folder import ArchiveFolder

CAPTURED = "20991120100000"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> ArchiveFolder:
    folder = make_archive(tmp_path_factory.mktemp("replay") / "an archive {here}")
    for path in index_missing(folder.warc_dir):
        write_index(path)
    return folder


def start(archive: ArchiveFolder, tmp_path: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "sourcekeep", "--archive", str(archive.path), "replay", "--port", "0", *arguments]
    return subprocess.Popen(
        command,
        env={**os.environ, "TMPDIR": str(tmp_path), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def replaying(archive: ArchiveFolder, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], Pywb, str]]:
    """Run the command; gives its process, its pywb and the first lines that it prints."""
    with start(archive, tmp_path, "--wayback", str(WAYBACK)) as process:
        try:
            assert process.stdout
            said = [process.stdout.readline() for _ in range(3)]
            yield process, Pywb(said[0].split()[-1]), "".join(said)
        finally:
            process.terminate()
            process.communicate(timeout=30)


@needs_judges
def test_folder_is_replayed_as_it_stands_and_left_so(archive: ArchiveFolder, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in archive.path.rglob("*")}
    with replaying(archive, tmp_path) as (_, pywb, said):
        assert f"WARC files of {archive.path} at http://127.0.0.1:" in said
        assert pywb.address in said.splitlines()[1]
        page = pywb.get("https://news.example/2031/chatbot", CAPTURED)
        assert (page.status, page.payload) == (200, b"<p>School.")
        assert pywb.get(ARTICLE, CAPTURED).status == 302
        assert pywb.get("https://never.example/").status == 404
    assert {path: path.stat().st_mtime_ns for path in archive.path.rglob("*")} == before


@needs_judges
def test_archive_is_a_memento_server(archive: ArchiveFolder, tmp_path: Path) -> None:
    """RFC 7089: a TimeGate that negotiates by Accept-Datetime, mementos that say their time, a TimeMap."""
    with replaying(archive, tmp_path) as (_, pywb, _):
        gate = pywb.get(JAPANESE, modifier="", **{"Accept-Datetime": "Thu, 01 Jan 2099 00:00:00 GMT"})
        timemap = pywb.get(f"timemap/link/{JAPANESE}", modifier="").payload.decode()
    assert gate.status == 200
    assert "accept-datetime" in (gate.header("Vary") or "").lower()
    moment = parsedate_to_datetime(gate.header("Memento-Datetime") or "")
    assert moment.strftime("%Y%m%d%H%M%S") == CAPTURED
    assert (gate.header("Content-Location") or "").endswith(f"/{CAPTURED}/{JAPANESE}")
    for relation in ("original", "timegate", "timemap", "memento"):
        assert f'rel="{relation}"' in (gate.header("Link") or "")
    assert f'<{JAPANESE}>; rel="original"' in timemap
    assert f"/{CAPTURED}/{JAPANESE}" in timemap


@needs_judges
def test_missing_index_is_made_first(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "archive")
    paths = [index_path(path) for path in warc_files(archive.warc_dir)]
    for path in paths:
        path.unlink(missing_ok=True)
    with replaying(archive, tmp_path) as (_, pywb, _):
        assert pywb.get(JAPANESE).status == 200
    assert all(path.exists() for path in paths)


@needs_judges
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_when_it_is_told_to_and_leaves_nothing(
    archive: ArchiveFolder, tmp_path: Path, stop: signal.Signals
) -> None:
    with replaying(archive, tmp_path) as (process, pywb, _):
        assert list(tmp_path.iterdir())
        process.send_signal(stop)
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "Stopped.\n")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ConnectionRefusedError):
        pywb.get(JAPANESE)


def test_missing_pywb_is_said_with_how_to_install_it(archive: ArchiveFolder) -> None:
    result = run(archive, "replay", "--wayback", "no-such-program")
    assert result.exit_code == 1
    said = str(result.exception)
    assert "no-such-program is not there" in said
    assert "pipx install pywb" in said
    assert "--wayback" in said


def test_taken_port_is_said(archive: ArchiveFolder) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = run(archive, "replay", "--wayback", "true", "--port", port)
    assert result.exit_code == 1
    assert f"port {port} can't be used: Address already in use" in str(result.exception)


def test_program_that_is_no_pywb_is_said_with_its_last_words(archive: ArchiveFolder, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("#!/bin/sh\necho I am\necho '\033[31mno pywb'\nexit 7\n", encoding="utf-8")
    other.chmod(0o755)
    result = run(archive, "replay", "--wayback", str(other))
    assert result.exit_code == 1
    assert str(result.exception).endswith("pywb doesn't start (exit code 7); the last thing it said: no pywb")


def test_folder_without_an_archive_is_said(tmp_path: Path) -> None:
    process = subprocess.run(
        [sys.executable, "-m", "sourcekeep", "--archive", str(tmp_path / "none"), "replay"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 1
    assert "there is no archive at" in process.stderr
