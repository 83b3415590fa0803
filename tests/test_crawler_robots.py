"""robots.txt in all its states, and redirects to where nothing may be fetched: one crawl."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from mockserver.crawling import Crawled, make_archive, run_crawl

from archive.warc_reader import read_record

if TYPE_CHECKING:
    from mockserver import MockServer

    from archive.records import Capture

EXPECTED = {
    "disallow": {"/": "fetched", "/public": "fetched", "/private": "robots-denied", "/private/x?y": "robots-denied"},
    "by-name": {"/": "robots-denied"},
    "other-name": {"/": "fetched"},
    "missing": {"/": "fetched"},
    "forbidden": {"/": "fetched"},
    "down": {"/": "robots-denied", "/x": "robots-denied"},
    "down-once": {"/": "fetched", "/private": "robots-denied"},
    "silent": {"/": "timeout"},
    "moved": {"/": "fetched", "/private": "robots-denied"},
    "no-number": {"/": "reset"},
    "garbage": {"/": "fetched"},
    "html": {"/": "fetched"},
    "bom": {"/": "fetched", "/private": "robots-denied"},
    "into-private": {"/": "robots-denied"},
    "to-private-address": {"/": "address-forbidden"},
    "to-loopback": {"/": "address-forbidden"},
}
CITED = [(host, path) for host, paths in EXPECTED.items() for path in paths]


@pytest.fixture(scope="module")
def crawled(mock_server: MockServer, tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    urls = [f"http://{host}.robots.example{path}" for host, path in CITED]
    folder = make_archive(tmp_path_factory.mktemp("robots") / "archive", urls, timeout=1)
    return run_crawl(folder, mock_server)


def capture_of(crawled: Crawled, host: str, path: str = "/") -> Capture:
    (capture,) = crawled.captures[f"http://{host}.robots.example{path}"]
    return capture


@pytest.mark.parametrize(("host", "path"), CITED)
def test_outcome(crawled: Crawled, mock_server: MockServer, host: str, path: str) -> None:
    capture = capture_of(crawled, host, path)
    assert capture.outcome == EXPECTED[host][path], capture.error
    asked = [seen.path for seen in mock_server.exchanges(f"{host}.robots.example")]
    assert (path in asked) == (capture.outcome == "fetched" or len(capture.exchanges) > 0)


def test_cookies_that_come_with_robots_txt_are_sent_to_nobody(crawled: Crawled, mock_server: MockServer) -> None:
    assert crawled.captures
    seen = mock_server.exchanges("down-once.robots.example", robots=True)
    assert [b"Set-Cookie" in each.sent for each in seen[:2]] == [True, False]
    assert [each.path for each in seen] == ["/robots.txt", "/robots.txt", "/"]
    assert not any(b"Cookie" in each.request for each in seen)


def test_robots_txt_is_asked_for_once(crawled: Crawled, mock_server: MockServer) -> None:
    for host in ("disallow", "missing", "moved", "bom"):
        asked = [seen.path for seen in mock_server.exchanges(f"{host}.robots.example", robots=True)]
        from_moved = 1 if host == "disallow" else 0
        assert asked.count("/robots.txt") == 1 + from_moved, crawled.log


def test_denial_names_the_record_that_proves_it(crawled: Crawled, mock_server: MockServer) -> None:
    capture = capture_of(crawled, "disallow", "/private")
    evidence = capture.evidence["outcome"]
    assert evidence["rule"] == "robots-disallow"
    assert evidence["robots_url"] == "http://disallow.robots.example/robots.txt"
    assert evidence["robots_status"] == 200
    with crawled.folder.catalogue() as catalogue:
        place = catalogue.reports.place_of(evidence["record_id"])
    assert place
    record = read_record(crawled.folder.warc_dir, place)
    assert record.block == mock_server.exchanges("disallow.robots.example", robots=True)[0].sent
    assert capture.error == "http://disallow.robots.example/robots.txt denies it"
    assert capture.exchanges == ()


def test_server_that_fails_to_answer_denies_everything_for_now(crawled: Crawled) -> None:
    capture = capture_of(crawled, "down")
    evidence = capture.evidence["outcome"]
    assert (evidence["rule"], evidence["robots_status"], evidence["attempts"]) == ("robots-unreachable", 503, 2)
    assert "RFC 9309" in (capture.error or "")


def test_robots_txt_that_never_comes_fails_as_the_host_does(crawled: Crawled) -> None:
    capture = capture_of(crawled, "silent")
    assert capture.evidence["outcome"]["rule"] == "robots-unreachable"
    assert "robots.txt" in (capture.error or "")


def test_redirect_into_what_is_denied_keeps_its_first_exchange(crawled: Crawled) -> None:
    capture = capture_of(crawled, "into-private")
    assert [exchange.http_status for exchange in capture.exchanges] == [302]
    assert capture.evidence["outcome"]["rule"] == "robots-disallow"


@pytest.mark.parametrize(("host", "said"), [("to-private-address", "10.1.2.3"), ("to-loopback", "loopback")])
def test_redirect_to_a_forbidden_address_connects_to_nothing(crawled: Crawled, host: str, said: str) -> None:
    capture = capture_of(crawled, host)
    assert said in (capture.error or "")
    assert capture.exchanges[0].http_status == 302
    assert all(exchange.request is exchange.response is None for exchange in capture.exchanges[1:])


def test_log_has_no_trace_of_a_bug(crawled: Crawled) -> None:
    assert crawled.exit_code == 0
    assert crawled.traces() == ""
