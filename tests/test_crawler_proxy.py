"""Fetching through a proxy: the exchange with the page is recorded, and nothing of what passes between us and it."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from checking_wire import capture_of, check_bytes, check_last_response, check_outcome, read, url_of
from fastwarc.warc import ArchiveIterator
from judging_warcs import check_by_all, check_payloads_by_fastwarc
from mockserver.cases import CASES, MAX_BYTES, TIMEOUT, host_of
from mockserver.crawling import Crawled, make_archive, run_crawl
from mockserver.proxy import USER

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mockserver import LoggedExchange, MockServer

every_case = pytest.mark.parametrize("name", CASES)


def crawl_through(
    address: str,
    path: Path,
    server: MockServer,
    urls: Iterable[str],
    *,
    by_processes: int | None = None,
    **settings: object,
) -> Crawled:
    folder = make_archive(path / "archive", urls, **settings)
    environment = {"SSL_CERT_FILE": str(server.authority), "http_proxy": address, "https_proxy": address}
    return run_crawl(folder, server, processes=by_processes, resolve=[], environment=environment)


def blocks(crawled: Crawled) -> list[bytes]:
    """Return the block of every record."""
    return [
        record.reader.read()
        for path in crawled.folder.warc_dir.glob("*.gz")
        for record in ArchiveIterator(str(path), parse_http=False, fsspec_args=False)
    ]


# Every hostile exchange


def crawl_every_case(scheme: str, path: Path, server: MockServer) -> Crawled:
    address = f"http://127.0.0.1:{server.ports['proxy']}"
    urls = [url_of(name, scheme) for name in CASES]
    return crawl_through(address, path, server, urls, by_processes=2, max_bytes=MAX_BYTES, timeout=TIMEOUT)


@pytest.fixture(scope="module")
def proxied(mock_server: MockServer, tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    return crawl_every_case("http", tmp_path_factory.mktemp("proxied"), mock_server)


@pytest.fixture(scope="module")
def tunnelled(mock_server: MockServer, tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    return crawl_every_case("https", tmp_path_factory.mktemp("tunnelled"), mock_server)


def asked_in_full(server: MockServer, name: str) -> list[LoggedExchange]:
    logged = server.exchanges(host_of(name), kind="proxy")
    return [seen for seen in logged if seen.request.startswith(b"GET ")]


@every_case
def test_exchange_through_a_proxy_is_kept_as_it_crossed_the_wire(
    proxied: Crawled, mock_server: MockServer, name: str
) -> None:
    capture, logged = capture_of(proxied, name), asked_in_full(mock_server, name)
    check_outcome(capture, name)
    check_bytes(proxied, capture, logged, name)
    check_last_response(proxied, capture, name, None)
    assert logged[0].request.startswith(f"GET {url_of(name)} HTTP/1.1\r\n".encode())
    assert f"\r\nHost: {host_of(name)}\r\n".encode() in logged[0].request


@every_case
def test_exchange_inside_a_tunnel_is_kept_as_one_without(
    tunnelled: Crawled, mock_server: MockServer, name: str
) -> None:
    capture = capture_of(tunnelled, name, "https")
    check_outcome(capture, name)
    check_bytes(tunnelled, capture, mock_server.exchanges(host_of(name), kind="tunnel"), name)
    check_last_response(tunnelled, capture, name, None)
    place = f"{host_of(name)}:443"
    assert mock_server.exchanges(place, kind="proxy")[0].request == (
        f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n\r\n".encode()
    )


def test_no_record_holds_the_talk_with_the_proxy(tunnelled: Crawled) -> None:
    assert len(blocks(tunnelled)) > len(CASES)
    assert not [block for block in blocks(tunnelled) if b"CONNECT " in block or b"Connection established" in block]


def test_exchange_says_which_proxy_it_went_through(
    proxied: Crawled, tunnelled: Crawled, mock_server: MockServer
) -> None:
    for exchange in (capture_of(proxied, "plain").exchanges[0], capture_of(tunnelled, "plain", "https").exchanges[0]):
        assert (exchange.ip, exchange.proxy) == (None, f"127.0.0.1:{mock_server.ports['proxy']}")


def test_log_has_no_trace_of_a_bug(proxied: Crawled, tunnelled: Crawled) -> None:
    assert proxied.traces() == ""
    assert tunnelled.traces() == ""


def test_judges_find_every_record_right(proxied: Crawled, tunnelled: Crawled) -> None:
    for crawled in (proxied, tunnelled):
        check_by_all(crawled.folder, responses=2 * len(CASES))
        assert check_payloads_by_fastwarc(crawled.folder) > len(CASES)


# What a proxy refuses, and what is refused to it

EXPECTED = {
    "https://proxied.secure.example/": ("fetched", None),
    "https://odd.secure.example/": ("fetched", None),
    "https://accepted.secure.example/": ("fetched", None),
    "https://expired.secure.example/": ("tls-failed", "expired"),
    "https://self-signed.secure.example/": ("tls-failed", "signed by itself"),
    "https://wrong-name.secure.example/": ("tls-failed", "for another host"),
    "https://no-way.proxy.example/": ("refused", "answered 502 Bad Gateway, when asked for a connection to no-way."),
    "https://forbidden.proxy.example/": ("address-forbidden", "answered 403 Forbidden"),
    "https://hangs-up.proxy.example/": ("refused", "closed the connection, when asked"),
    "https://no-http.proxy.example/": ("refused", "answered what is no HTTP"),
    "https://endless.proxy.example/": ("refused", "answered what is no HTTP"),
    "https://silent.proxy.example/": ("timeout", "in the time allowed"),
    "http://10.0.0.1/": ("address-forbidden", "private"),
    "http://169.254.169.254:81/latest/": ("address-forbidden", "link-local"),
    "https://127.1/": ("address-forbidden", "loopback"),
    "https://[::1]:444/": ("address-forbidden", "loopback"),
}


@pytest.fixture(scope="module")
def refusals(mock_server: MockServer, tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    address = f"http://127.0.0.1:{mock_server.ports['proxy']}"
    return crawl_through(address, tmp_path_factory.mktemp("refusals"), mock_server, EXPECTED, timeout=2, retries=0)


@pytest.mark.parametrize("url", EXPECTED)
def test_outcome(refusals: Crawled, url: str) -> None:
    outcome, said = EXPECTED[url]
    (capture,) = refusals.captures[url]
    assert capture.outcome == outcome, capture.error
    assert said is None or said in (capture.error or "")


@pytest.mark.parametrize("url", [url for url, (outcome, _) in EXPECTED.items() if outcome != "fetched"])
def test_no_request_is_recorded_that_never_left(refusals: Crawled, mock_server: MockServer, url: str) -> None:
    for exchange in refusals.captures[url][0].exchanges:
        assert exchange.request is exchange.response is None
    host = url.split("/")[2]
    assert not mock_server.exchanges(host, kind="tunnel", robots=True)


def test_address_that_is_refused_without_a_proxy_is_refused_with_one(
    refusals: Crawled, mock_server: MockServer
) -> None:
    assert refusals.exit_code == 0
    hosts = {seen.host for seen in mock_server.exchanges(kind="proxy", robots=True)}
    assert not hosts & {"10.0.0.1", "169.254.169.254:81", "127.1:443", "[::1]:444"}


def test_log_of_refusals_has_no_trace_of_a_bug(refusals: Crawled) -> None:
    assert refusals.traces() == ""


# Proxies that want a password

PAGES = ["http://password.example/page", "https://password.secure.example/page"]


def test_password_for_the_proxy_is_sent_and_in_no_record(mock_server: MockServer, tmp_path: Path) -> None:
    user, _, password = USER.partition(":")
    address = f"http://{user}:{password.replace(' ', '%20')}@127.0.0.1:{mock_server.ports['password-proxy']}"
    crawled = crawl_through(address, tmp_path, mock_server, PAGES)
    assert {str(crawled.captures[url][0].outcome) for url in PAGES} == {"fetched"}
    asked = mock_server.exchanges(kind="password-proxy")
    assert {seen.request.partition(b" ")[0] for seen in asked} == {b"GET", b"CONNECT"}
    assert all(b"\r\nProxy-Authorization: Basic " in seen.request for seen in asked)
    (in_tunnel,) = mock_server.exchanges("password.secure.example", kind="tunnel")
    assert b"Proxy-Authorization" not in in_tunnel.request
    assert not [block for block in blocks(crawled) if b"proxy-authorization" in block.lower()]
    (exchange,) = crawled.captures[PAGES[0]][0].exchanges
    request, seen = read(crawled, exchange.request), next(seen for seen in asked if seen.request.startswith(b"GET"))
    lines = seen.request.splitlines(keepends=True)
    assert request
    assert request.block == b"".join(line for line in lines if not line.startswith(b"Proxy-Authorization:"))


@pytest.mark.parametrize("url", PAGES)
@pytest.mark.parametrize("obey_robots", [True, False])
def test_proxy_that_lets_nobody_through_is_no_fault_of_the_sources(
    mock_server: MockServer, tmp_path: Path, url: str, obey_robots: bool
) -> None:
    address = f"http://127.0.0.1:{mock_server.ports['password-proxy']}"
    crawled = crawl_through(address, tmp_path, mock_server, [url], obey_robots=obey_robots)
    assert_ended(crawled, url, f"the proxy 127.0.0.1:{mock_server.ports['password-proxy']} wants a user and a password")


@pytest.mark.parametrize("url", ["http://a.example/", "https://a.example/"])
def test_proxy_that_is_down_is_no_fault_of_the_sources(mock_server: MockServer, tmp_path: Path, url: str) -> None:
    with socket.socket() as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        port = nobody_listens.getsockname()[1]
        crawled = crawl_through(f"http://127.0.0.1:{port}", tmp_path, mock_server, [url])
    assert_ended(crawled, url, f"the proxy 127.0.0.1:{port} cannot be reached")


def test_proxy_that_accepts_nobody_is_no_fault_of_the_sources(mock_server: MockServer, tmp_path: Path) -> None:
    with socket.socket() as busy, ExitStack() as waiting:
        busy.bind(("127.0.0.1", 0))
        busy.listen(0)
        port = busy.getsockname()[1]
        for _ in range(4):  # with its queue full, the system drops whoever comes next
            client = waiting.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
        url = "https://a.example/"
        crawled = crawl_through(f"http://127.0.0.1:{port}", tmp_path, mock_server, [url], timeout=2, obey_robots=False)
    assert_ended(crawled, url, f"the proxy 127.0.0.1:{port} cannot be reached")


@pytest.mark.parametrize("address", ["socks5://127.0.0.1:1080", "https://127.0.0.1:443", "http://127.0.0.1:port"])
def test_proxy_of_another_kind_is_a_clear_error(mock_server: MockServer, tmp_path: Path, address: str) -> None:
    crawled = crawl_through(address, tmp_path, mock_server, ["http://a.example/"])
    assert_ended(crawled, "http://a.example/", "is no proxy that can be used")


def assert_ended(crawled: Crawled, url: str, said: str) -> None:
    """Assert that the crawl ended with a clear sentence, and that nothing is held against *url*, which stays due."""
    assert said in crawled.log
    assert crawled.captures[url] == []
    assert crawled.traces() == ""
    with crawled.folder.catalogue() as catalogue:
        crawl = catalogue.crawls.last()
        assert crawl
        assert crawl["ended"] != "finished"
        assert [source.url for source in catalogue.sources.due(crawl["finished_at"])] == [url]
