"""What the archive itself states in WARC records: written before the rows, and read back as it was said."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from keeping_archive import Keeper, Page, incident, titled
from warcio.archiveiterator import ArchiveIterator

from archive.clock import utc_now
from archive.errors import ArchiveError
from archive.ledger import append_statement, take
from archive.ledger.catching_up import catch_up
from archive.ledger.pins import pin
from archive.ledger.statements import UNREADABLE
from archive.recorded import Problem, RecordedCapture, RecordedExchanges, Stated, crawl_of, import_of, recorded
from archive.records import CitedLink, Incident, Quarantined, RecordPlace
from archive.settings import Settings
from archive.warc_reader import read_record
from archive.warc_record import RecordType, WarcRecord, digest_of, new_record_id
from archive.warc_writer import WarcWriter
from archive.words import Health, Outcome, Purpose, StatementKind

if TYPE_CHECKING:
    from archive.recorded import Recorded

A, B = "https://a.example/page", "https://b.example/page"
AT = "2026-01-02T03:04:05.000006Z"


@pytest.fixture
def keeper(tmp_path: Path) -> Keeper:
    return Keeper(tmp_path / "archive")


def statements(keeper: Keeper) -> list[Stated]:
    return [item for path in keeper.files() for item in recorded(path) if isinstance(item, Stated)]


def test_each_statement_has_a_record_that_its_row_leads_to(keeper: Keeper) -> None:
    keeper.imports(incident("50 % of/it", A), quarantined=[Quarantined("list.csv", 3, "no id", ",,")])
    keeper.crawls(Page(A))
    with keeper.folder.catalogue() as catalogue:
        source = catalogue.sources.find(A)
    assert source
    pin(keeper.folder, source, Health.LIVE, reason="seen in a browser", by="A. Editor")
    rows = keeper.tables()["ledger"]
    assert {row["kind"] for row in rows} == set(StatementKind)
    for row in rows:
        place = RecordPlace(*(row[name] for name in ("record_id", "warc_file", "warc_offset", "warc_length")))
        record = read_record(keeper.folder.warc_dir, place)
        assert record.header("WARC-Type") == "resource"
        assert record.header("Content-Type") == "application/json"
        assert record.header("WARC-Date") == row["stated_at"]
        said = json.loads(record.block)
        assert (said["kind"], said["subject"], said["stated_at"]) == (row["kind"], row["subject"], row["stated_at"])
    (of_incident,) = [row for row in rows if row["kind"] == "incident"]
    assert of_incident["subject"] == "50 % of/it"
    path, _ = keeper.files("ledger")
    with path.open("rb") as file:
        uris = [
            record.rec_headers.get_header("WARC-Target-URI") for record in ArchiveIterator(file, check_digests=True)
        ]
    assert "urn:sourcekeep:incident:50%20%25%20of%2Fit" in uris
    subprocess.run(["gzip", "-t", path], check=True)


def test_incident_is_stated_with_all_that_it_has(keeper: Keeper) -> None:
    links = (CitedLink(A, label="L", pasted_text="a\nb"), CitedLink("lost", has_url=False))
    whole = Incident("1", "list.csv", "T\ud83d", "May", "S", {"k": [1, None, {"x": 0.5}], "é": "\u2028"}, links)
    keeper.imports(whole)
    (said,) = [item.about for item in statements(keeper) if item.statement.kind == StatementKind.INCIDENT]
    assert said["incident"] == json.loads(json.dumps(asdict(whole)))
    (row,) = keeper.tables()["incidents"]
    assert said["stated_at"] == row["imported_at"] == row["changed_at"]


def test_only_what_is_new_or_changed_is_stated(keeper: Keeper) -> None:
    piece = Quarantined("list.csv", 3, "no id", ",,")
    keeper.imports(incident(1, A), incident(2, B), quarantined=[piece])
    keeper.imports(incident(1, A), titled(incident(2, B), "Two"), quarantined=[piece])
    said = [(item.about["import"], item.statement.kind.value, item.statement.subject) for item in statements(keeper)]
    assert said == [
        (1, "incident", "1"),
        (1, "incident", "2"),
        (1, "quarantined", "list.csv:3"),
        (1, "import", "1"),
        (2, "incident", "2"),
        (2, "import", "2"),
    ]
    assert [import_of(path) for path in keeper.files()] == [1, 2]


def test_crawl_is_stated_before_and_behind_its_captures(keeper: Keeper) -> None:
    keeper.imports(incident(1, A))
    keeper.crawls(Page(A, Outcome.REFUSED, None), settings=Settings(contact="a@b.example"))
    keeper.begin().close("shutdown")
    first, second = keeper.files("sourcekeep")
    told = list(recorded(first))
    assert [type(item) for item in told] == [Stated, RecordedCapture, Stated]
    started, finished = (item.about for item in told if isinstance(item, Stated))
    row = keeper.tables()["crawls"][0]
    for name in ("settings", "versions"):
        assert started[name] == json.loads(row[name])
    assert started["settings"]["contact"] == "a@b.example"
    assert (started["started_at"], started["trigger"]) == (row["started_at"], row["trigger"])
    assert (finished["finished_at"], finished["ended"]) == (row["finished_at"], row["ended"])
    assert finished["counts"] == json.loads(row["counts"]) == {"refused": 1}
    assert [type(item) for item in recorded(second)] == [Stated, Stated]
    assert [crawl_of(first), crawl_of(second)] == [1, 2]


def test_counts_of_a_crawl_are_of_all_that_was_handed_over(keeper: Keeper) -> None:
    keeper.imports(incident(1, A))
    store = keeper.begin()
    store.submit(Page(A).draft(1))
    store.close("finished")
    (row,) = keeper.tables()["crawls"]
    assert json.loads(row["counts"]) == {"fetched": 1}


def test_rows_of_an_import_come_only_after_its_records_are_synced(
    keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper.imports(incident(1, A))
    real, seen = os.fsync, []

    def fsync(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if path.name.endswith(".warc.gz.part"):
            with closing(sqlite3.connect(keeper.folder.catalogue_path)) as other:
                seen.append((other.execute("SELECT COUNT(*) FROM incidents").fetchone()[0], len(list(recorded(path)))))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    keeper.imports(incident(2, B))
    assert seen == [(1, 2)]
    assert len(keeper.tables()["incidents"]) == 2


def test_row_of_a_crawl_comes_only_after_its_record_is_synced(keeper: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    real, seen = os.fsync, []

    def fsync(descriptor: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").readlink().name.endswith(".warc.gz.open"):
            with closing(sqlite3.connect(keeper.folder.catalogue_path)) as other:
                seen.append(other.execute("SELECT COUNT(*), COUNT(finished_at) FROM crawls").fetchone())
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    store = keeper.begin()
    store._last.result(20)
    store.close("finished")
    assert seen[:2] == [(0, 0), (1, 0)]


def test_import_whose_records_cannot_be_written_leaves_no_row(keeper: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr("archive.warc_writer.os.fsync", fail)
        with pytest.raises(ArchiveError, match="No space left"):
            keeper.imports(incident(1, A))
    assert keeper.tables()["incidents"] == keeper.tables()["sources"] == []
    assert keeper.files() == []


@pytest.mark.parametrize(
    ("kind", "about"),
    [
        (StatementKind.INCIDENT, {}),
        (StatementKind.INCIDENT, {"incident": None}),
        (StatementKind.INCIDENT, {"incident": {"id": "1", "origin": "x", "links": [{}]}}),
        (StatementKind.INCIDENT, {"incident": {"id": "1", "origin": "x", "links": [], "later": 1}}),
        (StatementKind.QUARANTINED, {"piece": {"file": "x"}}),
        (StatementKind.CRAWL_STARTED, {"started_at": AT}),
        (StatementKind.CRAWL_FINISHED, {}),
    ],
)
def test_statement_that_does_not_say_what_it_should_makes_no_row(
    keeper: Keeper, tmp_path: Path, kind: StatementKind, about: dict[str, Any]
) -> None:
    writer = WarcWriter(tmp_path, "test", {})
    statement = append_statement(writer, kind, "1", about, AT)
    writer.finish()
    with keeper.folder.catalogue() as catalogue, catalogue.transaction(), pytest.raises(UNREADABLE):
        take(catalogue, statement, about)
    assert not any(keeper.tables().values())


def test_catching_up_states_what_no_statement_says_and_nothing_twice(keeper: Keeper) -> None:
    keeper.imports(incident(1, A))
    keeper.crawls(Page(A))
    with keeper.folder.catalogue() as catalogue:
        assert catch_up(catalogue, keeper.folder.warc_dir) == 0
        with catalogue.transaction():
            catalogue.incidents.put(titled(incident(1, A), "changed"))
            catalogue.incidents.put(incident(2, B))
            catalogue.incidents.quarantine(Quarantined("list.csv", 3, "no id", ",,"))
        catalogue.crawls.start("due", {}, {})
        catalogue.crawls.finish(catalogue.crawls.start("all", {}, {}), "shutdown")
        assert catch_up(catalogue, keeper.folder.warc_dir) == 6
        assert catch_up(catalogue, keeper.folder.warc_dir) == 0
    said = [(item.statement.kind.value, item.statement.subject) for item in recorded_in(keeper.files("ledger")[-1])]
    assert said == [
        ("import", "2"),
        ("incident", "1"),
        ("incident", "2"),
        ("quarantined", "list.csv:3"),
        ("crawl-started", "2"),
        ("crawl-started", "3"),
        ("crawl-finished", "3"),
    ]


def recorded_in(path: Path) -> list[Stated]:
    return [item for item in recorded(path) if isinstance(item, Stated)]


def write_metadata(directory: Path, about: dict[str, Any], *wire: tuple[RecordType, str, bytes]) -> Path:
    """Write a file with records of the wire and a metadata record, as an early version did."""
    writer = WarcWriter(directory, "test", {})
    for kind, record_id, block in wire:
        more = (
            [("WARC-Payload-Digest", "sha256:ABC"), ("WARC-Truncated", "time")] if kind is RecordType.RESPONSE else []
        )
        digest = digest_of([block]).rstrip("=")  # so early versions wrote it
        writer.append(WarcRecord(kind, record_id, AT, io.BytesIO(block), len(block), digest, A, tuple(more)))
    block = json.dumps(about).encode()
    record = WarcRecord(RecordType.METADATA, new_record_id(), AT, io.BytesIO(block), len(block), digest_of([block]), A)
    writer.append(record)
    writer.finish()
    (path,) = directory.glob("*.warc.gz")
    return path


EARLY_EXCHANGE = {
    "url": A,
    "purpose": "page",
    "requested_at": AT,
    "http_status": 200,
    "error": None,
    "ip": "192.0.2.1",
    "elapsed_ms": 5,
    "response": "<urn:uuid:1>",
    "request": "<urn:uuid:2>",
}
EARLY_CAPTURE = {
    "kind": "capture",
    "crawl": 7,
    "source": A,
    "requested_at": AT,
    "finished_at": AT,
    "final_url": A,
    "outcome": "truncated",
    "http_status": 200,
    "error": None,
    "media_type": "text/html",
    "via": "http",
    "evidence": {"rule": "x"},
    "exchanges": [EARLY_EXCHANGE],
}
WIRE = (
    (RecordType.RESPONSE, "<urn:uuid:1>", b"HTTP/1.1 200 OK\r\n\r\nbody"),
    (RecordType.REQUEST, "<urn:uuid:2>", b"GET / HTTP/1.1\r\n\r\n"),
)


def test_metadata_records_of_early_versions_are_read(tmp_path: Path) -> None:
    path = write_metadata(tmp_path, EARLY_CAPTURE, *WIRE)
    (item,) = recorded(path)
    assert isinstance(item, RecordedCapture)
    capture = item.capture
    assert (capture.crawl_id, capture.outcome, capture.bytes) == (7, Outcome.TRUNCATED, len(WIRE[0][2]))
    assert (capture.payload_digest, capture.etag, item.revisit_of) == ("sha256:ABC", None, None)
    (exchange,) = capture.exchanges
    assert (exchange.payload_digest, exchange.truncated, exchange.refers_to) == ("sha256:ABC", "time", None)
    assert exchange.response
    assert exchange.request
    assert read_record(tmp_path, exchange.response).block == WIRE[0][2]
    assert crawl_of(path) == 7


def test_exchanges_of_no_capture_are_read(tmp_path: Path) -> None:
    about = {"kind": "exchanges", "crawl": 7, "exchanges": [{**EARLY_EXCHANGE, "purpose": "robots"}]}
    (item,) = recorded(write_metadata(tmp_path, about, *WIRE))
    assert isinstance(item, RecordedExchanges)
    assert (item.crawl_id, item.exchanges[0].purpose) == (7, Purpose.ROBOTS)


@pytest.mark.parametrize(
    "changes",
    [
        {"outcome": "evaporated"},
        {"exchanges": None},
        {"exchanges": [{}]},
        {"exchanges": [{**EARLY_EXCHANGE, "purpose": "fun"}]},
        {"crawl": "seven"},
        {"evidence": {}, "source": None},
    ],
)
def test_metadata_that_does_not_say_what_it_should_is_told_of(tmp_path: Path, changes: dict[str, Any]) -> None:
    problems: list[Recorded] = list(recorded(write_metadata(tmp_path, {**EARLY_CAPTURE, **changes}, *WIRE)))
    assert [type(problem) for problem in problems] == [Problem]


def test_metadata_records_of_others_are_passed_over(tmp_path: Path) -> None:
    assert list(recorded(write_metadata(tmp_path, {"kind": "weather"}))) == []


def test_record_that_was_changed_is_told_of(tmp_path: Path) -> None:
    writer = WarcWriter(tmp_path, "test", {})
    block = json.dumps(EARLY_CAPTURE).encode()
    other = digest_of([b"something else"])
    writer.append(WarcRecord(RecordType.METADATA, new_record_id(), utc_now(), io.BytesIO(block), len(block), other, A))
    writer.finish()
    (path,) = tmp_path.glob("*.warc.gz")
    first, capture, *missing = recorded(path)
    assert isinstance(first, Problem)
    assert "digest" in first.text
    assert isinstance(capture, RecordedCapture)
    assert len(missing) == 2
