"""The index beside a WARC file: what has a line, what the line says, and that it is whole or not there."""

from __future__ import annotations

import io
import json
import os
import random
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from judges import ask, needs_judges
from mockserver import MockServer
from mockserver.cases import CASES, MAX_BYTES, TIMEOUT
from mockserver.crawling import make_archive, run_crawl

from archive.cdxj import complete_indexes, index_missing, index_path, write_index
from archive.errors import ArchiveError
from archive.warc_files import WARC_SUFFIX
from archive.warc_record import RecordType, WarcRecord, digest_of, new_record_id
from archive.warc_writer import WarcWriter

if TYPE_CHECKING:
    from pathlib import Path

    from archive.records import RecordPlace

DATE = "2031-03-01T12:00:00.000000Z"
PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 3\r\n\r\nabc"


def record(
    url: str = "http://www.example.org/page?b&a",
    block: bytes = PAGE,
    *more: tuple[str, str],
    record_type: RecordType = RecordType.RESPONSE,
    date: str = DATE,
) -> WarcRecord:
    return WarcRecord(
        record_type, new_record_id(), date, io.BytesIO(block), len(block), digest_of([block]), url, more=more
    )


def write(path: Path, *records: WarcRecord) -> tuple[Path, list[RecordPlace]]:
    """Write one finished WARC file of *records*, without its index; return it with their places."""
    path.mkdir(exist_ok=True)
    writer = WarcWriter(path, "test", {"software": "tests"})
    places = [writer.append(each) for each in records]
    writer.finish()
    warc = path / places[0].warc_file
    index_path(warc).unlink()
    return warc, places


def lines_of(warc: Path) -> list[tuple[str, str, dict[str, str]]]:
    split = (line.split(" ", 2) for line in write_index(warc).read_text(encoding="ascii").splitlines())
    return [(key, timestamp, json.loads(fields)) for key, timestamp, fields in split]


def test_line_says_where_the_response_lies_and_what_it_is(tmp_path: Path) -> None:
    warc, [place] = write(
        tmp_path, record("http://www.example.org/page?b&a", PAGE, ("WARC-Payload-Digest", "sha256:AB"))
    )
    assert lines_of(warc) == [
        (
            "org,example)/page?a&b",
            "20310301120000",
            {
                "url": "http://www.example.org/page?b&a",
                "mime": "text/html",
                "status": "200",
                "digest": "sha256:AB",
                "length": str(place.warc_length),
                "offset": str(place.warc_offset),
                "filename": warc.name,
            },
        )
    ]


def test_index_stands_beside_its_file_under_its_name(tmp_path: Path) -> None:
    warc, _ = write(tmp_path, record())
    assert index_missing(tmp_path) == [warc]
    path = write_index(warc)
    assert path == index_path(warc) == tmp_path / f"{warc.name.removesuffix(WARC_SUFFIX)}.cdxj"
    assert index_missing(tmp_path) == []
    assert sorted(tmp_path.iterdir()) == [path, warc]


def test_file_of_a_crawl_under_way_is_no_file_without_an_index(tmp_path: Path) -> None:
    writer = WarcWriter(tmp_path, "test", {})
    writer.append(record())
    writer.sync()
    assert index_missing(tmp_path) == []
    writer.abandon()


def test_requests_metadata_and_warcinfo_have_no_line(tmp_path: Path) -> None:
    request = record(block=b"GET / HTTP/1.1\r\n\r\n", record_type=RecordType.REQUEST)
    metadata = record(block=b"{}", record_type=RecordType.METADATA)
    warc, _ = write(tmp_path, request, metadata)
    assert lines_of(warc) == []


def test_resource_has_the_media_type_of_its_record_and_no_status(tmp_path: Path) -> None:
    statement = record("urn:sourcekeep:incident:A-1", b"{}", record_type=RecordType.RESOURCE)
    warc, _ = write(tmp_path, statement)
    [(key, _, fields)] = lines_of(warc)
    assert (key, fields["mime"]) == ("urn:sourcekeep:incident:a-1", "application/json")
    assert fields["digest"] == statement.block_digest
    assert "status" not in fields


def test_revisit_is_marked_as_one_with_its_own_status(tmp_path: Path) -> None:
    head = PAGE.removesuffix(b"abc")
    warc, _ = write(
        tmp_path,
        record("http://a.example/", head, ("WARC-Payload-Digest", "sha256:AB"), record_type=RecordType.REVISIT),
    )
    [(_, _, fields)] = lines_of(warc)
    assert (fields["mime"], fields["status"], fields["digest"]) == ("warc/revisit", "200", "sha256:AB")


@pytest.mark.parametrize(
    ("block", "record_type"),
    [
        (b"HTTP/1.1 304 Not Modified\r\n\r\n", RecordType.REVISIT),
        (b"HTTP/1.1 100 Continue\r\n\r\n", RecordType.RESPONSE),
        (b"HTTP/1.1 2", RecordType.RESPONSE),
        (b"220 mail.example ESMTP\r\n", RecordType.RESPONSE),
        (b"<html></html>", RecordType.RESPONSE),
        (b"", RecordType.RESPONSE),
    ],
)
def test_what_shows_no_page_has_no_line(tmp_path: Path, block: bytes, record_type: RecordType) -> None:
    warc, _ = write(tmp_path, record(block=block, record_type=record_type))
    assert lines_of(warc) == []


