from __future__ import annotations

import gzip
import io
import time
import zlib
from contextlib import suppress

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mockserver.cases import BODY, CASES, zstd

from archive.content_codings import ContentDecodeError, decode_content
from archive.http_message import HttpMessage, chunk_pieces, parse_response, split_head

LONG_NUMBER = b"9" * 5000  # int() refuses more than 4,300 digits


def parse(head: bytes, body: bytes = b"body") -> HttpMessage:
    return parse_response(head.replace(b"|", b"\r\n") + b"\r\n\r\n" + body)


def with_coding(coding: str, body: bytes) -> HttpMessage:
    return parse(b"HTTP/1.1 200 OK|Content-Encoding: " + coding.encode("latin-1"), body)


@pytest.mark.parametrize(
    ("message", "head", "rest"),
    [
        (b"A\r\nB: c\r\n\r\nbody", b"A\r\nB: c\r\n\r\n", b"body"),
        (b"A\nB: c\n\nbody", b"A\nB: c\n\n", b"body"),
        (b"A\r\nB: c\n\r\nbody", b"A\r\nB: c\n\r\n", b"body"),
        (b"A\r\n\r\n", b"A\r\n\r\n", b""),
        (b"A\r\nB: c\r\n", b"A\r\nB: c\r\n", b""),
        (b"A\r\n\r\n\r\n\r\n", b"A\r\n\r\n", b"\r\n\r\n"),
        (b"\r\nA", b"\r\n", b"A"),
        (b"", b"", b""),
    ],
)
def test_head_ends_with_the_first_empty_line(message: bytes, head: bytes, rest: bytes) -> None:
    assert split_head(message) == (head, rest)


@pytest.mark.parametrize(
    ("line", "status", "reason", "version"),
    [
        (b"HTTP/1.1 200 OK", 200, "OK", "HTTP/1.1"),
        (b"HTTP/1.0 404 Not Found", 404, "Not Found", "HTTP/1.0"),
        (b"HTTP/1.1 200", 200, "", "HTTP/1.1"),
        (b"HTTP/1.1 200 ", 200, "", "HTTP/1.1"),
        (b"HTTP/1.1  200  OK ", 200, "OK", "HTTP/1.1"),
        (b"HTTP/1.1 999 Tr\xe8s bien", 999, "Très bien", "HTTP/1.1"),
        (b"HTTP/1.1 two", 0, "", "HTTP/1.1"),
        (b"HTTP/1.1 -20", 0, "", "HTTP/1.1"),
        ("HTTP/1.1 ²00".encode("latin-1"), 0, "", "HTTP/1.1"),
        (b"", 0, "", ""),
    ],
)
def test_status_line_is_read_leniently(line: bytes, status: int, reason: str, version: str) -> None:
    message = parse(line)
    assert (message.status, message.head.version) == (status, version)
    if status:
        assert message.head.reason == reason


def test_header_names_order_and_repetition_are_kept() -> None:
    message = parse(b"HTTP/1.1 200 OK|sEt-CoOkIe: a=1|X:y|Set-Cookie:  b=2\t|X-\xe9: \xff")
    assert message.headers == (("sEt-CoOkIe", "a=1"), ("X", "y"), ("Set-Cookie", "b=2"), ("X-é", "ÿ"))
    assert message.header("SET-COOKIE") == "a=1"
    assert message.header("missing") is None


def test_folded_header_is_one_value() -> None:
    assert parse(b"HTTP/1.1 200 OK|X: one|  two|\tthree|Y: z").headers == (("X", "one two three"), ("Y", "z"))


def test_line_without_colon_is_skipped_with_its_continuation() -> None:
    assert parse(b"HTTP/1.1 200 OK|no colon|  folded|: nameless|Y: z").headers == (("Y", "z"),)


