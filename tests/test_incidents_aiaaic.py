"""The AIAAIC sheet, in the three forms that its header has had."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest
from incident_files import cited, parts, read, reading_of, written

from sourcekeep.incidents import ImportFormatError

if TYPE_CHECKING:
    from pathlib import Path

OWN_PAGE = "https://repository.example/records/lost-parcels"
STORY = "https://news.example/2021/robot-parcels"

OLDER = [
    ["Repository of things that went wrong", *[""] * 20],
    [
        *("AIAAIC ID#", "Headline/title", "Type", "Released", "Occurred", "Country(ies)", "Sector(s)"),
        *("Operator(s)", "Developer(s)", "System name(s)", "Technology(ies)", "Purpose(s)", "Media trigger(s)"),
        *("Risks(s)", "Transparency", "External harms", "", "", "Internal harms", "", "Description/links"),
    ],
    [*[""] * 15, "Individual", "Societal", "Environmental", "Financial", "Operational", ""],
    [
        *("AIAAIC0001", "Robot loses parcels", "Incident", "2020", "2021", "Norway; Sweden", "Transport/logistics"),
        *("Postbot AS", "Postbot AS", "Sorter", "Robotics", "Sort parcels", "Complaint, tweet"),
        *(
            "Accuracy/reliability",
            "Black box",
            "Loss",
            "",
            "",
            "Fines",
            "",
            f"A robot lost parcels. {OWN_PAGE}, {STORY}",
        ),
    ],
]
LATE_2025 = [
    ["Repository of things that went wrong", *[""] * 13],
    [
        *("AIAAIC ID#", "Headline", "Occurred", "Country(ies)", "Sector(s)", "Deployer(s)", "Developer(s)"),
        *("System name(s)", "Technology(ies)", "Purpose(s)", "News trigger(s)", "Issue(s)", "Internal impacts"),
        "Summary/links",
    ],
    [*[""] * 14],
    [
        *("AIAAIC0001", "Robot loses parcels", "2021", "Norway", "Transport", "Postbot AS", "Postbot AS", "Sorter"),
        *("Robotics", "Sort parcels", "Complaint", "Accuracy", "Fines", f"{OWN_PAGE}\n{STORY}"),
    ],
]
FORM_2026 = [
    [
        *("AIAAIC ID#", "Headline", "Occurred", "Deployer", "Developer", "System name", "Technology", "Purpose"),
        *("News trigger (taxonomy)", "Ethical issue (taxonomy)", "Impacted area", "", "External harm", "", ""),
        *("Consequence (taxonomy)", "Response (taxonomy)", "Summary/links"),
    ],
    [*[""] * 10, "Jurisdiction", "Sector", "Individual", "Societal", "Environmental", "", "", ""],
    [
        *("AIAAIC0001", "Robot loses parcels", "2021", "Postbot AS", "Postbot AS", "Sorter", "Robotics", "Sorting"),
        *("Complaint", "Accuracy", "Norway", "Transport", "Loss", "", "", "Fine", "Withdrawn", f"{OWN_PAGE} {STORY}"),
    ],
]


def sheet(rows: list[list[str]], delimiter: str = ",") -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue()


@pytest.mark.parametrize("rows", [OLDER, LATE_2025, FORM_2026], ids=["older", "late-2025", "2026"])
@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_every_generation_gives_the_record(tmp_path: Path, rows: list[list[str]], delimiter: str) -> None:
    if delimiter == "\t":  # sheets export cells with line breaks as one line
        rows = [[cell.replace("\n", " ") for cell in row] for row in rows]
    path = written(tmp_path / "export.txt", sheet(rows, delimiter))
    assert reading_of(path).format == "aiaaic"
    (incident,), quarantined = parts(reading_of(path))
    assert quarantined == []
    assert (incident.id, incident.origin) == ("AIAAIC0001", "aiaaic")
    assert (incident.title, incident.occurred) == ("Robot loses parcels", "2021")
    assert cited(incident) == [OWN_PAGE, STORY]


def test_columns_keep_their_names_and_lists_stay_text(tmp_path: Path) -> None:
    (older,) = read(tmp_path / "a.csv", sheet(OLDER))
    assert older.fields["Country(ies)"] == "Norway; Sweden"
    assert older.fields["Media trigger(s)"] == "Complaint, tweet"
    assert older.fields["External harms: Individual"] == "Loss"
    assert older.fields["Internal harms: Financial"] == "Fines"
    assert older.summary is not None
    assert older.summary.startswith("A robot lost parcels.")
    (newest,) = read(tmp_path / "b.csv", sheet(FORM_2026))
    assert newest.fields["Impacted area: Sector"] == "Transport"
    assert newest.fields["External harm: Individual"] == "Loss"


def test_bare_links_are_no_summary(tmp_path: Path) -> None:
    (incident,) = read(tmp_path / "a.csv", sheet(FORM_2026))
    assert incident.summary is None


def test_links_carry_the_labels_that_are_stated(tmp_path: Path) -> None:
    prose = f"Our page: {OWN_PAGE}\n[The story]({STORY})"
    rows = [*LATE_2025[:3], [*LATE_2025[3][:-1], prose]]
    (incident,) = read(tmp_path / "a.csv", sheet(rows))
    assert [link.label for link in incident.links] == ["Our page", "The story"]


def test_slips_in_the_header_are_understood(tmp_path: Path) -> None:
    header = [*LATE_2025[1]]
    header[0], header[1], header[2], header[-1] = " aiaaic  id# ", "Healine", "Ocurred", "Sumary / links"
    (incident,) = read(tmp_path / "a.csv", sheet([header, LATE_2025[3]]))
    assert (incident.title, incident.occurred) == ("Robot loses parcels", "2021")
    assert cited(incident) == [OWN_PAGE, STORY]
    assert incident.fields["Healine"] == "Robot loses parcels"


def test_url_in_another_column_follows_those_of_the_links_column(tmp_path: Path) -> None:
    data = [*LATE_2025[3]]
    data[10] = "Complaint (https://social.example/1)"
    (incident,) = read(tmp_path / "a.csv", sheet([*LATE_2025[:3], data]))
    assert cited(incident) == [OWN_PAGE, STORY, "https://social.example/1"]


def test_rows_without_an_id_or_with_one_already_used_are_quarantined(tmp_path: Path) -> None:
    data = LATE_2025[3]
    again = [data[0], "Another", *data[2:]]
    nameless = ["", "Nameless", *data[2:]]
    path = written(tmp_path / "a.csv", sheet([*LATE_2025[:3], data, nameless, again]))
    incidents, quarantined = parts(reading_of(path))
    assert [incident.title for incident in incidents] == ["Robot loses parcels"]
    assert [(one.file, one.line) for one in quarantined] == [("a.csv", 6), ("a.csv", 8)]
    assert "AIAAIC ID#" in quarantined[0].reason
    assert "AIAAIC0001 is already in line 4" in quarantined[1].reason
    assert "Another" in quarantined[1].raw


def test_another_table_is_no_sheet(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "id,url\n1,https://a.example\n")
    with pytest.raises(ImportFormatError, match=r"a\.csv is no AIAAIC sheet"):
        reading_of(path, "aiaaic")