@pytest.mark.parametrize(
    ("head", "status", "mime"),
    [
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 No\r\nContent-Type: Text/HTML\r\n\r\n", "404", "text/html"),
        (b"HTTP/1.1 304 Not Modified\r\n\r\n", "304", "unk"),
        (b"HTTP/1.1 200 OK\nContent-Type: \xff; charset=\xfe\n\n", "200", "unk"),
        (b'HTTP/1.1 200 OK\r\nContent-Type: a/b"} {\r\n\r\n', "200", "a/b"),
        (b"HTTP/1.1 999 No\r\nContent-Type: application/ld+json\r\n", "999", "application/ld+json"),
    ],
)
def test_status_and_media_type_are_those_of_the_last_head(tmp_path: Path, head: bytes, status: str, mime: str) -> None:
    warc, _ = write(tmp_path, record(block=head))
    [(_, _, fields)] = lines_of(warc)
    assert (fields["status"], fields["mime"]) == (status, mime)


def test_lines_are_in_the_order_of_their_bytes(tmp_path: Path) -> None:
    urls = [
        f"http://{host}.example/{path}" for host in ("b", "a", "a-b", "a.b") for path in ("", "Z", "a", "a?b", "%7E")
    ]
    records = [record(url, date=f"2031-03-0{day}T12:00:00Z") for url in urls for day in (2, 1)]
    random.Random(1).shuffle(records)
    warc, _ = write(tmp_path, *records)
    lines = write_index(warc).read_bytes().splitlines(keepends=True)
    assert len(lines) == len(records)
    assert lines == sorted(lines)


def test_damage_costs_the_lines_of_what_is_damaged_alone(tmp_path: Path) -> None:
    warc, places = write(tmp_path, *(record(f"http://a.example/{number}") for number in range(3)))
    data = bytearray(warc.read_bytes())
    data[places[1].warc_offset + 40] ^= 0xFF
    warc.write_bytes(data)
    assert [fields["url"][-1] for _, _, fields in lines_of(warc)] == ["0", "2"]


def test_index_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    warc, _ = write(tmp_path, record())
    index_path(warc).mkdir()
    with pytest.raises(ArchiveError, match="cannot be written"):
        write_index(warc)
    assert sorted(tmp_path.iterdir()) == [index_path(warc), warc]


def test_index_of_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="can't be read"):
        write_index(tmp_path / "none.warc.gz")


def test_index_is_made_anew_over_an_old_one(tmp_path: Path) -> None:
    warc, _ = write(tmp_path, record())
    right = write_index(warc).read_bytes()
    index_path(warc).write_bytes(b"torn")
    assert write_index(warc).read_bytes() == right


def test_one_index_that_cannot_be_written_costs_no_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (first, _), (second, _) = write(tmp_path, record()), write(tmp_path, record())
    first.unlink()
    first.mkdir()
    complete_indexes(tmp_path)
    assert index_missing(tmp_path) == [first]
    assert index_path(second).exists()
    assert "can't be read" in caplog.text


@needs_judges
def test_lines_are_those_of_other_indexers(tmp_path: Path) -> None:
    records = [
        record(f"https://www.Example.org/{n}/?b=2&a=%7E#x", PAGE, ("WARC-Payload-Digest", "sha256:AB")) for n in "ba"
    ]
    digest = ("WARC-Payload-Digest", digest_of([b"{}"]))
    records.append(record("urn:sourcekeep:incident:A-1", b"{}", digest, record_type=RecordType.RESOURCE))
    warc, _ = write(tmp_path, *records)
    ours = write_index(warc).read_text(encoding="ascii").splitlines()
    assert ask("cdxj-indexer", "--sort", warc).stdout.splitlines() == ours
    assert ask("cdx-indexer", "--cdxj", "--sort", warc).stdout.splitlines() == ours


def test_what_a_killed_process_left_of_an_index_is_removed(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    left, living = tmp_path / f".a.cdxj.{ended.pid}.part", tmp_path / f".a.cdxj.{os.getpid()}.part"
    left.touch()
    living.touch()
    complete_indexes(tmp_path)
    assert (left.exists(), living.exists()) == (False, True)


def test_index_that_the_writer_makes_is_the_one_that_is_made_of_the_file(tmp_path: Path) -> None:
    with MockServer(tmp_path) as server:
        urls = [f"http://{name}.wire.example/" for name in CASES]
        folder = make_archive(tmp_path / "archive", urls, max_bytes=MAX_BYTES, timeout=TIMEOUT)
        for _ in range(2):
            assert run_crawl(folder, server, arguments=["-a", "all=1"]).exit_code == 0
    warcs = [path for path in folder.warc_dir.glob("*.warc.gz") if path.name.startswith("sourcekeep")]
    assert len(warcs) == 2
    for warc in warcs:
        made = index_path(warc).read_bytes()
        assert made
        assert write_index(warc).read_bytes() == made
