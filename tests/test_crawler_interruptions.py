"""Crawls that end early: by Ctrl-C, by a kill, by a full disk, or before they begin."""

from __future__ import annotations

import re
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from breaking_parts import BUG, UNCLOSED
from mockserver.crawling import ASYNCIO, ROOT, Crawled, finish_crawl, make_archive, run_crawl, start_crawl

from archive.warc_reader import read_record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mockserver import MockServer

    from archive.folder import ArchiveFolder


def pages(host: str, count: int = 12) -> list[str]:
    """Return pages of one host: with a delay, most of them are still to come when the first have."""
    return [f"http://{host}.interrupted.example/{number}" for number in range(count)]


def wait_for_pages(server: MockServer, host: str, count: int) -> None:
    until = time.monotonic() + 30
    while len(server.exchanges(f"{host}.interrupted.example")) < count:
        assert time.monotonic() < until
        time.sleep(0.02)


def wait_for_rows(folder: ArchiveFolder, count: int) -> None:
    until = time.monotonic() + 30
    with folder.catalogue() as catalogue:
        while sum(line.captures for line in catalogue.reports.source_lines()) < count:
            assert time.monotonic() < until
            time.sleep(0.02)


def assert_evidence_is_whole(crawled: Crawled) -> None:
    """Assert that every WARC file is whole, and every row leads to its record."""
    files = sorted(path.name for path in crawled.folder.warc_dir.iterdir())
    assert [name for name in files if name.endswith(".open")] == []
    for name in files:
        if name.endswith(".gz"):
            subprocess.run(["gzip", "-t", crawled.folder.warc_dir / name], check=True)
    for captures in crawled.captures.values():
        for capture in captures:
            places = [capture.place]
            for exchange in capture.exchanges:
                places += [place for place in (exchange.request, exchange.response) if place]
            for place in places:
                assert read_record(crawled.folder.warc_dir, place).header("WARC-Record-ID") == place.record_id


def exchanges_of_no_capture(folder: ArchiveFolder, url: str) -> int:
    with closing(sqlite3.connect(folder.catalogue_path)) as connection:
        sql = "SELECT COUNT(*) FROM exchanges WHERE url = ? AND capture_id IS NULL AND record_id IS NOT NULL"
        return int(connection.execute(sql, (url,)).fetchone()[0])


def counts(crawled: Crawled, urls: Sequence[str]) -> list[int]:
    return [len(crawled.captures[url]) for url in urls]


def test_interrupted_crawl_ends_cleanly_and_the_next_goes_on(mock_server: MockServer, tmp_path: Path) -> None:
    waiting = ["http://failing.interrupted.example/"]  # between two tries when the signal comes
    urls = [*pages("ctrl-c", 30), *waiting]
    folder = make_archive(tmp_path / "archive", urls, delay=0.3, retry_wait=60.0)
    process = start_crawl(folder, mock_server)
    wait_for_pages(mock_server, "ctrl-c", 3)
    wait_for_rows(folder, 1)
    process.send_signal(signal.SIGINT)
    asked_before = len(mock_server.exchanges("ctrl-c.interrupted.example"))
    started = time.monotonic()
    first = finish_crawl(folder, process)
    assert time.monotonic() - started < 6  # neither for the retry nor for all that waits in the host's queue
    asked = len(mock_server.exchanges("ctrl-c.interrupted.example"))
    assert asked - asked_before <= 2
    assert_evidence_is_whole(first)
    done = [url for url, captures in first.captures.items() if captures]
    assert len(done) >= asked - 1
    with folder.catalogue() as catalogue:
        crawl = catalogue.crawls.last()
        assert crawl
        assert crawl["ended"] == "shutdown"
        assert {source.url for source in catalogue.sources.due(crawl["finished_at"])} == set(urls) - set(done)
    assert first.traces() == ""
    assert exchanges_of_no_capture(folder, waiting[0]) == 1, "the first try is evidence, though no capture came of it"

    folder.settings_path.write_text("delay = 0\nretries = 0\n", encoding="utf-8")
    second = run_crawl(folder, mock_server)
    assert counts(second, urls) == [1] * len(urls)
    assert_evidence_is_whole(second)
    paths = [seen.path for seen in mock_server.exchanges("ctrl-c.interrupted.example")]
    assert len(set(paths)) == 30
    assert len(paths) <= 31  # what was in flight, at most, is asked for again


def test_crawl_that_is_stopped_asks_for_nothing_behind_a_redirect(mock_server: MockServer, tmp_path: Path) -> None:
    url, others = "http://chain.interrupted.example/", pages("beside-a-chain", 2)
    folder = make_archive(tmp_path / "archive", [url, *others], delay=0.5, timeout=60)
    process = start_crawl(folder, mock_server)
    wait_for_rows(folder, 2)  # the second of them comes when the first request of the chain has long been sent
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    mock_server.let_go("chain.interrupted.example")
    crawled = finish_crawl(folder, process)
    assert crawled.traces() == ""
    with folder.catalogue() as catalogue:
        assert (catalogue.crawls.last() or {})["ended"] == "shutdown"
    assert [seen.path for seen in mock_server.exchanges("chain.interrupted.example")] == ["/"]
    assert counts(crawled, [url, *others]) == [0, 1, 1]
    assert exchanges_of_no_capture(folder, url) == 1
    assert_evidence_is_whole(crawled)


