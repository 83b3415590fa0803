from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from mockserver.crawling import ROOT

from archive.errors import ArchiveBusyError, ArchiveError
from archive.folder import ArchiveFolder
from archive.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

HOLD = """
import sys, pathlib
from archive.folder import ArchiveFolder
with ArchiveFolder(pathlib.Path(sys.argv[1])).lock("crawl"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_new_archive_has_its_folders_and_settings(tmp_path: Path) -> None:
    folder = ArchiveFolder.create(tmp_path / "deep" / "archive")
    assert folder.warc_dir.is_dir()
    assert folder.reports_dir.is_dir()
    assert folder.settings() == Settings()
    with folder.catalogue() as catalogue:
        assert catalogue.sources.all() == []


def test_archive_is_made_in_an_empty_folder(tmp_path: Path) -> None:
    ArchiveFolder.create(tmp_path)
    assert (tmp_path / "sourcekeep.toml").is_file()


def test_existing_archive_is_opened_and_its_settings_are_kept(tmp_path: Path) -> None:
    folder = ArchiveFolder.create(tmp_path / "a")
    folder.catalogue().close()
    folder.settings_path.write_text("delay = 7\n", encoding="utf-8")
    assert ArchiveFolder.create(tmp_path / "a").settings().delay == 7
    assert ArchiveFolder.open(tmp_path / "a").settings().delay == 7


def test_missing_parts_of_an_archive_are_made_again(tmp_path: Path) -> None:
    folder = ArchiveFolder.create(tmp_path)
    folder.catalogue().close()
    folder.warc_dir.rmdir()
    folder.settings_path.unlink()
    ArchiveFolder.create(tmp_path)
    assert folder.warc_dir.is_dir()
    assert folder.settings_path.is_file()


def test_folder_with_other_files_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ArchiveError, match="--archive"):
        ArchiveFolder.create(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_file_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(ArchiveError, match="file"):
            ArchiveFolder.create(path)


@pytest.mark.parametrize("make", [None, "folder", "other"])
def test_opening_what_is_no_archive_says_how_to_make_one(tmp_path: Path, make: str | None) -> None:
    path = tmp_path / "archive"
    if make:
        path.mkdir()
    if make == "other":
        (path / "notes.txt").touch()
    with pytest.raises(ArchiveError, match="import"):
        ArchiveFolder.open(path)


def test_lock_is_held_once_and_by_name(tmp_path: Path) -> None:
    folder, again = ArchiveFolder.create(tmp_path), ArchiveFolder(tmp_path)
    with folder.lock("crawl"):
        with pytest.raises(ArchiveBusyError, match=rf"crawl.*process {os.getpid()}"), again.lock("crawl"):
            pass
        with again.lock("extract"):
            pass
    with again.lock("crawl"):
        pass


def test_lock_names_its_holder_and_goes_with_it(tmp_path: Path) -> None:
    folder = ArchiveFolder.create(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(ArchiveBusyError, match=str(holder.pid)), folder.lock("crawl"):
            pass
        holder.send_signal(signal.SIGKILL)
        with folder.lock("crawl", wait=True):
            pass
