"""Rows for records that lack them: after a crash, and under a catalogue that is older than its WARC files."""

from __future__ import annotations

import shutil
import threading
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from comparing_catalogues import differences, tables_of
from durability import Lane, Order
from keeping_archive import Keeper, Page, incident, titled

from archive.errors import ArchiveError
from archive.folder import ArchiveFolder
from archive.ledger.imports import importing
from archive.rebuild import rebuilding
from archive.recorded import recorded
from archive.records import Quarantined
from archive.recovery import Recovered, reconcile, recover_crawls
from archive.warc_walk import Damage, walk
from archive.words import Outcome
from sourcekeep.__main__ import cli

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from archive.recorded import Recorded

A, B, C, D = (f"https://{letter}.example/page" for letter in "abcd")


@pytest.fixture
def keeper(tmp_path: Path) -> Keeper:
    return Keeper(tmp_path / "archive")


def put_right(keeper: Keeper) -> Recovered:
    with keeper.folder.lock("crawl"):
        return reconcile(keeper.folder)


def crashed_crawl(keeper: Keeper, backup: Path) -> dict[str, list[dict[str, Any]]]:
    """Leave a crawl as a kill does whose last group has its records and not its rows; return the rows it would have."""
    keeper.imports(incident(1, A, B, C, D))
    keeper.crawls(Page(A, Outcome.REFUSED, None))
    store = keeper.begin()
    keeper.capture(store, Page(A, hops=1))
    keeper.back_up(backup)
    keeper.robots(store, "https://b.example/robots.txt")
    keeper.robots(store, "https://c.example/robots.txt", None)
    keeper.capture(store, Page(B, hops=2), Page(C, Outcome.DNS_FAILED, None), Page(D))
    keeper.crash(store)
    full = keeper.tables()
    keeper.restore(backup)
    return full


def test_captures_whose_records_are_whole_get_their_rows(keeper: Keeper, tmp_path: Path) -> None:
    full = crashed_crawl(keeper, tmp_path / "backup.db")
    assert len(keeper.tables()["captures"]) == 2
    recovered = put_right(keeper)
    assert differences(full, keeper.tables()) == []
    assert (recovered.captures, recovered.exchanges, recovered.problems) == (3, 6, [])
    assert [path.suffix for path in keeper.files()] == [".gz"] * 3


def test_second_recovery_changes_nothing(keeper: Keeper, tmp_path: Path) -> None:
    full = crashed_crawl(keeper, tmp_path / "backup.db")
    put_right(keeper)
    again = put_right(keeper)
    assert differences(full, keeper.tables()) == []
    assert (again.captures, again.exchanges, again.statements, again.salvaged) == (0, 0, {}, [])


def test_crawl_begins_behind_the_recovery(keeper: Keeper, tmp_path: Path) -> None:
    full = crashed_crawl(keeper, tmp_path / "backup.db")
    keeper.crawls(Page(B))
    after = keeper.tables()
    assert [row["id"] for row in after["crawls"]] == [1, 2, 3]
    assert after["captures"][: len(full["captures"])] == full["captures"]
    assert after["captures"][-1]["id"] == len(full["captures"]) + 1


def ends_of_records(path: Path) -> list[int]:
    """Return where each record of a file ends."""
    places = [member.place for member in walk(path) if not isinstance(member, Damage)]
    return [place.warc_offset + place.warc_length for place in places]


def end_of(row: dict[str, Any]) -> int:
    return int(row["warc_offset"] + row["warc_length"])


def test_capture_counts_from_the_record_that_is_written_last(keeper: Keeper, tmp_path: Path) -> None:
    """The file is cut behind each of its records in turn, as a kill may cut it."""
    full = crashed_crawl(keeper, tmp_path / "backup.db")
    (open_file,) = keeper.files("*.open")
    data = open_file.read_bytes()
    for end in ends_of_records(open_file):
        if end < end_of(full["captures"][1]):  # its row is in the catalogue, so its record is on disk
            continue
        other = Keeper(tmp_path / f"cut-{end}")
        other.restore(tmp_path / "backup.db")
        for path in keeper.files():
            (other.folder.warc_dir / path.name).write_bytes(data[:end] if path == open_file else path.read_bytes())
        assert put_right(other).problems == []
        whole = [row for row in full["captures"] if row["crawl_id"] == 1 or end_of(row) <= end]
        assert [row["record_id"] for row in other.tables()["captures"]] == [row["record_id"] for row in whole]


