"""`sourcekeep status`: the archive in numbers, why sources are not usable, and what to do next."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from reading_archive import (
    ARTICLE,
    BOT_WALL,
    DENIED,
    INDEX,
    NO_NAME,
    NOT_FOUND,
    PAYWALLED,
    Page,
    crawl,
    make_archive,
    printed,
    put,
    run,
)

from archive.errors import ArchiveError
from archive.folder import ArchiveFolder
from archive.records import CitedLink, Incident
from archive.words import Outcome
from sourcekeep.screen import columns

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> ArchiveFolder:
    return make_archive(tmp_path_factory.mktemp("status") / "archive")


def test_numbers_of_the_whole_archive(archive: ArchiveFolder) -> None:
    made = json.loads(printed(archive, "status", "--json"))
    counts = {name: made[name] for name in ("incidents", "sources", "lost_links", "quarantined", "captures", "due")}
    assert counts == {"incidents": 3, "sources": 10, "lost_links": 1, "quarantined": 1, "captures": 9, "due": 1}
    assert made["standings"] == {"usable": 2, "to-check": 1, "not-usable": 5, "waiting": 2}
    assert made["outcomes"]["fetched"] == 5
    assert made["verdicts"]["article"] == 2
    assert made["languages"] == {"en": 2, "ja": 1}
    assert made["warc_files"] == 2
    assert made["warc_bytes"] == sum(path.stat().st_size for path in archive.warc_dir.glob("*.warc.gz"))
    assert made["last_crawl"]["ended"] == "finished"
    assert made["last_crawl"]["outcomes"]["fetched"] == 5


def test_every_source_that_is_not_usable_has_its_reason_and_a_next_step(archive: ArchiveFolder) -> None:
    made = json.loads(printed(archive, "status", "--json"))
    reasons = {reason["label"]: reason["standing"] for reason in made["reasons"]}
    assert reasons == {
        "paywalled": "not-usable",
        "bot-wall": "not-usable",
        "http-error 404": "not-usable",
        "dns-failed": "not-usable",
        "robots-denied": "not-usable",
        "index": "to-check",
        "never captured": "waiting",
        "not extracted yet": "waiting",
    }
    assert sum(reason["sources"] for reason in made["reasons"]) == 8
    assert all(reason["explanation"] and reason["advice"] for reason in made["reasons"])


def test_reason_of_many_sources_names_none_of_them(archive: ArchiveFolder) -> None:
    assert "nowhere.example" not in printed(archive, "status", "--incidents", "0")


def test_incident_at_a_glance_says_cited_usable_and_why_not(archive: ArchiveFolder) -> None:
    text = printed(archive, "status")
    assert "7 cited, 2 usable, 5 not usable; 1 link without a URL" in text
    assert "why not: bot-wall 1, dns-failed 1, http-error 404 1, paywalled 1," in text


def test_incidents_with_the_fewest_usable_sources_come_first(archive: ArchiveFolder) -> None:
    def shown(most: str) -> list[str]:
        made = json.loads(printed(archive, "status", "--json", "--incidents", most))
        return [incident["id"] for incident in made["incidents_shown"]]

    assert shown("10") == ["DB-101", "DB-100"]  # 1 of 4, then 2 of 7; DB-102 cites nothing
    assert shown("1") == ["DB-101"]
    assert shown("0") == []


def test_next_steps_name_the_commands_for_this_archive(archive: ArchiveFolder) -> None:
    text = printed(archive, "status")
    for command in ("crawl", "extract", "status --failures", "status --quarantine", "search WORDS"):
        assert f"sourcekeep --archive {archive.path} {command}" in text


def test_plain_output_fits_eighty_columns_but_for_commands(archive: ArchiveFolder) -> None:
    lines = printed(archive, "status").split("What to do next")[0].splitlines()
    assert max(map(columns, lines)) <= 80
    assert "\x1b" not in "".join(lines)


def test_failures_list_each_source_with_reason_advice_and_incident(archive: ArchiveFolder) -> None:
    made = json.loads(printed(archive, "status", "--failures", "--json"))["failures"]
    assert [failure["url"] for failure in made] == [PAYWALLED, BOT_WALL, NOT_FOUND, NO_NAME, DENIED, INDEX]
    assert all(failure["explanation"] and failure["advice"] for failure in made)
    text = printed(archive, "status", "--failures")
    assert f"dns-failed  {NO_NAME}" in text
    assert "tried 3 times" in text
    assert "cited by DB-100" in text
    assert ARTICLE not in text


def test_quarantine_lists_file_line_reason_and_piece(archive: ArchiveFolder) -> None:
    text = printed(archive, "status", "--quarantine")
    assert "incidents.csv, line 12: there is no id in this row" in text
    assert ",,lost" in text
    piece = json.loads(printed(archive, "status", "--quarantine", "--json"))["quarantine"][0]
    assert piece == {"file": "incidents.csv", "line": 12, "reason": "there is no id in this row", "raw": ",,lost"}


def test_link_that_died_is_a_failure_and_its_source_stays_usable(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "archive")
    crawl(archive, [Page(ARTICLE, Outcome.HTTP_ERROR, 410, error="HTTP status 410", at="2099-11-22T10:00:00.000000Z")])
    made = json.loads(printed(archive, "status", "--failures", "--json"))
    assert made["standings"]["usable"] == 2
    died = next(failure for failure in made["failures"] if failure["url"] == ARTICLE)
    assert died["label"] == "http-error 410"
    assert died["kept_from"].startswith("2099-11-20")
    assert "A copy of 2099-11-20 10:00 UTC is kept." in printed(archive, "status", "--failures")


def test_empty_archive_says_what_to_do(tmp_path: Path) -> None:
    archive = ArchiveFolder.create(tmp_path / "archive")
    put(archive)
    text = printed(archive, "status")
    assert "no crawl yet" in text
    assert f"sourcekeep --archive {archive.path} import FILE" in text
    assert "no capture failed" in printed(archive, "status", "--failures")
    assert "nothing is in quarantine" in printed(archive, "status", "--quarantine")


def test_crawl_that_has_not_ended_is_told(tmp_path: Path) -> None:
    archive = ArchiveFolder.create(tmp_path / "archive")
    put(archive, Incident("i", "f", links=(CitedLink(ARTICLE),)))
    crawl(archive, [Page(ARTICLE)], finish=False)
    assert "has not ended, or was killed" in " ".join(printed(archive, "status").split())


def test_missing_archive_is_one_sentence(tmp_path: Path) -> None:
    result = run(ArchiveFolder(tmp_path / "none"), "status")
    assert result.exit_code == 1
    assert isinstance(result.exception, ArchiveError)
    assert "there is no archive" in str(result.exception)
    assert not (tmp_path / "none").exists()
