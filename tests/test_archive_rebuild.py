"""The catalogue made anew from the WARC files alone: equal to the one that was lost."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import datetime, tzinfo
from random import Random
from typing import TYPE_CHECKING, Self

import pytest
from comparing_catalogues import differences, tables_of
from keeping_archive import Keeper, Page, incident, titled

from archive.errors import ArchiveBusyError, ArchiveError, SchemaTooNewError
from archive.rebuild import Rebuilt, rebuilding
from archive.records import CitedLink, Incident, Quarantined
from archive.recovery import reconcile
from archive.settings import Settings
from archive.words import Outcome

if TYPE_CHECKING:
    from pathlib import Path

A, B, C, D = (f"https://{letter}.example/page" for letter in "abcd")
LARGE = b"<p>" + b"the same words again and again " * 60


@pytest.fixture
def keeper(tmp_path: Path) -> Keeper:
    return Keeper(tmp_path / "archive")


def rebuild(keeper: Keeper) -> Rebuilt:
    with rebuilding(keeper.folder) as new:
        new.replay(lambda _: None)
        new.swap()
    return new.rebuilt


def rebuild_without_the_old(keeper: Keeper) -> Rebuilt:
    keeper.remove_catalogue()
    rebuilt = rebuild(keeper)
    assert rebuilt.kept is None
    return rebuilt


def live_a_little(keeper: Keeper) -> None:
    """Import and crawl by turns: an incident changes, a citation is dropped, a page comes again, one breaks off."""
    lost = CitedLink("the report of the board", has_url=False, label="PDF", pasted_text="two\nlines")
    first = Incident("1", "list.csv", "One", "May", "What", {"Sector": ["a", {"b": 1.5}]}, (CitedLink(A), lost))
    keeper.imports(first, incident(2, B, A + "?utm_source=x"), quarantined=[Quarantined("list.csv", 3, "no id", ",,")])
    keeper.crawls(Page(A, body=LARGE, headers='ETag: "1"\r\n', hops=2), Page(B, Outcome.DNS_FAILED, None))
    keeper.imports(
        titled(first, "Two"), incident(2, C), incident("3\ufffd", D, title="\ud83d", fields={"half": "\udc80"})
    )
    keeper.imports(titled(first, "Two"))
    store = keeper.begin(Settings(recrawl_after=1.0))
    keeper.robots(store, "https://a.example/robots.txt")
    keeper.robots(store, "https://c.example/robots.txt", None)
    keeper.capture(store, Page(A, body=LARGE), Page(C, Outcome.HTTP_ERROR, 404))
    keeper.crash(store)
    keeper.imports(incident(4, "no URL at all", "mailto:a@b.example"))
    keeper.crawls(Page(C, Outcome.HTTP_ERROR, 404), Page("no URL at all", Outcome.INVALID_URL, None), Page(D))
    keeper.begin().close("finished")


def test_catalogue_comes_back_equal_to_the_last_column(keeper: Keeper) -> None:
    live_a_little(keeper)
    before = keeper.tables()
    rebuilt = rebuild_without_the_old(keeper)
    assert differences(before, keeper.tables()) == []
    assert rebuilt.done.problems == []
    assert len(before["crawls"]) == 4
    assert any(row["revisit_of"] for row in before["captures"])


def test_order_is_that_of_the_numbers_when_the_clock_jumped_back(
    keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper.imports(incident(1, A), incident(2, B))
    keeper.crawls(Page(A), Page(B, Outcome.REFUSED, None))

    class Earlier(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls(2001, 1, 1, tzinfo=tz)

    monkeypatch.setattr("archive.warc_writer.datetime", Earlier)
    keeper.imports(incident(1, C), incident(3, D))
    keeper.crawls(Page(A), Page(C), Page(D))
    assert [path.name.split("-")[1][:4] for path in keeper.files()].count("2001") == 2
    before = keeper.tables()
    rebuild_without_the_old(keeper)
    assert differences(before, keeper.tables()) == []


@pytest.mark.parametrize("seed", range(4))
def test_whatever_was_done_comes_back(keeper: Keeper, seed: int) -> None:
    random = Random(seed)
    urls = [f"https://{number}.example/" for number in range(12)]
    pages = [Page(url, body=LARGE * random.randint(0, 2), hops=random.randint(0, 2)) for url in urls]
    failed = [Page(url, Outcome.REFUSED, None) for url in urls]
    keeper.imports(*(incident(number, *random.sample(urls, 3)) for number in range(4)), incident("all", *urls))
    for _ in range(8):
        if random.random() < 0.5:
            numbers = random.sample(range(8), 3)
            keeper.imports(*(incident(number, *random.sample(urls, 2)) for number in numbers))
            continue
        store = keeper.begin()
        chosen = random.sample(range(len(urls)), random.randint(0, 6))
        keeper.capture(store, *(random.choice((pages, failed))[number] for number in chosen))
        keeper.crash(store) if random.random() < 0.4 else store.close("finished")
    keeper.imports()
    keeper.begin().close("finished")
    before = keeper.tables()
    rebuild_without_the_old(keeper)
    assert differences(before, keeper.tables()) == []


def test_rebuilt_catalogue_is_rebuilt_the_same(keeper: Keeper) -> None:
    live_a_little(keeper)
    rebuild_without_the_old(keeper)
    before = keeper.tables()
    files = [path.name for path in keeper.files()]
    assert rebuild(keeper).kept
    assert differences(before, keeper.tables()) == []
    assert [path.name for path in keeper.files()] == files


def test_old_catalogue_is_kept_whole_beside_the_new(keeper: Keeper) -> None:
    live_a_little(keeper)
    before = keeper.tables()
    with closing(sqlite3.connect(keeper.folder.catalogue_path)) as reader:  # it keeps the WAL there
        reader.execute("INSERT INTO quarantine VALUES (99, 'only.csv', 1, 'in the WAL', '', '2026-01-01')")
        reader.commit()
        kept = rebuild(keeper).kept
        assert kept
        assert reader.execute("SELECT reason FROM quarantine WHERE id = 99").fetchone() == ("in the WAL",)
    assert [row["id"] for row in tables_of(kept)["quarantine"]][-1] == 99
    assert kept.name.startswith("catalogue-")
    assert keeper.tables()["captures"] == before["captures"]
    names = {path.name for path in keeper.folder.path.iterdir() if path.name.startswith("catalogue")}
    assert names == {"catalogue.db", kept.name}


def test_each_old_catalogue_is_kept(keeper: Keeper) -> None:
    keeper.imports(incident(1, A))
    kept = {rebuild(keeper).kept for _ in range(3)}
    assert len(kept) == 3
    assert all(path and path.exists() for path in kept)


def test_rows_that_no_record_tells_of_are_recorded_before_they_could_be_dropped(keeper: Keeper) -> None:
    """An archive from before statements: its rows were written without any."""
    piece = Quarantined("list.csv", 3, "no id", ",,")
    with keeper.folder.catalogue() as catalogue:
        with catalogue.transaction():
            for number, urls in enumerate([(A, B), (C,), (B, D)]):
                catalogue.incidents.put(incident(number, *urls), f"2026-01-0{number + 1}T00:00:00.000000Z")
            catalogue.incidents.put(incident(0, D, title="changed"), "2026-02-01T00:00:00.000000Z")
            catalogue.incidents.quarantine(piece)
        catalogue.crawls.finish(catalogue.crawls.start("due", {"delay": 1.0}, {"scrapy": "2"}), "finished")
    before = keeper.tables()
    rebuild(keeper)
    assert differences(_without_statements(before), _without_statements(keeper.tables())) == []
    after = keeper.tables()
    rebuild_without_the_old(keeper)
    assert differences(after, keeper.tables()) == []


def _without_statements(tables: dict[str, list[dict[str, object]]]) -> dict[str, list[dict[str, object]]]:
    """Leave out what a single statement in place of many can't bring back: numbers of citations."""
    citations = [{key: row[key] for key in row if key not in ("id", "rowid")} for row in tables["citations"]]
    by_place = sorted(citations, key=lambda row: (row["incident_id"], row["position"]))
    return {**tables, "ledger": [], "citations": by_place}


