"""`sourcekeep export --format wacz`: a package that validators pass and replay programs open."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import subprocess
import sys
import tracemalloc
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from judges import ask, needs_judges
from reading_archive import (
    ARTICLE,
    ARTICLE_TEXT,
    INDEX,
    JAPANESE,
    UNEXTRACTED,
    Page,
    article,
    crawl,
    make_archive,
    put,
    run,
)
from replaying_archive import pywb_at
from test_archive_cdxj import record, write

from archive.cdxj import index_missing, index_path, write_index
from archive.errors import ArchiveError
from archive.folder import ArchiveFolder
from archive.records import CitedLink, Incident
from archive.warc_files import OPEN_SUFFIX, warc_files
from archive.warc_walk import Damage, walk
from sourcekeep.byte_progress import for_stderr
from sourcekeep.exports import wacz, wacz_index

if TYPE_CHECKING:
    from pathlib import Path

CHAIN_END = "https://news.example/2031/chatbot"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> ArchiveFolder:
    return make_archive(tmp_path_factory.mktemp("wacz") / "archive")


@pytest.fixture(scope="module")
def package(archive: ArchiveFolder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("package") / "all.wacz"
    result = run(archive, "export", "--format", "wacz", "--output", str(path))
    assert result.exit_code == 0, result.exception
    return path


def read(package: Path, name: str) -> bytes:
    with zipfile.ZipFile(package) as opened:
        return opened.read(name)


def pages_of(package: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in read(package, "pages/pages.jsonl").splitlines()]


def index_of(package: Path) -> list[bytes]:
    return gzip.decompress(read(package, "indexes/index.cdx.gz")).splitlines(keepends=True)


def dates_of(archive: ArchiveFolder, url: str) -> set[str]:
    """Return the dates of the responses of a URL, to the second."""
    members = (member for path in warc_files(archive.warc_dir) for member in walk(path))
    return {
        (member.header("WARC-Date") or "")[:19] + "Z"
        for member in members
        if not isinstance(member, Damage) and member.type == "response" and member.header("WARC-Target-URI") == url
    }


@needs_judges
def test_validator_passes_the_package(package: Path) -> None:
    assert "Validation succeeded" in ask("wacz", "validate", "-f", package).stdout


@needs_judges
def test_validator_sees_what_is_changed(package: Path, tmp_path: Path) -> None:
    """The judge does judge."""
    changed = tmp_path / "changed.wacz"
    with zipfile.ZipFile(package) as before, zipfile.ZipFile(changed, "w") as after:
        for name in before.namelist():
            after.writestr(name, before.read(name).replace(b"The school closed", b"The school opened"))
    with pytest.raises(subprocess.CalledProcessError) as failed:
        ask("wacz", "validate", "-f", changed)
    assert "Validation failed" in failed.value.stdout


@needs_judges
def test_pywb_opens_the_package_and_shows_its_pages(package: Path, tmp_path: Path) -> None:
    for arguments in (["init", "archive"], ["add", "--unpack-wacz", "archive", str(package)]):
        ask("wb-manager", *arguments, folder=tmp_path)
    with pywb_at(tmp_path) as pywb:
        for page in pages_of(package)[1:]:
            assert pywb.get(page["url"], "".join(filter(str.isdigit, page["ts"]))).status == 200
        assert pywb.get(JAPANESE).payload == b"<p>page</p>"


def test_warc_files_are_in_it_byte_for_byte_and_not_packed_again(archive: ArchiveFolder, package: Path) -> None:
    files = warc_files(archive.warc_dir)
    with zipfile.ZipFile(package) as opened:
        assert opened.testzip() is None
        entries = {entry.filename: entry for entry in opened.infolist()}
        assert {name for name in entries if name.startswith("archive/")} == {f"archive/{path.name}" for path in files}
        for path in files:
            assert opened.read(f"archive/{path.name}") == path.read_bytes()
            assert entries[f"archive/{path.name}"].compress_type == zipfile.ZIP_STORED
        assert entries["indexes/index.cdx.gz"].compress_type == zipfile.ZIP_STORED


def test_description_names_every_file_with_its_digest(package: Path) -> None:
    data = read(package, "datapackage.json")
    description = json.loads(data)
    assert (description["profile"], description["wacz_version"]) == ("data-package", "1.1.1")
    with zipfile.ZipFile(package) as opened:
        described = {"datapackage.json", "datapackage-digest.json"} | {r["path"] for r in description["resources"]}
        assert set(opened.namelist()) == described
        for resource in description["resources"]:
            content = opened.read(resource["path"])
            assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
            assert resource["bytes"] == len(content)
    digest = json.loads(read(package, "datapackage-digest.json"))
    assert digest == {"path": "datapackage.json", "hash": f"sha256:{hashlib.sha256(data).hexdigest()}"}


def test_index_holds_the_lines_of_all_files_in_order(archive: ArchiveFolder, package: Path) -> None:
    lines = [line for path in warc_files(archive.warc_dir) for line in write_index(path).read_bytes().splitlines(True)]
    assert len(lines) > 8
    assert index_of(package) == sorted(lines)


def test_blocks_of_the_index_can_be_read_one_by_one(
    monkeypatch: pytest.MonkeyPatch, archive: ArchiveFolder, tmp_path: Path
) -> None:
    monkeypatch.setattr(wacz, "_BLOCK_LINES", 4)
    package = tmp_path / "blocks.wacz"
    assert run(archive, "export", "--format", "wacz", "--output", str(package)).exit_code == 0
    meta, *begins = read(package, "indexes/index.idx").decode().splitlines()
    assert json.loads(meta.removeprefix("!meta 0 ")) == {"format": "cdxj-gzip-1.0", "filename": "index.cdx.gz"}
    data, lines = read(package, "indexes/index.cdx.gz"), index_of(package)
    assert len(begins) == -(-len(lines) // 4) > 2
    for number, begin in enumerate(begins):
        key, timestamp, about = begin.split(" ", 2)
        block = json.loads(about)
        raw = data[block["offset"] : block["offset"] + block["length"]]
        assert block["digest"] == f"sha256:{hashlib.sha256(raw).hexdigest()}"
        assert gzip.decompress(raw).splitlines(keepends=True) == lines[4 * number : 4 * number + 4]
        assert lines[4 * number].startswith(f"{key} {timestamp} {{".encode())


def test_pages_are_the_best_captures_with_their_texts(archive: ArchiveFolder, package: Path) -> None:
    head, *pages = pages_of(package)
    assert head["format"] == "json-pages-1.0"
    by_url = {page["url"]: page for page in pages}
    assert len(by_url) == len(pages)
    assert set(by_url) == {CHAIN_END, JAPANESE, INDEX}
    article_page = by_url[CHAIN_END]
    assert (article_page["cited"], article_page["title"]) == (ARTICLE, "A chatbot closes a school")
    assert article_page["text"] == ARTICLE_TEXT
    for page in pages:
        assert page["ts"] in dates_of(archive, page["url"])


def test_later_wall_leaves_the_page_at_the_earlier_capture(tmp_path: Path) -> None:
    folder = ArchiveFolder.create(tmp_path / "archive")
    put(folder, Incident("1", "f", links=(CitedLink(JAPANESE),)))
    crawl(folder, [Page(JAPANESE, text=article("First", "The words."))])
    crawl(folder, [Page(JAPANESE, text={"verdict": "paywalled"}, at="2099-11-28T10:00:00.000000Z")])
    package = tmp_path / "x.wacz"
    assert run(folder, "export", "--format", "wacz", "--output", str(package)).exit_code == 0
    [page] = pages_of(package)[1:]
    assert (page["ts"], page["title"]) == ("2099-11-20T10:00:00Z", "First")


def test_file_of_a_crawl_under_way_stays_out_with_its_pages(tmp_path: Path) -> None:
    folder = make_archive(tmp_path / "archive")
    newest = max(warc_files(folder.warc_dir), key=lambda path: path.stat().st_size)
    newest.rename(newest.with_name(newest.name + OPEN_SUFFIX))
    package = tmp_path / "x.wacz"
    result = run(folder, "export", "--format", "wacz", "--output", str(package))
    assert result.exit_code == 0
    assert "0 pages written" in result.stderr
    assert not [name for name in zipfile.ZipFile(package).namelist() if newest.name in name]
    assert len(pages_of(package)) == 1


def test_missing_index_is_made_and_the_archive_left_as_it_is(tmp_path: Path) -> None:
    folder = make_archive(tmp_path / "archive")
    for path in warc_files(folder.warc_dir):
        index_path(path).unlink(missing_ok=True)
    package = tmp_path / "x.wacz"
    assert run(folder, "export", "--format", "wacz", "--output", str(package)).exit_code == 0
    assert index_missing(folder.warc_dir) == warc_files(folder.warc_dir)
    assert any(UNEXTRACTED.encode() in line for line in index_of(package))


def test_package_goes_to_standard_output_too(archive: ArchiveFolder, package: Path) -> None:
    command = [sys.executable, "-m", "sourcekeep", "--archive", str(archive.path), "export", "--format", "wacz"]
    piped = subprocess.run(command, capture_output=True, check=True)
    assert piped.stderr == b""
    with zipfile.ZipFile(io.BytesIO(piped.stdout)) as opened:
        assert opened.testzip() is None
        assert opened.read("pages/pages.jsonl") == read(package, "pages/pages.jsonl")


def test_package_of_one_incident_cannot_be_had(archive: ArchiveFolder) -> None:
    result = run(archive, "export", "--format", "wacz", "--incident", "DB-100", "--output", "x.wacz")
    assert result.exit_code == 2
    assert "--incident can't be had with wacz" in result.stderr


def test_archive_without_a_finished_file_is_said(tmp_path: Path) -> None:
    folder = ArchiveFolder.create(tmp_path / "archive")
    with folder.catalogue():
        pass
    result = run(folder, "export", "--format", "wacz", "--output", str(tmp_path / "x.wacz"))
    assert (result.exit_code, list(tmp_path.iterdir())) == (1, [folder.path])
    assert "no finished WARC file" in str(result.exception)


def test_failure_leaves_the_package_that_was_there(tmp_path: Path) -> None:
    folder = make_archive(tmp_path / "archive")
    (folder.warc_dir / "zzz.warc.gz").mkdir()
    package = tmp_path / "x.wacz"
    package.write_bytes(b"earlier")
    result = run(folder, "export", "--format", "wacz", "--output", str(package))
    assert isinstance(result.exception, ArchiveError)
    assert package.read_bytes() == b"earlier"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive", "x.wacz"]


def test_indexes_of_more_files_than_can_be_open_are_merged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(wacz_index, "_AT_ONCE", 2)
    warcs = [write(tmp_path / str(number), record(f"http://{name}.example/")) for number, name in enumerate("edcbafg")]
    lines = list(wacz_index.merged([warc for warc, _ in warcs]))
    assert [line[:9] for line in lines] == [b"example,%c" % letter for letter in b"abcdefg"]


def test_large_files_take_zip64(monkeypatch: pytest.MonkeyPatch, archive: ArchiveFolder, tmp_path: Path) -> None:
    """As files beyond 2 GiB do; the limit is lowered here."""
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 1000)
    package = tmp_path / "large.wacz"
    assert run(archive, "export", "--format", "wacz", "--output", str(package)).exit_code == 0
    monkeypatch.undo()
    with zipfile.ZipFile(package) as opened:
        assert opened.testzip() is None
        large = [entry for entry in opened.infolist() if entry.file_size > 1000]
    assert large
    assert all(entry.extract_version == zipfile.ZIP64_VERSION for entry in large)


def test_memory_stays_flat(archive: ArchiveFolder, tmp_path: Path) -> None:
    folder = ArchiveFolder(tmp_path)
    folder.warc_dir.mkdir()
    with (folder.warc_dir / "large.warc.gz").open("wb") as file:
        file.truncate(200_000_000)
    index_path(folder.warc_dir / "large.warc.gz").write_bytes(b"")
    with archive.catalogue() as catalogue, (tmp_path / "large.wacz").open("wb") as output:
        tracemalloc.start()
        wacz.package(catalogue, folder, output, for_stderr("packaging"))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 10_000_000
