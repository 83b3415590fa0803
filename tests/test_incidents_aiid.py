"""Snapshots of the AI Incident Database."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

import pytest
from incident_files import cited, parts, reading_of, written

from archive.records import CitedLink
from sourcekeep.incidents import ImportFormatError, read_incidents

if TYPE_CHECKING:
    from pathlib import Path

INCIDENTS = """_id,incident_id,date,reports,Alleged deployer of AI system,description,title
a,1,2021-03-01,"[10,11]","[""postbot""]","A robot lost parcels, see https://extra.example/x",Robot loses parcels
b,2,2021-04-01,"11, 99",,Again,Robot loses more
c,3,2021-05-01,"[""12""]",,,Third
"""
REPORTS = """_id,authors,date_published,language,report_number,text,title,url
r,"Ann One, Bo Two",2021-03-02,en,10,"First line,
second line",Parcels gone,https://news.example/parcels
s,Cy,2021-03-03,de,11,,Pakete weg,http://zeitung.example/pakete?utm_source=x
t,Di,2021-03-04,en,12,Only text,A report on paper,
u,Ed,2021-03-05,en,13,Nobody lists it,Orphan,https://news.example/orphan
"""
DUPLICATES = "duplicate_incident_number,true_incident_number\n2,1\n"


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    folder = tmp_path / "snapshot"
    folder.mkdir()
    for name, text in (("incidents", INCIDENTS), ("reports", REPORTS), ("duplicates", DUPLICATES)):
        written(folder / f"{name}.csv", text)
    return folder


def test_incident_cites_the_reports_it_lists(snapshot: Path) -> None:
    incidents, _ = parts(reading_of(snapshot))
    first = incidents[0]
    assert (first.id, first.origin, first.title) == ("aiid-1", "aiid", "Robot loses parcels")
    assert first.occurred == "2021-03-01"
    assert first.summary is not None
    assert first.summary.startswith("A robot lost parcels")
    assert first.links == (
        CitedLink("https://news.example/parcels", label="Parcels gone", pasted_text="First line,\nsecond line"),
        CitedLink("http://zeitung.example/pakete?utm_source=x", label="Pakete weg"),
        CitedLink("https://extra.example/x"),
    )


def test_everything_of_a_report_but_its_text_is_in_the_fields(snapshot: Path) -> None:
    incidents, _ = parts(reading_of(snapshot))
    assert incidents[0].fields["reports"][0] == {
        "_id": "r",
        "authors": "Ann One, Bo Two",
        "date_published": "2021-03-02",
        "language": "en",
        "report_number": "10",
        "title": "Parcels gone",
        "url": "https://news.example/parcels",
    }
    assert incidents[0].fields["Alleged deployer of AI system"] == '["postbot"]'


def test_duplicate_is_kept_and_says_of_what(snapshot: Path) -> None:
    incidents, _ = parts(reading_of(snapshot))
    assert [incident.fields.get("duplicate_of") for incident in incidents] == [None, "aiid-1", None]


def test_report_without_url_is_a_link_without_source(snapshot: Path) -> None:
    incidents, _ = parts(reading_of(snapshot))
    (link,) = incidents[2].links
    assert (link.cited_as, link.has_url, link.pasted_text) == ("A report on paper", False, "Only text")


def test_missing_and_unlisted_reports_are_recorded_and_the_rest_goes_in(snapshot: Path) -> None:
    incidents, quarantined = parts(reading_of(snapshot))
    assert cited(incidents[1]) == ["http://zeitung.example/pakete?utm_source=x"]
    assert [(one.file, one.line) for one in quarantined] == [("incidents.csv", 3), ("reports.csv", 6)]
    assert "report 99" in quarantined[0].reason
    assert "no incident lists report 13" in quarantined[1].reason
    assert "https://news.example/orphan" in quarantined[1].raw


@pytest.mark.parametrize(
    "given",
    [["incidents.csv"], ["reports.csv"], ["duplicates.csv"], ["reports.csv", "incidents.csv", "duplicates.csv"]],
)
def test_any_of_the_files_stands_for_the_snapshot(snapshot: Path, given: list[str]) -> None:
    (reading,) = read_incidents([snapshot / name for name in given])
    assert reading.format == "aiid"
    assert [incident.id for incident in parts(reading)[0]] == ["aiid-1", "aiid-2", "aiid-3"]


@pytest.mark.parametrize("cell", ["[10,11]", '"10, 11"', '"[""10"",""11""]"', "10;11", '"[10.0, 11.0]"'])
def test_every_notation_of_the_list_of_reports_is_read(snapshot: Path, cell: str) -> None:
    cell = cell if cell.startswith('"') else f'"{cell}"'
    written(snapshot / "incidents.csv", f"incident_id,reports,title\n1,{cell},T\n")
    incidents, _ = parts(reading_of(snapshot))
    assert len(incidents[0].links) == 2


def test_damaged_numbers_are_quarantined(snapshot: Path) -> None:
    written(snapshot / "incidents.csv", 'incident_id,reports,title\nx,"[10]",A\n4,"[10, oops]",B\n4,"[11]",C\n')
    incidents, quarantined = parts(reading_of(snapshot))
    assert [(incident.id, len(incident.links)) for incident in incidents] == [("aiid-4", 1)]
    reasons = [one.reason for one in quarantined if one.file == "incidents.csv"]
    assert reasons[0] == "incident_id is no number"
    assert "report oops" in reasons[1]
    assert "already in line 3" in reasons[2]


def test_snapshot_without_reports_is_refused(snapshot: Path) -> None:
    (snapshot / "reports.csv").unlink()
    with pytest.raises(ImportFormatError, match=r"reports\.csv is missing"):
        reading_of(snapshot / "incidents.csv")


def test_packed_snapshot_is_read_as_it_is_published(snapshot: Path, tmp_path: Path) -> None:
    packed = tmp_path / "backup.tar.bz2"
    with tarfile.open(packed, "w:bz2") as archive:
        archive.add(snapshot, "mongodump_full_snapshot")
        evil = tarfile.TarInfo("../../evil.csv")
        evil.size = 4
        archive.addfile(evil, io.BytesIO(b"evil"))
    reading = reading_of(packed)
    assert reading.name == "backup.tar.bz2"
    assert parts(reading) == parts(reading_of(snapshot))
    assert not (tmp_path.parent / "evil.csv").exists()


def test_unpacked_copy_goes_with_the_reading(snapshot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    packed = tmp_path / "backup.tar.bz2"
    with tarfile.open(packed, "w:bz2") as archive:
        archive.add(snapshot, "snapshot")
    reading = reading_of(packed)
    assert len(list(scratch.iterdir())) == 1
    del reading
    assert list(scratch.iterdir()) == []


def test_packed_something_else_is_refused(tmp_path: Path) -> None:
    packed = tmp_path / "other.tar.bz2"
    with tarfile.open(packed, "w:bz2") as archive:
        archive.add(written(tmp_path / "readme.txt", "hello"), "readme.txt")
    with pytest.raises(ImportFormatError, match=r"other\.tar\.bz2 has no incidents\.csv"):
        reading_of(packed)
    written(packed, packed.read_bytes()[:60])
    with pytest.raises(ImportFormatError, match=r"other\.tar\.bz2"):
        reading_of(packed)