@pytest.mark.parametrize("step", ["archive.warc_writer.os.fsync", "archive.warc_writer.WarcWriter._raw_write"])
def test_crawl_whose_end_could_not_be_recorded_has_it_recorded_by_the_next(
    keeper: Keeper, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    keeper.imports(incident(1, A))
    store = keeper.begin()
    keeper.capture(store, Page(A))

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(step, fail)
        with pytest.raises(ArchiveError):
            store.close("write-failed")
    assert [row["ended"] for row in keeper.tables()["crawls"]] == ["write-failed"]
    keeper.begin().close("finished")
    before = keeper.tables()
    assert [row["ended"] for row in before["crawls"]] == ["write-failed", "finished"]
    rebuild_without_the_old(keeper)
    assert differences(before, keeper.tables()) == []


@pytest.mark.parametrize("content", [b"", b"no catalogue at all" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_catalogue_that_cannot_be_read_is_no_hindrance(keeper: Keeper, content: bytes) -> None:
    live_a_little(keeper)
    before = keeper.tables()
    keeper.remove_catalogue()
    keeper.folder.catalogue_path.write_bytes(content)
    rebuilt = rebuild(keeper)
    assert differences(before, keeper.tables()) == []
    assert bool(rebuilt.damaged) == bool(content)
    assert rebuilt.kept
    assert not content or rebuilt.kept.read_bytes() == content


def test_catalogue_with_a_torn_page_is_no_hindrance(keeper: Keeper) -> None:
    live_a_little(keeper)
    before = keeper.tables()
    data = bytearray(keeper.folder.catalogue_path.read_bytes())
    data[4096 * 3 : 4096 * 12] = b"\xa5" * (4096 * 9)
    keeper.folder.catalogue_path.write_bytes(data)
    assert rebuild(keeper).damaged
    assert differences(before, keeper.tables()) == []


def test_older_catalogue_adds_nothing_and_takes_nothing_away(keeper: Keeper, tmp_path: Path) -> None:
    keeper.imports(incident(1, A), incident(2, B))
    backup = keeper.back_up(tmp_path / "backup.db")
    live_a_little(keeper)
    before = keeper.tables()
    keeper.restore(backup)
    rebuild(keeper)
    assert differences(before, keeper.tables()) == []


def test_catalogue_of_a_newer_version_is_left_alone(keeper: Keeper) -> None:
    keeper.imports(incident(1, A))
    with closing(sqlite3.connect(keeper.folder.catalogue_path)) as connection:
        connection.execute("INSERT INTO _sqlite_migrations VALUES (99, 'sourcekeep', 'm999_later', '2099-01-01')")
        connection.commit()
    before = keeper.folder.catalogue_path.read_bytes()
    with pytest.raises(SchemaTooNewError):
        rebuild(keeper)
    assert keeper.folder.catalogue_path.read_bytes() == before
    assert [path.name for path in keeper.folder.path.glob("catalogue*")] == ["catalogue.db"]


def test_rebuilding_that_breaks_off_leaves_the_old_catalogue(keeper: Keeper) -> None:
    live_a_little(keeper)
    before = keeper.tables()

    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), rebuilding(keeper.folder) as new:
        new.replay(stop)
    assert differences(before, keeper.tables()) == []
    assert [path.name for path in keeper.folder.path.glob("catalogue*")] == ["catalogue.db"]


def test_what_an_earlier_rebuilding_left_is_not_built_upon(keeper: Keeper) -> None:
    live_a_little(keeper)
    before = keeper.tables()
    for name in ("catalogue.db.new", "catalogue.db.new-wal"):
        (keeper.folder.path / name).write_bytes(b"left by a kill")
    rebuild(keeper)
    assert differences(before, keeper.tables()) == []


@pytest.mark.parametrize("name", ["crawl", "extract", "import"])
def test_rebuilding_waits_for_nobody(keeper: Keeper, name: str) -> None:
    keeper.imports(incident(1, A))
    with keeper.folder.lock(name), pytest.raises(ArchiveBusyError, match=name):
        rebuild(keeper)


def test_open_files_of_a_crash_are_read_too(keeper: Keeper) -> None:
    keeper.imports(incident(1, A, B))
    store = keeper.begin()
    keeper.capture(store, Page(A), Page(B))
    keeper.crash(store)
    before = keeper.tables()
    with keeper.files("sourcekeep")[-1].open("ab") as file:
        file.write(b"\x1f\x8b\x08 torn")
    rebuild_without_the_old(keeper)
    assert differences(before, keeper.tables()) == []
    assert [path.suffix for path in keeper.files()] == [".gz", ".gz", ".torn"]


def record_places(keeper: Keeper, table: str) -> list[tuple[str, int, int]]:
    return [(row["warc_file"], row["warc_offset"], row["warc_length"]) for row in keeper.tables()[table]]


def spoil(keeper: Keeper, place: tuple[str, int, int]) -> None:
    name, offset, length = place
    with (keeper.folder.warc_dir / name).open("r+b") as file:
        file.seek(offset + length // 2)
        byte = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte[0] ^ 0xFF]))


