"""`sourcekeep extract` as a person or a crawl meets it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from extract_pages import article_page, page
from reading_archive import Page, crawl, put, run

from archive.errors import ArchiveBusyError, ArchiveError
from archive.folder import ArchiveFolder
from archive.records import CitedLink, Incident

if TYPE_CHECKING:
    from pathlib import Path

ARTICLE = "https://paper.example/lift"
WALL = "https://wall.example/story"
LATER = "https://later.example/story"


@pytest.fixture
def folder(tmp_path: Path) -> ArchiveFolder:
    made = ArchiveFolder.create(tmp_path / "archive")
    put(made, Incident("1", "test", links=(CitedLink(ARTICLE), CitedLink(WALL), CitedLink(LATER))))
    crawl(made, [Page(ARTICLE, body=article_page()), Page(WALL, body=page("<p>Please verify you are human.</p>"))])
    return made


def command(folder: ArchiveFolder, *arguments: str) -> list[str]:
    return [sys.executable, "-W", "error", "-m", "sourcekeep", "--archive", str(folder.path), "extract", *arguments]


def test_it_says_what_it_made_and_makes_it_again_only_when_asked(folder: ArchiveFolder) -> None:
    first = subprocess.run(command(folder), capture_output=True, text=True, check=False, timeout=60)
    assert first.returncode == 0, first.stderr
    assert first.stdout.startswith("2 texts in ")
    assert "article 1" in first.stdout
    assert "bot-wall 1" in first.stdout
    assert "extracting 2" in first.stderr
    second = run(folder, "extract")
    assert second.exit_code == 0
    assert second.output == "nothing to extract: every capture with a response has a text by this version\n"
    nothing = run(folder, "extract", "--json")
    assert json.loads(nothing.stdout) == {"texts": 0, "verdicts": {}}
    again = run(folder, "extract", "--all", "--json", "--workers", "1")
    assert json.loads(again.stdout) == {"texts": 2, "verdicts": {"article": 1, "bot-wall": 1}}


def test_second_extraction_at_once_is_refused(folder: ArchiveFolder) -> None:
    with folder.lock("extract"):
        refused = run(folder, "extract")
        assert isinstance(refused.exception, ArchiveBusyError)
        said = subprocess.run(command(folder), capture_output=True, text=True, check=False, timeout=60)
    assert said.returncode == 1
    assert "another extract of" in said.stderr
    assert "Traceback" not in said.stderr


def test_folder_without_an_archive_is_refused(tmp_path: Path) -> None:
    refused = run(ArchiveFolder(tmp_path / "none"), "extract")
    assert isinstance(refused.exception, ArchiveError)
    assert "there is no archive at" in str(refused.exception)


def test_workers_must_be_one_or_more(folder: ArchiveFolder) -> None:
    assert run(folder, "extract", "--workers", "0").exit_code == 2


def test_following_ends_with_its_input_and_leaves_nothing_behind(folder: ArchiveFolder) -> None:
    process = subprocess.Popen(command(folder, "--follow"), stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    crawl(folder, [Page(LATER, body=article_page("de"))])
    _, errors = process.communicate(timeout=60)  # closes its input, as a crawl does that has ended
    assert process.returncode == 0, errors
    with folder.catalogue() as catalogue:
        assert [line.verdict for line in catalogue.reports.source_lines()] == ["article", "bot-wall", "article"]


def test_help_ends_with_an_example(folder: ArchiveFolder) -> None:
    shown = run(folder, "extract", "--help")
    assert shown.exit_code == 0
    assert "Example, after an update with better rules: sourcekeep extract" in shown.output
    assert "--follow" not in shown.output, "for the crawl alone"
