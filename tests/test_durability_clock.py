"""A clock that jumps back, and a catalogue that another program holds: nothing is lost, and nothing waits for ever."""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from durability import Lane
from durability.crawls import FEW, OUTCOMES, assert_failed_clearly, assert_goes_on, crawl, wait_for_captures
from durability.trial import Trial
from durability.web import Web
from mockserver.crawling import make_archive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from archive.folder import ArchiveFolder

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc, and waits on pidfds")

HOUR = 3600.0


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


def test_clock_that_jumps_back_between_crawls_and_within(lane: Lane, web: Web, folder: ArchiveFolder) -> None:
    trial = Trial(folder, OUTCOMES)
    for jumps in ({0: 0.0}, {5: -HOUR}, {0: -HOUR, 5: -2 * HOUR}, {0: -2 * HOUR, 5: 0.0, 10: -HOUR}):
        ended = lane.run(crawl(folder, web, "--all", clock_jumps=jumps))
        assert ended.status == 0, ended.output
        trial.look(ended)
    assert_goes_on(trial, lane, web)
    latest = max(trial.now.captures)
    for source in trial.now.sources.values():
        # The last capture is the one that was made last, whatever the clock said.
        assert source["last_capture_id"] > latest - len(OUTCOMES)
        if due := source["next_due_at"]:
            days = (datetime.fromisoformat(due) - datetime.now(UTC)) / timedelta(days=1)
            assert 2.9 < days <= 30


def test_times_of_a_crawl_whose_clock_jumps_are_sane(lane: Lane, web: Web, folder: ArchiveFolder) -> None:
    ended = lane.run(crawl(folder, web, clock_jumps={5: -HOUR}))
    report = json.loads(ended.output.splitlines()[-1])
    assert report["captured"] == len(OUTCOMES)
    assert 0 <= report["seconds"] < 60
    assert "-" not in ended.output.splitlines()[-2].split(":")[0]  # pages a second, seconds left
    with folder.catalogue() as catalogue:
        for row in catalogue._connection.execute("SELECT elapsed_ms FROM exchanges"):
            assert 0 <= row["elapsed_ms"] < 60_000


def test_nothing_is_due_again_because_the_clock_jumped_back(lane: Lane, web: Web, folder: ArchiveFolder) -> None:
    lane.run(crawl(folder, web))
    ended = lane.run(crawl(folder, web, clock_jumps={0: -HOUR}))
    assert (ended.status, ended.planned) == (0, None)
    assert '"planned": 0' in ended.output


def test_delay_is_not_an_hour_longer_when_the_clock_jumps_back(lane: Lane, web: Web, tmp_path: Path) -> None:
    folder = make_archive(tmp_path / "archive", FEW, delay=0.2)
    ended = lane.run(crawl(folder, web, clock_jumps={2: -HOUR}))
    assert ended.status == 0, ended.output
    assert len(ended.acknowledged) == len(FEW)
    assert ended.seconds < 5


def test_crawls_of_the_same_second_have_files_of_their_own(lane: Lane, web: Web, folder: ArchiveFolder) -> None:
    """Also when one of them was killed, and its file salvaged meanwhile."""
    trial = Trial(folder, OUTCOMES)
    second = int(time.time()) + 0.2
    for kill_after in (None, 0.3, 0.4, None):
        off = second - time.time()
        ended = lane.run(crawl(folder, web, "--all", clock_jumps={0: off}, kill_after=kill_after))
        trial.look(ended)
    stamps = [name.split("-")[1] for name in trial.now.files]
    assert len(set(stamps)) < len(stamps)
    assert_goes_on(trial, lane, web)


@contextmanager
def held_by_another(folder: ArchiveFolder) -> Iterator[None]:
    """Hold the write lock of the catalogue, as another program may."""
    with closing(sqlite3.connect(folder.catalogue_path, timeout=10, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@pytest.mark.parametrize("captures", [0, 1])
def test_catalogue_that_is_locked_for_a_while_is_waited_for(
    lane: Lane, web: Web, folder: ArchiveFolder, captures: int
) -> None:
    trial = Trial(folder, OUTCOMES)
    if captures:
        lane.start(crawl(folder, web))
        wait_for_captures(folder, captures)
    with held_by_another(folder):
        if not captures:
            lane.start(crawl(folder, web))
        time.sleep(1.5)
    ended = lane.wait()
    trial.look(ended)
    assert ended.status == 0, ended.output
    assert ended.seconds > 1.5
    assert len(ended.acknowledged) == len(OUTCOMES)
    assert_goes_on(trial, lane, web)


@pytest.mark.parametrize("captures", [0, 1])
def test_catalogue_that_stays_locked_is_a_clear_error(
    lane: Lane, web: Web, folder: ArchiveFolder, captures: int
) -> None:
    trial = Trial(folder, OUTCOMES)
    if captures:
        lane.start(crawl(folder, web, busy_seconds=0.3))
        wait_for_captures(folder, captures)
    with held_by_another(folder):
        if not captures:
            lane.start(crawl(folder, web, busy_seconds=0.3))
        ended = lane.wait()
    trial.look(ended)
    assert_failed_clearly(ended, folder)
    assert bool(ended.acknowledged) == bool(captures)
    assert_goes_on(trial, lane, web)
