"""The server of the demo web, byte by byte, and the traps that its files and its manifest hold."""

from __future__ import annotations

import gzip
import json
import re
import socket
import ssl
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from sourcekeep.demo.manifest import WEB_DIR, Answer, load_web
from sourcekeep.demo.process import DemoWeb, demo_web
from sourcekeep.invocation import own_process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WEB = load_web()
CHUNK = 1361


@pytest.fixture(scope="module")
def served() -> Iterator[DemoWeb]:
    with demo_web() as running:
        yield running


def request(at: str, *headers: str, method: str = "GET") -> bytes:
    host, _, path = at.partition("/")
    return "\r\n".join([f"{method} /{path} HTTP/1.1", f"Host: {host}", *headers, "", ""]).encode("ascii")


def answers_to(served: DemoWeb, *requests: bytes) -> bytes:
    """Return every byte that comes on one connection until the server closes it."""
    with socket.create_connection(("127.0.0.1", served.http_port), timeout=10) as connection:
        connection.sendall(b"".join(requests))
        return b"".join(iter(lambda: connection.recv(65536), b""))


def ask(served: DemoWeb, at: str) -> bytes:
    return answers_to(served, request(at, "Connection: close"))


def expected(answer: Answer, reason: str) -> bytes:
    """Return what RFC 9112 makes of *answer*, put together apart from the server; `Date` is left out."""
    coded = (WEB_DIR / answer.host / answer.file).read_bytes() if answer.file else b""
    lines = [f"HTTP/1.1 {answer.status} {reason}", *answer.headers]
    if answer.gzip:
        coded = gzip.compress(coded, mtime=0)
        lines.append("Content-Encoding: gzip")
    wire = coded
    if answer.framing == "chunked":
        lines.append("Transfer-Encoding: chunked")
        pieces = [coded[start : start + CHUNK] for start in range(0, len(coded), CHUNK)]
        wire = b"".join(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in pieces) + b"0\r\n\r\n"
    else:
        lines.append(f"Content-Length: {len(coded)}" if answer.framing == "length" else "Connection: close")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + wire


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        ("morning-ledger.example/2026/02/15/kestrel-line-night-ferry", "OK"),  # gzip
        ("saltmarsh-diary.example/2026/02/14/number-thirty-one/", "OK"),  # chunked
        ("tagesbote-ostertal.example/fehler-404.html", "OK"),  # gzip and chunked
        ("ostertaler-anzeiger.example/2026/kw11/portier.htm", "OK"),  # until close
        ("ombuds-office.example/reports/2026-17.pdf", "OK"),
        ("ombuds-office.example/consultations/2024/points-systems", "Gone"),
        ("hop.example/4kq", "Moved Permanently"),
        ("guarded-gazette.example/features/edmunds-finger", "Forbidden"),
        ("withheld-times.example/2026/07/whose-generosity", "Unavailable For Legal Reasons"),
    ],
)
def test_answer_is_byte_for_byte_what_the_manifest_says(served: DemoWeb, at: str, reason: str) -> None:
    came = re.sub(rb"\r\nDate: [^\r]{25} GMT\r\n", b"\r\n", ask(served, at), count=1)
    assert came == expected(WEB.answers[at][0], reason)


def test_odd_header_bytes_go_out_as_they_are(served: DemoWeb) -> None:
    assert b"\r\nX-Redaktion: K\xfchl & S\xf6hne\r\n" in ask(served, "tagesbote-ostertal.example/fehler-404.html")
    assert b"\r\nserver:hw-edge\r\n" in ask(served, "harbour-wire.example/nowhere")
    assert ask(served, "morning-ledger.example/").count(b"\r\nSet-Cookie: ") == 2


def test_connection_serves_several_requests_and_head_gets_no_body(served: DemoWeb) -> None:
    at = "journal-des-rives.example/societe/2026/02/04/mediateur-avis-equite"
    came = answers_to(served, request(at, method="HEAD"), request("hop.example/4kq", "Connection: close"))
    first, _, second = came.partition(b"\r\n\r\n")
    assert first.startswith(b"HTTP/1.1 200 ")
    assert second.startswith(b"HTTP/1.1 301 ")


