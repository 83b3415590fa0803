"""Crawls of a small server that knows conditional requests: what is asked, what is kept, what it costs."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self, cast

import pytest
from mockserver.crawling import make_archive, run_crawl

from archive.clock import as_timestamp
from archive.warc_reader import read_record

if TYPE_CHECKING:
    from pathlib import Path

    from mockserver import MockServer

    from archive.folder import ArchiveFolder
    from archive.records import Capture

PAGE = b"<!doctype html><title>Unchanged</title>" + b"<p>What the page has said all along, word for word.</p>" * 400
ETAG, DATE = '"v1"', "Thu, 01 Jan 2026 00:00:00 GMT"


@dataclass
class Site:
    """What the server does, by path; tests change it between two crawls."""

    bodies: dict[str, bytes] = field(default_factory=lambda: {"/": PAGE})
    fields: dict[str, str] = field(default_factory=lambda: {"ETag": ETAG, "Last-Modified": DATE})
    redirects: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    conditional_status: int = 304
    """What a conditional request is answered with; 0 for nothing at all."""
    conditional_only: str | None = None
    """The one path on which a request is taken as conditional, where that isn't all."""
    named_in_304: str | None = None
    """The ETag that a 304 names, where it is another one."""
    requests: list[tuple[str, str | None, str | None]] = field(default_factory=list)
    """Path, If-None-Match and If-Modified-Since of each request but robots.txt's."""

    def since_last_look(self) -> list[tuple[str, str | None, str | None]]:
        seen, self.requests = self.requests, []
        return seen


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        site: Site = self.server.site  # type: ignore[attr-defined]  # put there below
        asked = self.headers["If-None-Match"], self.headers["If-Modified-Since"]
        if self.path == "/robots.txt":
            self._answer(404, {}, b"")
            return
        site.requests.append((self.path, *asked))
        if self.path in site.redirects:
            self._answer(302, {"Location": site.redirects[self.path], "Set-Cookie": "a=b"}, b"")
        elif self._is_conditional(site, *asked):
            if not site.conditional_status:
                self.close_connection = True
                return
            self.send_response(site.conditional_status)
            self.send_header("ETag", site.named_in_304 or site.fields.get("ETag", ETAG))
            if site.conditional_status != 304:
                self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self._answer(site.statuses.get(self.path, 200), site.fields, site.bodies[self.path])

    def _is_conditional(self, site: Site, etag: str | None, since: str | None) -> bool:
        if site.conditional_only not in (None, self.path):
            return False
        return etag == site.fields.get("ETag", "none") or (etag is None and since == DATE)

    def _answer(self, status: int, fields: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "text/html", **fields, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Server:
    """The site on a port of this machine."""

    def __init__(self) -> None:
        self.site = Site()

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.site = self.site  # type: ignore[attr-defined]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    @property
    def resolve(self) -> str:
        return f"*:80:127.0.0.1:{self._server.server_port}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server() -> object:
    with Server() as running:
        yield running


def crawl(folder: ArchiveFolder, server: Server) -> list[Capture]:
    crawled = run_crawl(folder, cast("MockServer", server), arguments=["-a", "all=1"])
    assert (crawled.exit_code, crawled.traces()) == (0, "")
    [captures] = crawled.captures.values()
    return list(captures)


def archive(tmp_path: Path, url: str = "http://revisits.example/", **settings: object) -> ArchiveFolder:
    return make_archive(tmp_path / "archive", [url], **settings)


def warc_bytes(folder: ArchiveFolder) -> int:
    return sum(file.stat().st_size for file in folder.warc_dir.glob("*.warc.gz"))


def test_unchanged_page_is_asked_for_by_its_validators_and_not_sent_again(server: Server, tmp_path: Path) -> None:
    folder = archive(tmp_path)
    crawl(folder, server)
    size = warc_bytes(folder)
    for _ in range(2):
        captures = crawl(folder, server)
    assert server.site.since_last_look() == [("/", None, None), ("/", ETAG, DATE), ("/", ETAG, DATE)]
    assert [capture.outcome for capture in captures] == ["fetched", "not-modified", "not-modified"]
    assert [capture.revisit_of for capture in captures] == [None, 1, 1]
    assert warc_bytes(folder) - size < 2 * 6000, "headers, robots.txt and metadata only"


def test_page_without_validators_costs_its_headers_when_it_comes_again(server: Server, tmp_path: Path) -> None:
    server.site.fields = {}
    server.site.bodies["/"] = PAGE + bytes(range(256)) * 1000
    folder = archive(tmp_path)
    crawl(folder, server)
    size = warc_bytes(folder)
    captures = crawl(folder, server)
    assert server.site.since_last_look() == [("/", None, None)] * 2
    assert [(capture.outcome, capture.revisit_of) for capture in captures] == [("fetched", None), ("fetched", 1)]
    assert warc_bytes(folder) - size < 6000


def test_changed_page_comes_whole(server: Server, tmp_path: Path) -> None:
    folder = archive(tmp_path)
    crawl(folder, server)
    server.site.bodies["/"] = PAGE.replace(b"Unchanged", b"Changed")
    server.site.fields = {"ETag": '"v2"'}
    captures = crawl(folder, server)
    assert server.site.since_last_look()[1:] == [("/", ETAG, DATE)]
    place = captures[1].exchanges[-1].response
    assert place
    assert b"<title>Changed" in read_record(folder.warc_dir, place).block
    assert (captures[1].revisit_of, captures[1].etag) == (None, '"v2"')


def test_validators_are_sent_to_the_page_behind_redirects_and_to_no_other(server: Server, tmp_path: Path) -> None:
    server.site.redirects["/old"] = "/"
    folder = archive(tmp_path, "http://behind.example/old")
    crawl(folder, server)
    captures = crawl(folder, server)
    assert server.site.since_last_look()[2:] == [("/old", None, None), ("/", ETAG, DATE)]
    assert (captures[1].outcome, captures[1].final_url) == ("not-modified", "http://behind.example/")


def test_page_that_has_moved_is_not_asked_for_with_the_validators_of_the_old_one(
    server: Server, tmp_path: Path
) -> None:
    server.site.bodies["/new"] = PAGE
    folder = archive(tmp_path, "http://moves.example/")
    crawl(folder, server)
    server.site.redirects["/"] = "/new"
    captures = crawl(folder, server)
    assert server.site.since_last_look()[1:] == [("/", ETAG, DATE), ("/new", None, None)]
    assert (captures[1].outcome, captures[1].revisit_of) == ("fetched", None)


@pytest.mark.parametrize("etag", ["not quoted", "caf\xe9", 'W/"weak"'])
def test_odd_validators_are_sent_back_as_they_came(server: Server, tmp_path: Path, etag: str) -> None:
    server.site.fields = {"ETag": etag}
    folder = archive(tmp_path)
    crawl(folder, server)
    assert crawl(folder, server)[1].outcome == "not-modified"
    assert server.site.since_last_look()[1] == ("/", etag, None)


def test_conditional_requests_can_be_switched_off(server: Server, tmp_path: Path) -> None:
    folder = archive(tmp_path, conditional_for=0)
    crawl(folder, server)
    assert [capture.outcome for capture in crawl(folder, server)] == ["fetched", "fetched"]
    assert server.site.since_last_look() == [("/", None, None)] * 2


def test_page_has_to_come_whole_now_and_then(server: Server, tmp_path: Path) -> None:
    folder = archive(tmp_path, conditional_for=30)
    crawl(folder, server)
    crawl(folder, server)
    long_ago = as_timestamp(datetime.now(UTC) - timedelta(days=31))
    with closing(sqlite3.connect(folder.catalogue_path)) as connection:
        connection.execute("UPDATE captures SET requested_at = ? WHERE outcome = 'fetched'", (long_ago,))
        connection.commit()
    assert [capture.outcome for capture in crawl(folder, server)] == ["fetched", "not-modified", "fetched"]
    assert crawl(folder, server)[3].outcome == "not-modified"


@pytest.mark.parametrize("status", [400, 412, 431, 500])
def test_page_that_fails_only_when_asked_conditionally_is_asked_for_plainly(
    server: Server, tmp_path: Path, status: int
) -> None:
    server.site.conditional_status = status
    folder = archive(tmp_path)
    crawl(folder, server)
    capture = crawl(folder, server)[1]
    assert server.site.since_last_look() == [("/", None, None), ("/", ETAG, DATE), ("/", None, None)]
    assert (capture.outcome, capture.revisit_of, len(capture.exchanges)) == ("fetched", 1, 2)


def test_conditional_request_that_got_no_answer_is_tried_plainly_only_once(server: Server, tmp_path: Path) -> None:
    folder = archive(tmp_path, retries=0)
    crawl(folder, server)
    server.site.conditional_status = 503
    server.site.statuses["/"] = 503
    assert [exchange.http_status for exchange in crawl(folder, server)[1].exchanges] == [503, 503]


def test_page_whose_host_is_left_alone_meanwhile_is_not_tried_for_ever(server: Server, tmp_path: Path) -> None:
    server.site.bodies["/busy"] = b"come back tomorrow"
    urls = ["http://revisits.example/", "http://revisits.example/busy"]
    folder = make_archive(tmp_path / "archive", urls, retries=1, retry_wait=1.0)
    run_crawl(folder, cast("MockServer", server))
    server.site.conditional_status = 0
    server.site.fields = {"Retry-After": "99999", "ETag": ETAG}
    server.site.statuses["/busy"] = 503
    server.site.conditional_only = "/"
    crawled = run_crawl(folder, cast("MockServer", server), arguments=["-a", "all=1"])
    assert (crawled.exit_code, crawled.traces()) == (0, "")
    assert [crawled.captures[url][1].outcome for url in urls] == ["http-error", "http-error"]


@pytest.mark.parametrize("named", ['"v2"', 'W/"v2"'])
def test_not_modified_about_another_page_is_not_believed(server: Server, tmp_path: Path, named: str) -> None:
    folder = archive(tmp_path)
    crawl(folder, server)
    server.site.named_in_304 = named
    server.site.bodies["/"] = PAGE + b"More."
    capture = crawl(folder, server)[1]
    assert [exchange.http_status for exchange in capture.exchanges] == [304, 200]
    assert (capture.outcome, capture.revisit_of) == ("fetched", None)


@pytest.mark.parametrize(
    "date", ["Fri, 31 Dec 9999 23:59:59 GMT", "Thu, 01 Jan 2026 00:00:00 +9999999999999999", "yesterday"]
)
def test_date_that_is_none_or_still_to_come_says_nothing(server: Server, tmp_path: Path, date: str) -> None:
    server.site.fields = {"Last-Modified": date}
    folder = archive(tmp_path)
    crawl(folder, server)
    assert crawl(folder, server)[1].outcome == "fetched"
    assert server.site.since_last_look() == [("/", None, None)] * 2


def test_page_whose_warc_file_has_gone_is_asked_for_whole(server: Server, tmp_path: Path) -> None:
    folder = archive(tmp_path)
    crawl(folder, server)
    for file in folder.warc_dir.glob("*.warc.gz"):
        file.unlink()
    captures = crawl(folder, server)
    assert (captures[1].outcome, captures[1].revisit_of) == ("fetched", None)
    place = captures[1].exchanges[-1].response
    assert place
    assert PAGE in read_record(folder.warc_dir, place).block


def test_error_page_that_comes_again_is_the_same_error(server: Server, tmp_path: Path) -> None:
    server.site.statuses["/"] = 404
    folder = archive(tmp_path)
    crawl(folder, server)
    captures = crawl(folder, server)
    assert server.site.since_last_look() == [("/", None, None)] * 2, "an error is no page to ask about"
    assert [(capture.outcome, capture.revisit_of) for capture in captures] == [("http-error", None), ("http-error", 1)]
