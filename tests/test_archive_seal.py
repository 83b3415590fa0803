"""Seals hold on to each other and to the files: whatever is changed, taken or put between them later shows."""

from __future__ import annotations

import hashlib
import json
import subprocess
from typing import TYPE_CHECKING

import pytest
from tampering import Sample, look, warcs

from archive.errors import ArchiveError
from archive.fixity.findings import FaultKind
from archive.seal import Seal, check_files, read_seals, seals_dir, unsealed, write_durably, write_seal

if TYPE_CHECKING:
    from pathlib import Path

    from archive.folder import ArchiveFolder


def seal(folder: ArchiveFolder) -> Seal | None:
    """Seal as the command does, of an archive without a fault."""
    found = look(folder)
    assert not found.faults
    return write_seal(folder, read_seals(folder), found.digests, "Test/1")


def said(folder: ArchiveFolder) -> dict[str, list[str]]:
    """Return what is wrong with seals and files, by file."""
    seals = read_seals(folder)
    told: dict[str, list[str]] = {}
    for fault in (*seals.faults, *check_files(seals, look(folder).digests, folder.warc_dir)):
        assert fault.kind is FaultKind.SEAL
        told.setdefault(str(fault.file), []).append(fault.problem)
    return told


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    made = Sample(tmp_path / "archive")
    made.first_crawl()
    return made


@pytest.fixture
def archive(sample: Sample) -> ArchiveFolder:
    """An archive with three seals, the second and the third of them of one file more."""
    seal(sample.folder)
    sample.second_crawl()
    seal(sample.folder)
    writer = sample.writer()
    writer.submit(sample.draft("never", http_status=None)).result(20)
    writer.close()
    seal(sample.folder)
    return sample.folder


def test_seal_is_of_all_finished_files_and_of_the_seal_before(archive: ArchiveFolder) -> None:
    assert said(archive) == {}
    manifests = sorted(seals_dir(archive).iterdir())
    assert [path.name for path in manifests] == ["00001.json", "00002.json", "00003.json"]
    last = json.loads(manifests[2].read_bytes())
    assert last["number"] == 3
    digest = hashlib.sha256(manifests[1].read_bytes()).hexdigest()
    assert last["previous"] == {"name": "00002.json", "sha256": digest}
    assert [file["name"] for file in last["files"]] == [path.name for path in warcs(archive)]
    for file, path in zip(last["files"], warcs(archive), strict=True):
        printed = subprocess.run(["sha256sum", str(path)], capture_output=True, text=True, check=True).stdout
        assert file["sha256"] == printed.split()[0]
        assert file["bytes"] == path.stat().st_size
    assert json.loads(manifests[0].read_bytes())["previous"] is None


def test_nothing_new_needs_no_new_seal(archive: ArchiveFolder) -> None:
    assert seal(archive) is None
    assert read_seals(archive).names == ["00001.json", "00002.json", "00003.json"]


def test_archive_without_a_finished_file_is_not_sealed(tmp_path: Path) -> None:
    assert seal(Sample(tmp_path / "empty").folder) is None


def test_files_that_came_later_are_known_to_be_unsealed(sample: Sample) -> None:
    assert unsealed(read_seals(sample.folder), look(sample.folder).digests) == [warcs(sample.folder)[0].name]
    seal(sample.folder)
    sample.second_crawl()
    assert unsealed(read_seals(sample.folder), look(sample.folder).digests) == [warcs(sample.folder)[1].name]


def test_file_that_was_changed_is_found_with_the_seals_that_say_so(archive: ArchiveFolder) -> None:
    path = warcs(archive)[0]
    with path.open("ab") as file:
        file.write(b"more")
    ((problem,),) = said(archive).values()
    assert list(said(archive)) == [path.name]
    assert "00001.json to 00003.json says" in problem
    assert hashlib.sha256(path.read_bytes()).hexdigest() in problem


def test_bit_that_changes_no_record_is_found(archive: ArchiveFolder) -> None:
    """The one thing that no other check can see: what deflate leaves unused."""
    path = warcs(archive)[1]
    data = path.read_bytes()
    for at in range(len(data) - 9, 0, -1):
        path.write_bytes(data[:at] + bytes([data[at] ^ 0x80]) + data[at + 1 :])
        if not look(archive).faults:
            break
    else:
        pytest.skip("this deflate leaves no bit unused")
    assert list(said(archive)) == [path.name]


