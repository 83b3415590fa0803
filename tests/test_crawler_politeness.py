"""Delays, Retry-After and kept connections, as the server saw them: one crawl."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from mockserver.crawling import Crawled, make_archive, run_crawl

if TYPE_CHECKING:
    from pathlib import Path

    from mockserver import LoggedExchange, MockServer

DELAY = 0.4
CLOCKS = 0.05
"""Seconds by which the server, on a busy machine, may see a request later than it was sent."""
PATHS = {
    "paced": ["/1", "/2", "/3", "/4", "/5"],
    "slow": ["/1", "/2", "/3"],
    "busy": ["/first", "/2", "/3", "/4"],
    "closed": ["/first", "/2", "/3"],
    "crawl-delay": ["/1", "/2", "/3", "/4"],
    "robots-busy": ["/", "/private"],
    "forgetful": ["/1", "/2", "/3"],
    "mixed": ["/a", "/b"],
}


@pytest.fixture(scope="module")
def crawled(mock_server: MockServer, tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    urls = [f"http://{host}.polite.example{path}" for host, paths in PATHS.items() for path in paths]
    folder = make_archive(tmp_path_factory.mktemp("polite") / "archive", urls, delay=DELAY, retries=2)
    return run_crawl(folder, mock_server)


def seen_by(mock_server: MockServer, host: str) -> list[LoggedExchange]:
    return mock_server.exchanges(f"{host}.polite.example", robots=True)


def outcomes(crawled: Crawled, host: str) -> list[str]:
    return [str(crawled.captures[f"http://{host}.polite.example{path}"][0].outcome) for path in PATHS[host]]


def test_every_source_has_one_capture(crawled: Crawled) -> None:
    assert crawled.exit_code == 0
    assert {len(captures) for captures in crawled.captures.values()} == {1}


@pytest.mark.parametrize("host", PATHS)
def test_host_is_asked_one_thing_at_a_time(crawled: Crawled, mock_server: MockServer, host: str) -> None:
    assert crawled.captures
    for earlier, later in pairwise(seen_by(mock_server, host)):
        assert later.started >= earlier.ended


@pytest.mark.parametrize("host", PATHS)
def test_delay_is_kept_between_any_two_requests_to_a_host(crawled: Crawled, mock_server: MockServer, host: str) -> None:
    """Half of it at least, robots.txt and retries included."""
    assert crawled.captures
    for earlier, later in pairwise(seen_by(mock_server, host)):
        assert later.started - earlier.started >= DELAY / 2 - CLOCKS, (earlier.path, later.path)


def test_hosts_do_not_wait_for_each_other(crawled: Crawled, mock_server: MockServer) -> None:
    assert crawled.captures
    firsts = [seen_by(mock_server, host)[0].started for host in PATHS]
    assert max(firsts) - min(firsts) < DELAY


def test_crawl_delay_of_robots_txt_is_kept_in_full(crawled: Crawled, mock_server: MockServer) -> None:
    assert outcomes(crawled, "crawl-delay") == ["fetched"] * 4
    pages = [seen for seen in seen_by(mock_server, "crawl-delay") if seen.path != "/robots.txt"]
    for earlier, later in pairwise(pages):
        assert later.started - earlier.started >= 0.6 - CLOCKS


def test_retry_after_holds_the_whole_host_back(crawled: Crawled, mock_server: MockServer) -> None:
    assert outcomes(crawled, "busy") == ["fetched"] * 4
    first, *others = [seen for seen in seen_by(mock_server, "busy") if seen.path != "/robots.txt"]
    assert first.path == "/first"
    assert b"503" in first.sent
    assert len(others) == 4
    for seen in others:
        assert seen.started - first.started >= 2 - CLOCKS, seen.path


def test_host_that_asks_for_a_day_is_asked_nothing_more(crawled: Crawled, mock_server: MockServer) -> None:
    asked = [seen.path for seen in seen_by(mock_server, "closed")]
    assert asked == ["/robots.txt", "/first"]
    assert outcomes(crawled, "closed") == ["http-error"] * 3
    first, second, _ = (crawled.captures[f"http://closed.polite.example{path}"][0] for path in PATHS["closed"])
    assert (first.http_status, second.http_status) == (429, None)
    assert second.evidence["outcome"]["rule"] == "retry-after"
    assert "86" in (second.error or "")


def test_retry_after_on_robots_txt_is_obeyed(crawled: Crawled, mock_server: MockServer) -> None:
    assert outcomes(crawled, "robots-busy") == ["fetched", "robots-denied"]
    first, *others = seen_by(mock_server, "robots-busy")
    assert b"503" in first.sent
    assert [seen.path for seen in others] == ["/robots.txt", "/"]
    assert others[0].started - first.started >= 2 - CLOCKS


def test_capture_does_not_see_the_cookies_of_another(crawled: Crawled, mock_server: MockServer) -> None:
    """The second one is redirected while the first one, as a rule, is still under way."""
    assert outcomes(crawled, "mixed") == ["fetched"] * 2
    seen = {each.path: each.request for each in seen_by(mock_server, "mixed")}
    assert b"Cookie: a=1\r\n" in seen["/a-end"]
    assert b"Cookie" not in seen["/b-end"]


def test_crawl_without_cookies_sends_none(mock_server: MockServer, tmp_path: Path) -> None:
    url = "http://cookieless.polite.example/a"
    folder = make_archive(tmp_path / "archive", [url])
    crawled = run_crawl(folder, mock_server, arguments=("-s", "COOKIES_ENABLED=0"))
    assert (crawled.captures[url][0].outcome, crawled.traces()) == ("fetched", "")
    seen = seen_by(mock_server, "cookieless")
    assert [each.path for each in seen] == ["/robots.txt", "/a", "/a-end"]
    assert not any(b"Cookie" in each.request for each in seen)


def test_connection_is_kept_for_the_next_page(crawled: Crawled, mock_server: MockServer) -> None:
    assert crawled.captures
    assert len({seen.connection for seen in seen_by(mock_server, "paced")}) == 1


def test_connection_that_the_server_forgot_costs_no_page(crawled: Crawled, mock_server: MockServer) -> None:
    assert outcomes(crawled, "forgetful") == ["fetched"] * 3
    asked = [seen.path for seen in seen_by(mock_server, "forgetful")]
    assert sorted(asked) == ["/1", "/2", "/3", "/robots.txt"]


def test_log_has_no_trace_of_a_bug(crawled: Crawled) -> None:
    assert crawled.traces() == ""


def test_crawl_ends_with_its_last_page_and_waits_for_no_delay_behind_it(
    mock_server: MockServer, tmp_path: Path
) -> None:
    urls = [f"http://last{number}.polite.example/" for number in range(2)]
    folder = make_archive(tmp_path / "archive", urls, delay=30, obey_robots=False)
    begun = time.monotonic()
    crawled = run_crawl(folder, mock_server)
    assert time.monotonic() - begun < 10
    assert [len(crawled.captures[url]) for url in urls] == [1, 1]
