"""`sourcekeep search`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from reading_archive import ARTICLE, JAPANESE, Page, article, crawl, make_archive, printed, put, run

from archive.folder import ArchiveFolder
from archive.records import CitedLink, Incident
from sourcekeep.__main__ import cli

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> ArchiveFolder:
    return make_archive(tmp_path_factory.mktemp("search") / "archive")


def test_hit_has_title_url_language_date_incidents_and_marked_words(archive: ArchiveFolder) -> None:
    text = printed(archive, "search", "headmistress")
    assert "A chatbot closes a school" in text
    assert ARTICLE in text
    assert "en · captured 2099-11-20 10:00 UTC · cited by DB-100, DB-101" in text
    assert "[[headmistress]]" in text
    assert "1 source" in text


def test_accents_make_no_difference(archive: ArchiveFolder) -> None:
    assert "[[émigré]]" in printed(archive, "search", "EMIGRE")


def test_words_in_a_script_without_spaces_are_found_and_marked(archive: ArchiveFolder) -> None:
    text = printed(archive, "search", "時間割")
    assert JAPANESE in text
    assert "[[時間割]]" in text


def test_all_words_must_be_there(archive: ArchiveFolder) -> None:
    assert ARTICLE in printed(archive, "search", "school", "timetable")
    assert "no text holds all of: school zeppelin" in printed(archive, "search", "school", "zeppelin")


def test_phrase_is_found_only_in_its_order(archive: ArchiveFolder) -> None:
    assert ARTICLE in printed(archive, "search", '"misread the timetable"')
    assert "no text holds" in printed(archive, "search", '"timetable the misread"')


def test_json_has_the_hits_and_says_whether_there_are_more(archive: ArchiveFolder) -> None:
    found = json.loads(printed(archive, "search", "school", "--json"))
    assert [hit["url"] for hit in found["hits"]] == [ARTICLE]
    assert found["hits"][0]["incident_ids"] == ["DB-100", "DB-101"]
    assert found["more"] is False
    assert json.loads(printed(archive, "search", "zeppelin", "--json"))["hits"] == []


def test_limit_leaves_hits_out_and_says_so(tmp_path: Path) -> None:
    archive = ArchiveFolder.create(tmp_path / "archive")
    urls = [f"https://news.example/{number}" for number in range(3)]
    put(archive, Incident("i", "f", links=tuple(map(CitedLink, urls))))
    crawl(archive, [Page(url, text=article("Same", "the same words")) for url in urls])
    text = printed(archive, "search", "same", "--limit", "2")
    assert text.count("https://") == 2
    assert "2 sources; there are more: raise --limit" in text
    assert "there are more" not in printed(archive, "search", "same", "--limit", "3")


@pytest.mark.parametrize("words", ['"', "***", "!?", "a AND", "NEAR(", "col:x", "x' OR 1", "-not"])
def test_no_words_are_a_syntax_error_of_the_index(archive: ArchiveFolder, words: str) -> None:
    result = run(archive, "search", "--", words)
    assert result.exit_code in {0, 2}
    assert result.exception is None or isinstance(result.exception, SystemExit)


def test_nothing_to_look_for_is_wrong_usage(archive: ArchiveFolder) -> None:
    assert run(archive, "search").exit_code == 2
    result = run(archive, "search", "!?")
    assert result.exit_code == 2
    assert "no word to search for" in result.stderr


def test_without_texts_it_says_what_is_missing(tmp_path: Path) -> None:
    archive = ArchiveFolder.create(tmp_path / "archive")
    put(archive)
    assert "no incidents yet" in printed(archive, "search", "school")
    put(archive, Incident("i", "f", links=(CitedLink(ARTICLE),)))
    assert "nothing has been fetched yet: `" in printed(archive, "search", "school")
    crawl(archive, [Page(ARTICLE)])
    assert "there are no texts yet: `" in printed(archive, "search", "school")


def test_hostile_text_does_not_reach_the_terminal(tmp_path: Path) -> None:
    archive = ArchiveFolder.create(tmp_path / "archive")
    put(archive, Incident("i\x1b[2J", "f", links=(CitedLink(ARTICLE),)))
    text = article("\x1b]0;owned\x07Title", "before \x1b[2Jneedle\x9b31m\u202e after")
    crawl(archive, [Page(ARTICLE, text=text)])
    result = CliRunner().invoke(cli, ["--archive", str(archive.path), "search", "needle"], color=True)
    assert result.exit_code == 0
    for sequence in ("\x1b]", "\x1b[2J", "\x9b", "\x07", "\u202e", "owned"):
        assert sequence not in result.stdout


def test_on_a_terminal_matches_are_coloured_and_not_bracketed(archive: ArchiveFolder) -> None:
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "sourcekeep", "--archive", str(archive.path), "search", "headmistress"]
    environment = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "COLUMNS"}}
    subprocess.run(command, stdout=theirs, check=True, env=environment, timeout=60)
    os.close(theirs)
    shown = os.read(ours, 65536).decode()
    os.close(ours)
    assert "\x1b[33m\x1b[1mheadmistress\x1b[0m" in shown
    assert "[[" not in shown
