from __future__ import annotations

import gzip
import io
import os
import zlib
from typing import TYPE_CHECKING

import pytest

from archive.clock import utc_now
from archive.errors import CatalogueError, WarcWriteError
from archive.salvage import TORN_SUFFIX, Salvaged, whole_members
from archive.salvage import salvage as salvage_series
from archive.warc_files import OPEN_SUFFIX
from archive.warc_reader import read_record
from archive.warc_record import RecordType, WarcRecord, digest_of, new_record_id
from archive.warc_writer import WarcWriter

if TYPE_CHECKING:
    from pathlib import Path

    from archive.records import RecordPlace

NAME = "test-00000.warc.gz"


def salvage(directory: Path) -> list[Salvaged]:
    return salvage_series(directory, "test", lambda _: None)


def write_open_file(directory: Path, blocks: list[bytes]) -> list[RecordPlace]:
    """Leave an `.open` file behind, as a process does that is killed."""
    writer = WarcWriter(directory, "test", {})
    places = []
    for block in blocks:
        record = WarcRecord(
            RecordType.RESPONSE,
            new_record_id(),
            utc_now(),
            io.BytesIO(block),
            len(block),
            digest_of([block]),
            "http://a/",
        )
        places.append(writer.append(record))
    assert writer._file
    writer._file.close()
    return places


@pytest.fixture
def _quick_syncs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)


def test_nothing_open_is_nothing_to_do(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"finished")
    assert salvage(tmp_path) == []
    assert (tmp_path / NAME).read_bytes() == b"finished"


@pytest.mark.usefixtures("_quick_syncs")
def test_file_cut_at_any_byte_keeps_every_whole_member_and_sets_the_rest_aside(tmp_path: Path) -> None:
    places = write_open_file(tmp_path, [b"one", b"two", b"three"])
    name = places[0].warc_file
    data = (tmp_path / (name + OPEN_SUFFIX)).read_bytes()
    ends = [place.warc_offset + place.warc_length for place in places]
    for cut in range(ends[0], len(data) + 1):
        directory = tmp_path / str(cut)
        directory.mkdir()
        (directory / (name + OPEN_SUFFIX)).write_bytes(data[:cut])
        kept = max(end for end in ends if end <= cut)
        assert salvage(directory) == [Salvaged(name, kept, cut - kept)]
        assert (directory / name).read_bytes() == data[:kept]
        assert not (directory / (name + OPEN_SUFFIX)).exists()
        torn = directory / (name + TORN_SUFFIX)
        assert (torn.read_bytes() if torn.exists() else b"") == data[kept:cut]


def test_records_of_a_salvaged_file_are_where_their_rows_say(tmp_path: Path) -> None:
    places = write_open_file(tmp_path, [b"one", b"two"])
    salvage(tmp_path)
    assert [read_record(tmp_path, place).block for place in places] == [b"one", b"two"]


def test_file_without_one_whole_member_leaves_only_its_torn_bytes(tmp_path: Path) -> None:
    (tmp_path / (NAME + OPEN_SUFFIX)).write_bytes(gzip.compress(b"warcinfo")[:-1])
    salvage(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [NAME + TORN_SUFFIX]


def test_empty_file_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / (NAME + OPEN_SUFFIX)).touch()
    assert salvage(tmp_path) == [Salvaged(NAME, 0, 0)]
    assert list(tmp_path.iterdir()) == []


def test_all_open_files_are_salvaged(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"test-{number}.warc.gz{OPEN_SUFFIX}").write_bytes(gzip.compress(b"record") + b"torn")
    assert [salvaged.torn_bytes for salvaged in salvage(tmp_path)] == [4, 4, 4]
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".gz"] * 3 + [".torn"] * 3


def test_files_of_another_series_are_left_to_their_writer(tmp_path: Path) -> None:
    (tmp_path / f"other-0.warc.gz{OPEN_SUFFIX}").write_bytes(gzip.compress(b"record") + b"torn")
    assert salvage(tmp_path) == []
    assert [path.name for path in tmp_path.iterdir()] == [f"other-0.warc.gz{OPEN_SUFFIX}"]


