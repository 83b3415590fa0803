"""CSV and its kin, and lists of URLs: the guesses, and what is damaged."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from incident_files import cited, parts, read, reading_of, written

from archive.records import CitedLink
from sourcekeep.incidents import ImportFormatError, Options

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiter_and_line_ends_are_found_out(tmp_path: Path, delimiter: str, end: str) -> None:
    rows = [["Case ID", "Headline", "Links"], ["a", "One", "https://a.example/1"], ["b", "Two", "https://b.example/2"]]
    incidents = read(tmp_path / "a.csv", end.join(delimiter.join(row) for row in rows) + end)
    assert [(one.id, one.title, cited(one)) for one in incidents] == [
        ("a", "One", ["https://a.example/1"]),
        ("b", "Two", ["https://b.example/2"]),
    ]
    assert incidents[0].origin == ("tsv" if delimiter == "\t" else "csv")


def test_guess_is_shown_with_the_way_to_choose(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "ID,Links\n1,https://a.example\n")
    guess = 'read column "Links" as URLs and "ID" as id (choose others with --url-column, --id-column)'
    assert reading_of(path).guess == guess
    assert reading_of(path, None, Options("ID", ("Links",))).guess is None


def test_columns_are_told_by_names_and_contents(tmp_path: Path) -> None:
    content = (
        "nr,Incident title,Date of incident,Description,image_url,Where read\n"
        "7,Robot,May 2020,Lost. See https://c.example.,https://img.example/i.png,https://a.example ; https://b.example\n"
    )
    (incident,) = read(tmp_path / "a.csv", content)
    assert (incident.id, incident.title, incident.occurred) == ("7", "Robot", "May 2020")
    assert incident.summary == "Lost. See https://c.example."
    assert cited(incident) == ["https://a.example", "https://b.example", "https://c.example"]
    assert incident.fields["image_url"] == "https://img.example/i.png"


def test_first_column_of_unique_codes_is_the_id(tmp_path: Path) -> None:
    rows = "".join(f"R-{number},text {number},https://a.example/{number}\n" for number in range(20))
    assert read(tmp_path / "a.csv", "code,note,page\n" + rows)[3].id == "R-3"
    doubled = "code,note,page\n" + rows + "R-3,again,https://b.example\n"
    assert read(tmp_path / "b.csv", doubled)[3].id.startswith("url-")


def test_rows_of_one_id_are_one_incident(tmp_path: Path) -> None:
    content = (
        "id,title,url,label\n1,A,https://a.example,One\n2,B,https://b.example,Two\n"
        "1,A,https://c.example,Three\n1,A,http://www.a.example/,Four\n"
    )
    incidents = read(tmp_path / "a.csv", content)
    first = next(incident for incident in incidents if incident.id == "1")
    assert first.links == (
        CitedLink("https://a.example", label="One"),
        CitedLink("https://c.example", label="Three"),
    )
    assert first.fields["title"] == "A"
    assert first.fields["url"] == ["https://a.example", "https://c.example", "http://www.a.example/"]
    assert first.fields["label"] == ["One", "Three", "Four"]


def test_url_column_keeps_what_is_no_url(tmp_path: Path) -> None:
    content = (
        "id,url\n1,hard::x.html\n2,Print edition p. 4\n3,n/a\n4, https://a.example/x) \n5,www.b.example\n"
        "6,a.example/x\n"
    )
    incidents = read(tmp_path / "a.csv", content)
    assert [[(link.cited_as, link.has_url) for link in one.links] for one in incidents] == [
        [("hard::x.html", True)],
        [("Print edition p. 4", False)],
        [],
        [(" https://a.example/x) ", True)],
        [("www.b.example", True)],
        [("a.example/x", True)],
    ]


@pytest.mark.parametrize("name", ["urls.csv", "urls.txt", "urls"])
@pytest.mark.parametrize("header", ["", "url\n"])
def test_file_of_nothing_but_urls_works(tmp_path: Path, name: str, header: str) -> None:
    content = header + "https://a.example/1,2.html\n\nhttp://b.example/\nhttps://www.b.example\n"
    incidents = read(tmp_path / name, content)
    assert [cited(one) for one in incidents] == [["https://a.example/1,2.html"], ["http://b.example/"]]
    assert all(one.id.startswith("url-") for one in incidents)


def test_comma_in_the_only_url_parts_nothing(tmp_path: Path) -> None:
    (incident,) = read(tmp_path / "a.csv", "url\nhttps://a.example/1,2.html\n")
    assert cited(incident) == ["https://a.example/1,2.html"]


def test_id_made_from_the_url_stays_when_the_rest_changes(tmp_path: Path) -> None:
    (one,) = read(tmp_path / "a.csv", "title,url\nOld,https://a.example/x?utm_source=y\n")
    (other,) = read(tmp_path / "b.csv", "url,title,more\nhttp://www.a.example/x,New,z\n")
    assert one.id == other.id


def test_list_of_urls_has_comments_and_prose(tmp_path: Path) -> None:
    path = written(tmp_path / "a.txt", "# mine\nhttps://a.example\nsee https://b.example.\nnothing here\nodd::one\n")
    incidents, quarantined = parts(reading_of(path))
    assert [cited(one) for one in incidents] == [["https://a.example"], ["https://b.example"], ["odd::one"]]
    assert [(one.line, one.raw) for one in quarantined] == [(4, "nothing here")]


def test_markdown_list_gives_urls_with_labels(tmp_path: Path) -> None:
    incidents = read(tmp_path / "a.md", "- [One](https://a.example/x)\n- [Two](https://b.example/y)\n")
    assert [(one.links[0].cited_as, one.links[0].label) for one in incidents] == [
        ("https://a.example/x", "One"),
        ("https://b.example/y", "Two"),
    ]


def test_first_row_with_a_url_is_data(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "One,https://a.example\nTwo,https://b.example\n")
    incidents, _ = parts(reading_of(path))
    assert [cited(one) for one in incidents] == [["https://a.example"], ["https://b.example"]]
    assert "no row names the columns" in (reading_of(path).guess or "")


def test_columns_may_be_named(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "id,other,first,second\n1,k,https://a.example,https://b.example\n")
    incidents, _ = parts(reading_of(path, "csv", Options("other", ("second", "FIRST"), "db:")))
    assert incidents[0].id == "db:k"
    assert cited(incidents[0]) == ["https://b.example", "https://a.example"]


@pytest.mark.parametrize("options", [Options(id_column="nope"), Options(url_columns=("nope",))])
def test_column_that_is_not_there_is_named_with_those_that_are(tmp_path: Path, options: Options) -> None:
    path = written(tmp_path / "a.csv", "id,url\n1,https://a.example\n")
    with pytest.raises(ImportFormatError, match=r'a\.csv has no column "nope"; its columns are "id", "url"'):
        reading_of(path, None, options)


def test_columns_of_a_fixed_format_cannot_be_named(tmp_path: Path) -> None:
    path = written(tmp_path / "a.txt", "- Occurred: 2020\nURL: https://a.example\n- text\n\n")
    with pytest.raises(ImportFormatError, match="scrape-dump"):
        reading_of(path, None, Options(id_column="x"))


def test_table_without_urls_lists_its_columns(tmp_path: Path) -> None:
    with pytest.raises(ImportFormatError, match=r'no column that holds URLs .*"a", "b".*--url-column'):
        reading_of(written(tmp_path / "a.csv", "a;b\n1;2\n"))


def test_odd_rows_are_quarantined_and_the_rest_goes_in(tmp_path: Path) -> None:
    content = (
        'id,url,note\n1,https://a.example,"two\nlines"\n2,https://b.example,x,y\n3,https://c.example\n'
        ",https://d.example,no id\n5,https://e.example,,\n"
    )
    incidents, quarantined = parts(reading_of(written(tmp_path / "a.csv", content)))
    assert [one.id for one in incidents] == ["1", "3", "5"]
    assert incidents[0].fields["note"] == "two\nlines"
    assert [(one.line, one.raw) for one in quarantined] == [
        (4, "2,https://b.example,x,y"),
        (6, ",https://d.example,no id"),
    ]
    assert "the row has 4 of 3 cells" in quarantined[0].reason
    assert "id column" in quarantined[1].reason


def test_quotation_that_never_ends_costs_one_row(tmp_path: Path) -> None:
    content = (
        'id,url,note\n1,https://a.example,x\n2,https://b.example,"oops\n3,https://c.example,y\n4,https://d.example,z\n'
    )
    incidents, quarantined = parts(reading_of(written(tmp_path / "a.csv", content)))
    assert [one.id for one in incidents] == ["1", "3", "4"]
    assert [(one.line, one.raw) for one in quarantined] == [(3, '2,https://b.example,"oops')]
    assert "never closed" in quarantined[0].reason


def test_truncated_file_gives_no_false_incidents(tmp_path: Path) -> None:
    content = 'id,url,note\n1,https://a.example,x\n2,https://b.example,"begins,\nhttps://c.example goes on\nand is cut'
    incidents, quarantined = parts(reading_of(written(tmp_path / "a.csv", content)))
    assert [one.id for one in incidents] == ["1"]
    assert [one.line for one in quarantined] == [3, 4, 5]


def test_quotation_marks_in_unquoted_tsv_stay(tmp_path: Path) -> None:
    content = 'id\turl\tnote\n1\thttps://a.example\t"Quoted" he said\n2\thttps://b.example\t"open\n'
    incidents = read(tmp_path / "a.tsv", content)
    assert [one.fields["note"] for one in incidents] == ['"Quoted" he said', '"open']


def test_quotation_marks_in_a_long_tsv_stay_too(tmp_path: Path) -> None:
    rows = "".join(f'{number}\thttps://a.example/{number}\t"open {"x" * 90}\n' for number in range(4000))
    assert len(read(tmp_path / "a.tsv", "id\turl\tnote\n" + rows)) == 4000


def test_repeated_and_missing_column_names_are_told_apart(tmp_path: Path) -> None:
    (incident,) = read(tmp_path / "a.csv", "id,url,url,\n1,https://a.example,https://b.example,x\n")
    assert incident.fields == {
        "id": "1",
        "url": "https://a.example",
        "url (2)": "https://b.example",
        "column 4": "x",
    }


@pytest.mark.parametrize("name", ["a.csv", "a.txt"])
def test_long_cells_do_not_hide_the_columns(tmp_path: Path, name: str) -> None:
    text = "some words\n" * 600
    links = "\n".join(f"https://a.example/{number}" for number in range(9))
    rows = "".join(f'{number},"{text}","{links}"\n' for number in range(60))
    incidents = read(tmp_path / name, "id,text,links\n" + rows)
    assert len(incidents) == 60
    assert len(cited(incidents[0])) == 9
    assert incidents[59].fields["text"] == text


def test_very_large_cells_are_read(tmp_path: Path) -> None:
    text = "word https://c.example/ " * 100_000
    started = time.process_time()
    incidents = read(tmp_path / "a.csv", f'id,url,text\n1,https://a.example,"{text}"\n2,https://b.example,x\n')
    assert time.process_time() - started < 5
    assert incidents[0].fields["text"] == text
    assert cited(incidents[0]) == ["https://a.example"]


def test_many_open_quotations_take_little_time(tmp_path: Path) -> None:
    rows = "".join(f'{number},https://a.example/{number},"{"x" * 20}\n' for number in range(2001))
    started = time.process_time()
    parts(reading_of(written(tmp_path / "a.csv", "id,url,note\n" + rows), "csv"))
    assert time.process_time() - started < 5
