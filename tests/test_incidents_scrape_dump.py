"""Record pages with pasted page text: the general format, and the record that it was learnt from."""

from __future__ import annotations

from pathlib import Path

import pytest
from incident_files import cited, parts, read, reading_of, written

from archive.records import CitedLink, Incident
from sourcekeep.incidents import ImportFormatError, Options
from sourcekeep.incidents.labels import labelled_values

SEED = Path(__file__).parents[2] / "shared" / "seed" / "aiaaic-mengert.txt"

DUMP = """\
* Headline: Postbot loses parcels: a story
* Happened: 3 May 2021 Place: Oslo
* Share this page
* A sorting robot lost four hundred parcels in one night. Nobody noticed
    until the morning.
* The maker told us: "It was late."
* Vendor: Postbot AS Product: Sorter 3 System name: Sorter
* Postbot's page on the sorter
* Ek B. (2020). Sorting Parcels with Robots
URL: https://news.example/parcels
* Parcels vanish
\t\t
* Country: this is a word of the article
*
wrapped on

URL: https://blog.example/parcels

URL: hard::no-url
* text
URL: http://www.news.example/parcels#again
* the same page once more

* Further reading on robots
* Page statusType: IssuePublished: 2022
"""


@pytest.fixture(scope="module")
def seed() -> Incident:
    if not SEED.is_file():
        pytest.skip("the seed record is not beside this checkout (../shared/seed/aiaaic-mengert.txt)")
    (incident,) = parts(reading_of(SEED))[0]
    assert isinstance(incident, Incident)
    return incident


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_other_labels_bullets_and_line_ends_are_read(tmp_path: Path, end: str) -> None:
    (incident,) = read(tmp_path / "postbot.txt", DUMP.replace("\n", end))
    assert (incident.id, incident.origin) == ("postbot", "scrape-dump")
    assert incident.title == "Postbot loses parcels: a story"
    assert incident.summary == (
        "A sorting robot lost four hundred parcels in one night. Nobody noticed\nuntil the morning.\n\n"
        'The maker told us: "It was late."'
    )
    assert incident.fields == {
        "Headline": "Postbot loses parcels: a story",
        "Happened": "3 May 2021",
        "Place": "Oslo",
        "page furniture": ["Share this page", "Page status"],
        "Vendor": "Postbot AS",
        "Product": "Sorter 3",
        "System name": "Sorter",
        "related links": ["Further reading on robots"],
        "Type": "Issue",
        "Published": "2022",
    }


def test_sections_end_at_an_empty_line_and_keep_their_lines(tmp_path: Path) -> None:
    (incident,) = read(tmp_path / "postbot.txt", DUMP)
    first = "* Parcels vanish\n\t\t\n* Country: this is a word of the article\n*\nwrapped on"
    assert incident.links == (
        CitedLink("Postbot's page on the sorter", has_url=False),
        CitedLink("Ek B. (2020). Sorting Parcels with Robots", has_url=False),
        CitedLink("https://news.example/parcels", pasted_text=f"{first}\n\n* the same page once more"),
        CitedLink("https://blog.example/parcels", pasted_text=""),
        CitedLink("hard::no-url", pasted_text="* text"),
    )


def test_id_is_taken_from_a_label_or_from_the_name_of_the_file(tmp_path: Path) -> None:
    content = "AIAAIC ID#: AIAAIC0042\nOccurred: 2020\nURL: https://a.example\ntext\n\n"
    assert read(tmp_path / "a.txt", content)[0].id == "AIAAIC0042"
    path = written(tmp_path / "b.txt", content.partition("\n")[2])
    assert parts(reading_of(path, None, Options(id_prefix="x-")))[0][0].id == "x-b"


def test_url_in_the_records_own_lines_is_cited(tmp_path: Path) -> None:
    content = (
        "- Occurred: 2020\n- Lost at https://more.example, they say.\n- Sector: Post\nURL: https://a.example\n- t\n\n"
    )
    (incident,) = read(tmp_path / "a.txt", content)
    assert cited(incident) == ["https://more.example", "https://a.example"]