def test_file_that_was_taken_away_is_found(archive: ArchiveFolder) -> None:
    path = warcs(archive)[0]
    path.unlink()
    assert said(archive) == {path.name: ["it is sealed by 00001.json to 00003.json, and it is not there"]}


def test_only_files_that_were_read_are_held_against_their_digests(archive: ArchiveFolder) -> None:
    path = warcs(archive)[0]
    path.write_bytes(b"")
    assert (
        check_files(read_seals(archive), look(archive, files=[warcs(archive)[1].name]).digests, archive.warc_dir) == []
    )


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("change", ["digest", "date", "blank", "file", "nonsense", "list", "other format", "nesting"])
def test_seal_that_was_edited_is_found(archive: ArchiveFolder, number: int, change: str) -> None:
    path = seals_dir(archive) / f"{number:05d}.json"
    text = path.read_text(encoding="utf-8")
    manifest = json.loads(text)
    match change:
        case "digest":
            manifest["files"][0]["sha256"] = "0" * 64
        case "date":
            manifest["made_at"] = "2019-01-01T00:00:00.000000Z"
        case "file":
            manifest["files"].append({"name": "x.warc.gz", "bytes": 1, "sha256": "0", "records": 1})
        case "other format":
            manifest["format"] = "sourcekeep-seal/9"
    text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    text = {"blank": text.replace('": ', '":  '), "nonsense": "{", "list": "[]\n", "nesting": "[" * 99_999}.get(
        change, text
    )
    path.write_text(text, encoding="utf-8")
    told = said(archive)
    if (number, change) == (3, "date"):
        assert told == {}  # of the newest seal, only a copy elsewhere or a time-stamp tells
    elif number == 3:
        assert told
    elif change in {"digest", "date", "file"}:
        assert told[f"seals/{number + 1:05d}.json"] == [f"{path.name} is not what it was when this seal was made"]
    else:
        assert "it is no seal as they are written here" in told[f"seals/{path.name}"][0]
        assert "the seals before it are not all there" in told[f"seals/{number + 1:05d}.json"][0]


@pytest.mark.parametrize("number", [1, 2])
def test_seal_that_was_taken_out_is_found(archive: ArchiveFolder, number: int) -> None:
    (seals_dir(archive) / f"{number:05d}.json").unlink()
    problem = f"the seals before it are not all there: {number:05d}.json can't be read or is missing"
    assert said(archive) == {f"seals/{number + 1:05d}.json": [problem]}


def test_several_seals_that_were_taken_out_are_found(archive: ArchiveFolder) -> None:
    for number in (1, 2):
        (seals_dir(archive) / f"{number:05d}.json").unlink()
    ((problem,),) = said(archive).values()
    assert "00001.json to 00002.json can't be read or is missing" in problem


def test_seal_under_another_number_is_found(archive: ArchiveFolder) -> None:
    (seals_dir(archive) / "00003.json").rename(seals_dir(archive) / "00004.json")
    assert "says that its number is 3" in said(archive)["seals/00004.json"][0]


def test_seal_that_says_it_is_older_than_the_one_before_is_a_note(
    sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal(sample.folder)
    sample.second_crawl()
    monkeypatch.setattr("archive.seal.utc_now", lambda: "2019-01-01T00:00:00.000000Z")
    seal(sample.folder)
    seals = read_seals(sample.folder)
    assert seals.faults == []
    (note,) = seals.notes
    assert "00002.json says that it is older than 00001.json" in note


def test_other_files_beside_the_seals_are_left_alone(archive: ArchiveFolder) -> None:
    for name in ("notes.txt", "1.json", "00009.json.part"):
        (seals_dir(archive) / name).write_bytes(b"{")
    assert said(archive) == {}


def test_seal_is_whole_or_not_there(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("archive.seal.os.fsync", full)
    with pytest.raises(ArchiveError, match=r"00001\.json cannot be written.*No space left"):
        seal(sample.folder)
    monkeypatch.undo()
    assert read_seals(sample.folder).names == []
    made = seal(sample.folder)
    assert made
    assert made.number == 1


def test_no_file_is_ever_overwritten(tmp_path: Path) -> None:
    write_durably(tmp_path / "a", b"1")
    with pytest.raises(FileExistsError):
        write_durably(tmp_path / "a", b"2")
    assert (tmp_path / "a").read_bytes() == b"1"