def test_killed_crawl_loses_nothing_that_had_a_row(mock_server: MockServer, tmp_path: Path) -> None:
    urls = pages("killed")
    folder = make_archive(tmp_path / "archive", urls, delay=0.15)
    process = start_crawl(folder, mock_server)
    wait_for_rows(folder, 3)
    process.kill()
    process.communicate()
    with folder.catalogue() as catalogue:
        before = {line.url: line.captures for line in catalogue.reports.source_lines() if line.captures}
        crawl = catalogue.crawls.last()
        assert crawl
        assert crawl["finished_at"] is None
    (left,) = folder.warc_dir.glob("*.open")
    with left.open("ab") as file:
        file.write(b"\x1f\x8b\x08 half a record")

    folder.settings_path.write_text("delay = 0\n", encoding="utf-8")
    crawled = run_crawl(folder, mock_server)
    assert crawled.exit_code == 0
    assert counts(crawled, urls) == [1] * len(urls)
    assert all(len(crawled.captures[url]) == 1 for url in before)
    assert_evidence_is_whole(crawled)
    assert len([path for path in folder.warc_dir.iterdir() if path.suffix == ".torn"]) == 1


def test_second_crawl_of_an_archive_is_refused_while_the_first_goes_on(mock_server: MockServer, tmp_path: Path) -> None:
    urls = [*pages("busy", 1), "http://busy.held.example/"]
    folder = make_archive(tmp_path / "archive", urls, timeout=120)
    first = start_crawl(folder, mock_server)
    wait_for_rows(folder, 1)
    second = run_crawl(folder, mock_server)
    assert first.poll() is None
    mock_server.let_go("busy.held.example")
    assert second.exit_code != 0
    assert f"process {first.pid}" in second.log
    crawled = finish_crawl(folder, first)
    assert crawled.exit_code == 0
    assert counts(crawled, urls) == [1] * len(urls)
    assert_evidence_is_whole(crawled)


def assert_failed_clearly(crawled: Crawled, urls: Sequence[str]) -> None:
    assert counts(crawled, urls) == [0] * len(urls)
    assert "cannot be written" in crawled.log
    assert crawled.traces() == ""
    assert crawled.exit_code == 1
    with crawled.folder.catalogue() as catalogue:
        crawl = catalogue.crawls.last()
        assert crawl
        assert crawl["ended"] == "write-failed"


def test_full_disk_is_a_clear_error_and_the_next_crawl_goes_on(mock_server: MockServer, tmp_path: Path) -> None:
    urls = ["http://big.interrupted.example/", *pages("full", 3)]
    folder = make_archive(tmp_path / "archive", urls[:1])
    crawled = run_crawl(folder, mock_server, limit_file_bytes=600_000)
    assert_failed_clearly(crawled, urls[:1])

    make_archive(folder.path, urls)
    crawled = run_crawl(folder, mock_server)
    assert counts(crawled, urls) == [1] * len(urls)
    assert_evidence_is_whole(crawled)


def test_full_folder_for_temporary_files_is_not_taken_for_a_fault_of_the_server(
    mock_server: MockServer, tmp_path: Path
) -> None:
    """A response that goes to disk while it comes, and there is no room for it; the record itself would fit."""
    urls = ["http://zeros.interrupted.example/"]
    folder = make_archive(tmp_path / "archive", urls)
    assert_failed_clearly(run_crawl(folder, mock_server, limit_file_bytes=600_000), urls)


@pytest.mark.parametrize(
    "urls", [["http://:bad", "nonsense", "mailto:a@b"], ["http://unwritable.interrupted.example/"]]
)
def test_folder_that_cannot_be_written_is_a_clear_error(
    mock_server: MockServer, tmp_path: Path, urls: list[str]
) -> None:
    """Nothing can be made in it, for root neither; also where no request is ever made."""
    folder = make_archive(tmp_path / "archive", urls)
    folder.warc_dir.rename(tmp_path / "before")
    folder.warc_dir.symlink_to("/proc/self/fd")
    assert_failed_clearly(run_crawl(folder, mock_server), urls)


