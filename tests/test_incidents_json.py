"""JSON, JSON lines, and AVID."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from incident_files import cited, parts, read, reading_of, written

from sourcekeep.incidents import ImportFormatError

if TYPE_CHECKING:
    from pathlib import Path


def avid_report(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "data_type": "AVID",
        "metadata": {"report_id": f"AVID-2024-R000{number}"},
        "affects": {"artifacts": [{"type": "Model", "name": "sorter"}]},
        "problemtype": {"description": {"lang": "eng", "value": "The sorter prefers red parcels"}},
        "references": [
            {"label": "Lab notes", "url": "https://lab.example/notes"},
            {"label": "A letter", "url": ""},
        ],
        "description": {"lang": "eng", "value": "We sorted parcels; see https://more.example/x."},
        "reported_date": "2024-02-03",
        **more,
    }


LINES = "\n".join(json.dumps(avid_report(number)) for number in (1, 2))


@pytest.mark.parametrize(
    ("name", "content", "count"),
    [
        ("one.json", json.dumps(avid_report(), indent=2), 1),
        ("list.json", json.dumps([avid_report(1), avid_report(2)]), 2),
        ("lines.jsonl", LINES, 2),
        ("lines.txt", LINES, 2),
    ],
)
def test_avid_is_told_by_its_contents(tmp_path: Path, name: str, content: str, count: int) -> None:
    path = written(tmp_path / name, content)
    assert reading_of(path).format == "avid"
    incidents, quarantined = parts(reading_of(path))
    assert (len(incidents), quarantined) == (count, [])
    first = incidents[0]
    assert (first.id, first.origin) == ("AVID-2024-R0001", "avid")
    assert first.title == "The sorter prefers red parcels"
    assert first.occurred == "2024-02-03"
    assert cited(first) == ["https://lab.example/notes", "https://more.example/x"]
    assert [(link.cited_as, link.label) for link in first.links if not link.has_url] == [("A letter", None)]
    assert first.links[0].label == "Lab notes"
    assert first.fields["affects"]["artifacts"][0]["name"] == "sorter"


def test_avid_record_without_id_is_quarantined(tmp_path: Path) -> None:
    content = json.dumps([avid_report(1), avid_report(2, metadata={}), avid_report(1), 7])
    incidents, quarantined = parts(reading_of(written(tmp_path / "a.json", content)))
    assert [incident.id for incident in incidents] == ["AVID-2024-R0001"]
    assert [one.reason for one in quarantined] == [
        "metadata.report_id is missing",
        "the id AVID-2024-R0001 is already in line 1",
        "no object",
    ]


def test_vulnerability_is_known_by_its_own_id(tmp_path: Path) -> None:
    content = json.dumps(avid_report(metadata={"vuln_id": "AVID-2024-V001"}))
    (incident,) = read(tmp_path / "a.json", content)
    assert incident.id == "AVID-2024-V001"


def test_other_json_is_no_avid(tmp_path: Path) -> None:
    with pytest.raises(ImportFormatError, match=r"a\.json is no AVID export"):
        reading_of(written(tmp_path / "a.json", '[{"id": 1, "url": "https://a.example"}]'), "avid")


@pytest.mark.parametrize(
    "content",
    [
        '[{"id": 1, "url": "https://a.example"}, {"id": "2", "url": "https://b.example"}]',
        '{"version": 3, "incidents": [{"id": 1, "url": "https://a.example"}, {"id": 2, "url": "https://b.example"}]}',
        '{"1": {"url": "https://a.example"}, "2": {"url": "https://b.example"}}',
        '{"id": 1, "url": "https://a.example"}\n{"id": 2, "url": "https://b.example"}\n',
    ],
    ids=["list", "wrapped", "keyed", "lines"],
)
def test_every_shape_of_json_gives_the_records(tmp_path: Path, content: str) -> None:
    incidents = read(tmp_path / "a.json" if "\n" not in content else tmp_path / "a.jsonl", content)
    assert [(incident.id, cited(incident)) for incident in incidents] == [
        ("1", ["https://a.example"]),
        ("2", ["https://b.example"]),
    ]


def test_links_may_be_lists_and_objects(tmp_path: Path) -> None:
    record = {
        "id": "x",
        "sources": [{"title": "One", "url": "https://a.example"}, {"title": "Lost", "url": None}, "https://b.example"],
        "summary": "and https://c.example, too",
    }
    (incident,) = read(tmp_path / "a.json", json.dumps([record]))
    assert [(link.cited_as, link.has_url, link.label) for link in incident.links] == [
        ("https://a.example", True, "One"),
        ("Lost", False, None),
        ("https://b.example", True, None),
        ("https://c.example", True, None),
    ]
    assert incident.fields == record


def test_list_of_urls_is_enough(tmp_path: Path) -> None:
    incidents = read(tmp_path / "a.json", '["https://a.example", "https://b.example"]')
    assert [cited(incident) for incident in incidents] == [["https://a.example"], ["https://b.example"]]


def test_damaged_line_is_quarantined_with_its_number(tmp_path: Path) -> None:
    content = '{"id": 1, "url": "https://a.example"}\n{"id": 2, "url"\n[1]\n\n{"id": 3, "url": "https://c.example"}\n'
    incidents, quarantined = parts(reading_of(written(tmp_path / "a.jsonl", content)))
    assert [incident.id for incident in incidents] == ["1", "3"]
    assert [(one.file, one.line, one.raw) for one in quarantined] == [
        ("a.jsonl", 2, '{"id": 2, "url"'),
        ("a.jsonl", 3, "[1]"),
    ]


def test_element_of_a_list_knows_its_line(tmp_path: Path) -> None:
    content = '[\n {"id": 1, "url": "https://a.example"},\n\n 7,\n {"url": "none"}\n]'
    _, quarantined = parts(reading_of(written(tmp_path / "a.json", content)))
    assert [one.line for one in quarantined] == [4, 5]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('[{"id": 1,]', "no valid JSON"),
        ('[{"id": 1}', "line 1, column 11"),
        ('[{"id": 1}] x', "something stands after the end"),
        ("42", "neither a list nor an object"),
        ("[" * 10_000 + "]" * 10_000, "nested more than 100 deep"),
        ('{"a": ' * 150 + "1" + "}" * 150, "nested more than 100 deep"),
        ("[]", "holds no records"),
    ],
)
def test_damaged_document_is_one_sentence(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(ImportFormatError, match=said) as caught:
        reading_of(written(tmp_path / "a.json", content))
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("a.json")


def test_deeply_nested_line_is_quarantined(tmp_path: Path) -> None:
    deep = '{"id": 2, "x": ' + "[" * 10_000 + "]" * 10_000 + "}"
    content = '{"id": 1, "url": "https://a.example"}\n' + deep
    incidents, quarantined = parts(reading_of(written(tmp_path / "a.jsonl", content)))
    assert len(incidents) == 1
    assert (quarantined[0].line, quarantined[0].reason) == (2, "no JSON: nested more than 100 deep")
    assert len(quarantined[0].raw) < 5000


def test_values_that_cannot_be_stored_are_made_storable(tmp_path: Path) -> None:
    content = '[{"id": "\\ud800\\u0000x", "url": "https://a.example", "n": NaN, "m": 1e999, "i": ' + "9" * 5000 + "}]"
    (incident,) = read(tmp_path / "a.json", content)
    assert incident.id == "\ufffdx"
    assert incident.fields["n"] == "NaN"
    assert incident.fields["m"] == "1e999"
    assert incident.fields["i"] == "9" * 5000
    json.dumps(incident.fields, allow_nan=False).encode()