def test_what_is_not_on_the_demo_web_is_an_error_of_its_own(served: DemoWeb) -> None:
    assert ask(served, "sahifat-almina.example/2026/05/13/tarjuman.html?utm_source=x").startswith(b"HTTP/1.1 200 ")
    assert ask(served, "sahifat-almina.example/nowhere").startswith(b"HTTP/1.1 404 ")
    assert ask(served, "nobodys.example/").startswith(b"HTTP/1.1 421 ")
    assert answers_to(served, b"nonsense\r\n\r\n").startswith(b"HTTP/1.1 400 ")


def test_silent_page_sends_nothing_and_slow_page_takes_its_time(served: DemoWeb) -> None:
    with socket.create_connection(("127.0.0.1", served.http_port), timeout=0.5) as connection:
        connection.sendall(request("stalled-press.example/releases/rotanova-update"))
        with pytest.raises(TimeoutError):
            connection.recv(1)
    started = time.monotonic()
    assert ask(served, "slow-river-review.example/essays/four-minus").startswith(b"HTTP/1.1 200 ")
    assert time.monotonic() - started >= 1.5


def test_handshake_of_the_sealed_host_ends_in_an_alert(served: DemoWeb) -> None:
    (rule,) = [rule for rule in served.resolve_options(WEB) if rule.startswith("sealed-notary.example:443:")]
    trusting = ssl.create_default_context()
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", int(rule.rpartition(":")[2])), timeout=5) as connection,
        pytest.raises(ssl.SSLError, match=r"(?i)handshake[ _]failure"),
    ):
        trusting.wrap_socket(connection, server_hostname="sealed-notary.example")


def test_server_ends_with_its_input_in_silence_though_a_page_still_waits() -> None:
    with subprocess.Popen(
        own_process(module="sourcekeep.demo.server"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout
        port = json.loads(server.stdout.readline())["http"]
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(request("stalled-press.example/releases/rotanova-update"))
            time.sleep(0.1)
            _, errors = server.communicate(timeout=10)
    assert (server.returncode, errors) == (0, "")


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ('[[answers]]\nat = "b.example/"', "not among the hosts"),
        ('[[answers]]\nat = "a.example/"\nfile = "none.html"', "has no file none.html"),
        ('[[answers]]\nat = "a.example/"\nstaus = 404', "unknown key 'staus'"),
    ],
)
def test_manifest_refuses_what_it_does_not_know(tmp_path: Path, rows: str, complaint: str) -> None:
    manifest = tmp_path / "answers.toml"
    manifest.write_text(f'[hosts."a.example"]\n{rows}\n', encoding="utf-8")
    with pytest.raises(ValueError, match=complaint):
        load_web(manifest, tmp_path)


def test_every_redirect_leads_to_a_page_of_the_demo_web() -> None:
    redirects = [one for answers in WEB.answers.values() for one in answers if 300 <= one.status < 400]
    assert len(redirects) >= 8
    for answer in redirects:
        (location,) = [line.removeprefix("Location: ") for line in answer.headers if line.startswith("Location: ")]
        assert (f"{answer.host}{location}" if location.startswith("/") else location[7:]) in WEB.answers


def test_hosts_are_reserved_names() -> None:
    assert [name for name in WEB.hosts if not name.endswith(".example")] == []


def test_charset_traps_are_really_in_the_files() -> None:
    liar = (WEB_DIR / "ostertaler-anzeiger.example/2026/kw11/portier.htm").read_bytes()
    assert b"charset=UTF-8" in liar
    with pytest.raises(UnicodeDecodeError):
        liar.decode("utf-8")
    assert "Früher gab es einen Portier" in liar.decode("cp1252")
    garbled = (WEB_DIR / "noticias-espelho.example/n/20417.html").read_text(encoding="utf-8")
    assert "suspensÃ£o" in garbled
    assert "suspensão" not in garbled
    japanese = (WEB_DIR / "shiokaze-shimbun.example/column/ushio-0607.html").read_bytes()
    assert "海に捨てた言葉" in japanese.decode("cp932")
