"""The bench's check of WARC files finds what is wrong with them."""

from __future__ import annotations

import base64
import gzip
import hashlib
import uuid
from typing import TYPE_CHECKING

import pytest

from bench.pages import address_of, http_response
from bench.warcs import check

if TYPE_CHECKING:
    from pathlib import Path

    from bench.pages import Address

URL = "https://canal.example/locks"
RESPONSE = http_response(b"<p>The lock is open.</p>", "plain")


def wanted(response: bytes = RESPONSE) -> dict[Address, bytes]:
    address = address_of(URL)
    assert address
    return {address: hashlib.sha256(response).digest()}


def member(kind: str, uri: str, block: bytes, digested: bytes | None = None) -> bytes:
    """Return one record as a gzip member; its digest is that of *digested*, the block when left out."""
    digest = base64.b32encode(hashlib.sha1(block if digested is None else digested).digest()).decode()
    head = (
        f"WARC/1.1\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:{uuid.uuid4()}>\r\n"
        f"WARC-Date: 2026-01-01T00:00:00Z\r\nWARC-Target-URI: {uri}\r\nWARC-Block-Digest: sha1:{digest}\r\n"
        f"Content-Type: application/http; msgtype={kind}\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    return gzip.compress(head.encode() + block + b"\r\n\r\n")


@pytest.fixture
def warc(tmp_path: Path) -> Path:
    file = tmp_path / "a.warc.gz"
    request = member("request", URL, b"GET /locks HTTP/1.1\r\nHost: canal.example\r\n\r\n")
    file.write_bytes(request + member("response", URL, RESPONSE))
    return file


def test_whole_file_with_the_served_bytes_passes(warc: Path) -> None:
    result = check([warc], wanted())
    assert (result.files, result.pages, result.exact, result.problems) == (1, 1, 1, [])
    assert result.records == {"request": 1, "response": 1}
    assert result.bytes == warc.stat().st_size


def test_response_that_is_not_as_served_is_not_exact(warc: Path) -> None:
    result = check([warc], wanted(RESPONSE + b" "))
    assert (result.pages, result.exact) == (1, 0)


def test_file_cut_within_a_record_fails(warc: Path) -> None:
    warc.write_bytes(warc.read_bytes()[:-20])
    (problem,) = check([warc], wanted()).problems
    assert "unexpected end of file" in problem


def test_unfinished_file_fails(warc: Path) -> None:
    (problem,) = check([warc.rename(warc.with_name("a.warc.gz.open"))], wanted()).problems
    assert "never finished" in problem


def test_block_that_is_not_as_its_digest_says_fails(tmp_path: Path) -> None:
    file = tmp_path / "b.warc.gz"
    file.write_bytes(member("response", URL, RESPONSE, digested=b"another block"))
    (problem,) = check([file], wanted()).problems
    assert "1 of 1 records fail their block digest" in problem


def test_angle_brackets_around_the_uri_are_understood(tmp_path: Path) -> None:
    file = tmp_path / "c.warc.gz"
    file.write_bytes(member("response", f"<{URL}>", RESPONSE))
    assert check([file], wanted()).exact == 1


def test_empty_file_fails(tmp_path: Path) -> None:
    file = tmp_path / "d.warc.gz"
    file.write_bytes(gzip.compress(b""))
    assert check([file], {}).problems
