"""The bench's server: a process of its own that sends what its pages say, to clients and through its proxy."""

from __future__ import annotations

import gzip
import socket
import ssl
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from typing import TYPE_CHECKING

import pytest
from bench_pages import SERVED, URLS, body_of, write_segments

from bench.pages import CHUNK, BenchError, address_of, load_pages, served
from bench.server import parse_request
from bench.web import bench_web

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bench.web import Web


@pytest.fixture(scope="module")
def segments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_segments(tmp_path_factory.mktemp("bench") / "segments")


@pytest.fixture(scope="module")
def web(segments: Path) -> Iterator[Web]:
    with bench_web(segments) as running:
        yield running


@contextmanager
def answer(web: Web, target: str, host: str) -> Iterator[HTTPResponse]:
    connection = HTTPConnection("127.0.0.1", web.http, timeout=10)
    connection.request("GET", target, headers={"Host": host})
    yield connection.getresponse()
    connection.close()


@contextmanager
def tls(web: Web, host: str) -> Iterator[ssl.SSLSocket]:
    context = ssl.create_default_context(cafile=web.trusted)
    plain = socket.create_connection(("127.0.0.1", web.https), timeout=10)
    with plain, context.wrap_socket(plain, server_hostname=host) as secure:
        yield secure


def test_pages_are_sent_plain_gzip_and_chunked_in_turn(web: Web) -> None:
    with answer(web, "/notes/ferry.html", "harbour.example") as plain:
        assert plain.getheader("Content-Length") == str(len(body_of("ferry")))
        assert plain.read() == body_of("ferry")
    with answer(web, "/locks", "canal.example") as coded:
        assert coded.getheader("Content-Encoding") == "gzip"
        assert gzip.decompress(coded.read()) == body_of("locks")
    with answer(web, "/sluice?id=7&part=a|b", "canal.example") as chunked:
        assert chunked.getheader("Transfer-Encoding") == "chunked"
        assert len(body_of("sluice")) > CHUNK
        assert chunked.read() == body_of("sluice")


@pytest.mark.parametrize(
    ("target", "host"),
    [("/robots.txt", "harbour.example"), ("/locks", "harbour.example"), ("/locks", "nowhere.example")],
)
def test_what_is_not_in_the_list_is_404(web: Web, target: str, host: str) -> None:
    with answer(web, target, host) as response:
        assert (response.status, response.read()) == (404, b"")


def test_a_connection_serves_several_requests(web: Web) -> None:
    with socket.create_connection(("127.0.0.1", web.http), timeout=10) as connection:
        connection.sendall(
            b"GET /robots.txt HTTP/1.1\r\nHost: canal.example\r\n\r\n"
            b"GET /notes/ferry.html HTTP/1.1\r\nHost: harbour.example\r\nConnection: close\r\n\r\n"
        )
        received = connection.makefile("rb").read()
    assert received.startswith(b"HTTP/1.1 404 ")
    assert received.endswith(body_of("ferry"))


def test_each_host_has_a_certificate_of_its_own_from_the_trusted_authority(web: Web) -> None:
    for host in ("canal.example", "mill.example"):
        with tls(web, host) as connection:
            assert connection.getpeercert()["subjectAltName"] == (("DNS", host),)  # type: ignore[index]
    with pytest.raises(ssl.SSLError), tls(web, "harbour.example"):  # cited with http alone
        pass


def test_the_bundle_holds_the_systems_authorities_too(web: Web) -> None:
    context = ssl.create_default_context(cafile=web.trusted)
    assert len(context.get_ca_certs()) == 1 + len(ssl.create_default_context().get_ca_certs())


def test_absolute_form_is_answered_as_by_a_proxy(web: Web) -> None:
    with answer(web, "http://harbour.example/notes/ferry.html", "elsewhere.example") as response:
        assert response.read() == body_of("ferry")


def test_connect_opens_a_tls_tunnel(web: Web) -> None:
    connection = HTTPSConnection(
        "127.0.0.1", web.http, timeout=10, context=ssl.create_default_context(cafile=web.trusted)
    )
    connection.set_tunnel("canal.example", 443)
    connection.request("GET", "/locks", headers={"Host": "canal.example"})
    assert gzip.decompress(connection.getresponse().read()) == body_of("locks")
    connection.close()


def test_what_is_no_request_is_400_and_ends_the_connection(web: Web) -> None:
    with socket.create_connection(("127.0.0.1", web.http), timeout=10) as connection:
        connection.sendall(b"BREW /pot HTCPCP/1.0\r\n\r\n")
        assert connection.makefile("rb").read().startswith(b"HTTP/1.1 400 ")


def test_request_forms_name_the_same_page() -> None:
    origin = parse_request(b"GET //a%20b?q HTTP/1.1\r\nHost: Mill.example:8080\r\nConnection: close")
    absolute = parse_request(b"GET http://mill.example//a%20b?q HTTP/1.1\r\nhost: other.example")
    assert origin == (("mill.example", b"//a b?q"), False)
    assert absolute == (("mill.example", b"//a b?q"), True)


def test_server_ends_with_its_standard_input(segments: Path) -> None:
    with bench_web(segments) as web:
        port = web.http
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=10)


def test_delay_holds_answers_back(segments: Path) -> None:
    with bench_web(segments, delay_ms=300) as web:
        connection = HTTPConnection("127.0.0.1", web.http, timeout=0.1)
        connection.request("GET", "/notes/ferry.html", headers={"Host": "harbour.example"})
        with pytest.raises(TimeoutError):
            connection.getresponse()
        connection.close()


def test_responses_are_the_same_each_time_they_are_made(segments: Path) -> None:
    pages = load_pages(segments)
    assert [page.response() for page in pages] == [page.response() for page in pages]
    assert [page.id for page in served(pages).values()] == list(SERVED)


@pytest.mark.parametrize("url", ["hard::weir.example.html", "http://:name.html", "http://[::1", "http://a b/", ""])
def test_what_is_no_web_address_has_none(url: str) -> None:
    assert address_of(url) is None


def test_two_spellings_of_a_url_have_one_address() -> None:
    assert address_of(" HTTP://MILL.example/%41?b=%7c ") == address_of("https://mill.example/A?b=|")


def test_more_pages_of_each_have_urls_and_bytes_of_their_own(segments: Path) -> None:
    pages = {page.id: page for page in load_pages(segments, 3)}
    assert len(pages) == 3 * len(URLS)
    assert {page.id: page.url for page in load_pages(segments)}.items() <= {p.id: p.url for p in pages.values()}.items()
    assert pages["locks-2"].url == "https://canal.example/locks?page=2"
    assert pages["sluice-3"].url == "https://canal.example/sluice?id=7&part=a%7Cb&page=3"
    assert pages["blank-2"].url == "https://mill.example/wheel?page=2"
    served_bytes = {page.response() for page in served(list(pages.values())).values()}
    assert len(served_bytes) == 3 * len(SERVED)


@pytest.mark.parametrize("content", ["", "[]", '{"a": {}}'])
def test_folder_without_a_list_of_urls_is_refused_in_one_sentence(tmp_path: Path, content: str) -> None:
    (tmp_path / "truth.json").write_text(content)
    with pytest.raises(BenchError, match="does not give each page its url"):
        load_pages(tmp_path)


def test_urls_are_kept_as_they_stand(segments: Path) -> None:
    assert {page.id: page.url for page in load_pages(segments)} == URLS
