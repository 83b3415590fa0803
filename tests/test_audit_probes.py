"""Random-name probes: which are made, how, and what they say of the pages beside them."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from comparing_catalogues import differences, tables_of
from keeping_archive import Keeper, Page, incident
from mockserver import MockServer
from mockserver.crawling import make_archive, run_crawl

from archive.signals import PROBE_LETTERS, directory_of, probe_url
from archive.words import Via

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from archive.folder import ArchiveFolder

NEWS = ("honest", "alike", "hollow", "homing", "walled", "various", "changing")
URLS = [f"http://{name}.audited.example/news/list" for name in NEWS]
LEADING = "http://leading.audited.example/news/all"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockServer]:
    with MockServer(tmp_path_factory.mktemp("server")) as running:
        yield running


def sourcekeep(folder: ArchiveFolder, *arguments: str, exit_code: int = 0) -> dict[str, Any]:
    command = [sys.executable, "-W", "error", "-m", "sourcekeep", "--archive", str(folder.path), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == exit_code, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout) if done.stdout else {}
    return answer


def crawl(folder: ArchiveFolder, server: MockServer, *arguments: str) -> dict[str, Any]:
    return sourcekeep(folder, "crawl", "--json", "--resolve", server.resolve, *arguments)


def rows(folder: ArchiveFolder, sql: str) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(folder.catalogue_path)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(sql)]


def change(folder: ArchiveFolder, sql: str) -> None:
    with closing(sqlite3.connect(folder.catalogue_path)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")  # a text takes its notices along
        with connection:
            connection.execute(sql)


def probes(folder: ArchiveFolder) -> list[str]:
    return [row["asked_url"] for row in rows(folder, "SELECT asked_url FROM captures WHERE via = 'probe' ORDER BY id")]


def findings(folder: ArchiveFolder) -> dict[str, str]:
    """Return by host what the probe says of each source's last capture."""
    found = rows(
        folder,
        "SELECT s.host, f.finding FROM probe_findings f JOIN sources s ON s.last_capture_id = f.capture_id ORDER BY 1",
    )
    return {row["host"].partition(".")[0]: row["finding"] for row in found}


@pytest.fixture(scope="module")
def probed(tmp_path_factory: pytest.TempPathFactory, server: MockServer) -> tuple[ArchiveFolder, dict[str, Any]]:
    """An archive that was crawled, then with everything due again, and what the second crawl said."""
    folder = make_archive(tmp_path_factory.mktemp("probed") / "archive", [*URLS, LEADING])
    crawl(folder, server)
    return folder, crawl(folder, server, "--all", "--processes", "2")


def test_probe_says_how_the_server_answers_for_pages_it_does_not_have(
    probed: tuple[ArchiveFolder, dict[str, Any]],
) -> None:
    assert findings(probed[0]) == {
        "alike": "same-answer",
        "changing": "same-answer",
        "hollow": "same-answer",
        "homing": "same-answer",
        "honest": "says-missing",
        "leading": "other-answer",
        "various": "other-answer",
        "walled": "no-answer",
    }


def test_health_goes_by_what_was_found(probed: tuple[ArchiveFolder, dict[str, Any]]) -> None:
    found = rows(probed[0], "SELECT host, health, health_rule FROM sources")
    health = {row["host"].partition(".")[0]: (row["health"], row["health_rule"]) for row in found}
    for name in ("alike", "changing", "hollow"):
        assert health[name] == ("failing", "probe:same-answer")
    assert health["homing"] == ("failing", "redirected-home")
    for name in ("honest", "leading", "various", "walled"):
        assert health[name] == ("live", "verdict:index")


def test_probes_are_no_sources_wherever_those_are_counted(probed: tuple[ArchiveFolder, dict[str, Any]]) -> None:
    folder, said = probed
    assert (said["planned"], said["captured"]) == (8, 8)
    assert sum(said["outcomes"].values()) == sum(said["verdicts"].values()) == 8
    assert said["probes"] == {"fetched": 6, "http-error": 2}
    crawls = rows(folder, "SELECT counts FROM crawls ORDER BY id")
    assert [sum(json.loads(row["counts"]).values()) for row in crawls] == [8, 8]
    status = sourcekeep(folder, "status", "--json")
    assert status["captures"] == 16
    assert sum(status["outcomes"].values()) == sum(status["last_crawl"]["outcomes"].values()) == 8
    assert {
        row["via"] for row in rows(folder, "SELECT c.via FROM sources s JOIN captures c ON c.id = last_capture_id")
    } == {"http"}
    with folder.catalogue() as catalogue:
        assert all(line.captures == 2 for line in catalogue.reports.source_lines())


