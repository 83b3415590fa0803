"""Servers that are reached by IPv6: with a name, and with the address in the URL itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from checking_wire import capture_of, check_bytes, check_last_response, check_outcome, read, url_of
from judging_warcs import check_by_all, check_payloads_by_fastwarc
from mockserver.cases import CASES, MAX_BYTES, TIMEOUT, host_of
from mockserver.crawling import Crawled, make_archive, run_crawl

from crawler.wire import as_written

if TYPE_CHECKING:
    from mockserver import LoggedExchange, MockServer

LITERAL = {
    "http://[::1]:8080/literal": "[::1]:8080",
    "http://[0:0:0:0:0:0:0:1]:8080/long": "[0:0:0:0:0:0:0:1]:8080",
    "https://[::1]:8443/secure": "[::1]:8443",
}


@pytest.fixture(scope="module")
def crawled(mock_server: MockServer, tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    if "http6" not in mock_server.ports:
        pytest.skip("this machine has no IPv6")
    urls = [*map(url_of, CASES), *LITERAL, "http://[::1]:8081/unruled", "https://named.secure.example/by-name"]
    folder = make_archive(tmp_path_factory.mktemp("ipv6") / "archive", urls, max_bytes=MAX_BYTES, timeout=TIMEOUT)
    http, https = mock_server.ports["http6"], mock_server.ports["good6"]
    rules = [f"*:80:[::1]:{http}", f"*:8080:[0:0:0:0:0:0:0:1]:{http}", f"*:443:[::1]:{https}", f"*:8443:[::1]:{https}"]
    environment = {"SSL_CERT_FILE": str(mock_server.authority)}
    return run_crawl(folder, mock_server, processes=2, resolve=rules, environment=environment)


def seen_by(server: MockServer, host: str) -> list[LoggedExchange]:
    return server.exchanges(host, kind="http6") + server.exchanges(host, kind="good6")


@pytest.mark.parametrize("name", CASES)
def test_exchange_by_ipv6_is_kept_as_one_by_ipv4(crawled: Crawled, mock_server: MockServer, name: str) -> None:
    capture = capture_of(crawled, name)
    check_outcome(capture, name)
    check_bytes(crawled, capture, seen_by(mock_server, host_of(name)), name)
    check_last_response(crawled, capture, name, "::1")


@pytest.mark.parametrize("url", LITERAL)
def test_address_in_the_url_is_asked_with_its_brackets(crawled: Crawled, mock_server: MockServer, url: str) -> None:
    (capture,) = crawled.captures[url]
    assert (capture.outcome, capture.final_url) == ("fetched", url), capture.error
    path = "/" + url.rpartition("/")[2]
    (seen,) = [each for each in seen_by(mock_server, LITERAL[url]) if each.path == path]
    (exchange,) = capture.exchanges
    request, response = read(crawled, exchange.request), read(crawled, exchange.response)
    assert request
    assert response
    assert (request.block, response.block) == (seen.request, seen.sent)
    assert response.header("WARC-IP-Address") == "::1"
    assert response.header("WARC-Target-URI") == url


def test_name_with_a_certificate_is_fetched_by_ipv6(crawled: Crawled) -> None:
    (capture,) = crawled.captures["https://named.secure.example/by-name"]
    assert (capture.outcome, capture.exchanges[0].ip) == ("fetched", "::1"), capture.error


def test_address_that_no_rule_is_for_is_refused(crawled: Crawled) -> None:
    (capture,) = crawled.captures["http://[::1]:8081/unruled"]
    assert capture.outcome == "address-forbidden"


def test_judges_find_every_record_right(crawled: Crawled) -> None:
    check_by_all(crawled.folder, responses=2 * len(CASES))
    assert check_payloads_by_fastwarc(crawled.folder) > len(CASES)


def test_log_has_no_trace_of_a_bug(crawled: Crawled) -> None:
    assert crawled.traces() == ""


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("2001:DB8::1", "2001:db8::1"),
        ("2001:0db8:0000:0000:0001:0000:0000:0001", "2001:db8::1:0:0:1"),
        ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
        ("::ffff:c000:0201", "::ffff:192.0.2.1"),
        ("fe80::1%eth0", "fe80::1"),
    ],
)
def test_address_is_written_as_rfc_5952_says(address: str, written: str) -> None:
    assert as_written(address) == written
