"""What must hold of every hostile exchange, whatever carried it: plain connections, TLS, IPv6, proxies."""

from __future__ import annotations

import base64
from hashlib import sha256
from typing import TYPE_CHECKING

from mockserver.cases import CASES, host_of

from archive.http_message import parse_response
from archive.warc_reader import StoredRecord, read_record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockserver import LoggedExchange
    from mockserver.crawling import Crawled

    from archive.records import Capture, RecordPlace


def url_of(name: str, scheme: str = "http") -> str:
    return f"{scheme}://{host_of(name)}/"


def capture_of(crawled: Crawled, name: str, scheme: str = "http") -> Capture:
    (capture,) = crawled.captures[url_of(name, scheme)]
    return capture


def read(crawled: Crawled, place: RecordPlace | None) -> StoredRecord | None:
    return read_record(crawled.folder.warc_dir, place) if place else None


def digest_of(content: bytes) -> str:
    """Return the digest of *content* as WARC writes it, by nothing of ours."""
    return "sha256:" + base64.b32encode(sha256(content).digest()).decode("ascii")


def check_outcome(capture: Capture, name: str) -> None:
    case = CASES[name]
    assert (capture.outcome, capture.http_status) == (case.outcome, case.status), capture.error
    scheme = (capture.final_url or "").partition(":")[0]
    assert capture.final_url == url_of(name, scheme).removesuffix("/") + case.final_path or (
        case.outcome == "redirect-loop"
    )
    assert bool(capture.error) == (case.outcome not in {"fetched", "not-modified"})


def check_bytes(crawled: Crawled, capture: Capture, logged: Sequence[LoggedExchange], name: str) -> None:
    """Assert that both directions of each exchange are what the server saw and sent."""
    assert len(capture.exchanges) == len(logged)
    for kept, seen in zip(capture.exchanges, logged, strict=True):
        request, response = read(crawled, kept.request), read(crawled, kept.response)
        assert request
        assert request.block == seen.request
        received, least = response.block if response else b"", CASES[name].least
        if least is None:
            assert received == seen.sent
        else:
            assert seen.sent.startswith(received)
            assert len(received) >= least


def check_last_response(crawled: Crawled, capture: Capture, name: str, ip: str | None) -> None:
    """Assert that the payload, its digest, the truncation and the address of the last response are right."""
    case = CASES[name]
    response = read(crawled, capture.exchanges[-1].response)
    if response is None:
        assert (case.payload, case.truncated) == (None, None)
        return
    if case.payload is not None:
        assert parse_response(response.block).payload == case.payload
        assert response.header("WARC-Payload-Digest") == digest_of(case.payload)
    assert response.header("WARC-Truncated") == case.truncated
    assert response.header("WARC-Payload-Digest") == capture.payload_digest
    assert response.header("WARC-IP-Address") == ip