def test_section_without_url_is_quarantined(tmp_path: Path) -> None:
    path = written(tmp_path / "a.txt", "- Occurred: 2020\nURL: https://a.example\n- t\n\nURL:\n- orphan\n\n")
    incidents, quarantined = parts(reading_of(path))
    assert cited(incidents[0]) == ["https://a.example"]
    assert [(one.line, one.raw) for one in quarantined] == [(5, "- orphan")]


def test_text_without_sections_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportFormatError, match=r'a\.txt is no scrape-dump: no line begins with "URL: "'):
        reading_of(written(tmp_path / "a.txt", "- Occurred: 2020\n- words\n"), "scrape-dump")


@pytest.mark.parametrize(
    ("item", "labels"),
    [
        ("Occurred: November 2022", [("Occurred", "November 2022")]),
        ("Operator: A B Developer: C; D/E", [("Operator", "A B"), ("Developer", "C; D/E")]),
        ("Page infoType: IncidentPublished: 2023", [("Page info", ""), ("Type", "Incident"), ("Published", "2023")]),
        ("YouTube: a video of it", [("YouTube", "a video of it")]),
        ("Website: https://a.example/x", [("Website", "https://a.example/x")]),
        ("https://a.example/x", []),
        ("She said: 'no'", []),
        ("A sentence that runs on for a while: and then ends.", []),
        ("Note: " + "many words " * 40, [("Note", ("many words " * 40).strip())]),
        ("Sometimes: " + "many words " * 40, []),
    ],
)
def test_labels_are_told_from_prose(item: str, labels: list[tuple[str, str]]) -> None:
    assert labelled_values(item) == labels


def test_seed_is_one_incident_with_its_fields(seed: Incident) -> None:
    assert (seed.id, seed.title, seed.occurred) == ("aiaaic-mengert", None, "November 2022")
    assert seed.fields == {
        "Occurred": "November 2022",
        "Operator": "Ogbogu Kalu",
        "Developer": "Ogbogu Kalu; Alphabet/Google",
        "Country": "USA",
        "Sector": "Media/entertainment/sports/arts",
        "Purpose": "Fine-tune text-to-image models",
        "Technology": "Text-to-image; Machine learning",
        "Issue": "Copyright; Ethics; Mis/disinformation; Safety",
        "Transparency": "Governance",
        "page furniture": ["Can you improve this page?Share your insights with us", "Page info"],
        "related links": ["DeviantArt DreamUp art generator", "Novel AI storytelling generator"],
        "Type": "Incident",
        "Published": "February 2023",
    }


def test_seed_narrative_is_lines_3_to_8_as_they_stand(seed: Incident) -> None:
    lines = SEED.read_text("utf-8").split("\n")
    assert seed.summary == "\n\n".join(line.removeprefix("- ") for line in lines[2:8])
    assert "Andy Biao" in seed.summary


def test_seed_cites_nine_urls_with_their_lines_verbatim(seed: Incident) -> None:
    lines = SEED.read_text("utf-8").split("\n")
    sections = [
        (20, 21, 240), (242, 243, 267), (269, 270, 270), (272, 273, 272), (274, 275, 303), (305, 306, 359),
        (361, 362, 434), (436, 437, 444), (446, 447, 446),
    ]  # fmt: skip
    links = [link for link in seed.links if link.has_url]
    assert [link.cited_as for link in links] == [lines[at - 1].removeprefix("URL: ") for at, _, _ in sections]
    assert [link.pasted_text for link in links] == ["\n".join(lines[first - 1 : last]) for _, first, last in sections]


def test_seed_keeps_the_five_links_whose_url_was_lost(seed: Incident) -> None:
    lines = SEED.read_text("utf-8").split("\n")
    lost = [link.cited_as for link in seed.links if not link.has_url]
    assert lost == [line.removeprefix("- ") for line in lines[14:19]]
    assert lost[-1] == "Hollie Mangert training images"