def test_interim_responses_are_left_out() -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    message = parse_response(interim + b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nokay")
    assert (message.status, message.payload, message.header("Link")) == (201, b"ok", None)


def test_interim_response_with_nothing_behind_it_is_what_came() -> None:
    assert parse_response(b"HTTP/1.1 100 Continue\r\n\r\n").status == 100


@pytest.mark.parametrize(
    ("fields", "payload"),
    [
        (b"Content-Length: 2", b"bo"),
        (b"Content-Length: 99", b"body"),
        (b"Content-Length: 0", b""),
        (b"Content-Length: many", b"body"),
        (b"Content-Length: -1", b"body"),
        (b"Content-Length: " + LONG_NUMBER, b"body"),
        (b"X: y", b"body"),
    ],
)
def test_payload_is_as_long_as_said_or_as_came(fields: bytes, payload: bytes) -> None:
    assert parse(b"HTTP/1.1 200 OK|" + fields).payload == payload


@pytest.mark.parametrize("status", [b"204", b"304"])
def test_status_without_a_body_has_no_payload(status: bytes) -> None:
    assert parse(b"HTTP/1.1 " + status + b" X|Content-Length: 4").payload == b""


def test_status_of_5000_digits_is_no_number() -> None:
    assert parse(b"HTTP/1.1 " + LONG_NUMBER + b" OK").status == 0


@pytest.mark.parametrize(
    ("body", "payload"),
    [
        (b"2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n", b"abcde"),
        (b"2;name=value\r\nab\r\n0\r\nTrailer: x\r\n\r\n", b"ab"),
        (b'2 ; quoted="a;b"\r\nab\r\n0\r\n\r\n', b"ab"),
        (b"A\r\n0123456789\r\n00\r\n\r\n", b"0123456789"),
        (b"000a\r\n0123456789\r\n0\r\n\r\n", b"0123456789"),
        (b"2\nab\n0\n\n", b"ab"),
        (b"5\r\nabc", b"abc"),
        (b"2\r\nab\r\nzz\r\ncd", b"ab"),
        (b"2\r\nab\r\n-1\r\ncd", b"ab"),
        (b"2\r\nab\r\n", b"ab"),
        (b"2\r\nab", b"ab"),
        (b"2", b""),
        (b"", b""),
        (b"ffffffffffffffffffffffffffff\r\nabc", b"abc"),
        (b"f" * 9000 + b"\r\nabc", b"abc"),
        (b"3\r\na\r\n\r\n0\r\n\r\n", b"a\r\n"),
    ],
)
def test_chunks_are_joined_as_far_as_they_came(body: bytes, payload: bytes) -> None:
    assert b"".join(chunk_pieces(io.BytesIO(body))) == payload
    assert parse(b"HTTP/1.1 200 OK|Transfer-Encoding: Chunked|Content-Length: 1", body).payload == payload


@pytest.mark.parametrize("size", [b"0x2", b"+2", b"1_0", b"2 2", b""])
def test_chunk_size_that_only_python_takes_for_a_number_ends_the_body(size: bytes) -> None:
    assert b"".join(chunk_pieces(io.BytesIO(b"1\r\na\r\n" + size + b"\r\nbc\r\n0\r\n\r\n"))) == b"a"


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=8), st.binary(max_size=20))
def test_any_body_comes_out_of_its_chunks(pieces: list[bytes], trailer: bytes) -> None:
    body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n" + trailer
    assert b"".join(chunk_pieces(io.BytesIO(body))) == b"".join(pieces)


@given(st.binary(max_size=400))
def test_any_bytes_are_read(block: bytes) -> None:
    message = parse_response(block)
    assert len(message.payload) <= len(block)
    with suppress(ContentDecodeError):
        message.content(limit=1000)


@given(
    st.sampled_from([b"HTTP/1.1 200 OK", b"HTTP/1.1 100", b"HTTP/1.0 204", b"\xb2", b""]),
    st.lists(
        st.tuples(
            st.sampled_from([b"Content-Length", b"Transfer-Encoding", b"Content-Encoding", b" ", b"", b"X"]),
            st.sampled_from([b": ", b":", b"", b" :"]),
            st.one_of(st.binary(max_size=6), st.sampled_from([b"3", b"chunked", b"gzip", b"gzip, br", b"zstd"])),
        ),
        max_size=5,
    ),
    st.sampled_from([b"\r\n", b"\n", b"\r"]),
    st.one_of(st.binary(max_size=60), st.sampled_from([b"3\r\nabc\r\n0\r\n\r\n", gzip.compress(b"x")])),
)
def test_any_head_is_read(line: bytes, fields: list[tuple[bytes, ...]], end: bytes, body: bytes) -> None:
    message = parse_response(line + end + b"".join(b"".join(field) + end for field in fields) + end + body)
    with suppress(ContentDecodeError):
        message.content(limit=1000)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.payload and len(case.paths) == 1])
