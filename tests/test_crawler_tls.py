"""Certificates that hold and that don't, and every hostile exchange inside TLS: two crawls."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from checking_wire import capture_of, check_bytes, check_last_response, check_outcome, url_of
from judging_warcs import check_by_all, check_payloads_by_fastwarc
from mockserver.cases import CASES, MAX_BYTES, TIMEOUT, host_of
from mockserver.crawling import Crawled, make_archive, run_crawl

from archive.warc_reader import read_record

if TYPE_CHECKING:
    from mockserver import MockServer

EXPECTED = {
    "https://good.secure.example/": "fetched",
    "https://expired.secure.example/": "tls-failed",
    "https://self-signed.secure.example/": "tls-failed",
    "https://wrong-name.secure.example/": "tls-failed",
    "https://plain.secure.example/": "tls-failed",
    "http://upgrade.polite.example/": "fetched",
    # Ended without the alert that TLS ends with: whole only where the length says so (RFC 9112 9.8).
    "https://cut.secure.example/behind-body": "fetched",
    "https://cut.secure.example/in-body": "truncated",
    "https://cut.secure.example/for-an-end": "truncated",
}
SAID = {"expired": "expired", "self-signed": "signed by itself", "wrong-name": "for another host", "plain": "TLS"}


@pytest.fixture(scope="module")
def crawled(mock_server: MockServer, tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    folder = make_archive(tmp_path_factory.mktemp("tls") / "archive", EXPECTED, timeout=5)
    kinds = ("good", "expired", "self-signed", "wrong-name")
    rules = [mock_server.resolve_tls(f"{kind}.secure.example", kind) for kind in kinds]
    rules.append(mock_server.resolve_tls("cut.secure.example", "good"))
    rules += [mock_server.resolve_tls("plain.secure.example", "http"), mock_server.resolve]
    return run_crawl(folder, mock_server, resolve=rules, environment={"SSL_CERT_FILE": str(mock_server.authority)})


@pytest.mark.parametrize("url", EXPECTED)
def test_outcome(crawled: Crawled, url: str) -> None:
    (capture,) = crawled.captures[url]
    assert capture.outcome == EXPECTED[url], capture.error


@pytest.mark.parametrize("kind", SAID)
def test_error_says_why_the_certificate_does_not_hold(crawled: Crawled, kind: str) -> None:
    (capture,) = crawled.captures[f"https://{kind}.secure.example/"]
    assert SAID[kind] in (capture.error or "")


@pytest.mark.parametrize("kind", SAID)
def test_no_request_is_recorded_that_never_left(crawled: Crawled, mock_server: MockServer, kind: str) -> None:
    """It was handed to TLS, and TLS never came about: not one byte of it was on the wire."""
    with crawled.folder.catalogue() as catalogue:
        rows = catalogue._connection.execute(
            "SELECT error, ip, record_id, request_record_id FROM exchanges WHERE url LIKE ?",
            (f"https://{kind}.secure.example/%",),
        ).fetchall()
    assert rows
    for row in rows:
        assert row["request_record_id"] is None
        assert (row["ip"], bool(row["error"])) == ("127.0.0.1", True)
    assert mock_server.exchanges(f"{kind}.secure.example", robots=True) == []


def test_bytes_inside_tls_are_kept(crawled: Crawled, mock_server: MockServer) -> None:
    logged = mock_server.exchanges("good.secure.example", kind="good")
    kept = [
        exchange
        for captures in crawled.captures.values()
        for exchange in captures[0].exchanges
        if exchange.url.startswith("https://good.")
    ]
    assert sorted(seen.path for seen in logged) == ["/", "/end"]
    blocks = set()
    for exchange in kept:
        assert exchange.request
        assert exchange.response
        places = (exchange.request, exchange.response)
        blocks.add(tuple(read_record(crawled.folder.warc_dir, place).block for place in places))
    assert blocks == {(seen.request, seen.sent) for seen in logged}


def test_chain_from_http_to_https_is_one_capture(crawled: Crawled) -> None:
    (capture,) = crawled.captures["http://upgrade.polite.example/"]
    assert [exchange.http_status for exchange in capture.exchanges] == [301, 200]
    assert capture.final_url == "https://good.secure.example/end"


def test_log_has_no_trace_of_a_bug(crawled: Crawled) -> None:
    assert crawled.traces() == ""


# What TLS carries


@pytest.fixture(scope="module")
def secured(mock_server: MockServer, tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    urls = [url_of(name, "https") for name in CASES]
    folder = make_archive(tmp_path_factory.mktemp("tls") / "wire", urls, max_bytes=MAX_BYTES, timeout=TIMEOUT)
    return run_crawl(
        folder,
        mock_server,
        processes=2,
        resolve=[mock_server.resolve_tls("*", "good")],
        environment={"SSL_CERT_FILE": str(mock_server.authority)},
    )


@pytest.mark.parametrize("name", CASES)
def test_exchange_inside_tls_is_kept_as_one_without(secured: Crawled, mock_server: MockServer, name: str) -> None:
    capture = capture_of(secured, name, "https")
    check_outcome(capture, name)
    check_bytes(secured, capture, mock_server.exchanges(host_of(name), kind="good"), name)
    check_last_response(secured, capture, name, "127.0.0.1")


def test_log_of_the_exchanges_inside_tls_has_no_trace_of_a_bug(secured: Crawled) -> None:
    assert secured.traces() == ""


def test_judges_find_every_record_right(crawled: Crawled, secured: Crawled) -> None:
    check_by_all(crawled.folder, responses=len(EXPECTED) - len(SAID))
    check_by_all(secured.folder, responses=2 * len(CASES))
    assert check_payloads_by_fastwarc(secured.folder) > len(CASES)
