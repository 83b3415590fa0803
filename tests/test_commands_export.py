"""`sourcekeep export`: JSON lines, CSV and Markdown of the same rows."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from reading_archive import (
    ARTICLE,
    ARTICLE_TEXT,
    UNFETCHED,
    Page,
    article,
    crawl,
    make_archive,
    printed,
    put,
    run,
)

from archive.errors import ArchiveError
from archive.folder import ArchiveFolder
from archive.records import CitedLink, Incident, RecordPlace
from archive.warc_reader import read_record
from archive.words import Verdict
from sourcekeep.exports.csv_rows import csv_rows
from sourcekeep.exports.escaping import link, quotation, text
from sourcekeep.exports.json_lines import json_lines
from sourcekeep.exports.markdown import markdown
from sourcekeep.exports.output import output_to
from sourcekeep.exports.replacements import COLUMNS as COLUMNS_OF_REPLACEMENTS
from sourcekeep.exports.rows import COLUMNS
from sourcekeep.lookup import NotFoundError
from sourcekeep.screen import block, line

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = Path(__file__).resolve().parent.parent / "docs" / "export.md"
ANY_TEXT = st.text(st.characters(exclude_categories=()))
FORMULA_STARTS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
GUARDED = re.compile(f"'+[{re.escape(FORMULA_STARTS)}]")
HOSTILE = [
    "# heading",
    "heading\n===",
    "heading\n---",
    "> quote",
    "- item\n+ item\n* item\n1. item\n2) item",
    "```\ncode\n```",
    "~~~\ncode\n~~~",
    "    indented code",
    "\tindented code",
    "<script>alert(1)</script>",
    "<!-- comment",
    "a <b>bold</b> &lt;b&gt; &#60;",
    "[link](https://evil.example) ![image](https://evil.example/i.png)",
    "[ref]: https://evil.example\n[ref]",
    "<https://evil.example>",
    "*a* _b_ **c** __d__ ~~e~~ `f` ``g``",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "***\n___\n---",
    "trailing backslash\\",
    "hard break  \nhere",
    "\\# \\* \\\\",
    "\x1b[2J\x1b]0;owned\x07",
    "a\u2028# heading\x85# heading\x0b# heading\x0c# heading",
]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> ArchiveFolder:
    return make_archive(tmp_path_factory.mktemp("export") / "archive")


def json_rows(archive: ArchiveFolder, *arguments: str) -> list[dict[str, Any]]:
    return [json.loads(one) for one in printed(archive, "export", "--format", "jsonl", *arguments).splitlines()]


def csv_table(archive: ArchiveFolder, *arguments: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(printed(archive, "export", "--format", "csv", *arguments), newline="")))


def one_page(tmp_path: Path, page_text: str, title: str = "Title") -> ArchiveFolder:
    archive = ArchiveFolder.create(tmp_path / "archive")
    put(archive, Incident("i", "f", "Incident", links=(CitedLink(ARTICLE),)))
    crawl(archive, [Page(ARTICLE, text=article(title, page_text))])
    return archive


# JSON lines


def test_one_object_a_citation_with_all_columns_in_order(archive: ArchiveFolder) -> None:
    rows = json_rows(archive)
    assert [(row["incident_id"], row["position"]) for row in rows] == [
        *(("DB-100", position) for position in range(1, 9)),
        *(("DB-101", position) for position in range(1, 5)),
        ("DB-102", None),
    ]
    assert all(tuple(row) == COLUMNS for row in rows)


def test_row_leads_from_text_to_the_record_that_proves_it(archive: ArchiveFolder) -> None:
    row = json_rows(archive)[0]
    assert row["text"] == ARTICLE_TEXT
    assert (row["standing"], row["reason"], row["language"], row["words"]) == ("usable", "article", "en", 37)
    assert row["stripped"] == {"cookie": 1, "related": 1}
    assert row["best_url"] == "https://news.example/2031/chatbot"
    place = RecordPlace(row["record_id"], row["warc_file"], row["warc_offset"], row["warc_length"])
    record = read_record(archive.warc_dir, place)
    assert record.header("WARC-Payload-Digest") == row["payload_digest"]


def test_row_of_a_failure_says_why_and_names_its_record(archive: ArchiveFolder) -> None:
    row = json_rows(archive)[4]
    assert (row["standing"], row["outcome"], row["verdict"], row["text"]) == ("not-usable", "dns-failed", None, None)
    assert "could not be looked up" in row["explanation"]
    assert row["advice"]
    assert row["evidence"]["outcome"]["attempts"] == 3
    assert row["capture_record_id"]
    assert row["capture_warc_offset"] >= 0


def test_lost_link_and_incident_fields_and_pasted_text_are_kept(archive: ArchiveFolder) -> None:
    rows = json_rows(archive)
    assert rows[7]["cited_as"] == "Report of the school board"
    assert (rows[7]["source_id"], rows[7]["standing"]) == (None, None)
    assert rows[0]["incident_fields"] == {"Country": "Atlantis", "Sector": ["Education", "Families"]}
    assert rows[1]["pasted_text"] == "Subscribe now for the full story"


def test_source_never_captured_has_its_standing(archive: ArchiveFolder) -> None:
    row = next(row for row in json_rows(archive) if row["url"] == UNFETCHED)
    assert (row["standing"], row["reason"], row["captured_at"]) == ("waiting", "never captured", None)


def test_text_comes_back_as_it_is(tmp_path: Path) -> None:
    page_text = 'quotes " and , commas\r\n=1+1\n\ttab \x1b[2J\x9b \u2028 学校 \x00 end'
    assert json_rows(one_page(tmp_path, page_text))[0]["text"] == page_text


def named_in(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"^\| `(\w+)` \|", text, flags=re.MULTILINE))


def test_documentation_explains_exactly_the_columns() -> None:
    replacements, _, all_columns = DOCS.read_text(encoding="utf-8").partition("## WACZ")
    assert named_in(all_columns) == COLUMNS
    assert named_in(replacements) == COLUMNS_OF_REPLACEMENTS


# CSV


def test_csv_says_what_json_says(archive: ArchiveFolder) -> None:
    objects = {"incident_fields", "evidence", "stripped"}
    for cells, row in zip(csv_table(archive), json_rows(archive), strict=True):
        assert tuple(cells) == COLUMNS
        for column, value in row.items():
            if column in objects:
                assert json.loads(cells[column] or "{}") == value
            else:
                assert cells[column] == ("" if value is None else str(value))


def test_csv_has_crlf_and_a_header_and_no_byte_order_mark(archive: ArchiveFolder) -> None:
    raw = run(archive, "export", "--format", "csv").stdout_bytes
    assert raw.startswith(b"incident_id,origin,")
    assert raw.endswith(b"\r\n")
    assert len(list(csv.reader(io.StringIO(raw.decode(), newline="")))) == 14


@pytest.mark.parametrize(
    "formula",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1", "'=1", "''@x", "=\x00cmd|' /C calc'!A0"],
)
def test_no_cell_is_a_formula_and_the_guard_can_be_undone(tmp_path: Path, formula: str) -> None:
    for cells in csv_table(one_page(tmp_path, formula, title=formula)):
        for cell in cells.values():
            assert not cell or cell[0] not in FORMULA_STARTS
        undone = cells["text"][1:] if GUARDED.match(cells["text"]) else cells["text"]
        assert undone == formula.replace("\x00", "")


def test_harmless_apostrophes_stay(tmp_path: Path) -> None:
    assert csv_table(one_page(tmp_path, "'tis so"))[0]["text"] == "'tis so"


def test_csv_has_no_control_characters(tmp_path: Path) -> None:
    raw = printed(one_page(tmp_path, "a\x00b\x1b[2Jc\x9bd\x7fe\tf\ng"), "export", "--format", "csv")
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", raw)
    assert "ab[2Jcde\tf\ng" in raw


# Markdown


def tokens_of(document: str) -> list[Any]:
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(document)
    return [*tokens, *(child for token in tokens for child in token.children or ())]


def headings_of(document: str) -> list[str]:
    tokens = MarkdownIt("commonmark").parse(document)
    return [tokens[at + 1].content for at, token in enumerate(tokens) if token.type == "heading_open"]


def test_document_has_headings_texts_and_provenance(archive: ArchiveFolder) -> None:
    document = printed(archive, "export", "--format", "markdown")
    headings = headings_of(document)
    assert headings[:3] == [
        "Incidents and their sources",
        "DB-100 The chatbot that closed a school",
        "1. A chatbot closes a school",
    ]
    assert "DB-102 Nothing is cited here" in headings
    assert "> Nobody had checked the émigré pupils' names, the headmistress said." in document
    row = json_rows(archive)[0]
    assert f"- Record: `{row['record_id']}` at {row['warc_offset']} of `{row['warc_file']}`" in document
    assert "- Captured: 2099-11-20 10:00 UTC from [https://news.example/2031/chatbot]" in document
    assert "7 sources cited: 2 usable, 5 not usable; 1 link without a URL." in document
    assert "- Standing: not usable (paywalled)." in document
    assert "- Link without a URL: Report of the school board" in document


@pytest.mark.parametrize("hostile", HOSTILE)
def test_page_cannot_leave_its_quotation(tmp_path: Path, hostile: str) -> None:
    archive = ArchiveFolder.create(tmp_path / "archive")
    link_text = hostile if hostile.strip() else "x"
    incident = Incident(
        "i",
        "f",
        hostile,
        hostile,
        hostile,
        {},
        (CitedLink(ARTICLE, label=hostile), CitedLink(link_text, has_url=False)),
    )
    put(archive, incident)
    page_text = article(hostile, f"before\n\n{hostile}\n\nafter", byline=hostile, site_name=hostile, language=hostile)
    crawl(archive, [Page(ARTICLE, text={**page_text, "evidence": {"phrase": hostile}})])
    document = printed(archive, "export", "--format", "markdown")
    types = {token.type for token in tokens_of(document)}
    assert not types & {
        "html_block",
        "html_inline",
        "fence",
        "code_block",
        "image",
        "table_open",
        "hr",
        "em_open",
        "s_open",
    }
    assert not types & {"strong_open", "ordered_list_open", "hardbreak", "softbreak", "lheading_open"}
    assert len(headings_of(document)) == 4
    links = {token.attrGet("href") for token in tokens_of(document) if token.type == "link_open"}
    assert links == {ARTICLE}
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", document)


@given(ANY_TEXT)
def test_any_text_renders_as_itself(value: str) -> None:
    paragraphs = [line(one) for one in block(value).splitlines() if line(one)]
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(quotation(value))
    allowed = {"blockquote_open", "blockquote_close", "paragraph_open", "paragraph_close", "inline"}
    assert {token.type for token in tokens} <= allowed
    inline = [token.children or [] for token in tokens if token.type == "inline"]
    assert all(child.type == "text" for children in inline for child in children)
    assert ["".join(child.content for child in children) for children in inline] == paragraphs


@given(ANY_TEXT)
def test_any_text_is_one_paragraph_of_a_heading(value: str) -> None:
    tokens = MarkdownIt("commonmark").parse(f"## x {text(value)}\n")
    assert [token.type for token in tokens] == ["heading_open", "inline", "heading_close"]
    assert tokens[1].children is not None
    assert "".join(child.content for child in tokens[1].children) == f"x {line(value)}".strip()


@given(ANY_TEXT)
def test_any_url_of_the_web_is_one_link(rest: str) -> None:
    tokens = MarkdownIt("commonmark").parse(link(f"https://news.example/{rest}"))
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    children = tokens[1].children
    assert children is not None
    assert {child.type for child in children} == {"link_open", "text", "link_close"}


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "mailto:a@b.example", "not a url"])
def test_only_the_web_is_linked(url: str) -> None:
    assert "link_open" not in {token.type for token in tokens_of(link(url))}


# Where it goes


def test_one_incident_alone(archive: ArchiveFolder) -> None:
    assert {row["incident_id"] for row in json_rows(archive, "--incident", "DB-101")} == {"DB-101"}


def test_incident_that_is_not_there_names_what_is_near(archive: ArchiveFolder) -> None:
    result = run(archive, "export", "--format", "csv", "--incident", "DB-1OO")
    assert result.exit_code == 1
    assert isinstance(result.exception, NotFoundError)
    assert "DB-100" in str(result.exception)
    assert result.stdout == ""


def test_format_is_asked_for() -> None:
    assert run(ArchiveFolder(Path("nowhere")), "export").exit_code == 2
    assert run(ArchiveFolder(Path("nowhere")), "export", "--format", "xlsx").exit_code == 2


@pytest.mark.parametrize(("name", "lines"), [("jsonl", 0), ("csv", 1), ("markdown", 1)])
def test_empty_catalogue_exports_its_header_with_a_note(tmp_path: Path, name: str, lines: int) -> None:
    archive = ArchiveFolder.create(tmp_path / "archive")
    put(archive)
    result = run(archive, "export", "--format", name)
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == lines
    assert "nothing is cited yet" in result.stderr


def test_file_is_what_standard_output_is(archive: ArchiveFolder, tmp_path: Path) -> None:
    file = tmp_path / "out.jsonl"
    result = run(archive, "export", "--format", "jsonl", "--output", str(file))
    assert result.exit_code == 0
    assert result.stdout == ""
    assert f"12 citations written to {file}" in result.stderr
    assert file.read_bytes() == run(archive, "export", "--format", "jsonl", "--output", "-").stdout_bytes
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]
    assert file.stat().st_mode & 0o777 == 0o666 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_broken_export_leaves_the_earlier_file(archive: ArchiveFolder, tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    file.write_text("earlier")

    def stop_half_way() -> None:
        with output_to(file, archive) as output:
            output.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop_half_way()
    assert file.read_text() == "earlier"
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_replaced_file_keeps_its_mode_and_its_link(archive: ArchiveFolder, tmp_path: Path) -> None:
    file, shortcut = tmp_path / "real.csv", tmp_path / "link.csv"
    file.write_text("earlier")
    file.chmod(0o600)
    shortcut.symlink_to(file)
    assert run(archive, "export", "--format", "csv", "--output", str(shortcut)).exit_code == 0
    assert shortcut.is_symlink()
    assert file.read_text().startswith("incident_id")
    assert file.stat().st_mode & 0o777 == 0o600


def test_device_is_written_to_and_not_replaced(archive: ArchiveFolder) -> None:
    assert run(archive, "export", "--format", "csv", "--output", os.devnull).exit_code == 0
    assert Path(os.devnull).is_char_device()


@pytest.mark.parametrize("name", ["catalogue.db", "sourcekeep.toml", "warc/x.warc.gz", "new.csv"])
def test_archive_is_never_written_over(tmp_path: Path, name: str) -> None:
    archive = make_archive(tmp_path / "archive")
    before = archive.catalogue_path.read_bytes()
    result = run(archive, "export", "--format", "csv", "--output", str(archive.path / name))
    assert result.exit_code == 1
    assert isinstance(result.exception, ArchiveError)
    assert "among the archive's own files" in str(result.exception)
    assert archive.catalogue_path.read_bytes() == before
    assert run(archive, "export", "--format", "csv", "--output", str(archive.reports_dir / "new.csv")).exit_code == 0


def test_place_that_cannot_be_written_is_one_sentence(archive: ArchiveFolder, tmp_path: Path) -> None:
    for place in (tmp_path / "none" / "out.csv", tmp_path):
        result = run(archive, "export", "--format", "csv", "--output", str(place))
        assert result.exit_code == 1
        assert isinstance(result.exception, ArchiveError)
        assert str(place) in str(result.exception)


@pytest.mark.parametrize("make", [json_lines, csv_rows, markdown])
def test_rows_are_written_as_they_are_read(make: Any) -> None:
    read = 0

    def rows() -> Iterator[dict[str, Any]]:
        nonlocal read
        empty = dict.fromkeys(COLUMNS)
        for position in range(1, 1001):
            read += 1
            yield {**empty, "incident_id": "i", "position": position, "cited_as": f"link {position}"}

    for piece in make(rows()):
        if "link 10" in piece:
            break
    assert read <= 11


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("name", ["jsonl", "csv", "markdown"])
def test_reader_that_goes_away_ends_it_quietly(tmp_path: Path, name: str, unbuffered: str) -> None:
    archive = one_page(tmp_path, "much text to read " * 20_000)
    command = [sys.executable, "-m", "sourcekeep", "--archive", str(archive.path), "export", "--format", name]
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(20)
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_full_disk_is_one_sentence(archive: ArchiveFolder) -> None:
    command = [sys.executable, "-m", "sourcekeep", "--archive", str(archive.path), "export", "--format", "csv"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert done.stderr.startswith("error: the output cannot be written")
    assert done.stderr.count("\n") == 1


def test_later_wall_leaves_the_text_of_the_earlier_copy(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "archive")
    crawl(archive, [Page(ARTICLE, text={"verdict": Verdict.PAYWALLED}, at="2099-11-28T10:00:00.000000Z")])
    row = json_rows(archive)[0]
    assert (row["verdict"], row["best_verdict"], row["standing"]) == ("paywalled", "article", "usable")
    assert row["text"] == ARTICLE_TEXT
    assert "paywalled" in row["last_look"]
    assert "- Since then: The last look, on 2099-11-28" in printed(archive, "export", "--format", "markdown")