def test_recovery_that_fails_is_done_again(keeper: Keeper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = crashed_crawl(keeper, tmp_path / "backup.db")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("archive.salvage.finish_file", fail)
        with pytest.raises(ArchiveError, match="cannot be salvaged"):
            put_right(keeper)
    put_right(keeper)
    assert differences(full, keeper.tables()) == []


def test_rows_of_a_file_come_all_or_none(keeper: Keeper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = crashed_crawl(keeper, tmp_path / "backup.db")
    before = keeper.tables()

    def fail(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as broken:
        broken.setattr("archive.catalogue.captures.Captures._reschedule", fail)
        with pytest.raises(MemoryError):
            put_right(keeper)
    assert differences(before, keeper.tables()) == []
    put_right(keeper)
    assert differences(full, keeper.tables()) == []


def test_catalogue_from_before_the_last_crawls_is_brought_up_to_date(keeper: Keeper, tmp_path: Path) -> None:
    keeper.imports(incident(1, A, B))
    keeper.crawls(Page(A))
    backup = keeper.back_up(tmp_path / "backup.db")
    keeper.crawls(Page(A), Page(B))
    keeper.imports(incident(1, A, C), incident(2, D), quarantined=[Quarantined("list.csv", 2, "no id", ",")])
    keeper.imports(titled(incident(2, D), "Two"))
    keeper.crawls(Page(C), Page(D))
    full = keeper.tables()
    keeper.restore(backup)
    recovered = put_right(keeper)
    assert differences(full, keeper.tables()) == []
    assert (recovered.captures, recovered.problems) == (4, [])


def test_catalogue_from_amid_a_crawl_gets_the_rest_of_it(keeper: Keeper, tmp_path: Path) -> None:
    keeper.imports(incident(1, A, B))
    store = keeper.begin()
    keeper.capture(store, Page(A))
    backup = keeper.back_up(tmp_path / "backup.db")
    keeper.capture(store, Page(B))
    store.close("finished")
    full = keeper.tables()
    keeper.restore(backup)
    put_right(keeper)
    assert differences(full, keeper.tables()) == []


def test_files_that_come_back_behind_later_ones_wait_for_a_rebuild(
    keeper: Keeper, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keeper.imports(incident(1, A))
    keeper.crawls(Page(A))
    keeper.imports(titled(incident(1, A), "old"))
    keeper.crawls(Page(A, Outcome.REFUSED, None))
    keeper.imports(titled(incident(1, A), "new"))
    keeper.crawls(Page(A))
    full = keeper.tables()
    away = [keeper.files("ledger")[1], keeper.files("sourcekeep")[1]]
    for path in away:
        path.rename(tmp_path / path.name)
    rebuild_without_the_old(keeper)
    before = keeper.tables()
    assert len(before["captures"]) == len(before["crawls"]) == 2
    for path in away:
        (tmp_path / path.name).rename(path)
    put_right(keeper)
    assert differences(before, keeper.tables()) == []
    assert [name for name in (path.name for path in away) if name not in caplog.text] == []
    rebuild_without_the_old(keeper)
    assert differences(full, keeper.tables()) == []


def rebuild_without_the_old(keeper: Keeper) -> None:
    keeper.remove_catalogue()
    with rebuilding(keeper.folder) as new:
        new.replay(lambda _: None)
        new.swap()


def test_lost_catalogue_comes_back_with_the_next_crawl_too(keeper: Keeper) -> None:
    keeper.imports(incident(1, A, B))
    keeper.crawls(Page(A), Page(B))
    full = keeper.tables()
    keeper.remove_catalogue()
    with keeper.folder.catalogue():
        pass
    put_right(keeper)
    assert differences(full, keeper.tables()) == []


def test_start_looks_only_at_what_it_may_lack(keeper: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    """Finished files of ended crawls are not read through at each start."""
    keeper.imports(incident(1, A))
    keeper.crawls(Page(A))
    keeper.crawls(Page(A))
    read: list[str] = []

    def watched(path: Path, _: int = 0) -> Iterator[Recorded]:
        read.append(path.name)
        return iter(())

    monkeypatch.setattr("archive.recovery.recorded", watched)
    put_right(keeper)
    assert read == []


def test_recovery_reads_on_behind_the_last_row(keeper: Keeper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = crashed_crawl(keeper, tmp_path / "backup.db")
    starts = []

    def watched(path: Path, start: int = 0) -> Iterator[Recorded]:
        starts.append(start)
        return recorded(path, start)

    monkeypatch.setattr("archive.recovery.recorded", watched)
    put_right(keeper)
    assert starts == [end_of(full["captures"][1])]


def test_import_under_way_is_not_touched_by_a_crawl_that_begins(keeper: Keeper) -> None:
    keeper.imports(incident(1, A))
    crawl = threading.Thread(target=keeper.crawls)
    with importing(keeper.folder) as writer:
        writer.put(incident(2, B))
        crawl.start()
        crawl.join(0.3)
        assert [path.suffix for path in keeper.files("ledger")] == [".gz", ".part"]
        writer.close({})
    crawl.join(20)
    assert [path.suffix for path in keeper.files("ledger")] == [".gz", ".gz"]
    assert [row["id"] for row in keeper.tables()["incidents"]] == ["1", "2"]


def test_second_import_waits_for_the_first(keeper: Keeper) -> None:
    keeper.imports(incident(1, A))
    other = threading.Thread(target=keeper.imports, args=(incident(3, C),))
    with importing(keeper.folder) as writer:
        other.start()
        writer.put(incident(2, B))
        other.join(0.3)
        assert other.is_alive()
        writer.close({})
    other.join(20)
    tables = keeper.tables()
    assert [row["id"] for row in tables["incidents"]] == ["1", "2", "3"]
    assert sorted(row["subject"] for row in tables["ledger"] if row["kind"] == "import") == ["1", "2", "3"]


def test_import_that_changes_nothing_leaves_no_file(keeper: Keeper) -> None:
    keeper.imports(incident(1, A))
    keeper.imports(incident(1, A))
    assert len(keeper.files()) == 1


def test_import_that_fails_leaves_no_file_and_takes_no_number(keeper: Keeper) -> None:
    keeper.imports(incident(1, A))
    with pytest.raises((AttributeError, TypeError)):
        keeper.imports(incident(2, B), None)  # type: ignore[arg-type]  # whatever goes wrong
    assert len(keeper.files()) == 1
    keeper.imports(incident(3, C))
    assert sorted(row["subject"] for row in keeper.tables()["ledger"] if row["kind"] == "import") == ["1", "2"]
    assert [row["id"] for row in keeper.tables()["incidents"]] == ["1", "3"]


@pytest.fixture(scope="module")
def lane() -> Iterator[Lane]:
    with Lane() as lane:
        yield lane


def faults(place: str = "", hazard: float = 1.0) -> dict[str, object]:
    """Return a kill at *place*; with a hazard below 1, maybe not the first time that it is passed."""
    return {"seed": 2, "action": "kill", "otherwise": 0.0, "hazards": {place: hazard}}


def import_file(path: Path, file: Path) -> None:
    result = CliRunner().invoke(cli, ["--archive", str(path), "import", str(file)])
    assert result.exit_code == 0, result.output


def test_import_that_is_killed_at_any_step_is_all_there_or_not_at_all(lane: Lane, tmp_path: Path) -> None:
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text(f"id,title,url\n1,One,{A}\n2,Two,{B}\n", encoding="utf-8")
    second.write_text(f"id,title,url\n1,Uno,{A}\n3,Three,{C}\n4,Four,{D},too,much\n", encoding="utf-8")
    begun, undisturbed = tmp_path / "begun", tmp_path / "undisturbed"
    import_file(begun, first)
    shutil.copytree(begun, undisturbed)
    passed = lane.run(Order(str(undisturbed), ["import", str(second)], faults=faults())).passed
    before, wanted = incidents(begun), incidents(undisturbed)
    tries = [(place, 1.0) for place in passed if "INSERT" not in place and "cdxj" not in place]
    tries += [(place, 0.5) for place, _ in tries if passed[place] > 1]
    killed = {}
    for number, (place, hazard) in enumerate(tries):
        path = tmp_path / f"archive-{number}"
        shutil.copytree(begun, path)
        killed[place, hazard] = lane.run(Order(str(path), ["import", str(second)], faults=faults(place, hazard))).killed
        keeper = Keeper(path)
        is_whole = bool(keeper.files("*.open"))
        put_right(keeper)
        assert incidents(path) in ([wanted] if is_whole else [before, wanted]), place
        assert {file.suffix for file in keeper.files()} == {".gz"}, place
        import_file(path, second)
        assert incidents(path) == wanted, place
        tables = keeper.tables()
        said = [row["subject"] for row in tables["ledger"] if row["kind"] == "incident"]
        assert sorted(said) == ["1", "1", "2", "3"], place
        rebuild_without_the_old(keeper)
        assert differences(tables, keeper.tables()) == [], place
    lived = [place for place, hazard in tries if hazard == 1.0 and not killed[place, hazard]]
    # A kill amid a commit falls within some milliseconds; behind the last of them there may be nothing left to kill.
    assert [place for place in lived if not place.endswith("amid commit")] == []
    for step in (
        "amid write",
        "sync before sync",
        "hand_over after rename",
        "before commit",
        "finish_file after rename",
    ):
        assert any(step in place for place in passed), step


def incidents(path: Path) -> list[object]:
    with ArchiveFolder.open(path).catalogue() as catalogue:
        return [*catalogue.incidents.all(), *catalogue.incidents.quarantined()]


def test_crawls_alone_can_be_recovered_while_an_import_goes_on(keeper: Keeper, tmp_path: Path) -> None:
    full = crashed_crawl(keeper, tmp_path / "backup.db")
    recovered = Recovered()
    recover_crawls(keeper.folder, recovered)
    assert recovered.captures == 3
    assert tables_of(keeper.folder.catalogue_path)["captures"] == full["captures"]
