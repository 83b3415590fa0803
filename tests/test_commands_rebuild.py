"""`sourcekeep rebuild`, as it is typed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result
from comparing_catalogues import differences
from keeping_archive import Keeper, Page, incident

from sourcekeep.__main__ import cli
from sourcekeep.invocation import with_archive

if TYPE_CHECKING:
    from pathlib import Path

A, B, C = (f"https://{letter}.example/page" for letter in "abc")
ARTICLE = b"<title>Title</title><article>" + b"".join(
    b"<p>Sentence %d says what happened when the ferry left the harbour too early.</p>" % n for n in range(20)
)


@pytest.fixture
def keeper(tmp_path: Path) -> Keeper:
    keeper = Keeper(tmp_path / "archive")
    keeper.imports(incident(1, A, B), incident(2, C))
    keeper.crawls(Page(A, body=ARTICLE, headers="Content-Type: text/html\r\n"), Page(B))
    keeper.crawls(Page(A, body=ARTICLE, headers="Content-Type: text/html\r\n"), Page(C))
    return keeper


def run(keeper: Keeper, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["--archive", str(keeper.folder.path), *arguments])


def as_json(keeper: Keeper, *arguments: str, exit_code: int = 0) -> dict[str, Any]:
    result = run(keeper, "rebuild", "--json", *arguments)
    assert result.exit_code == exit_code, result.output
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def test_lost_catalogue_comes_back_with_its_texts(keeper: Keeper) -> None:
    assert run(keeper, "extract").exit_code == 0
    before = keeper.tables()
    assert before["texts"]
    keeper.remove_catalogue()
    result = run(keeper, "rebuild")
    assert result.exit_code == 0, result.output
    assert "3 texts: " in result.stdout
    assert "2 incidents, 3 sources, 2 crawls, 4 captures, 3 texts" in result.stdout
    assert "is kept" not in result.stdout
    assert differences(before, keeper.tables()) == []


def test_texts_can_be_left_for_later(keeper: Keeper) -> None:
    run(keeper, "extract")
    before = keeper.tables()
    result = run(keeper, "rebuild", "--no-extract")
    assert f"the texts can be made by: {with_archive(keeper.folder.path)} extract" in result.stdout
    assert keeper.tables()["texts"] == []
    run(keeper, "extract")
    assert differences(before, keeper.tables()) == []


def test_old_catalogue_is_named(keeper: Keeper) -> None:
    said = as_json(keeper, "--no-extract")
    assert (keeper.folder.path / said["old_catalogue"]).name.startswith("catalogue-")
    assert said["rows"]["captures"] == 4
    assert (said["problem_count"], said["captures_lost"], said["old_catalogue_damaged"]) == (0, {}, None)


def test_damage_is_told_of_with_its_place_and_exits_with_3(keeper: Keeper) -> None:
    row = keeper.tables()["captures"][1]
    with (keeper.folder.warc_dir / row["warc_file"]).open("r+b") as file:
        file.seek(row["warc_offset"] + 20)
        file.write(b"\xff\xff\xff")
    result = run(keeper, "rebuild")
    assert result.exit_code == 3
    said = " ".join(result.stdout.split())
    assert f"{row['warc_file']} at {row['warc_offset']}: {row['warc_length']} bytes hold no whole record" in said
    assert f"{row['warc_file']}: 1 capture of the old catalogue of which no record can be read" in said
    keeper.remove_catalogue()
    (problem,) = as_json(keeper, "--no-extract", exit_code=3)["problems"]
    assert (problem["warc_file"], problem["offset"]) == (row["warc_file"], row["warc_offset"])


def test_many_problems_are_counted_and_the_first_printed(keeper: Keeper) -> None:
    keeper.imports(*(incident(number, f"https://{number}.example/") for number in range(3, 30)))
    keeper.crawls(*(Page(f"https://{number}.example/") for number in range(3, 30)))
    for path in keeper.files("ledger"):
        path.unlink()
    keeper.remove_catalogue()
    result = run(keeper, "rebuild", "--no-extract")
    assert result.exit_code == 3
    said = " ".join(result.stdout.split())
    assert "and 10 more; --json has the first 1,000" in said
    assert "import the incidents again, and they find their sources" in said


def test_damaged_catalogue_is_kept_and_told_of(keeper: Keeper) -> None:
    before = keeper.tables()
    keeper.remove_catalogue()
    keeper.folder.catalogue_path.write_bytes(b"no catalogue" * 1000)
    result = run(keeper, "rebuild", "--no-extract")
    assert result.exit_code == 0
    assert "the old catalogue can't be read" in result.stdout
    assert differences(before, keeper.tables()) == []


def test_where_there_is_no_archive_it_says_so(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path / "empty")
    result = run(keeper, "rebuild")
    assert result.exit_code == 1
    assert "there is no archive at" in str(result.exception)


def test_commands_on_an_archive_without_its_catalogue_say_what_to_do(keeper: Keeper) -> None:
    keeper.remove_catalogue()
    result = run(keeper, "status")
    assert result.exit_code == 1
    assert f"`sourcekeep --archive {keeper.folder.path} rebuild`" in str(result.exception)
    assert not keeper.folder.catalogue_path.exists()


def test_crawl_that_finds_nothing_due_puts_right_what_a_crash_left(keeper: Keeper, tmp_path: Path) -> None:
    backup = keeper.back_up(tmp_path / "backup.db")
    store = keeper.begin()
    keeper.capture(store, Page(B))
    keeper.crash(store)
    after = keeper.tables()
    keeper.restore(backup)
    result = run(keeper, "crawl")
    assert "nothing is due" in result.stdout
    assert differences(after, keeper.tables()) == []
    assert {path.suffix for path in keeper.files()} == {".gz"}