def test_probe_is_an_evidence_like_any_capture(probed: tuple[ArchiveFolder, dict[str, Any]]) -> None:
    folder, _ = probed
    for row in rows(folder, "SELECT s.url, c.* FROM captures c JOIN sources s ON s.id = source_id WHERE via = 'probe'"):
        directory = str(directory_of(row["url"]))
        assert re.fullmatch(re.escape(directory) + f"[a-z]{{{PROBE_LETTERS}}}", row["asked_url"])
        exchanges = rows(folder, f"SELECT url FROM exchanges WHERE capture_id = {row['id']} ORDER BY seq")
        assert exchanges[0]["url"] == row["asked_url"]
    names = [url.rpartition("/")[2] for url in probes(folder)]
    assert len(set(names)) == len(names) == 8
    sourcekeep(folder, "verify", "--json")  # or it exits with 3


def test_catalogue_made_anew_has_the_probes_and_what_they_found(
    probed: tuple[ArchiveFolder, dict[str, Any]],
) -> None:
    folder, _ = probed
    before = tables_of(folder.catalogue_path)
    assert before["probe_findings"]
    assert any(row["health_rule"] == "probe:same-answer" for row in before["sources"])
    sourcekeep(folder, "rebuild", "--json")
    assert differences(before, tables_of(folder.catalogue_path)) == []


def test_made_up_names_differ() -> None:
    assert probe_url("http://a.example/x/") != probe_url("http://a.example/x/")


@pytest.fixture
def crawled(tmp_path: Path, server: MockServer) -> ArchiveFolder:
    """An archive with two sources in one directory and one beside it, all of which a probe is wanted for."""
    paths = ("alike.audited.example/a/1", "alike.audited.example/a/2", "alike.audited.example/b/1")
    folder = make_archive(tmp_path / "archive", [f"http://{path}" for path in paths])
    crawl(folder, server)
    assert probes(folder) == []
    return folder


def directories(folder: ArchiveFolder) -> list[str]:
    return sorted(url[:-PROBE_LETTERS] for url in probes(folder))


BOTH = ["http://alike.audited.example/a/", "http://alike.audited.example/b/"]


def test_crawl_of_what_is_due_takes_one_probe_for_a_directory_and_none_again(
    crawled: ArchiveFolder, server: MockServer
) -> None:
    said = crawl(crawled, server)  # no source is due
    assert (said["planned"], said["captured"], said["probes"]) == (0, 0, {"fetched": 2})
    assert directories(crawled) == BOTH
    assert [row["finding"] for row in rows(crawled, "SELECT finding FROM probe_findings")] == ["same-answer"] * 3
    assert crawl(crawled, server)["planned"] == 0
    crawl(crawled, server, "--all")
    assert directories(crawled) == BOTH


def test_probe_that_is_old_is_made_again(crawled: ArchiveFolder, server: MockServer) -> None:
    crawl(crawled, server)
    change(crawled, "UPDATE captures SET requested_at = '2020-01-01T00:00:00.000000Z' WHERE asked_url LIKE '%/a/%'")
    crawl(crawled, server)
    assert directories(crawled) == [BOTH[0], *BOTH]


def test_probes_can_be_switched_off(crawled: ArchiveFolder, server: MockServer) -> None:
    with crawled.settings_path.open("a") as settings:
        settings.write("probe_after = 0\n")
    crawl(crawled, server, "--all")
    assert probes(crawled) == []


@pytest.mark.parametrize("selection", [("--incident", "1"), ("--url", "http://alike.audited.example/a/1")])
def test_crawl_of_what_was_named_takes_nothing_else(
    crawled: ArchiveFolder, server: MockServer, selection: tuple[str, str]
) -> None:
    crawl(crawled, server, *selection)
    assert probes(crawled) == []