def test_payload_of_what_the_mock_server_sends(name: str) -> None:
    case = CASES[name]
    sent = b"".join(step for step in case.paths["/"][-1] if isinstance(step, bytes))
    assert parse_response(sent).payload == case.payload


RAW_DEFLATE = zlib.compress(BODY)[2:-4]
MEMBERS = gzip.compress(BODY[:30]) + gzip.compress(BODY[30:])


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(BODY)),
        ("X-GZIP", gzip.compress(BODY)),
        ("gzip", MEMBERS),
        ("deflate", zlib.compress(BODY)),
        ("deflate", RAW_DEFLATE),
        ("br", brotli.compress(BODY)),
        ("zstd", zstd.compress(BODY)),
        ("zstd", zstd.compress(BODY[:30]) + zstd.compress(BODY[30:])),
        ("identity", BODY),
        ("martian", BODY),
        ("", BODY),
        ("gzip, br", brotli.compress(gzip.compress(BODY))),
        ("br,gzip , identity", gzip.compress(brotli.compress(BODY))),
    ],
)
def test_content_codings_are_undone(coding: str, body: bytes) -> None:
    assert with_coding(coding, body).content() == BODY


def test_codings_of_repeated_headers_are_undone_in_order() -> None:
    message = parse(
        b"HTTP/1.1 200 OK|Content-Encoding: gzip|content-encoding: br", brotli.compress(gzip.compress(BODY))
    )
    assert message.content() == BODY


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(BODY)),
        ("deflate", zlib.compress(BODY)),
        ("br", brotli.compress(BODY)),
        ("zstd", zstd.compress(BODY)),
    ],
)
def test_cut_body_gives_what_can_be_had(coding: str, body: bytes) -> None:
    for end in range(len(body)):
        assert BODY.startswith(decode_content(body[:end], coding))


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_body_in_another_format_than_said_is_an_error(coding: str) -> None:
    with pytest.raises(ContentDecodeError, match=coding):
        decode_content(b"<html>\xff\xff plain text, no coding at all", coding)


BOMB = bytes(3_000_000)


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(BOMB)),
        ("gzip", gzip.compress(BOMB[:90_000]) * 30),
        ("deflate", zlib.compress(BOMB)),
        ("br", brotli.compress(BOMB)),
        ("zstd", zstd.compress(BOMB)),
        ("zstd", zstd.compress(BOMB[:90_000]) * 30),
    ],
)
def test_bomb_is_an_error_and_the_limit_itself_is_none(coding: str, body: bytes) -> None:
    with pytest.raises(ContentDecodeError, match="larger than"):
        decode_content(body, coding, limit=100_000)
    size = len(decode_content(body, coding, limit=3_000_000))
    with pytest.raises(ContentDecodeError):
        decode_content(body, coding, limit=size - 1)
    assert len(decode_content(body, coding, limit=size)) == size


def test_layered_bomb_stops_at_its_first_layer_too_large() -> None:
    with pytest.raises(ContentDecodeError, match="larger than"):
        with_coding("gzip, gzip", gzip.compress(gzip.compress(BOMB))).content(limit=1000)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
@given(body=st.binary(max_size=200))
def test_decoding_any_bytes_gives_bytes_or_the_one_error(coding: str, body: bytes) -> None:
    with suppress(ContentDecodeError):
        assert isinstance(decode_content(body, coding, limit=500), bytes)


HOSTILE = {
    "interim responses": b"HTTP/1.1 100 Continue\r\n\r\n" * 400_000,
    "folded headers": b"HTTP/1.1 200 OK\r\nX: 1\r\n" + b" and on\r\n" * 800_000 + b"\r\n",
    "tiny chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 400_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_reading_takes_time_in_proportion_to_the_bytes(name: str) -> None:
    """Each of these took minutes once: a copy of the rest at every step."""
    started = time.process_time()
    parse_response(HOSTILE[name])
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("coding", "empty"), [("gzip", gzip.compress(b"")), ("zstd", zstd.compress(b""))], ids=["gzip", "zstd"]
)
def test_many_empty_streams_are_decoded_in_proportion_to_the_bytes(coding: str, empty: bytes) -> None:
    started = time.process_time()
    assert decode_content(empty * (1_000_000 // len(empty)), coding) == b""
    assert time.process_time() - started < 5
