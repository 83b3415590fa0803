"""The demo web: what the issue of a first look promises is there, and the server sends it byte for byte."""

from __future__ import annotations

import gzip
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from archive.http_message import parse_response
from archive.records import Incident
from archive.urls import url_key
from extract import extract_page
from sourcekeep.demo.manifest import load_web
from sourcekeep.demo.process import DemoWeb, demo_web
from sourcekeep.demo.run import INCIDENT_FILES
from sourcekeep.incidents import Options, read_incidents

if TYPE_CHECKING:
    from collections.abc import Iterator

WEB = load_web()
MISSING_ON_PURPOSE = {
    "http://:statement-of-regret.html",  # no URL
    "http://nowhere.invalid/blog/i-saw-the-ferry",  # no such name
    "http://closed-counter.example/notices/pier-4",  # nothing listens
    "http://localhost:8080/drafts/grenmouth-note.html",  # an address that is not fetched
    "https://sealed-notary.example/deeds/kestrel-line-2025.html",  # no TLS
    "ftp://files.ombuds-office.example/2026/17/annex-b.zip",  # not http
}


@pytest.fixture(scope="module")
def served() -> Iterator[DemoWeb]:
    with demo_web() as running:
        yield running


def cited() -> list[str]:
    readings = read_incidents(INCIDENT_FILES, None, Options())
    incidents = [item for reading in readings for item in reading if isinstance(item, Incident)]
    assert len(incidents) >= 8
    return [link.cited_as for incident in incidents for link in incident.links if link.has_url]


def ask(port: int, url: str, *more: str) -> bytes:
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    lines = [f"GET {target} HTTP/1.1", f"Host: {parts.hostname}", "Connection: close", *more, "", ""]
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall("\r\n".join(lines).encode("ascii"))
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_there_are_as_many_pages_hosts_and_languages_as_a_first_look_needs() -> None:
    pages = [answer for rows in WEB.answers.values() for answer in rows if answer.file and answer.status == 200]
    languages = set()
    for answer in pages:
        if answer.file and answer.file.endswith((".html", ".htm")):
            languages.add(extract_page(WEB.body(answer), url=f"http://{answer.at}").language)
    assert len(pages) >= 25
    assert len(WEB.hosts) >= 12
    assert len(languages - {None}) >= 6


def test_every_cited_page_is_served_or_missing_on_purpose() -> None:
    served = {url_key(f"http://{at}") for at in WEB.answers}
    for url in cited():
        if url not in MISSING_ON_PURPOSE:
            assert url_key(url) in served or url_key(url.partition("?")[0]) in served, url


@pytest.mark.parametrize(
    "at",
    [
        "morning-ledger.example/2026/02/15/kestrel-line-night-ferry",  # gzip
        "saltmarsh-diary.example/2026/02/14/number-thirty-one/",  # chunked
        "ostertaler-anzeiger.example/2026/kw11/portier.htm",  # until close, windows-1252
        "ombuds-office.example/reports/2026-17.pdf",
    ],
)
def test_page_comes_as_the_manifest_says(served: DemoWeb, at: str) -> None:
    (answer,) = WEB.answers[at]
    raw = ask(served.http_port, f"http://{at}")
    message = parse_response(raw)
    assert message.status == 200
    assert message.content() == WEB.body(answer)
    for line in answer.headers:
        assert line.encode("latin-1") in raw
    assert (message.header("Content-Encoding") == "gzip") == answer.gzip
    if answer.gzip:
        assert gzip.decompress(message.payload) == WEB.body(answer)


def test_failure_that_passes_is_one_failure(served: DemoWeb) -> None:
    url = "http://harbour-wire.example/2026/05/13/flood-warning.html"
    assert [parse_response(ask(served.http_port, url)).status for _ in range(2)] == [503, 200]


def test_page_behind_a_cookie_is_given_to_those_who_bring_it(served: DemoWeb) -> None:
    url = "http://kiosk-weekly.example/profiles/the-hands"
    assert parse_response(ask(served.http_port, url)).status == 302
    assert parse_response(ask(served.http_port, url, "Cookie: kiosk=open")).status == 200


def test_reset_cut_and_closed_are_what_they_say(served: DemoWeb) -> None:
    with pytest.raises(ConnectionResetError):
        ask(served.http_port, "http://snapped-line.example/blog/seventeen-helpers")
    cut = parse_response(ask(served.http_port, "http://torn-page.example/letters/watch.html"))
    assert 0 < len(cut.payload) < int(cut.header("Content-Length") or 0)
    with pytest.raises(ConnectionRefusedError):
        ask(served.closed_port, "http://closed-counter.example/notices/pier-4")


def test_certificate_is_signed_by_itself(served: DemoWeb) -> None:
    context = ssl.create_default_context()
    with (
        socket.create_connection(("127.0.0.1", served.https_port), timeout=5) as connection,
        pytest.raises(ssl.SSLCertVerificationError, match="self-signed"),
    ):
        context.wrap_socket(connection, server_hostname="homemade-observatory.example")


def test_server_ends_when_its_parent_is_killed() -> None:
    code = (
        "from sourcekeep.demo.process import demo_web\nimport time\n"
        "with demo_web() as web:\n print(web.http_port, flush=True)\n time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        port = int(parent.stdout.readline())
        os.kill(parent.pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.05)
    pytest.fail("the server outlived its parent")