def test_file_has_its_final_name_only_when_its_rows_were_written(tmp_path: Path) -> None:
    whole = gzip.compress(b"record")
    (tmp_path / (NAME + OPEN_SUFFIX)).write_bytes(whole + b"torn")
    seen = []

    def take(path: Path) -> None:
        seen.append((path.name, path.read_bytes()))
        if len(seen) == 1:
            raise CatalogueError("the catalogue is full")

    with pytest.raises(CatalogueError):
        salvage_series(tmp_path, "test", take)
    assert not (tmp_path / NAME).exists()
    salvage_series(tmp_path, "test", take)
    assert seen == [(NAME + OPEN_SUFFIX, whole)] * 2
    assert (tmp_path / NAME).read_bytes() == whole


@pytest.mark.parametrize("tail", [bytes(4096), b"\x1f\x8b", b"\x1f\x8b\x08" + bytes(100), b"\xff" * 5000])
def test_what_a_power_cut_leaves_behind_the_last_member_is_set_aside(tmp_path: Path, tail: bytes) -> None:
    whole = gzip.compress(b"record") * 2
    (tmp_path / (NAME + OPEN_SUFFIX)).write_bytes(whole + tail)
    assert salvage(tmp_path) == [Salvaged(NAME, len(whole), len(tail))]
    assert (tmp_path / NAME).read_bytes() == whole
    assert (tmp_path / (NAME + TORN_SUFFIX)).read_bytes() == tail


@pytest.mark.parametrize("at", [-1, -4, -5, -8, -12])
def test_member_with_a_wrong_checksum_is_not_whole(tmp_path: Path, at: int) -> None:
    good, bad = gzip.compress(b"good"), bytearray(gzip.compress(b"a record whose pages were never written"))
    bad[at] ^= 1
    (tmp_path / (NAME + OPEN_SUFFIX)).write_bytes(good + bad)
    assert salvage(tmp_path)[0].kept_bytes == len(good)


@pytest.mark.parametrize("size", [2**20 - 1, 2**20, 2**20 + 1, 2**21, 5 * 2**20 + 3])
@pytest.mark.parametrize("byte", [b"a", None])
def test_members_larger_than_the_buffer_are_whole(size: int, byte: bytes | None) -> None:
    content = byte * size if byte else os.urandom(size)
    compressor = zlib.compressobj(1, wbits=31)
    member = compressor.compress(content) + compressor.flush()
    assert whole_members(io.BytesIO(member * 2)) == 2 * len(member)
    assert whole_members(io.BytesIO(member * 2 + b"\x1f")) == 2 * len(member)
    assert whole_members(io.BytesIO(member + member[:-1])) == len(member)


def test_finished_file_of_the_same_name_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"older evidence")
    (tmp_path / (NAME + OPEN_SUFFIX)).write_bytes(gzip.compress(b"record"))
    with pytest.raises(WarcWriteError, match=NAME):
        salvage(tmp_path)
    assert (tmp_path / NAME).read_bytes() == b"older evidence"
    assert (tmp_path / (NAME + OPEN_SUFFIX)).exists()


def test_torn_bytes_of_an_earlier_crash_are_kept(tmp_path: Path) -> None:
    (tmp_path / (NAME + TORN_SUFFIX)).write_bytes(b"earlier")
    (tmp_path / (NAME + OPEN_SUFFIX)).write_bytes(gzip.compress(b"record") + b"later")
    salvage(tmp_path)
    torn = sorted(path.read_bytes() for path in tmp_path.iterdir() if TORN_SUFFIX in path.name)
    assert torn == [b"earlier", b"later"]


def test_salvage_that_is_cut_short_is_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = gzip.compress(b"record")
    (tmp_path / (NAME + OPEN_SUFFIX)).write_bytes(whole + b"torn")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("archive.salvage.finish_file", fail)
        with pytest.raises(WarcWriteError, match="cannot be salvaged"):
            salvage(tmp_path)
    salvage(tmp_path)
    assert (tmp_path / NAME).read_bytes() == whole
    assert (tmp_path / (NAME + TORN_SUFFIX)).read_bytes() == b"torn"