def test_probe_waits_for_its_turn_at_its_host_and_never_asks_conditionally(
    crawled: ArchiveFolder, server: MockServer
) -> None:
    seen = len(server.exchanges("alike.audited.example"))
    done = run_crawl(crawled, server, arguments=["-a", "all=1"])
    assert done.traces() == ""
    exchanges = server.exchanges("alike.audited.example")[seen:]
    assert len(exchanges) == 5
    assert all(before.ended <= after.started for before, after in pairwise(exchanges))
    assert [b"If-None-Match" in each.request for each in exchanges[3:]] == [False, False]


def test_finding_follows_what_is_compared(crawled: ArchiveFolder, server: MockServer) -> None:
    from archive.catalogue import Catalogue
    from sourcekeep.audit import finding
    from sourcekeep.audit.refresh import refresh

    crawl(crawled, server)
    before = rows(crawled, "SELECT * FROM probe_findings")
    with Catalogue(crawled.catalogue_path) as catalogue:
        assert refresh(catalogue) == 0
        refresh(catalogue, afresh=True)
    assert rows(crawled, "SELECT * FROM probe_findings") == before
    # A probe's text that is made again, and comes out otherwise, tells otherwise of all that it is beside.
    probe = before[0]["probe_id"]
    change(crawled, f"DELETE FROM texts WHERE capture_id = {probe}")
    sourcekeep(crawled, "extract", "--json")
    assert rows(crawled, "SELECT * FROM probe_findings") == before
    words = "Another text by far, of a dozen words that no list has."
    change(crawled, f"UPDATE texts SET text = '{words}' WHERE capture_id = {probe}")
    change(crawled, f"UPDATE captures SET payload_digest = 'sha256:OTHER' WHERE id = {probe}")
    change(crawled, f"UPDATE captures SET verdict = verdict WHERE id = {probe}")
    sourcekeep(crawled, "extract", "--json")
    told = {row["finding"] for row in rows(crawled, f"SELECT * FROM probe_findings WHERE probe_id = {probe}")}
    assert told == {"other-answer"}
    # A probe of another month says nothing.
    change(crawled, "UPDATE captures SET requested_at = '2020-01-01T00:00:00.000000Z' WHERE via = 'probe'")
    change(crawled, "UPDATE sources SET judged = 0")
    sourcekeep(crawled, "extract", "--json")
    assert rows(crawled, "SELECT * FROM probe_findings") == []
    assert finding.RULES


@pytest.mark.parametrize("via", [Via.PROBE, Via.MEMENTO])
def test_capture_that_a_crash_left_without_its_row_gets_it_as_it_was(tmp_path: Path, via: Via) -> None:
    url, asked = "http://a.example/x/page", "http://b.example/web/20120105000000id_/http://a.example/x/page"
    keeper = Keeper(tmp_path / "archive")
    keeper.imports(incident(1, url))
    keeper.crawls(Page(url))
    backup = keeper.back_up(tmp_path / "backup.db")
    store = keeper.begin()
    keeper.capture(store, Page(url))
    headers = "Memento-Datetime: Thu, 05 Jan 2012 00:00:00 GMT\r\n" if via is Via.MEMENTO else ""
    draft = Page(asked, body=b"<p>asked</p>", headers=headers).draft(1)
    draft.source_url, draft.via, draft.asked_url = url, via, asked
    store.submit(draft).result(20)
    keeper.crash(store)
    before = keeper.tables()
    assert [(row["via"], row["asked_url"]) for row in before["captures"][1:]] == [("http", None), (via, asked)]
    assert (before["captures"][2]["memento_at"] is not None) == (via is Via.MEMENTO)
    assert before["sources"][0]["last_capture_id"] == 2
    keeper.restore(backup)
    keeper.begin().close("finished")  # which puts right what the crash left
    after = keeper.tables()
    assert after["captures"] == before["captures"]
    assert after["sources"] == before["sources"]
    sourcekeep(keeper.folder, "verify", "--json")
    sourcekeep(keeper.folder, "rebuild", "--no-extract", "--json")
    assert differences(after, keeper.tables()) == []
