"""`sourcekeep replace`, and what to cite instead in audits and exports."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from mockserver import MockServer
from mockserver.audited import article_html
from reading_archive import Page, article, crawl, printed, put, run

from archive.clock import as_timestamp
from archive.errors import ArchiveError
from archive.folder import ArchiveFolder
from archive.records import CitedLink, Incident
from archive.words import Outcome, Verdict
from extract import extract_page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GONE = "http://gone.example/page"
OTHER = "http://gone.example/other"
MOVED = "http://moving.example/a/page"
LIVE = "http://live.example/page"
START = datetime(2026, 1, 5, 3, 15, tzinfo=UTC)
REPLAY = "https://replay.example/kept/"
GATE = "http://direct.archiving.example/web/"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockServer]:
    with MockServer(tmp_path_factory.mktemp("server")) as running:
        yield running


def make(path: Path, **settings: object) -> ArchiveFolder:
    """Make an archive of a dead link never seen good, one that was, one that moved, a live one."""
    folder = ArchiveFolder.create(path / "archive")
    lines = {"delay": 0, "retries": 0, "timegates": [GATE], **settings}
    folder.settings_path.write_text("".join(f"{name} = {value!r}\n" for name, value in lines.items()), encoding="utf-8")
    links = (CitedLink(GONE, label="A <gone> page"), CitedLink(OTHER), CitedLink(MOVED), CitedLink(LIVE))
    put(
        folder,
        Incident(
            "DB-1",
            "t.csv",
            "Lifts & floors",
            "5 January 2012",
            links=(*links, CitedLink("A lost title", has_url=False)),
        ),
    )
    for week in range(5):
        at = as_timestamp(START + timedelta(weeks=week))
        lost = Page(GONE, Outcome.HTTP_ERROR, 404, text={"verdict": Verdict.UNKNOWN}, at=at)
        good = Page(LIVE, body=article_html("lift"), text=article("The lift", "It fell."), at=at)
        crawl(
            folder,
            [
                lost,
                replace(lost if week else good, url=OTHER),
                replace(good, url=MOVED, chain=("http://moving.example/b/page",)),
                good,
            ],
        )
    return folder


@pytest.fixture(scope="module")
def replaced(
    tmp_path_factory: pytest.TempPathFactory, server: MockServer
) -> tuple[ArchiveFolder, list[dict[str, Any]]]:
    folder = make(tmp_path_factory.mktemp("replaced"), replay_url=REPLAY)
    return folder, json.loads(printed(folder, "replace", "--resolve", server.resolve, "--json"))


def test_archives_are_asked_for_what_is_lost_or_has_moved_near_the_day_of_the_incident(
    replaced: tuple[ArchiveFolder, list[dict[str, Any]]],
) -> None:
    _, found = replaced
    assert [(row["source"], row["wanted"]) for row in found] == [
        (GONE, "2012-01-05"),
        (OTHER, "2012-01-05"),
        (MOVED, "2012-01-05"),
    ]
    assert found[0]["said"] == "good"
    assert found[0]["url"] == f"{GATE}20120105000000/{GONE}"


def test_second_time_nothing_is_asked_that_was_asked_before(
    replaced: tuple[ArchiveFolder, list[dict[str, Any]]], server: MockServer
) -> None:
    folder, _ = replaced
    before = len(server.exchanges("direct.archiving.example"))
    assert "nothing is to be replaced" in printed(folder, "replace", "--resolve", server.resolve)
    assert len(server.exchanges("direct.archiving.example")) == before
    assert "1 source asked for: 1 good" in printed(
        folder, "replace", "--again", "--most", "1", "--resolve", server.resolve
    )


def test_audit_names_the_new_address_then_a_copy_that_others_can_see_then_a_memento(
    replaced: tuple[ArchiveFolder, list[dict[str, Any]]],
) -> None:
    folder, _ = replaced
    links = {link["url"]: link for link in json.loads(printed(folder, "audit", "--format", "json", "--all"))["links"]}
    instead = {url: (link["replacement_kind"], link["replacement"]) for url, link in links.items()}
    assert instead == {
        GONE: ("memento", f"{GATE}20120105000000/{GONE}"),
        OTHER: ("copy", f"{REPLAY}20260105031500/{OTHER}"),
        MOVED: ("moved", "http://moving.example/b/page"),
        LIVE: (None, None),
    }
    assert links[GONE]["replacement_at"] == "2012-01-05T00:00:00.000000Z"
    assert f"cite {GATE}20120105000000/{GONE}" in " ".join(printed(folder, "audit").split())


def test_copy_that_nobody_else_sees_is_no_address(tmp_path: Path) -> None:
    folder = make(tmp_path)
    links = {link["url"]: link for link in json.loads(printed(folder, "audit", "--format", "json"))["links"]}
    assert (links[OTHER]["replacement_kind"], links[OTHER]["replacement"]) == ("copy", None)
    assert links[GONE]["replacement_kind"] is None


def test_another_text_in_the_archive_is_not_offered(tmp_path: Path, server: MockServer) -> None:
    folder = make(tmp_path)
    found = json.loads(printed(folder, "replace", "--url", OTHER, "--resolve", server.resolve, "--json"))
    assert (found[0]["said"], found[0]["url"]) == ("other-text", None)
    with closing(sqlite3.connect(folder.catalogue_path)) as db:
        best = db.execute(
            "SELECT via FROM captures JOIN sources s ON s.best_capture_id = captures.id WHERE url = ?", (OTHER,)
        )
        assert best.fetchall() == [("http",)]


def test_asking_that_was_broken_off_is_done_once_more(tmp_path: Path, server: MockServer) -> None:
    folder = make(tmp_path)
    ask = ("replace", "--resolve", server.resolve)
    assert "3 sources asked for" in printed(folder, *ask)
    assert "nothing is to be replaced" in printed(folder, *ask)
    with closing(sqlite3.connect(folder.catalogue_path)) as db:
        db.execute("UPDATE crawls SET ended = 'interrupted' WHERE trigger = 'memento'")
        db.commit()
    assert "2 sources asked for" in printed(folder, *ask)  # of the third, a good copy had been found


def test_archive_that_cannot_be_reached_is_said_and_asked_once_more(tmp_path: Path, server: MockServer) -> None:
    folder = make(tmp_path, timegates=["http://silent.archiving.example/web/"])
    for _ in range(2):  # the second time as well
        asked = run(folder, "replace", "--resolve", server.resolve)
        assert asked.exit_code == 1
        assert asked.output.count("no archive answered") == 3
        assert "silent.archiving.example: " in asked.output


def test_unknown_url_is_said(tmp_path: Path) -> None:
    result = run(make(tmp_path), "replace", "--url", "http://nobody.example/")
    assert isinstance(result.exception, ArchiveError)
    assert "no incident cites" in str(result.exception)


def robust(href: str, original: str) -> dict[str, str]:
    """Return the attributes of a link whose page as it was cited is in our own archive."""
    version = f"{REPLAY}20260105031500/{original}"
    day = "2026-01-05"
    return {"href": href, "data-originalurl": original, "data-versionurl": version, "data-versiondate": day}


def test_robust_links_lead_lost_ones_to_their_robust(replaced: tuple[ArchiveFolder, list[dict[str, Any]]]) -> None:
    folder, _ = replaced
    html = printed(folder, "export", "--format", "robustlinks")
    anchors = re.findall(r"<a ([^>]*)>([^<]*)</a>", html)
    assert len(anchors) == 4
    attributes = [dict(re.findall(r'([\w-]+)="([^"]*)"', text)) for text, _ in anchors]
    memento = f"{GATE}20120105000000/{GONE}"
    assert attributes[0] == {
        "href": memento,
        "data-originalurl": GONE,
        "data-versionurl": memento,
        "data-versiondate": "2012-01-05",
    }
    assert anchors[0][1] == "A &lt;gone&gt; page"
    assert attributes[2] == robust("http://moving.example/b/page", MOVED)
    assert attributes[3] == robust(LIVE, LIVE)
    assert "<h2>DB-1 Lifts &amp; floors</h2>" in html


def test_csv_has_old_and_new_for_a_bulk_edit(replaced: tuple[ArchiveFolder, list[dict[str, Any]]]) -> None:
    folder, _ = replaced
    rows = list(csv.DictReader(io.StringIO(printed(folder, "export", "--format", "replacements"))))
    assert [(row["incident_id"], row["position"], row["cited_as"], row["health"]) for row in rows] == [
        ("DB-1", "1", GONE, "dead"),
        ("DB-1", "2", OTHER, "dead"),
        ("DB-1", "3", MOVED, "moved"),
    ]
    assert rows[1]["replacement"] == f"{REPLAY}20260105031500/{OTHER}"


def test_page_of_the_archive_is_an_article() -> None:
    """What the server gives as a memento is a page that may be offered; else the tests above would prove nothing."""
    assert extract_page(article_html("page")).verdict is Verdict.ARTICLE
