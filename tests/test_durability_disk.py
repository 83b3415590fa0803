"""Disks that are full, broken or read-only, at any moment of a crawl: a clear error, nothing lost, and it goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from durability import Lane
from durability.crawls import OUTCOMES, assert_failed_clearly, assert_goes_on, crawl, wait_for_captures
from durability.trial import Trial
from durability.web import Web
from mockserver.crawling import make_archive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from archive.folder import ArchiveFolder

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc, and waits on pidfds")

SEED = int(os.environ.get("SOURCEKEEP_SEED", "5"))


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with Web(tmp_path_factory.mktemp("web")) as web:
        yield web


@pytest.fixture(scope="module")
def lane() -> Iterator[Lane]:
    with Lane() as lane:
        yield lane


@pytest.fixture
def folder(tmp_path: Path) -> ArchiveFolder:
    return make_archive(tmp_path / "archive", OUTCOMES)


def fail_again_and_again(
    trial: Trial, lane: Lane, web: Web, circumstances: list[dict[str, Any]], *, least: int
) -> None:
    """Crawl in each of the *circumstances*; *least* of the crawls must fail in them, and all that do, clearly."""
    failed = 0
    for each in circumstances:
        ended = lane.run(crawl(trial.folder, web, "--all", **each))
        trial.look(ended)
        if ended.status:
            failed += 1
            assert_failed_clearly(ended, trial.folder)
    assert failed >= least
    assert_goes_on(trial, lane, web)


def test_files_that_cannot_grow(lane: Lane, web: Web, folder: ArchiveFolder) -> None:
    """A real limit of the system (RLIMIT_FSIZE) for every file: WARC, catalogue, log, temporary files."""
    random = Random(SEED)
    limits = [{"limit_file_bytes": int(10 ** random.uniform(3.5, 5.3))} for _ in range(8)]
    fail_again_and_again(Trial(folder, OUTCOMES), lane, web, limits, least=4)


@pytest.mark.parametrize(("error", "steps"), [("ENOSPC", 150), ("EIO", 8), ("EROFS", 4)])
def test_disk_that_fails_at_a_random_step(lane: Lane, web: Web, folder: ArchiveFolder, error: str, steps: int) -> None:
    """Injected into the writing of WARC files, which may be left with half of what was to be written."""
    random = Random(SEED)
    faults = [{"rotate_at": 60_000, "faults": {"action": error, "nth": random.randint(1, steps)}} for _ in range(5)]
    fail_again_and_again(Trial(folder, OUTCOMES), lane, web, faults, least=3)


def test_catalogue_that_is_full(lane: Lane, web: Web, folder: ArchiveFolder) -> None:
    """SQLite's own SQLITE_FULL."""
    with folder.catalogue() as catalogue:
        pages = catalogue._connection.execute("PRAGMA page_count").fetchone()[0]
    few = [{"catalogue_pages": pages + more} for more in (0, 1, 2, 3, 5, 8)]
    fail_again_and_again(Trial(folder, OUTCOMES), lane, web, few, least=3)


@pytest.mark.parametrize("what", ["", "warc", "reports", "catalogue.db"])
def test_folder_that_may_not_be_written(lane: Lane, web: Web, folder: ArchiveFolder, what: str) -> None:
    trial = Trial(folder, OUTCOMES)
    path = folder.path / what
    modes = [(each, each.stat().st_mode) for each in (path, *(path.rglob("*") if not what else ()))]
    for each, mode in modes:
        each.chmod(mode & ~0o222)
    ended = lane.run(crawl(folder, web, "--all", without_privileges=True))
    for each, mode in modes:
        each.chmod(mode)
    trial.look(ended)
    assert_failed_clearly(ended, folder)
    assert not trial.now.captures
    assert_goes_on(trial, lane, web)


def test_folder_that_may_no_longer_be_written(lane: Lane, web: Web, folder: ArchiveFolder) -> None:
    """The file that is open can be written to its end, and then not be given its name."""
    trial = Trial(folder, OUTCOMES)
    lane.start(crawl(folder, web, "--all", without_privileges=True))
    wait_for_captures(folder, 1)
    folder.warc_dir.chmod(0o555)
    ended = lane.wait()
    folder.warc_dir.chmod(0o755)
    trial.look(ended)
    assert_failed_clearly(ended, folder)
    assert ended.acknowledged
    assert_goes_on(trial, lane, web)


@contextmanager
def small_disk(path: Path, kilobytes: int) -> Iterator[None]:
    """Mount a file system of its own for the time; skips where that is not allowed."""
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(path)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system may be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", path], check=True)


def test_disk_that_is_really_full(lane: Lane, web: Web, tmp_path: Path) -> None:
    """A file system with too little room for the whole crawl; then there is more."""
    disk = tmp_path / "disk"
    with small_disk(disk, 8_000):
        trial = Trial(make_archive(disk / "archive", OUTCOMES), OUTCOMES)
        ballast = disk / "ballast"
        failed = 0
        for room in (20_000, 60_000, 100_000, 150_000, 220_000):
            free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
            ballast.write_bytes(bytes(free - room))
            ended = lane.run(crawl(trial.folder, web, "--all"))
            ballast.unlink()  # also to look at a catalogue takes some
            trial.look(ended)
            if ended.status:
                failed += 1
                assert_failed_clearly(ended, trial.folder)
        assert failed
        assert_goes_on(trial, lane, web)
