"""Certificates that hold and that don't: one crawl."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
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
}
SAID = {"expired": "expired", "self-signed": "signed by itself", "wrong-name": "secure.example", "plain": "TLS"}


@pytest.fixture(scope="module")
def crawled(mock_server: MockServer, tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    folder = make_archive(tmp_path_factory.mktemp("tls") / "archive", EXPECTED, timeout=5)
    kinds = ("good", "expired", "self-signed", "wrong-name")
    rules = [mock_server.resolve_tls(f"{kind}.secure.example", kind) for kind in kinds]
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
    logged = mock_server.exchanges("good.secure.example")
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
