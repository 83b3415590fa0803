"""Whatever is done to an archive behind its back is found, and said with file, offset and record id."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from checking_wire import url_of
from mockserver import MockServer
from mockserver.cases import CASES, MAX_BYTES, TIMEOUT
from mockserver.crawling import make_archive, run_crawl
from tampering import (
    BODY,
    CHUNKED,
    PAGE,
    SECONDS,
    URLS,
    Record,
    Sample,
    Silent,
    adding,
    changing,
    exchange,
    faults,
    forge,
    look,
    make_sample,
    member,
    nothing,
    pick,
    records,
    rewrite,
    sql,
    warcs,
)

from archive.errors import ArchiveError
from archive.fixity.file import check_file
from archive.fixity.findings import FaultKind, Role, RowSet
from archive.fixity.run import verify
from archive.folder import ArchiveFolder
from archive.ledger.imports import importing
from archive.records import CitedLink, Incident
from archive.warc_files import OPEN_SUFFIX, warc_files
from archive.warc_record import digest_of, new_record_id
from archive.words import Purpose

if TYPE_CHECKING:
    from pathlib import Path

    from archive.catalogue import Catalogue
    from archive.fixity.findings import Fault


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sample(tmp_path_factory.mktemp("fixity") / "archive").path


@pytest.fixture
def archive(template: Path, tmp_path: Path) -> ArchiveFolder:
    return ArchiveFolder(shutil.copytree(template, tmp_path / "archive"))


def said(found: list[Fault], record: Record) -> str:
    """Return what is said of a record, with its file, offset and id; not of anything else."""
    places = {(fault.file, fault.offset, fault.record_id) for fault in found}
    assert places == {(record.file, record.offset, record.id)}, found
    return "\n".join(fault.problem for fault in found)


# An archive that is as it was written


def test_archive_as_it_was_written_has_no_fault(archive: ArchiveFolder) -> None:
    found = look(archive)
    assert (list(found.faults), found.notes) == ([], [])
    assert (found.files, found.records, found.texts) == (2, len(records(archive)), 1)
    assert found.rows == sum(count(archive, table) for table in ("captures", "exchanges", "ledger"))
    assert found.bytes == sum(path.stat().st_size for path in warcs(archive))


def test_sample_has_one_of_everything(archive: ArchiveFolder) -> None:
    """Else a tampering that no other test makes would go unseen."""
    assert {each.type for each in records(archive)} == {
        *("warcinfo", "resource", "response", "request", "metadata", "revisit")
    }
    profiles = {each.header("WARC-Profile") for each in records(archive) if each.type == "revisit"}
    assert len(profiles) == 2
    assert any(each.header("WARC-Truncated") == "disconnect" for each in records(archive))
    assert count(archive, "exchanges WHERE record_id IS NULL AND capture_id IS NULL") == 1


def count(archive: ArchiveFolder, rows: str) -> int:
    with closing(sqlite3.connect(archive.catalogue_path)) as connection:
        return int(connection.execute(f"SELECT COUNT(*) FROM {rows}").fetchone()[0])


def test_progress_is_told_all_bytes(archive: ArchiveFolder) -> None:
    for workers in (1, 2):
        progress = Silent()
        verify(archive, progress, workers=workers)
        assert progress.planned == progress.done == sum(path.stat().st_size for path in warcs(archive))


def test_hostile_crawl_has_no_fault(tmp_path: Path) -> None:
    urls = [*map(url_of, CASES), "http://:bad", "nonsense", "mailto:a@b.example"]
    folder = make_archive(tmp_path / "archive", urls, max_bytes=MAX_BYTES, timeout=TIMEOUT)
    with MockServer(tmp_path) as server:  # the shared one counts the visits of these hosts for another module
        assert run_crawl(folder, server).exit_code == 0
    found = look(folder, workers=2)
    assert list(found.faults) == []
    assert found.rows > len(CASES)


# Bytes


def at_once(catalogue: Catalogue, path: Path) -> list[Fault]:
    return check_file(path.parent, path.name, catalogue).faults


def test_flipped_byte_is_found_wherever_it_is(archive: ArchiveFolder) -> None:
    path = warcs(archive)[0]
    data = path.read_bytes()
    starts = [each.offset for each in records(archive, path.name)]
    with archive.catalogue() as catalogue:
        for at in {*range(0, len(data), 17), *(start + n for start in starts[:3] for n in range(12))}:
            path.write_bytes(data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :])
            found = at_once(catalogue, path)
            begin = max(start for start in starts if start <= at)
            # What is wrong with the first member's head may show only where the next one is unlike it.
            assert begin in {fault.offset for fault in found} or (at < 10 and found), at
            assert {fault.file for fault in found} == {path.name}


def test_flipped_bit_that_is_not_found_has_changed_no_record(archive: ArchiveFolder) -> None:
    """Deflate leaves bits unused behind the end of a stream: only a seal shows that one of these was changed."""
    path = warcs(archive)[0]
    data, before = path.read_bytes(), records(archive)
    chance = random.Random(7)
    unseen = 0
    with archive.catalogue() as catalogue:
        for _ in range(400):
            at = chance.randrange(len(data))
            path.write_bytes(data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :])
            if not at_once(catalogue, path):
                unseen += 1
                assert records(archive) == before
    assert unseen < 20


def test_file_that_was_cut_is_found_at_the_cut(archive: ArchiveFolder) -> None:
    path = warcs(archive)[1]
    data = path.read_bytes()
    starts = [each.offset for each in records(archive, path.name)]
    for size in (len(data) - 1, len(data) - 400, starts[3] + 5, starts[2]):
        path.write_bytes(data[:size])
        found = faults(archive)
        begin = max(start for start in starts if start <= size)
        if begin < size:
            assert (FaultKind.DAMAGED, path.name, begin) in {(f.kind, f.file, f.offset) for f in found}
        lost = [each for each in records_of(data, archive, path) if each.offset >= begin and each.type != "warcinfo"]
        assert {each.id for each in lost} <= {fault.record_id for fault in found if fault.kind is FaultKind.NO_RECORD}


def records_of(data: bytes, archive: ArchiveFolder, path: Path) -> list[Record]:
    cut = path.read_bytes()
    path.write_bytes(data)
    try:
        return records(archive, path.name)
    finally:
        path.write_bytes(cut)


@pytest.mark.parametrize("more", [b"\x00", b"garbage", b"\x1f\x8b\x08", member(b"no WARC"), member(b"")], ids=repr)
def test_what_was_appended_is_found(archive: ArchiveFolder, more: bytes) -> None:
    path = warcs(archive)[0]
    end = path.stat().st_size
    with path.open("ab") as file:
        file.write(more)
    (fault,) = faults(archive)
    assert (fault.kind, fault.file, fault.offset) == (FaultKind.DAMAGED, path.name, end)


def test_empty_file_is_a_fault(archive: ArchiveFolder) -> None:
    warcs(archive)[0].write_bytes(b"")
    found = faults(archive)
    assert {fault.file for fault in found} <= {warcs(archive)[0].name, None}
    assert {fault.kind for fault in found} == {FaultKind.DAMAGED, FaultKind.NO_FILE, FaultKind.NO_RECORD}


def test_folder_in_the_place_of_a_file_is_a_fault(archive: ArchiveFolder) -> None:
    path = warcs(archive)[0]
    path.unlink()
    path.mkdir()
    found = faults(archive)
    assert {fault.file for fault in found} <= {path.name, None}
    assert any("can't be read" in fault.problem for fault in found)


def test_missing_file_is_said_once_with_how_many_rows_name_it(archive: ArchiveFolder) -> None:
    path = warcs(archive)[0]
    lost = [each for each in records(archive, path.name) if each.type != "warcinfo"]
    path.unlink()
    found = [fault for fault in faults(archive) if fault.kind is FaultKind.NO_FILE]
    (fault,) = found
    rows = count(archive, f"ledger WHERE warc_file = '{path.name}'")
    for table, prefix in (("captures", ""), ("exchanges", ""), ("exchanges", "request_")):
        rows += count(archive, f"{table} WHERE {prefix}warc_file = '{path.name}'")
    assert fault.file == path.name
    assert f"it is not there; {rows} rows name some" in fault.problem
    assert any(each.id in fault.problem for each in lost)


def test_files_that_changed_names_are_found(archive: ArchiveFolder) -> None:
    first, second = warcs(archive)
    aside = first.rename(archive.path / "aside")
    second.rename(first)
    aside.rename(second)
    found = faults(archive)
    for path, other in ((first, second), (second, first)):
        problems = {fault.offset: fault.problem for fault in found if fault.file == path.name}
        assert problems[0] == f"it describes the file {other.name}"
        for each in records(archive, path.name)[1:]:
            if each.header("WARC-Type") != "metadata" or b'"exchanges", "crawl"' not in each.block:
                assert f"it lies in {other.name}" in problems[each.offset]


def test_file_that_is_a_valid_other_one_is_found(archive: ArchiveFolder, tmp_path: Path) -> None:
    other = Sample(tmp_path / "other")
    other.first_crawl()
    path = warcs(archive)[0]
    mine = [each for each in records(archive, path.name) if each.type in ("response", "request", "resource")]
    shutil.copy(warcs(other.folder)[0], path)
    found = faults(archive)
    (unknown,) = [fault for fault in found if fault.kind is FaultKind.NO_ROW]
    assert unknown.file == path.name
    assert "no row names any of its 19 records" in unknown.problem
    assert {fault.record_id for fault in found if fault.kind is FaultKind.NO_RECORD} >= {each.id for each in mine}


def test_file_of_another_archive_beside_the_others_is_found(archive: ArchiveFolder, tmp_path: Path) -> None:
    other = Sample(tmp_path / "other")
    other.first_crawl()
    foreign = archive.warc_dir / "foreign.warc.gz"
    shutil.copy(warcs(other.folder)[0], foreign)
    found = faults(archive)
    assert {fault.file for fault in found} == {foreign.name}
    assert {fault.kind for fault in found} == {FaultKind.NO_ROW, FaultKind.MALFORMED}


# Records that were made anew, whole and with right block digests


def test_payload_digest_that_is_another_is_found(archive: ArchiveFolder) -> None:
    record = pick(archive, "response", holding=b"hello")
    record = forge(archive, record, block=record.block.replace(b"hello", b"HELLO"))
    assert "its payload has the digest" in said(faults(archive), record)


def test_payload_digest_that_was_changed_with_the_payload_is_found(archive: ArchiveFolder) -> None:
    record = pick(archive, "response", holding=b"hello")
    block = record.block.replace(b"hello", b"HELLO")
    record = forge(archive, record, block=block, headers=changing("WARC-Payload-Digest", digest_of([b"HELLO"])))
    problem = said(faults(archive), record)
    assert f"WARC-Payload-Digest is {digest_of([b'HELLO'])} in the record and {digest_of([b'hello'])}" in problem


def test_block_digest_that_is_another_is_found(archive: ArchiveFolder) -> None:
    record = pick(archive, "request")
    record = forge(archive, record, block=record.block.replace(b"a.example", b"b.example"), redigest=False)
    assert "its block has the digest" in said(faults(archive), record)


def test_status_that_was_changed_is_found(archive: ArchiveFolder) -> None:
    record = pick(archive, "response", holding=b"200 OK")
    record = forge(archive, record, block=record.block.replace(b"200 OK", b"404 OK"))
    assert "its status is 404, and 200 in its row" in said(faults(archive), record)


def test_request_that_is_none_is_found(archive: ArchiveFolder) -> None:
    record = pick(archive, "request")
    record = forge(archive, record, block=b"\r\nno request at all\r\n")
    assert "is no request line" in said(faults(archive), record)


@pytest.mark.parametrize(
    ("kind", "name", "value", "problem"),
    [
        ("response", "WARC-Date", "2019-01-01T00:00:00.000000Z", "WARC-Date is 2019-01-01T00:00:00.000000Z"),
        ("response", "WARC-Date", "yesterday", "is no time in UTC"),
        ("response", "WARC-Date", None, "has no WARC-Date"),
        ("response", "WARC-Target-URI", "http://other.example/", "WARC-Target-URI is http://other.example/"),
        ("response", "WARC-Target-URI", None, "has no WARC-Target-URI"),
        ("response", "WARC-IP-Address", "192.0.2.99", "WARC-IP-Address is 192.0.2.99"),
        ("response", "WARC-IP-Address", None, "WARC-IP-Address is null"),
        ("response", "WARC-Payload-Digest", None, "and it says none"),
        ("response", "WARC-Warcinfo-ID", "<urn:uuid:0>", "WARC-Warcinfo-ID <urn:uuid:0> is not the one"),
        ("response", "WARC-Block-Digest", None, "and it says none"),
        ("request", "WARC-Concurrent-To", "<urn:uuid:0>", "WARC-Concurrent-To <urn:uuid:0> is nowhere"),
        ("request", "WARC-Concurrent-To", None, "WARC-Concurrent-To is null in the record"),
        ("request", "Content-Type", "text/plain", "Content-Type 'text/plain' is not that of a request record"),
        ("metadata", "WARC-Concurrent-To", None, "WARC-Concurrent-To should be the last record"),
        ("metadata", "WARC-Target-URI", None, "has no WARC-Target-URI"),
        ("request", "WARC-Target-URI", "http://other.example/", "WARC-Target-URI is http://other.example/"),
        ("metadata", "WARC-Concurrent-To", "<urn:uuid:0>", "WARC-Concurrent-To <urn:uuid:0> is nowhere"),
        ("revisit", "WARC-Refers-To", "<urn:uuid:0>", "refers to <urn:uuid:0>, which no row names"),
        ("revisit", "WARC-Refers-To", None, "has no WARC-Refers-To"),
        ("revisit", "WARC-Refers-To-Date", "2019-01-01T00:00:00.000000Z", "its WARC-Refers-To-Date is 2019"),
        ("revisit", "WARC-Refers-To-Date", None, "has no WARC-Refers-To-Date"),
        ("revisit", "WARC-Refers-To-Target-URI", "http://other.example/", "its WARC-Refers-To-Target-URI is http://o"),
        ("revisit", "WARC-Profile", "http://other.example/", "is none that is written here"),
        ("revisit", "WARC-Payload-Digest", digest_of([b"x"]), "its WARC-Payload-Digest is"),
        ("revisit", "WARC-Payload-Digest", None, "has no WARC-Payload-Digest"),
        ("resource", "WARC-Date", "2019-01-01T00:00:00.000000Z", "WARC-Date is 2019"),
        ("resource", "WARC-Target-URI", "urn:sourcekeep:crawl-started:2", "WARC-Target-URI is urn:sourcekeep"),
        ("warcinfo", "WARC-Filename", "other.warc.gz", "describes the file other.warc.gz"),
    ],
)
def test_named_field_that_was_changed_is_found(
    archive: ArchiveFolder, kind: str, name: str, value: str | None, problem: str
) -> None:
    record = next(each for each in records(archive) if each.type == kind and each.header(name))
    record = forge(archive, record, headers=changing(name, value))
    assert problem in said(faults(archive), record)


def test_truncation_that_was_taken_away_is_found(archive: ArchiveFolder) -> None:
    record = next(each for each in records(archive) if each.header("WARC-Truncated") == "disconnect")
    with_row = pick(archive, "response", holding=b"ESMTP")
    assert record == with_row
    record = forge(archive, record, headers=changing("WARC-Truncated", None))
    assert "WARC-Truncated is null in the record and disconnect" in said(faults(archive), record)


def test_named_field_that_stands_twice_is_found(archive: ArchiveFolder) -> None:
    record = pick(archive, "response")
    record = forge(archive, record, headers=adding("WARC-Date", "2019-01-01T00:00:00Z"))
    assert "says warc-date 2 times" in said(faults(archive), record)


def test_record_of_an_older_version_of_warc_is_found(archive: ArchiveFolder) -> None:
    record = pick(archive, "response")
    path = archive.warc_dir / record.file
    data = path.read_bytes()
    new = member(record_bytes(record).replace(b"WARC/1.1", b"WARC/1.0", 1))
    later = data[record.offset + record.length :]
    path.write_bytes(data[: record.offset] + new + later)
    found = [fault for fault in faults(archive) if fault.kind is FaultKind.DAMAGED]
    assert [(fault.file, fault.offset) for fault in found] == [(record.file, record.offset)]


def record_bytes(record: Record) -> bytes:
    import gzip

    return gzip.decompress(record.as_member())


def test_revisit_of_a_revisit_is_found(archive: ArchiveFolder) -> None:
    first, second = (each for each in records(archive) if each.type == "revisit")
    target = str(first.header("WARC-Target-URI")), str(first.header("WARC-Date"))

    def change(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
        for name, value in (("", first.id), ("-Target-URI", target[0]), ("-Date", target[1])):
            headers = changing(f"WARC-Refers-To{name}", value)(headers)
        return headers

    second = forge(archive, second, headers=change)
    sql(archive, "UPDATE exchanges SET refers_to = ? WHERE record_id = ?", first.id, second.id)
    found = [fault for fault in faults(archive) if fault.offset == second.offset]
    assert "which is a revisit record itself" in said(found, second)


def test_revisit_that_holds_more_than_the_head_is_found(archive: ArchiveFolder) -> None:
    record = pick(archive, "revisit")
    record = forge(archive, record, block=PAGE)
    assert "the head of a response has" in said(faults(archive), record)


def test_not_modified_that_was_something_else_is_found(archive: ArchiveFolder) -> None:
    record = pick(archive, "revisit", 1)
    record = forge(archive, record, block=record.block.replace(b"304", b"302"))
    problem = said([fault for fault in faults(archive) if fault.record_id == record.id], record)
    assert "the status is 302" in problem
    assert "304 in its row" in problem


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (b'"outcome": "refused"', b'"outcome": "timeout"', "outcome is timeout in the record and refused in its row"),
        (b'"via": "http"', b'"via": "ftp"', "via is ftp"),
        (b'"http-status"', b'"guess"', "evidence is"),
        (b'"crawl": 1', b'"crawl": 7', "crawl is 7 in the record and 1 in its row"),
        (b"refused.example/", b"else.example/", "source is http://else.example/"),
        (b"no route", b"no answer", "error of exchange 1 is no answer"),
        (b'"exchanges": [', b'"exchanges": [{"url": "http://x/"}, ', "no row belongs to its exchange 2"),
        (b'"requested_at": "2', b'"requested_at": "3', "requested_at is 3"),
        (b'"kind": "capture"', b'"kind": "nothing"', "and it is not there"),
    ],
)
def test_metadata_that_was_changed_is_found(archive: ArchiveFolder, old: bytes, new: bytes, problem: str) -> None:
    record = pick(archive, "metadata", holding=b'"refused"')
    assert old in record.block
    record = forge(archive, record, block=record.block.replace(old, new, 1))
    assert problem in said(faults(archive), record)


@pytest.mark.parametrize("block", [b"{", b"[]", b"\xff", b"[" * 100_000, b'{"kind": "capture", "exchanges": 5}'])
def test_metadata_that_says_nothing_is_found(archive: ArchiveFolder, block: bytes) -> None:
    record = pick(archive, "metadata", holding=b'"refused"')
    record = forge(archive, record, block=block)
    assert said(faults(archive), record)


@pytest.mark.parametrize(
    "about",
    [
        {"kind": "exchanges", "exchanges": [5, None, {}]},
        {"kind": "exchanges", "crawl": 1 << 99, "exchanges": [{"url": ["x"], "response": "\ud800"}]},
        {"kind": "exchanges", "exchanges": [{"response": {}, "request": "\x00"}]},
        {"kind": "capture", "source": None, "requested_at": {}, "exchanges": [[]]},
    ],
)
def test_metadata_of_odd_types_is_a_fault_and_no_crash(archive: ArchiveFolder, about: object) -> None:
    record = pick(archive, "metadata", 3)
    record = forge(archive, record, block=json.dumps(about).encode())
    assert any(fault.offset == record.offset for fault in faults(archive))


def test_bytes_that_the_record_says_wrongly_are_found(archive: ArchiveFolder) -> None:
    record = pick(archive, "metadata", holding=b"cut.example")
    about = json.loads(record.block)
    about["exchanges"][0]["bytes"] += 1
    record = forge(archive, record, block=json.dumps(about).encode())
    assert "bytes of exchange 1 is" in said(faults(archive), record)


def test_statement_that_was_changed_is_found(archive: ArchiveFolder) -> None:
    record = pick(archive, "resource")
    record = forge(archive, record, block=record.block.replace(b'"subject": "1"', b'"subject": "2"'))
    assert "subject is 2 in the record and 1 in its row" in said(faults(archive), record)


@pytest.mark.parametrize("kind", ["response", "request", "metadata", "resource", "revisit"])
def test_record_that_was_taken_out_is_found(archive: ArchiveFolder, kind: str) -> None:
    record = pick(archive, kind, holding=b'"kind": "capture"' if kind == "metadata" else b"")
    rest = [each for each in records(archive, record.file) if each != record]
    rewrite(archive, record.file, rest)
    found = faults(archive)
    assert any(
        fault.kind is FaultKind.NO_RECORD
        and (fault.file, fault.offset) == (record.file, record.offset)
        and fault.record_id == record.id
        for fault in found
    ), found


def test_metadata_of_no_capture_that_was_taken_out_is_found(archive: ArchiveFolder) -> None:
    """It has no row of its own: the rows that it tells of are how it is missed."""
    for record in [each for each in records(archive) if b'"kind": "exchanges"' in each.block]:
        rewrite(archive, record.file, [each for each in records(archive, record.file) if each.id != record.id])
    problems = [fault.problem for fault in faults(archive)]
    assert problems == ["no metadata record tells of exchange 1", "no metadata record tells of exchange 2"]


def test_record_that_is_there_twice_is_found(archive: ArchiveFolder) -> None:
    for record in records(archive, warcs(archive)[0].name)[1:]:
        path = archive.warc_dir / record.file
        data = path.read_bytes()
        path.write_bytes(data + data[record.offset : record.offset + record.length])
        found = faults(archive)
        path.write_bytes(data)
        (twice,) = [fault for fault in found if fault.kind is FaultKind.DUPLICATE and fault.record_id]
        assert (twice.file, twice.offset, twice.record_id) == (record.file, len(data), record.id)
        assert f"the record in {record.file} at {record.offset} has the same id" in twice.problem


def test_record_id_that_two_files_have_is_found(archive: ArchiveFolder) -> None:
    first, second = (records(archive, path.name)[0] for path in warcs(archive))
    rest = [
        Record(each.file, 0, 0, each.id, each.type, changing("WARC-Warcinfo-ID", first.id)(each.headers), each.block)
        for each in records(archive, second.file)[1:]
    ]
    forged = Record(second.file, 0, 0, first.id, "", changing("WARC-Record-ID", first.id)(second.headers), second.block)
    rewrite(archive, second.file, [forged, *rest])
    (fault,) = faults(archive)
    assert (fault.kind, fault.offset, fault.record_id) == (FaultKind.DUPLICATE, 0, first.id)


def test_second_warcinfo_and_a_file_without_one_are_found(archive: ArchiveFolder) -> None:
    name = warcs(archive)[0].name
    all_of_it = records(archive, name)
    info = all_of_it[0]
    again = Record(name, 0, 0, "", "", changing("WARC-Record-ID", new_record_id())(info.headers), info.block)
    rewrite(archive, name, [*all_of_it, again])
    assert [fault.problem for fault in faults(archive)] == ["it is a warcinfo record, and not the first one"]
    rewrite(archive, name, all_of_it[1:])
    assert [fault.problem for fault in faults(archive)] == ["the file doesn't begin with a warcinfo record"]


def test_record_of_a_kind_nobody_knows_is_a_note(archive: ArchiveFolder) -> None:
    name = warcs(archive)[0].name
    info = records(archive, name)[0]
    odd = [("WARC-Type", "conversion"), ("WARC-Record-ID", new_record_id()), *info.headers[2:]]
    odd.append(("WARC-Warcinfo-ID", info.id))
    rewrite(archive, name, [*records(archive, name), Record(name, 0, 0, "", "", odd, info.block)])
    found = look(archive)
    assert list(found.faults) == []
    assert found.notes == [f"{name} has 1 records of kinds that this version doesn't know"]


def test_record_with_any_bit_changed_is_found_and_never_a_crash(archive: ArchiveFolder) -> None:
    """Compressed anew, so that no checksum of gzip tells."""
    chance = random.Random(11)
    by_file = {path: path.read_bytes() for path in warcs(archive)}
    all_of_them = [each for each in records(archive) if each.type != "warcinfo"]
    with archive.catalogue() as catalogue:
        for _ in range(500):
            record = chance.choice(all_of_them)
            path, before = archive.warc_dir / record.file, record_bytes(record)
            data, plain = by_file[path], bytearray(before)
            at = chance.randrange(len(plain))
            plain[at] ^= 1 << chance.randrange(8)
            path.write_bytes(data[: record.offset] + member(bytes(plain)) + data[record.offset + record.length :])
            # The names of fields may be in capitals or not, and the id of this one record is said nowhere else.
            same = plain.lower() == before.lower()
            own_id = b'"kind": "exchanges"' in before and at in range(
                before.index(b"<urn:"), before.index(b">\r\nWARC-D")
            )
            assert at_once(catalogue, path) or same or own_id or faults(archive), bytes(
                plain[max(0, at - 20) : at + 20]
            )
            path.write_bytes(data)


# Rows


@pytest.mark.parametrize(
    ("table", "change", "problem"),
    [
        ("captures", "warc_offset = warc_offset + 1", "its row says that it lies in"),
        ("captures", "warc_length = warc_length + 1", "its row says that it lies in"),
        ("captures", "warc_file = 'other.warc.gz'", "its row says that it lies in other.warc.gz"),
        ("captures", "outcome = 'http-error'", "outcome is fetched in the record and http-error in its row"),
        ("captures", "http_status = 404", "http_status is 200 in the record and 404"),
        ("captures", "final_url = 'http://other.example/'", "final_url is"),
        ("captures", "error = 'x'", "error is null in the record and x"),
        ("captures", "requested_at = '2019'", "requested_at is"),
        ("captures", "finished_at = '2019'", "finished_at is"),
        ("captures", "media_type = NULL", "media_type is text/html"),
        ("captures", "bytes = bytes + 1", "bytes is"),
        ("captures", "payload_digest = 'sha256:X'", "payload_digest is"),
        ("captures", "etag = 'x'", "etag is"),
        ("captures", "last_modified = 'x'", "last_modified is"),
        ("captures", "via = 'memento'", "via is http"),
        ("captures", "evidence = '{}'", "evidence is"),
        ("captures", "evidence = 'x'", "evidence is"),
        ("captures", "revisit_of = 1", "revisit_of is null"),
        ("captures", "source_id = 7", "source is http://page.example/ in the record and http://never.example/"),
        ("exchanges", "warc_offset = warc_offset + 1", "its row says that it lies in"),
        ("exchanges", "warc_length = 1", "with 1 bytes"),
        ("exchanges", "url = 'http://other.example/'", "WARC-Target-URI is"),
        ("exchanges", "requested_at = '2019'", "WARC-Date is"),
        ("exchanges", "http_status = 500", "its status is 200, and 500 in its row"),
        ("exchanges", "http_status = NULL", "neither a status nor an error"),
        ("exchanges", "payload_digest = 'sha256:X'", "WARC-Payload-Digest is"),
        ("exchanges", "ip = '192.0.2.99'", "WARC-IP-Address is 192.0.2.1 in the record"),
        ("exchanges", "truncated = 'length'", "WARC-Truncated is null"),
        ("exchanges", "refers_to = '<urn:uuid:0>'", "WARC-Refers-To is null"),
        ("exchanges", "proxy = 'a:1'", "proxy of exchange 1 is null"),
        ("exchanges", "elapsed_ms = 1", "elapsed_ms of exchange 1 is 5"),
        ("exchanges", "purpose = 'robots'", "purpose of exchange 1 is page"),
        ("exchanges", "seq = 2", "no row belongs to its exchange 1"),
        ("exchanges", "capture_id = 1", "no row belongs to its exchange 1"),
        ("ledger", "kind = 'import'", "kind is crawl-started in the record and import"),
        ("ledger", "subject = '2'", "subject is 1 in the record and 2"),
        ("ledger", "stated_at = '2019'", "stated_at is"),
        ("ledger", "warc_offset = 0", "its row says that it lies in"),
    ],
)
def test_row_that_was_changed_is_found_with_its_record(
    archive: ArchiveFolder, table: str, change: str, problem: str
) -> None:
    page = pick(archive, "response", holding=BODY)
    metadata = pick(archive, "metadata", holding=b'page.example/", "requested')
    where = {
        "captures": ("record_id = ?", metadata.id),
        "exchanges": ("record_id = ?", page.id),
        "ledger": ("1 = ?", 1),
    }[table]
    sql(archive, f"UPDATE {table} SET {change} WHERE {where[0]}", where[1])
    found = faults(archive)
    belong = {(each.file, each.offset, each.id) for each in (page, metadata, pick(archive, "resource"))}
    told = [fault for fault in found if (fault.file, fault.offset, fault.record_id) in belong]
    assert [problem in fault.problem for fault in told].count(True) == 1, found


def test_row_that_names_another_record_is_found_from_both_ends(archive: ArchiveFolder) -> None:
    record = pick(archive, "metadata", holding=b'"refused"')
    sql(archive, "UPDATE captures SET record_id = '<urn:uuid:0>' WHERE record_id = ?", record.id)
    by_kind = {fault.kind: fault for fault in faults(archive)}
    assert by_kind[FaultKind.NO_ROW].record_id == record.id
    assert (by_kind[FaultKind.NO_RECORD].record_id, by_kind[FaultKind.NO_RECORD].offset) == (
        "<urn:uuid:0>",
        record.offset,
    )


def test_row_that_was_deleted_is_found_by_its_record(archive: ArchiveFolder) -> None:
    metadata = pick(archive, "metadata", holding=b'"refused"')
    sql(archive, "DELETE FROM captures WHERE record_id = ?", metadata.id)
    found = [fault for fault in faults(archive) if fault.kind is FaultKind.NO_ROW]
    assert "no row belongs to this capture of http://refused.example/" in said(found, metadata)


def test_exchange_that_was_deleted_is_found_by_its_capture(archive: ArchiveFolder) -> None:
    record = pick(archive, "response", holding=b"302 Found")
    metadata = pick(archive, "metadata", holding=record.id.encode())
    sql(archive, "DELETE FROM exchanges WHERE record_id = ?", record.id)
    assert "no row belongs to its exchange 1, http://chain.example/" in said(faults(archive), metadata)


def test_exchange_that_was_added_to_a_capture_is_found(archive: ArchiveFolder) -> None:
    metadata = pick(archive, "metadata", holding=b'"refused"')
    sql(
        archive,
        """INSERT INTO exchanges (crawl_id, capture_id, seq, purpose, url, requested_at, elapsed_ms)
           SELECT crawl_id, id, 2, 'page', 'http://x/', requested_at, 1 FROM captures WHERE record_id = ?""",
        metadata.id,
    )
    assert "has an exchange 2, and the record has none" in said(faults(archive), metadata)


def test_exchange_of_no_capture_and_no_record_that_was_changed_is_found_from_both_ends(archive: ArchiveFolder) -> None:
    metadata = pick(archive, "metadata", holding=b"refused.example/robots.txt")
    loose = "capture_id IS NULL AND record_id IS NULL"
    sql(archive, f"UPDATE exchanges SET url = 'http://other.example/' WHERE {loose}")
    found = faults(archive)
    assert {fault.problem for fault in found} == {
        "no row belongs to its exchange 1, http://refused.example/robots.txt",
        "no metadata record tells of exchange 2",
    }
    assert metadata.offset in {fault.offset for fault in found}


def test_statement_without_its_row_is_found(archive: ArchiveFolder) -> None:
    sql(archive, "DELETE FROM ledger")
    assert "no row belongs to this statement (crawl-started, 1)" in said(faults(archive), pick(archive, "resource"))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("UPDATE incidents SET title = 'Another'", "title of its incident is another in the catalogue"),
        ("UPDATE incidents SET fields = '{}'", "fields of its incident is another"),
        (
            "UPDATE citations SET cited_as = 'http://b.example/' WHERE position = 2",
            "citations of its incident are others",
        ),
        ("DELETE FROM citations WHERE position = 1", "citations of its incident are others"),
        ("DELETE FROM citations; DELETE FROM incidents", "no row belongs to its incident"),
    ],
)
def test_incident_that_was_changed_is_found_with_its_last_statement(tmp_path: Path, change: str, problem: str) -> None:
    folder = ArchiveFolder.create(tmp_path / "archive")
    links = CitedLink("http://a.example/", pasted_text="words \ud800"), CitedLink("http://c.example/", label="C")
    for title in ("First", "Second"):
        with importing(folder) as writer:
            writer.put(Incident("1", "test", title, summary="half \udc00", fields={"odd": ["\ud800", 1]}, links=links))
            writer.close({"files": []})
    assert faults(folder) == []
    last = [each for each in records(folder) if b'"title": "Second"' in each.block]
    for statement in change.split(";"):
        sql(folder, statement)
    assert problem in said(faults(folder), last[-1])


def test_catalogue_that_lost_all_its_rows_is_said_once_a_file(archive: ArchiveFolder) -> None:
    for table in ("texts", "exchanges", "captures", "ledger"):
        sql(archive, f"DELETE FROM {table}")
    found = [fault for fault in faults(archive) if fault.kind is FaultKind.NO_ROW]
    assert {fault.file for fault in found} == {path.name for path in warcs(archive)}
    assert all("rows are missing, first that of <urn:uuid:" in fault.problem for fault in found)
    assert len(found) == 2


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("UPDATE texts SET text = 'Other words.'", "text 1 (of capture 1) has not the digest that it says"),
        ("UPDATE texts SET text_digest = NULL", "text 1 (of capture 1) has not the digest that it says"),
        ("UPDATE sources SET best_capture_id = 999 WHERE id = 1", "source 1 has capture 999 as best_capture_id"),
        ("UPDATE sources SET last_capture_id = 1 WHERE id = 1", "source 1 has capture 1 as last_capture_id"),
        ("UPDATE texts SET capture_id = 999", "row 1 of texts refers to a row of captures that is not there"),
    ],
)
def test_catalogue_that_contradicts_itself_is_found(archive: ArchiveFolder, change: str, problem: str) -> None:
    sql(archive, change)
    assert problem in "\n".join(fault.problem for fault in faults(archive))
    assert {fault.kind for fault in faults(archive)} == {FaultKind.CATALOGUE}


def test_catalogue_file_that_was_damaged_is_found(archive: ArchiveFolder) -> None:
    with closing(sqlite3.connect(archive.catalogue_path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        page_size = connection.execute("PRAGMA page_size").fetchone()[0]
        root = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'exchanges'").fetchone()[0]
    data = bytearray(archive.catalogue_path.read_bytes())
    at = (root - 1) * page_size
    data[at : at + 200] = bytes(200)
    archive.catalogue_path.write_bytes(data)
    found = faults(archive)
    assert FaultKind.CATALOGUE in {fault.kind for fault in found}


def test_row_of_wrong_types_is_a_fault_and_no_crash(archive: ArchiveFolder) -> None:
    sql(archive, "UPDATE exchanges SET url = x'ff', warc_offset = 'here', http_status = 'ok' WHERE id = 1")
    sql(archive, "UPDATE captures SET warc_file = x'00', bytes = 'many' WHERE id = 1")
    assert {fault.kind for fault in faults(archive)} >= {FaultKind.CONTRADICTION, FaultKind.HTTP}


# Crawls that run or were interrupted


def unfinished(tmp_path: Path) -> tuple[Sample, Path]:
    """Return an archive whose crawl was killed, and its unfinished file."""
    sample = Sample(tmp_path / "archive")
    writer = sample.writer()
    writer.submit(sample.draft("page", exchange(PAGE, URLS["page"]))).result(SECONDS)
    (path,) = sample.folder.warc_dir.iterdir()
    data = path.read_bytes()
    writer.close()
    warcs(sample.folder)[0].unlink()
    path.write_bytes(data)
    return sample, path


def test_unfinished_file_is_checked_as_far_as_rows_name_it(tmp_path: Path) -> None:
    sample, path = unfinished(tmp_path)
    size = path.stat().st_size
    with path.open("ab") as file:
        file.write(member(b"torn")[:-3])
    found = look(sample.folder)
    assert list(found.faults) == []
    assert (found.records, found.bytes) == (4, found.bytes)
    (note,) = found.notes
    assert path.name in note
    assert f"its first {size:,} bytes" in note
    assert found.digests == {}


def test_unfinished_file_in_which_no_row_names_a_record_has_no_fault(tmp_path: Path) -> None:
    """The look-up of a robots.txt that failed has a row, and a record that tells of it, but none of its own."""
    sample = Sample(tmp_path / "archive")
    writer = sample.writer()
    writer.submit_exchanges([nothing("http://a.example/robots.txt", "no route", purpose=Purpose.ROBOTS)]).result()
    try:
        assert faults(sample.folder) == []
    finally:
        writer.close()
    assert faults(sample.folder) == []


def test_unfinished_file_that_lost_what_rows_name_is_a_fault(tmp_path: Path) -> None:
    sample, path = unfinished(tmp_path)
    path.write_bytes(path.read_bytes()[:-1])
    assert {fault.kind for fault in faults(sample.folder)} == {FaultKind.DAMAGED, FaultKind.NO_RECORD}


def test_file_that_is_finished_while_it_is_looked_for_is_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample, path = unfinished(tmp_path)

    def finish_behind(warc_dir: Path) -> list[Path]:
        found = warc_files(warc_dir)
        path.rename(path.with_name(path.name.removesuffix(OPEN_SUFFIX)))
        return found

    monkeypatch.setattr("archive.fixity.run.warc_files", finish_behind)
    result = look(sample.folder)
    assert (list(result.faults), result.files) == ([], 1)
    assert result.records == 4


def test_unfinished_file_whose_size_cannot_be_told_is_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample, _ = unfinished(tmp_path)
    monkeypatch.setattr("archive.fixity.run.size_of", lambda *_: 0)
    result = look(sample.folder)
    assert (list(result.faults), result.records) == ([], 4)


def test_unfinished_file_that_is_taken_away_while_it_is_looked_for_is_no_fault_where_no_row_names_it(
    archive: ArchiveFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = archive.warc_dir / "new.warc.gz.open"
    path.write_bytes(b"")

    def take_away_behind(warc_dir: Path) -> list[Path]:
        path.unlink()
        return warc_files(warc_dir)

    monkeypatch.setattr("archive.fixity.run.warc_files", take_away_behind)
    assert faults(archive) == []


def test_unfinished_file_that_no_row_names_is_a_note(archive: ArchiveFolder) -> None:
    (archive.warc_dir / "new.warc.gz.open").write_bytes(b"whatever")
    (archive.warc_dir / "old.warc.gz.torn").write_bytes(b"whatever")
    found = look(archive)
    assert list(found.faults) == []
    assert [note.split()[0] for note in found.notes] == ["new.warc.gz.open", "old.warc.gz.torn"]


def test_file_that_is_there_finished_and_unfinished_is_a_fault(archive: ArchiveFolder) -> None:
    path = warcs(archive)[0]
    shutil.copy(path, path.with_name(path.name + ".open"))
    (fault,) = faults(archive)
    assert (fault.file, fault.problem) == (path.name, "it is there twice, finished and unfinished")


def test_records_of_a_capture_that_was_never_finished_are_a_note(archive: ArchiveFolder) -> None:
    name = warcs(archive)[0].name
    lone = [each for each in records(archive, name) if each.type in ("response", "request")][:2]
    new = [new_record_id(), new_record_id()]
    orphans = [
        Record(name, 0, 0, "", "", changing("WARC-Record-ID", record_id)(each.headers), each.block)
        for record_id, each in zip(new, lone, strict=True)
    ]
    orphans[1] = Record(name, 0, 0, "", "", changing("WARC-Concurrent-To", new[0])(orphans[1].headers), lone[1].block)
    rewrite(archive, name, [*records(archive, name), *orphans])
    found = look(archive)
    assert list(found.faults) == []
    (note,) = found.notes
    assert note.startswith(f"{name} has 2 records of captures that were interrupted before they were whole")


def test_archive_that_is_written_meanwhile_has_no_fault(tmp_path: Path) -> None:
    sample = Sample(tmp_path / "archive")
    stop = threading.Event()

    def write() -> None:
        writer = sample.writer()
        writer._warc._rotate_at = 4_000
        while not stop.is_set():
            writer.submit_exchanges([exchange(CHUNKED, "http://a.example/robots.txt", purpose=Purpose.ROBOTS)])
            writer.submit_exchanges([exchange(PAGE, "http://a.example/robots.txt", purpose=Purpose.ROBOTS)]).result()
        writer.close()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        seen = [look(sample.folder)]
        until = time.monotonic() + SECONDS
        while seen[-1].files < 5 and time.monotonic() < until:
            seen.append(look(sample.folder))
    finally:
        stop.set()
        thread.join()
    assert [list(found.faults) for found in seen if found.faults] == []
    assert seen[-1].files == 5


# Ways of running


def test_several_processes_find_what_one_does(archive: ArchiveFolder) -> None:
    for path in warcs(archive):
        data = bytearray(path.read_bytes())
        data[-100] ^= 0xFF
        path.write_bytes(data)
    sql(archive, "UPDATE texts SET text = 'Other words.'")
    assert sorted(map(str, faults(archive, workers=2))) == sorted(map(str, faults(archive))) != []


def test_one_file_alone_can_be_checked(archive: ArchiveFolder) -> None:
    first, second = warcs(archive)
    data = bytearray(first.read_bytes())
    data[-100] ^= 0xFF
    first.write_bytes(data)
    sql(archive, "UPDATE texts SET text = 'Other words.'")
    assert faults(archive, files=[second.name]) == []
    found = look(archive, files=[first.name])
    assert {fault.file for fault in found.faults} == {first.name}
    assert (found.files, found.texts) == (1, 0)
    first.unlink()
    assert [fault.kind for fault in faults(archive, files=[first.name])] == [FaultKind.NO_FILE]
    with pytest.raises(ArchiveError, match="no WARC file 'nonsense'"):
        look(archive, files=["nonsense"])


def test_archive_that_cannot_be_written_is_verified(archive: ArchiveFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(sqlite3.connect(archive.catalogue_path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    monkeypatch.setattr("archive.catalogue.os.access", lambda *_: False)
    before = sorted(path.name for path in archive.path.iterdir())
    assert faults(archive) == []
    assert sorted(path.name for path in archive.path.iterdir()) == before


def test_no_room_for_temporary_files_is_no_fault_of_the_archive(
    archive: ArchiveFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("archive.warc_member.tempfile.SpooledTemporaryFile", full)
    with pytest.raises(ArchiveError, match=r"temporary files cannot be written.*TMPDIR"):
        faults(archive)


def test_nothing_is_changed_by_looking(archive: ArchiveFolder) -> None:
    before = {
        path: path.read_bytes() for path in archive.path.rglob("*") if path.is_file() and "catalogue" not in path.name
    }
    look(archive)
    after = {
        path: path.read_bytes() for path in archive.path.rglob("*") if path.is_file() and "catalogue" not in path.name
    }
    assert after == before


def test_many_faults_of_one_kind_are_all_kept(archive: ArchiveFolder) -> None:
    sql(archive, "UPDATE exchanges SET ip = '192.0.2.99' WHERE ip IS NOT NULL")
    log = look(archive).faults
    assert len(log) == len(list(log)) > 10
    shown = [(len(first), more) for first, more in log.groups()]
    assert all(first <= 5 for first, _ in shown)
    assert sum(first + more for first, more in shown) == len(log)


def test_row_set_holds_far_numbers_in_little_memory() -> None:
    rows = RowSet()
    assert rows.add(5)
    assert not rows.add(5)
    assert rows.add(1 << 60)
    assert rows.add(65_536)
    assert [number in rows for number in (5, 6, 65_535, 65_536, 1 << 60)] == [True, False, False, True, True]
    assert set(Role) == {"capture", "response", "request", "statement", "described"}