def test_damaged_capture_is_told_of_and_the_others_come_back(keeper: Keeper) -> None:
    keeper.imports(incident(1, A, B, C))
    keeper.crawls(Page(A), Page(B), Page(C))
    before = keeper.tables()
    spoiled = record_places(keeper, "captures")[1]
    spoil(keeper, spoiled)
    rebuilt = rebuild(keeper)
    (problem,) = rebuilt.done.problems
    assert (problem.warc_file, problem.offset) == spoiled[:2]
    assert dict(rebuilt.lost) == {spoiled[0]: 1}
    after = keeper.tables()
    lost = before["captures"][1]["record_id"]
    assert [row["record_id"] for row in after["captures"]] == [
        row["record_id"] for row in before["captures"] if row["record_id"] != lost
    ]
    assert differences({"sources": before["sources"][:1]}, {"sources": after["sources"][:1]}) == []
    assert after["sources"][1]["last_capture_id"] is None


def test_capture_whose_response_is_damaged_keeps_its_row(keeper: Keeper) -> None:
    keeper.imports(incident(1, A, B))
    keeper.crawls(Page(A), Page(B))
    before = keeper.tables()
    response = record_places(keeper, "exchanges")[0]
    spoil(keeper, response)
    problems = rebuild_without_the_old(keeper).done.problems
    assert [problem.offset for problem in problems] == [response[1], before["captures"][0]["warc_offset"]]
    assert before["exchanges"][0]["record_id"] in problems[1].text
    after = keeper.tables()
    assert differences({"captures": before["captures"]}, {"captures": after["captures"]}) == []
    assert after["exchanges"][0]["record_id"] is None
    assert after["exchanges"][0]["payload_digest"] == before["exchanges"][0]["payload_digest"]


