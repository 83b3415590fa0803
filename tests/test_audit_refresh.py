"""Health that is kept up to date as captures come, on archives made through the archive's own API."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from reading_archive import Page, article, crawl, printed, put, run

from archive.clock import as_timestamp
from archive.folder import ArchiveFolder
from archive.records import CitedLink, Incident
from archive.words import Outcome, Verdict
from extract import drift
from sourcekeep.audit.refresh import refresh

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2026, 1, 5, 3, 15, tzinfo=UTC)
SUBJECTS = "ferry bridge harbour winter council teacher station machine letter captain signal village".split()
VERBS = "stopped closed answered failed opened burned waited turned sank rang froze grew".split()
PLACES = "at dawn, in the rain, for an hour, by the river, without a word, once more, on a Sunday, too late".split(", ")


def story(seed: int, sentences: int = 40) -> str:
    """Return an article of unlike sentences, of which two seeds have none in common."""
    lines = []
    for number in range(sentences):
        step = number * 5 + seed * 7
        subject, verb = SUBJECTS[step % len(SUBJECTS)], VERBS[(step + number + seed) % len(VERBS)]
        lines.append(f"The {subject} number {seed}{number} {verb} {PLACES[(step + seed) % len(PLACES)]}.")
    return "\n".join(lines)


def at(week: int) -> str:
    return as_timestamp(START + timedelta(weeks=week))


def page(url: str, week: int, said: str = "", **more: Any) -> Page:
    return Page(url, **{"text": article("A page", said or story(1)), "at": at(week), **more})


def gone(url: str, week: int) -> Page:
    return page(url, week, outcome=Outcome.HTTP_ERROR, status=404, text={"verdict": Verdict.UNKNOWN})


def listed(url: str, week: int, end: str) -> Page:
    """Return a capture that ended at a page of links."""
    return page(url, week, chain=(end,), text={"verdict": Verdict.INDEX, "title": "All", "text": "All news"})


def archive_of(path: Path, *urls: str) -> ArchiveFolder:
    folder = ArchiveFolder.create(path / "archive")
    put(folder, Incident("DB-1", "t.csv", "One", "2019", links=tuple(map(CitedLink, urls))))
    return folder


def judged(folder: ArchiveFolder, *, afresh: bool = False) -> dict[str, tuple[str, str | None]]:
    """Bring an archive up to date, and return the health and its rule by URL."""
    with folder.catalogue() as catalogue:
        refresh(catalogue, afresh=afresh)
    return {row["url"]: (row["health"], row["health_rule"]) for row in rows(folder, "SELECT * FROM sources")}


def rows(folder: ArchiveFolder, sql: str) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(folder.catalogue_path)) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute(sql)]


@pytest.mark.parametrize("later", [1, 3])
def test_sources_that_end_at_one_page_are_all_told_of_it_however_many_join_at_once(tmp_path: Path, later: int) -> None:
    end = "https://hub.example/all"
    urls = [f"https://hub.example/story/{number}" for number in range(2 + later)]
    folder = archive_of(tmp_path, *urls)
    crawl(folder, [listed(url, 0, end) for url in urls[:2]])
    assert {rule for _, rule in judged(folder).values()} == {None, "redirected-to-no-article"}
    crawl(folder, [listed(url, 1, end) for url in urls[2:]])
    found = judged(folder)
    assert {rule for _, rule in found.values()} == {"redirected-together"}
    assert judged(folder, afresh=True) == found


def test_source_that_was_rewritten_keeps_its_first_text_as_its_best(tmp_path: Path) -> None:
    url = "https://sold.example/story"
    folder = archive_of(tmp_path, url)
    crawl(folder, [page(url, 0, story(1))])
    crawl(folder, [page(url, 1, story(2, 80))])
    assert judged(folder) == {url: ("drifted", "text-rewritten")}
    (source,) = rows(folder, "SELECT best_capture_id, MIN(c.id) AS first FROM sources JOIN captures c")
    assert source["best_capture_id"] == source["first"]


def test_page_that_moved_and_that_nobody_has_looked_at_since_is_cited_where_it_was_found(tmp_path: Path) -> None:
    url, there = "https://moving.example/a/story", "https://moving.example/b/story"
    folder = archive_of(tmp_path, url)
    crawl(folder, [page(url, 0)])
    crawl(folder, [page(url, 1, chain=(there,))])
    crawl(folder, [page(url, 2, chain=("https://moving.example/nobody-looked",), text=None)])
    (link,) = json.loads(printed(folder, "audit", "--format", "json"))["links"]
    assert (link["health"], link["replacement_kind"], link["replacement"]) == ("moved", "moved", there)


def test_texts_that_other_rules_compared_are_compared_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url, other = "https://edited.example/story", "https://still.example/story"
    folder = archive_of(tmp_path, url, other)
    crawl(folder, [page(url, 0), page(other, 0)])
    crawl(folder, [page(url, 1, story(1) + "\nA line more.")])
    before = judged(folder)
    monkeypatch.setattr(drift, "RULES", "another/1")
    monkeypatch.setitem(refresh.__globals__["_RULES"], "drifts", "another/1")
    with folder.catalogue() as catalogue:
        assert refresh(catalogue) == 1
        assert refresh(catalogue) == 0
    assert [row["rules"] for row in rows(folder, "SELECT rules FROM drifts")] == ["another/1"]
    assert judged(folder) == before


def test_afresh_finds_what_the_catalogue_was_made_to_say_wrongly(tmp_path: Path) -> None:
    url = "https://sold.example/story"
    folder = archive_of(tmp_path, url)
    crawl(folder, [page(url, 0, story(1))])
    crawl(folder, [page(url, 1, story(2))])
    right = judged(folder)
    with closing(sqlite3.connect(folder.catalogue_path)) as db:
        db.execute("UPDATE drifts SET change = 'same'")
        db.commit()
    assert judged(folder, afresh=True) == right


def test_source_that_nobody_cites_any_more_is_kept_and_not_counted(tmp_path: Path) -> None:
    cited, dropped = "https://cited.example/story", "https://dropped.example/story"
    folder = archive_of(tmp_path, cited, dropped)
    for week in range(3):
        crawl(folder, [page(cited, week), gone(dropped, week)])
    found = json.loads(printed(folder, "audit", "--format", "json", "--all"))
    assert found["health"] == {"live": 1, "dead": 1} | {k: v for k, v in found["health"].items() if not v}
    put(folder, Incident("DB-1", "t.csv", "One", "2019", links=(CitedLink(cited),)))
    found = json.loads(printed(folder, "audit", "--format", "json", "--all"))
    assert [link["url"] for link in found["links"]] == [cited]
    assert run(folder, "audit", "--fail-on", "dead").exit_code == 0
    assert len(rows(folder, "SELECT * FROM captures WHERE outcome = 'http-error'")) == 3


def test_export_right_after_a_crawl_knows_the_health(tmp_path: Path) -> None:
    url = "https://gone.example/story"
    folder = archive_of(tmp_path, url)
    for week in range(3):
        crawl(folder, [gone(url, week)])
    (row,) = [json.loads(line) for line in printed(folder, "export", "--format", "jsonl").splitlines()]
    assert (row["health"], row["health_rule"]) == ("dead", "http-404")


def test_gate_counts_every_link_by_its_pin_whatever_is_listed(tmp_path: Path) -> None:
    dead, live = "https://gone.example/story", "https://live.example/story"
    folder = archive_of(tmp_path, dead, live)
    for week in range(3):
        crawl(folder, [gone(dead, week), page(live, week)])
    pin = ("--reason", "seen", "--by", "E")
    assert run(folder, "audit", "--fail-on", "dead", "--since", at(9)[:10]).exit_code == 3
    printed(folder, "pin", dead, "--health", "live", *pin)
    assert run(folder, "audit", "--fail-on", "dead").exit_code == 0
    assert run(folder, "audit", "--fail-on", "dead", "--since", at(9)[:10]).exit_code == 0
    printed(folder, "pin", live, "--health", "removed", *pin)
    assert run(folder, "audit", "--fail-on", "removed", "--since", at(9)[:10]).exit_code == 3
