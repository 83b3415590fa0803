"""Files that are not what they should be, and the encodings that text comes in."""

from __future__ import annotations

import gzip
import json
import os
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from incident_files import parts, read, reading_of, written

from sourcekeep.incidents import FORMATS, ImportFormatError, read_incidents

TABLE = "id,url,title\n1,https://a.example/caf\u00e9,\u201cCaf\u00e9\u201d\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_encoding_is_found_out(tmp_path: Path, encoding: str) -> None:
    (incident,) = read(tmp_path / "a.csv", TABLE.encode(encoding))
    assert incident.title == "\u201cCaf\u00e9\u201d"
    assert incident.links[0].cited_as == "https://a.example/caf\u00e9"
    assert list(incident.fields) == ["id", "url", "title"]


def test_stray_bytes_do_not_spoil_the_other_lines(tmp_path: Path) -> None:
    content = b"id,url,title\n1,https://a.example,caf\xc3\xa9\n2,https://b.example,caf\xe9 \x81\n"
    assert [one.title for one in read(tmp_path / "a.csv", content)] == ["caf\u00e9", "caf\u00e9 \x81"]


def test_zero_bytes_in_text_are_left_out(tmp_path: Path) -> None:
    (incident,) = read(tmp_path / "a.csv", b"id,url\n1,https://a.ex\0ample\n")
    assert incident.links[0].cited_as == "https://a.example"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"", "a.csv is empty"),
        ("a.csv", b"\n \r\n\t\n", "a.csv is empty"),
        ("a.csv", b"\xef\xbb\xbf", "a.csv is empty"),
        ("a.csv", b"id,url\n", "holds no records"),
        ("a.pdf", b"%PDF-1.7\nrest", "a PDF"),
        ("a.xls", b"\xd0\xcf\x11\xe0" + bytes(100), "export the sheet as CSV"),
        ("a.csv", gzip.compress(b"id,url"), "unpack it"),
        ("a.tar.bz2", b"BZh9" + bytes(range(200)), "no AIID snapshot"),
        ("a.csv", bytes(range(256)) * 40, "not text"),
        ("a.csv", b"\x89PNG\r\n\x1a\n" + bytes(200), "not text"),
        ("a.html", b"\n<!DOCTYPE html><a href='https://a.example'>x</a>", "a web page"),
        ("a.xml", b"<?xml version='1.0'?><a/>", "a web page or XML"),
        ("a.txt", b"Only words here, and more words.\nAnd again some.\n", "no column that holds URLs"),
    ],
)
def test_what_is_no_such_file_is_one_clear_sentence(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    with pytest.raises(ImportFormatError) as caught:
        parts(reading_of(written(tmp_path / name, content)))
    assert said in str(caught.value)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


PIECES = [
    *("id", "url", "AIAAIC ID#", "Headline", "incident_id", "reports", "report_number", "Summary/links", "Occurred: x"),
    *(",", ";", "\t", '"', '""', "\n", "\r", "\n\n", "URL: ", "- ", "{", "}", "[", "]", ":", "null", "NaN", "1", "#"),
    *("https://a.example/x", "www.b.example", '"id": 1', '"metadata": {"report_id": "R"}', "\0", "\ufeff", "\u2028"),
]


@settings(max_examples=150, deadline=None, database=None)
@given(
    st.lists(st.sampled_from(PIECES), max_size=40).map("".join), st.sampled_from([".csv", ".txt", ".json", ".jsonl"])
)
def test_no_text_breaks_an_importer(text: str, suffix: str) -> None:
    with TemporaryDirectory() as folder:
        path = written(Path(folder) / f"a{suffix}", text)
        for format_name in (None, *FORMATS):
            try:
                incidents, _ = parts(reading_of(path, format_name))
            except ImportFormatError:
                continue
            ids = [one.id for one in incidents]
            assert len(ids) == len(set(ids))
            json.dumps([one.fields for one in incidents], allow_nan=False).encode()


def test_workbook_is_named_as_one(tmp_path: Path) -> None:
    path = tmp_path / "sheet.xlsx"
    with zipfile.ZipFile(path, "w") as workbook:
        workbook.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(ImportFormatError, match=r"sheet\.xlsx is a workbook .* export the sheet as CSV"):
        reading_of(path)


def test_file_that_is_not_there_or_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportFormatError, match="there is no file"):
        reading_of(tmp_path / "a.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(ImportFormatError, match="no regular file"):
        reading_of(tmp_path / "pipe.csv")
    with pytest.raises(ImportFormatError, match="there is no format 'xml'"):
        reading_of(tmp_path / "a.csv", "xml")


def test_folder_stands_for_the_files_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "deeper").mkdir(parents=True)
    written(folder / "b.csv", "id,url\n1,https://a.example\n")
    written(folder / "deeper" / "a.txt", "https://b.example\n")
    written(folder / "picture.png", b"\x89PNG")
    assert [reading.name for reading in read_incidents([folder])] == ["b.csv", "a.txt"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(ImportFormatError, match="holds no file to import"):
        read_incidents([tmp_path / "empty"])


def test_name_that_is_no_utf8_can_be_stored(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.csv")
    reading = reading_of(written(path, "id,url\n1,https://a.example\n,https://b.example\n"))
    _, quarantined = parts(reading)
    assert quarantined[0].file.encode() == "caf\ufffd.csv".encode()