def test_sources_of_an_incident_that_cannot_be_read_come_from_their_captures(keeper: Keeper) -> None:
    keeper.imports(incident(1, A), incident(2, B), incident(3, C))
    keeper.crawls(Page(A), Page(B), Page(C))
    before = keeper.tables()
    spoil(keeper, record_places(keeper, "ledger")[[row["subject"] for row in before["ledger"]].index("2")])
    problems = rebuild_without_the_old(keeper).done.problems
    assert len(problems) == 2
    assert B in problems[1].text
    after = keeper.tables()
    assert [row["id"] for row in after["incidents"]] == ["1", "3"]
    assert [row["url"] for row in after["sources"]] == [A, C, B]
    urls = {row["id"]: row["url"] for row in after["sources"]}
    assert [urls[row["source_id"]] for row in after["captures"]] == [A, B, C]


def test_crawl_whose_start_cannot_be_read_has_a_row_nevertheless(keeper: Keeper) -> None:
    keeper.imports(incident(1, A))
    keeper.crawls(Page(A))
    before = keeper.tables()
    kinds = [row["kind"] for row in before["ledger"]]
    spoil(keeper, record_places(keeper, "ledger")[kinds.index("crawl-started")])
    problems = rebuild_without_the_old(keeper).done.problems
    assert any("the start of crawl 1" in problem.text for problem in problems)
    (crawl,) = keeper.tables()["crawls"]
    assert (crawl["trigger"], crawl["finished_at"]) == ("unknown", before["crawls"][0]["finished_at"])
    assert len(keeper.tables()["captures"]) == 1