@pytest.mark.parametrize("reactor", ["epoll", "asyncio"])
@pytest.mark.parametrize(
    ("urls", "captured"),
    [
        pytest.param(
            ["http://broken-onward.interrupted.example/REACTOR", *pages("broken-onward", 3)], 1, id="next page"
        ),
        pytest.param(["http://broken-retry.interrupted.example/REACTOR"], 0, id="retried page"),
    ],
)
def test_bug_beside_the_captures_ends_the_crawl_and_the_next_goes_on(
    mock_server: MockServer, tmp_path: Path, urls: list[str], captured: int, reactor: str
) -> None:
    urls, others = [url.replace("REACTOR", reactor) for url in urls], pages("sound", 1)
    folder = make_archive(tmp_path / "archive", [*urls, *others])
    chosen = ASYNCIO if reactor == "asyncio" else ()
    first = crawl_with_a_bug(folder, mock_server, *chosen)
    assert_ended_by_a_bug(first)
    assert sum(counts(first, urls)) == captured
    assert exchanges_of_no_capture(folder, urls[0]) == 1 - captured, "the first try is evidence"

    second = run_crawl(folder, mock_server, arguments=chosen)
    assert (second.exit_code, second.traces()) == (0, "")
    assert counts(second, [*urls, *others]) == [1] * (len(urls) + 1)
    assert_evidence_is_whole(second)


def test_bug_in_a_capture_costs_one_page_and_fails_the_crawl(mock_server: MockServer, tmp_path: Path) -> None:
    urls = ["http://one.interrupted.example/broken", *pages("one", 3)]
    folder = make_archive(tmp_path / "archive", urls)
    crawled = crawl_with_a_bug(folder, mock_server)
    assert_ended_by_a_bug(crawled)
    assert counts(crawled, urls) == [0, 1, 1, 1]
    assert exchanges_of_no_capture(folder, urls[0]) == 1


def test_host_is_asked_for_its_next_page_in_the_moment_in_which_the_answer_is_in(
    mock_server: MockServer, tmp_path: Path
) -> None:
    """With epoll; under asyncio each step is a task of its own."""
    urls = [f"http://next.interrupted.example/{path}" for path in ("before", "behind")]
    folder = make_archive(tmp_path / "archive", urls)
    crawled = crawl_with_a_bug(folder, mock_server)
    assert (crawled.exit_code, crawled.traces()) == (0, "")
    assert counts(crawled, urls) == [1, 1]


@pytest.mark.parametrize(("path", "said"), [("unclosed", UNCLOSED), ("unclosed-by-a-bug", f"LookupError: {BUG}")])
def test_crawl_that_cannot_be_closed_says_so(mock_server: MockServer, tmp_path: Path, path: str, said: str) -> None:
    folder = make_archive(tmp_path / "archive", [f"http://closing.interrupted.example/{path}"])
    crawled = crawl_with_a_bug(folder, mock_server)
    assert crawled.exit_code == 1
    assert said in crawled.log
    assert_evidence_is_whole(crawled)


def test_bug_before_the_first_request_fails_the_crawl(mock_server: MockServer, tmp_path: Path) -> None:
    folder = make_archive(tmp_path / "archive", ["http://broken-first.interrupted.example/", *pages("second", 1)])
    assert_ended_by_a_bug(crawl_with_a_bug(folder, mock_server))


def test_host_whose_next_turn_is_lost_by_a_bug_fails_the_crawl(mock_server: MockServer, tmp_path: Path) -> None:
    urls = ["http://broken-turn.interrupted.example/first", *pages("broken-turn", 3)]
    folder = make_archive(tmp_path / "archive", urls)
    crawled = run_crawl(
        folder,
        mock_server,
        arguments=["-s", "DOWNLOADER=breaking_parts.BreakingDownloader"],
        environment={"PYTHONPATH": str(ROOT / "tests")},
    )
    assert_ended_by_a_bug(crawled)
    assert counts(crawled, urls) == [1, 0, 0, 0]


def crawl_with_a_bug(folder: ArchiveFolder, server: MockServer, *arguments: str) -> Crawled:
    arguments = (*arguments, "-s", "SPIDER_MODULES=breaking_parts")
    return run_crawl(folder, server, arguments=arguments, environment={"PYTHONPATH": str(ROOT / "tests")})


def assert_ended_by_a_bug(crawled: Crawled) -> None:
    assert crawled.exit_code == 1
    assert "Traceback" in crawled.log
    assert f"LookupError: {BUG}" in crawled.log
    assert re.search(r"CRITICAL: .* stay", crawled.log)
    with crawled.folder.catalogue() as catalogue:
        assert (catalogue.crawls.last() or {})["ended"] == "failed"
    assert_evidence_is_whole(crawled)


def test_crawl_of_no_archive_says_so(mock_server: MockServer, tmp_path: Path) -> None:
    folder = make_archive(tmp_path / "archive", [])
    process = start_crawl(folder, mock_server, arguments=["-s", f"SOURCEKEEP_ARCHIVE={tmp_path / 'missing'}"])
    crawled = finish_crawl(folder, process)
    assert crawled.exit_code != 0
    assert f"no archive at {tmp_path / 'missing'}" in crawled.log
    assert crawled.traces() == ""


def test_crawl_with_bad_settings_says_so(mock_server: MockServer, tmp_path: Path) -> None:
    folder = make_archive(tmp_path / "archive", [], delay="soon")
    crawled = run_crawl(folder, mock_server)
    assert crawled.exit_code != 0
    assert "delay must look like" in crawled.log
    assert crawled.traces() == ""
