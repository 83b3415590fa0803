"""`sourcekeep demo`, whole, as `make demo` runs it; and its crawl, killed and run again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from comparing_catalogues import differences, tables_of

from archive.folder import ArchiveFolder
from archive.words import Outcome, Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from archive.catalogue.reports import SourceLine


def demo(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "sourcekeep", "demo", "--into", str(path)],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def lines_of(path: Path) -> list[SourceLine]:
    with ArchiveFolder.open(path).catalogue() as catalogue:
        return list(catalogue.reports.source_lines())


def assert_whole(path: Path) -> None:
    """Every WARC file is finished and reads to its end."""
    files = list((path / "warc").iterdir())
    assert files
    for file in files:
        assert file.name.endswith((".warc.gz", ".torn", ".cdxj"))
        if file.suffix == ".gz":
            subprocess.run(["gzip", "-t", file], check=True)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    path = tmp_path_factory.mktemp("demo") / "archive"
    return path, demo(path)


def test_demo_ends_well_and_shows_what_it_made(shown: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    path, result = shown
    assert result.returncode == 0, result.stderr
    for heading in ("Incidents", "Kept", "Stripped from the pages", "No text, and why", "What to type next"):
        assert f"\n{heading}" in result.stdout
    assert f"--archive {path} search ferry" in result.stdout
    assert_whole(path)


def test_every_cited_url_has_one_outcome_and_each_kind_of_failure_is_seen(
    shown: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    lines = lines_of(shown[0])
    assert all(line.outcome and line.captures == 1 for line in lines)
    outcomes = {line.outcome for line in lines}
    assert outcomes == {str(outcome) for outcome in Outcome} - {Outcome.NOT_MODIFIED}
    verdicts = {line.verdict for line in lines} - {None}
    assert verdicts >= {str(verdict) for verdict in Verdict} - {Verdict.UNKNOWN}


def test_words_of_the_pages_can_be_searched(shown: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    with ArchiveFolder.open(shown[0]).catalogue() as catalogue:
        for words in ("ferry", "eingeteilt", "潮だまり", "ventilador", "suspensão", "السيول"):
            assert catalogue.full_text.search(words), words


def test_second_run_captures_all_again_and_changes_no_incident(
    shown: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    path, _ = shown
    result = demo(path)
    assert result.returncode == 0, result.stderr
    assert "11 unchanged" in result.stdout
    assert {line.captures for line in lines_of(path)} == {2}
    assert_whole(path)


def test_catalogue_deleted_after_the_demo_comes_back_equal(
    shown: tuple[Path, subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    path = shutil.copytree(shown[0], tmp_path / "archive")
    before = tables_of(path / "catalogue.db")
    assert before["captures"]
    assert before["texts"]
    (path / "catalogue.db").unlink()
    rebuild = [sys.executable, "-W", "error", "-m", "sourcekeep", "--archive", str(path), "rebuild"]
    result = subprocess.run(rebuild, capture_output=True, text=True, timeout=90, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert differences(before, tables_of(path / "catalogue.db")) == []


def test_demo_leaves_other_folders_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine", encoding="utf-8")
    result = demo(tmp_path / "mine")
    assert result.returncode == 1
    assert result.stderr.startswith("error: ")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]


def test_killed_demo_goes_on_with_what_is_left(tmp_path: Path) -> None:
    path = tmp_path / "archive"
    with subprocess.Popen(
        [sys.executable, "-m", "sourcekeep", "demo", "--into", str(path)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as running:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and not captured(path):
            time.sleep(0.02)
        os.killpg(running.pid, signal.SIGKILL)
    before = {line.url for line in lines_of(path) if line.outcome}
    assert 0 < len(before) < len(lines_of(path))
    assert demo(path).returncode == 0
    after = lines_of(path)
    assert {line.captures for line in after} == {1}
    assert before < {line.url for line in after if line.outcome}
    assert_whole(path)


def captured(path: Path) -> bool:
    return (path / "catalogue.db").exists() and any(line.outcome for line in lines_of(path))