def test_cut_file_gives_what_stands_before_the_cut(keeper: Keeper) -> None:
    keeper.imports(incident(1, A, B))
    keeper.crawls(Page(A), Page(B))
    before = keeper.tables()
    place = record_places(keeper, "captures")[1]
    with (keeper.folder.warc_dir / place[0]).open("r+b") as file:
        file.truncate(place[1] + 10)
    rebuilt = rebuild(keeper)
    assert [problem.offset for problem in rebuilt.done.problems] == [place[1]]
    assert dict(rebuilt.lost) == {place[0]: 1}
    assert [row["record_id"] for row in keeper.tables()["captures"]] == [before["captures"][0]["record_id"]]


def test_captures_of_a_file_that_is_gone_are_told_of(keeper: Keeper) -> None:
    keeper.imports(incident(1, A, B))
    keeper.crawls(Page(A))
    keeper.crawls(Page(A, Outcome.REFUSED, None), Page(B))
    gone = keeper.files("sourcekeep")[0]
    gone.unlink()
    rebuilt = rebuild(keeper)
    assert dict(rebuilt.lost) == {gone.name: 1}
    assert rebuilt.kept
    assert len(tables_of(rebuilt.kept)["captures"]) == 3
    assert [row["crawl_id"] for row in keeper.tables()["captures"]] == [2, 2]


def test_copy_of_a_file_doubles_nothing(keeper: Keeper, caplog: pytest.LogCaptureFixture) -> None:
    live_a_little(keeper)
    before = keeper.tables()
    for path in keeper.files():
        path.with_name(path.name.replace("-0000", "-9000")).write_bytes(path.read_bytes())
    assert rebuild_without_the_old(keeper).done.problems == []
    assert differences(before, keeper.tables()) == []
    with keeper.folder.lock("crawl"):
        assert reconcile(keeper.folder).problems == []
    assert caplog.messages == []


def test_second_capture_of_a_source_in_a_crawl_is_told_of(keeper: Keeper) -> None:
    """As in WARC files of another archive, whose crawls have the same numbers."""
    keeper.imports(incident(1, A, B))
    keeper.crawls(Page(A))
    other = Keeper(keeper.folder.path.with_name("other"))
    other.imports(incident(1, A))
    other.crawls(Page(A, Outcome.REFUSED, None), settings=Settings())
    (path,) = other.files("sourcekeep")
    path.rename(keeper.folder.warc_dir / path.name.replace("-00000", "-77777"))
    before = keeper.tables()
    (problem,) = rebuild_without_the_old(keeper).done.problems
    assert f"{A} has another capture in crawl 1" in problem.text
    assert before["captures"] == keeper.tables()["captures"]


def test_archive_older_than_statements_comes_back_without_its_incidents(keeper: Keeper) -> None:
    keeper.imports(incident(1, A, B))
    keeper.crawls(Page(A), Page(B))
    for path in keeper.files("ledger"):
        path.unlink()
    rebuilt = rebuild_without_the_old(keeper)
    assert rebuilt.done.problem_count == 2
    assert [row["url"] for row in keeper.tables()["sources"]] == [A, B]
    assert keeper.tables()["incidents"] == []
    keeper.imports(incident(1, A, B))
    with keeper.folder.catalogue() as catalogue:
        assert [source.id for source in catalogue.sources.of_incident("1")] == [1, 2]


def test_foreign_records_are_passed_over(keeper: Keeper) -> None:
    from archive.ledger.statements import append_statement
    from archive.warc_writer import WarcWriter
    from archive.words import StatementKind

    keeper.imports(incident(1, A))
    before = keeper.tables()
    writer = WarcWriter(keeper.folder.warc_dir, "other", {})
    for kind, about in (("weather", {}), (StatementKind.INCIDENT, {"incident": "none"})):
        append_statement(writer, kind, "1", about, "2026-01-01T00:00:00.000000Z")  # type: ignore[arg-type]
    writer.finish()
    problems = rebuild_without_the_old(keeper).done.problems
    assert len(problems) == 2
    assert differences(before, keeper.tables()) == []


def test_problems_can_be_written_as_json(keeper: Keeper) -> None:
    keeper.imports(incident(1, A))
    spoil(keeper, record_places(keeper, "ledger")[0])
    from dataclasses import asdict

    problems = rebuild_without_the_old(keeper).done.problems
    assert json.loads(json.dumps([asdict(problem) for problem in problems]))
