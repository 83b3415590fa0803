"""`sourcekeep quotes`: where the quotations of an incident stand, and which sources are witnesses of their own."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from reading_archive import Page, article, crawl, printed, put, run

from archive.catalogue import Catalogue
from archive.folder import ArchiveFolder
from archive.records import CitedLink, Incident
from archive.text_records import Text
from archive.words import Verdict
from extract.mojibake import repair
from sourcekeep.lookup import NotFoundError
from sourcekeep.screen import columns

if TYPE_CHECKING:
    from collections.abc import Iterable

PORT = "https://port.example/crane"
DAILY = "https://daily.example/2031/crane"
AGENCY = "https://agency.example/wire/77"
FORUM = "https://forum.example/t/9"
WALLED = "https://walled.example/crane"
LATER = "https://later.example/crane"

SUMMARY = (
    "The harbour's crane “was never meant to lift a bus”, its maker says.\n\n"
    "According to the clerks, 'nobody asked us. That's how it always goes here,' and the mayor “was … sorry for what "
    'had happened.” A reader wrote "the crane had a mind of its own".'
)
STORY = (
    "The harbour closed on Monday. The crane was never meant to lift a bus, its maker wrote in a letter.\n"
    "“Nobody asked us. That’s how it always goes here.” So said two clerks of the night shift.\n"
    "The mayor was seen on the quay. He was deeply, truly sorry for what had happened.\n"
) + " ".join(f"Line {number} of the report tells of the port." for number in range(12))


def summary_of(*links: str, summary: str = SUMMARY, lost: Iterable[str] = (), name: str = "DB-7") -> Incident:
    cited = [CitedLink(url) for url in links] + [CitedLink(title, has_url=False) for title in lost]
    return Incident(name, "incidents.csv", "The crane that lifted a bus", summary=summary, links=tuple(cited))


def prose(seed: int, words: int) -> str:
    draw = random.Random(seed)
    return " ".join(f"w{draw.randrange(5000)}" for _ in range(words))


def archive_of(path: Path, incident: Incident, pages: list[Page]) -> ArchiveFolder:
    folder = ArchiveFolder.create(path / "archive")
    put(folder, incident)
    crawl(folder, pages)
    return folder


def asked(folder: ArchiveFolder, name: str = "DB-7") -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(printed(folder, "quotes", name, "--json"))
    return answer


def sql(folder: ArchiveFolder, statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder.catalogue_path)) as connection, connection:
        connection.execute("PRAGMA foreign_keys = ON")
        return connection.execute(statement).fetchall()


@pytest.fixture
def archive(tmp_path: Path) -> ArchiveFolder:
    """Four sources: the report, a daily that repeats it a day later, a forum thread, and a wall."""
    return archive_of(
        tmp_path,
        summary_of(PORT, DAILY, FORUM, WALLED, lost=["The maker's letter"]),
        [
            Page(PORT, text=article("Port", STORY, published_on="2031-03-04")),
            Page(DAILY, text=article("Daily", f"We read this.\n{STORY}", published_on="2031-03-05")),
            Page(FORUM, text=article("Forum", prose(1, 60), comments="First!\nThe crane had a mind of its own, ha.")),
            Page(WALLED, text={"verdict": Verdict.BOT_WALL}),
        ],
    )


def test_each_quotation_is_found_where_it_stands(archive: ArchiveFolder) -> None:
    quotations = asked(archive)["quotations"]
    assert [one["answer"] for one in quotations] == ["found"] * 4
    assert [[hit["match"] for hit in one["found"]] for one in quotations] == [
        ["exact", "exact"],
        ["folded", "folded"],
        ["pieces", "pieces"],
        ["folded"],
    ]
    for one in quotations:
        assert SUMMARY[one["summary_start"] : one["summary_end"]] == one["quotation"]
    with archive.catalogue() as catalogue:
        for hit in (hit for one in quotations for hit in one["found"]):
            text = catalogue.texts.latest(hit["capture_id"])
            assert text is not None
            part = getattr(text, hit["part"])
            assert part[hit["start"] : hit["end"]] == hit["passage"]


def test_match_says_what_was_folded_and_where_the_pieces_are(archive: ArchiveFolder) -> None:
    _, clerks, mayor, reader = asked(archive)["quotations"]
    assert clerks["found"][0]["folds"] == ["case", "quotation marks", "end punctuation"]
    assert [STORY[start:end] for start, end in mayor["found"][0]["pieces"]] == ["was", "sorry for what had happened."]
    assert reader["found"][0]["part"] == "comments"


def test_repeating_source_is_no_witness(archive: ArchiveFolder) -> None:
    found = asked(archive)
    assert (found["sources_cited"], found["with_text"], found["independent"], found["lost_links"]) == (4, 3, 2, 1)
    (copy,) = found["copies"]
    assert (copy["kind"], copy["first_by"], copy["source_id"], copy["of_source_id"]) == (
        "syndicated",
        "published",
        2,
        1,
    )
    assert [source["says_the_same_as"] for source in found["sources"]] == [None, 1, None, None]


def test_table_fits_the_terminal_and_says_it_all(archive: ArchiveFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    for wide in (80, 120):
        monkeypatch.setenv("COLUMNS", str(wide))
        text = printed(archive, "quotes", "DB-7")
        assert max(map(columns, text.splitlines())) <= min(wide, 100)
        one_line = " ".join(text.split())
        for part in (
            "DB-7 The crane that lifted a bus",
            "4 sources cited, 3 with text, 2 independent; 1 link without a URL",
            "4 quotations: 4 found",
            "[1] port.example exact text 40–69 of capture 1",
            "but for case, quotation marks, end punctuation",
            "by its pieces, in order: “was deeply, truly sorry",
            "in readers' comments, not in the article",
            "not independent of [1]",
            "syndicated: the same text as [1]",
            "[1] was published first",
            "no text: bot-wall",
        ):
            assert part in one_line


def test_rows_are_kept_for_exports(archive: ArchiveFolder) -> None:
    printed(archive, "quotes", "DB-7")
    rows = sql(archive, 'SELECT position, source_id, part, start, "end", "match" FROM quotations ORDER BY id')
    assert rows[0] == (1, 1, "text", 40, 69, "exact")
    assert len(rows) == 7
    assert sql(archive, "SELECT source_id, of_source_id, kind FROM copies") == [(2, 1, "syndicated")]


def test_nowhere_is_open_while_a_source_could_not_be_asked(tmp_path: Path) -> None:
    incident = summary_of(PORT, WALLED, LATER, summary="He said “this is said by nobody at all”.", lost=["A letter"])
    pages = [Page(PORT, text=article("Port", STORY)), Page(WALLED, text={"verdict": Verdict.BOT_WALL})]
    archive = archive_of(tmp_path, incident, pages)
    (one,) = asked(archive)["quotations"]
    assert (one["answer"], one["found"]) == ("open", [])
    text = " ".join(printed(archive, "quotes", "DB-7").split())
    assert "without text: [2] bot-wall, [3] never captured, 1 link without a URL" in text
    ((match, details),) = sql(archive, 'SELECT "match", details FROM quotations')
    assert match == "nowhere"
    assert (json.loads(details)["not_asked"], json.loads(details)["lost_links"]) == ([2, 3], 1)
    assert run(archive, "quotes", "DB-7", "--fail-on-missing").exit_code == 0


def test_gate_fires_when_every_source_was_asked(tmp_path: Path) -> None:
    incident = summary_of(PORT, summary="He said “this is said by nobody at all” and “was never meant to lift a bus”.")
    archive = archive_of(tmp_path, incident, [Page(PORT, text=article("Port", STORY))])
    assert [one["answer"] for one in asked(archive)["quotations"]] == ["missing", "found"]
    assert "missing: no source has it, and each was asked" in printed(archive, "quotes", "DB-7")
    assert run(archive, "quotes", "DB-7", "--fail-on-missing").exit_code == 3
    result = run(archive, "quotes", "--all", "--fail-on-missing")
    assert result.exit_code == 3
    assert "DB-7 “this is said by nobody at all”" in " ".join(result.stdout.split())


def test_near_one_is_told_and_is_missing(tmp_path: Path) -> None:
    incident = summary_of(PORT, summary="“The crane was always meant to lift a bus,” he said.")
    archive = archive_of(tmp_path, incident, [Page(PORT, text=article("Port", STORY))])
    (one,) = asked(archive)["quotations"]
    assert (one["answer"], one["found"][0]["match"]) == ("missing", "near")
    assert one["found"][0]["differences"] == [["always", "never"]]
    text = " ".join(printed(archive, "quotes", "DB-7").split())
    assert "no match; in the source “never” stands for “always”" in text
    assert run(archive, "quotes", "DB-7", "--fail-on-missing").exit_code == 3


def test_headline_can_be_quoted(tmp_path: Path) -> None:
    incident = summary_of(PORT, summary="It was titled “Bus hangs over harbour for a night”.")
    archive = archive_of(tmp_path, incident, [Page(PORT, text=article("Bus hangs over harbour for a night", STORY))])
    (one,) = asked(archive)["quotations"]
    assert (one["found"][0]["part"], one["found"][0]["match"]) == ("title", "exact")


def test_earlier_copy_is_asked_too_and_named(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, summary_of(PORT), [Page(PORT, text=article("Port", STORY))])
    crawl(archive, [Page(PORT, text=article("Port", prose(3, 400)), at="2099-12-01T10:00:00.000000Z")])
    first = asked(archive)["quotations"][0]["found"][0]
    assert (first["capture_id"], first["is_read_by_this"]) == (1, False)
    assert "in an earlier or lesser copy, captured 2099-11-20 10:00 UTC" in printed(archive, "quotes", "DB-7")


def test_best_copy_goes_before_an_earlier_one(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, summary_of(PORT), [Page(PORT, text=article("Port", STORY))])
    crawl(archive, [Page(PORT, text=article("Port", STORY.upper()), at="2099-12-01T10:00:00.000000Z")])
    first = asked(archive)["quotations"][0]["found"][0]
    assert (first["capture_id"], first["match"], first["is_read_by_this"]) == (2, "folded", True)


def test_summary_without_quotations_and_incident_without_sources(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, summary_of(summary="Nothing is quoted."), [])
    text = printed(archive, "quotes", "DB-7", "--fail-on-missing")
    assert "0 sources cited, 0 with text, 0 independent" in text
    assert "no passage in quotation marks in the incident's summary" in text


def test_new_text_makes_the_answer_anew(archive: ArchiveFolder) -> None:
    printed(archive, "quotes", "DB-7")
    assert sql(archive, "SELECT COUNT(*) FROM quotations") == [(7,)]
    with archive.catalogue() as catalogue:
        catalogue.texts.put([Text(1, "test/2", Verdict.ARTICLE, {}, text=f"A new beginning. {STORY}")])
    assert sql(archive, "SELECT COUNT(*) FROM quotations") == [(0,)]
    assert sql(archive, "SELECT COUNT(*) FROM copies") == [(0,)]
    assert asked(archive)["quotations"][0]["found"][0]["start"] == 40 + len("A new beginning. ")
    assert sql(archive, "SELECT start FROM quotations LIMIT 1") == [(40 + len("A new beginning. "),)]


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM texts WHERE capture_id = 2",
        "UPDATE sources SET best_capture_id = NULL WHERE id = 2",
        "UPDATE incidents SET summary = 'said “the port”' WHERE id = 'DB-7'",
    ],
)
def test_nothing_stale_stays(archive: ArchiveFolder, change: str) -> None:
    printed(archive, "quotes", "DB-7")
    sql(archive, change)
    assert sql(archive, "SELECT COUNT(*) FROM quotations") == [(0,)]
    assert sql(archive, "SELECT COUNT(*) FROM copies") == [(int("incidents" in change),)]


def test_incident_that_was_imported_anew_is_asked_anew(archive: ArchiveFolder) -> None:
    printed(archive, "quotes", "DB-7")
    put(archive, summary_of(DAILY, summary="Only “was never meant to lift a bus” is left."))
    assert sql(archive, "SELECT COUNT(*) FROM quotations") == [(0,)]
    assert [hit["source_id"] for hit in asked(archive)["quotations"][0]["found"]] == [2]


def test_what_has_nothing_to_do_with_it_takes_nothing_away(archive: ArchiveFolder) -> None:
    put(archive, summary_of(LATER, name="DB-8"))
    printed(archive, "quotes", "DB-7")
    crawl(archive, [Page(LATER, text=article("Later", prose(4, 50)))])
    assert sql(archive, "SELECT COUNT(*) FROM quotations") == [(7,)]


def test_asking_twice_writes_once(archive: ArchiveFolder) -> None:
    first = printed(archive, "quotes", "DB-7")
    made_at = sql(archive, "SELECT made_at FROM quotation_checks")
    assert printed(archive, "quotes", "DB-7") == first
    assert sql(archive, "SELECT made_at FROM quotation_checks") == made_at


def test_all_finds_copies_across_incidents(tmp_path: Path) -> None:
    body = prose(1, 300)
    archive = archive_of(
        tmp_path, summary_of(PORT, summary="“was never meant to lift a bus”"), [Page(PORT, text=article("a", body))]
    )
    put(archive, summary_of(AGENCY, LATER, name="DB-8"))
    crawl(archive, [Page(AGENCY, text=article("b", f"Wire. {body}")), Page(LATER, text=article("c", prose(2, 300)))])
    found = json.loads(printed(archive, "quotes", "--all", "--json"))
    assert (found["incidents"], found["signed"], found["compared"]) == (2, 3, 1)
    assert found["copies"] == {"syndicated": 1}
    assert found["answers"] == {"found": 0, "missing": 5, "open": 0}
    again = json.loads(printed(archive, "quotes", "--all", "--json"))
    assert (again["incidents"], again["signed"], again["compared"]) == (0, 0, 0)
    assert again["answers"] == found["answers"]
    assert "1 pair of sources with the same passages: 1 syndicated" in printed(archive, "quotes", "--all")


def test_many_pages_that_are_all_the_same_are_compared_with_one(tmp_path: Path) -> None:
    urls = [f"https://farm.example/{number}" for number in range(60)]
    pages = [Page(url, text=article("same", prose(1, 100))) for url in urls]
    archive = archive_of(tmp_path, Incident("none", "f"), [])
    put(archive, *(summary_of(url, name=f"i{number}") for number, url in enumerate(urls)))
    crawl(archive, pages)
    found = json.loads(printed(archive, "quotes", "--all", "--json"))
    assert found["compared"] == 59
    assert found["copies"] == {"syndicated": 59}


def test_show_says_what_the_sources_of_an_incident_are_worth(archive: ArchiveFolder) -> None:
    text = " ".join(printed(archive, "show", "DB-7").split())
    assert "3 with text, 2 independent 4 quotations: 4 found" in text
    assert "not independent of 1. syndicated: the same text as 1." in text
    view = json.loads(printed(archive, "show", "DB-7", "--json"))
    assert view["quotes"]["independent"] == 2


def test_show_says_who_quotes_and_who_copies_a_source(archive: ArchiveFolder) -> None:
    before = " ".join(printed(archive, "show", PORT).split())
    assert "not known of 1 incident that cites it" in before
    printed(archive, "quotes", "DB-7")
    after = " ".join(printed(archive, "show", PORT).split())
    assert "quoted by DB-7: “was never meant to lift a bus” (exact, text 40–69)" in after
    assert f"copied by {DAILY} syndicated: the same text as this page" in after
    assert "not known" not in after
    assert f"copies {PORT} syndicated: the same text as that page" in " ".join(printed(archive, "show", DAILY).split())
    assert json.loads(printed(archive, "show", PORT, "--json"))["quoted_by"][0]["incident_id"] == "DB-7"


@pytest.mark.parametrize(("wanted", "near"), [("DB-8", "DB-7"), ("db-7", "DB-7"), (PORT, None), ("", None)])
def test_id_that_is_not_there_names_what_is_near(archive: ArchiveFolder, wanted: str, near: str | None) -> None:
    result = run(archive, "quotes", wanted)
    assert result.exit_code == 1
    assert isinstance(result.exception, NotFoundError)
    assert near is None or f"near it: {near}" in str(result.exception)


@pytest.mark.parametrize("arguments", [[], ["DB-7", "--all"]])
def test_one_incident_or_all_of_them(archive: ArchiveFolder, arguments: list[str]) -> None:
    assert run(archive, "quotes", *arguments).exit_code == 2


def test_hostile_words_do_not_reach_the_terminal(tmp_path: Path) -> None:
    evil = "a \x1b[2J\x1b]0;owned\x07 passage \u202e of \x9b2J words"
    incident = summary_of(PORT, summary=f"He said “{evil}” and “one {evil}”.")
    archive = archive_of(tmp_path, incident, [Page(PORT, text=article(evil, f"So it is: {evil}"))])
    for arguments in (["quotes", "DB-7"], ["quotes", "--all"], ["show", "DB-7"], ["show", PORT]):
        text = printed(archive, *arguments)
        assert not {"\x1b", "\x9b", "\x07", "\u202e"} & set(text)
    assert "\x1b" not in printed(archive, "quotes", "DB-7", "--json")


def test_half_characters_of_a_record_are_no_error(tmp_path: Path) -> None:
    incident = summary_of(PORT, summary="He said “one half \ud83d of a face” here.")
    archive = archive_of(tmp_path, incident, [Page(PORT, text=article("t", "One half \ud83d of a face, he said."))])
    assert asked(archive)["quotations"][0]["answer"] == "found"


def test_read_only_catalogue_is_asked_and_nothing_is_written(
    archive: ArchiveFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Catalogue(archive.catalogue_path) as catalogue:
        catalogue.checkpoint()
    monkeypatch.setattr(os, "access", lambda _, mode: mode != os.W_OK)
    assert asked(archive)["independent"] == 2
    assert "can't be written" in str(run(archive, "quotes", "--all").exception)
    assert sql(archive, "SELECT COUNT(*) FROM quotation_checks") == [(0,)]


def test_help_answers_at_once_and_ends_with_an_example() -> None:
    program = (
        "import sys; from sourcekeep.__main__ import cli\n"
        "try: cli(['quotes', '--help'])\n"
        "except SystemExit: print(*sorted({'extract', 'archive', 'sqlite_utils'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("Example: sourcekeep quotes DB-100 --fail-on-missing")


DUMP = """- Occurred: May 2031
- The maker says that the crane 'was never meant to lift a bus'.
URL: {port}
{port_text}

URL: {daily}
{daily_text}

- Page info
"""


def import_dump(folder: ArchiveFolder, path: Path, port_text: str, daily_text: str) -> None:
    """Import a record with pasted texts as `crane`, and make these."""
    path.write_text(DUMP.format(port=PORT, port_text=port_text, daily=DAILY, daily_text=daily_text), "utf-8")
    printed(folder, "import", str(path))
    printed(folder, "extract", "--workers", "1")


def pasted(text: str) -> str:
    return "\n".join(f"- {line}" for line in text.splitlines())


def test_what_was_pasted_is_asked_where_no_copy_is_kept(tmp_path: Path) -> None:
    archive = ArchiveFolder(tmp_path / "archive")
    import_dump(archive, tmp_path / "crane.txt", pasted(STORY), pasted(f"We read this.\n{STORY}"))
    found = asked(archive, "crane")
    assert (found["with_text"], found["independent"]) == (2, 1)
    assert [source["is_pasted"] for source in found["sources"]] == [True, True]
    assert [(hit["capture_id"], hit["match"]) for hit in found["quotations"][0]["found"]] == [(None, "exact")] * 2
    text = " ".join(printed(archive, "quotes", "crane").split())
    assert "exact text 40–69 of what was pasted" in text
    assert "pasted into a record; of the page itself: never captured" in text
    assert json.loads(printed(archive, "quotes", "--all", "--json"))["signed"] == 2


def test_page_goes_before_what_was_pasted(tmp_path: Path) -> None:
    archive = ArchiveFolder(tmp_path / "archive")
    import_dump(archive, tmp_path / "crane.txt", pasted(STORY), "- Nothing was there.")
    crawl(archive, [Page(PORT, text=article("Port", f"A page. {STORY}"))])
    (first,) = asked(archive, "crane")["quotations"][0]["found"]
    assert (first["capture_id"], first["start"], first["is_read_by_this"]) == (1, 48, True)
    crawl(archive, [Page(PORT, text=article("Port", prose(1, 300)), at="2099-12-01T10:00:00.000000Z")])
    (first,) = asked(archive, "crane")["quotations"][0]["found"]
    assert (first["capture_id"], first["is_read_by_this"]) == (1, False)


def test_paste_that_is_gone_leaves_nothing_behind(tmp_path: Path) -> None:
    archive = ArchiveFolder(tmp_path / "archive")
    import_dump(archive, tmp_path / "crane.txt", pasted(STORY), pasted(f"We read this.\n{STORY}"))
    put(archive, summary_of(PORT, summary="“was never meant to lift a bus”", name="other"))
    printed(archive, "quotes", "--all")
    assert sql(archive, "SELECT incident_id, source_id FROM quotations ORDER BY 1, 2") == [
        ("crane", 1),
        ("crane", 2),
        ("other", 1),
    ]
    assert sql(archive, "SELECT COUNT(*) FROM copies") == [(1,)]
    import_dump(archive, tmp_path / "crane.txt", "- Nothing was there.", "- Nothing was there.")
    assert sql(archive, "SELECT COUNT(*) FROM quotation_checks") == [(0,)]
    assert sql(archive, "SELECT COUNT(*) FROM copies") == [(0,)]
    assert asked(archive, "other")["quotations"][0]["answer"] == "open"


SEED = Path(__file__).resolve().parents[2] / "shared" / "seed" / "aiaaic-mengert.txt"


def seed_text(first: int, last: int) -> str:
    """Return lines of the seed as they are to be kept, repaired."""
    lines = SEED.read_text("utf-8").split("\n")[first - 1 : last]
    return repair("\n".join(line.removeprefix("- ") for line in lines)).text


@pytest.mark.skipif(not SEED.exists(), reason="the seed record is not beside the checkout (../shared/seed)")
def test_seed_record_is_quoted_from_what_was_pasted(tmp_path: Path) -> None:
    archive = ArchiveFolder(tmp_path / "archive")
    printed(archive, "import", str(SEED))
    printed(archive, "extract")
    found = asked(archive, SEED.stem)
    assert (found["sources_cited"], found["with_text"], found["independent"]) == (9, 4, 3)
    assert [[hit["source_id"] for hit in one["found"]] for one in found["quotations"]] == [[1, 2], [1, 2], [1]]
    (copy,) = found["copies"]
    assert (copy["source_id"], copy["of_source_id"], copy["kind"]) == (2, 1, "quotes")


@pytest.mark.skipif(not SEED.exists(), reason="the seed record is not beside the checkout (../shared/seed)")
def test_seed_record_is_quoted_from_waxy_and_its_copy(tmp_path: Path) -> None:
    archive = ArchiveFolder(tmp_path / "archive")
    assert run(archive, "import", str(SEED)).exit_code == 0
    lines = SEED.read_text("utf-8").split("\n")
    urls = [line.removeprefix("URL: ") for line in lines if line.startswith("URL: ")]
    kept = {0: (21, 64), 1: (243, 248), 5: (306, 319), 6: (370, 425)}
    walls = {2: Verdict.BOT_WALL, 3: Verdict.EMPTY, 4: Verdict.PAYWALLED, 7: Verdict.CONSENT_WALL, 8: Verdict.EMPTY}
    texts = {number: article("kept", seed_text(*span)) for number, span in kept.items()}
    texts |= {number: {"verdict": verdict} for number, verdict in walls.items()}
    crawl(archive, [Page(url, text=texts[number]) for number, url in enumerate(urls)])
    found = asked(archive, SEED.stem)
    assert (found["sources_cited"], found["with_text"], found["independent"], found["lost_links"]) == (9, 4, 3, 5)
    matches = [[(hit["source_id"], hit["match"], hit["folds"]) for hit in one["found"]] for one in found["quotations"]]
    assert matches == [
        [(1, "exact", []), (2, "exact", [])],
        [(1, "folded", ["quotation marks", "end punctuation"]), (2, "folded", ["end punctuation"])],
        [(1, "folded", ["case", "quotation marks"])],
    ]
    (copy,) = found["copies"]
    assert (copy["source_id"], copy["of_source_id"], copy["kind"], copy["first_by"]) == (2, 1, "quotes", None)
    assert copy["share"] == pytest.approx(0.76, abs=0.01)
    boing = seed_text(243, 248)
    assert {boing[:start].count("\n") + 243 for start, *_ in copy["passages"]} == {244, 246, 248}


MANY = 100_000


def put_many(folder: ArchiveFolder, number: int) -> None:
    """Write *number* sources with texts of 250 words; of every thousand, two are a pair that is largely the same."""
    draw = random.Random(7)
    vocabulary = [f"w{n}" for n in range(20_000)]
    at = "2031-01-01T00:00:00.000000Z"
    with folder.catalogue() as catalogue, catalogue.transaction():
        crawl_id = catalogue.crawls.start("due", {}, {})
        twin: list[str] = []
        for n in range(1, number + 1):
            words = draw.choices(vocabulary, k=250)
            if n % 1000 == 1:
                twin = words
            elif n % 1000 == 500:
                words = twin[:225] + words[:25]
            catalogue._connection.execute(
                "INSERT INTO sources (id, url, url_key, best_capture_id) VALUES (?, ?, ?, ?)", (n, f"u{n}", f"u{n}", n)
            )
            catalogue._connection.execute(
                """INSERT INTO captures (id, source_id, crawl_id, requested_at, finished_at, outcome, bytes, via,
                     evidence, record_id, warc_file, warc_offset, warc_length)
                   VALUES (?, ?, ?, ?, ?, 'fetched', 0, 'http', '{}', ?, 'f', 0, 0)""",
                (n, n, crawl_id, at, at, f"r{n}"),
            )
            catalogue._connection.execute(
                """INSERT INTO texts (capture_id, extractor, made_at, text, words, verdict, evidence)
                   VALUES (?, 'test/1', ?, ?, 250, 'article', '{}')""",
                (n, at, " ".join(words)),
            )


@pytest.mark.soak
def test_copies_among_a_hundred_thousand_texts_are_found_within_memory(tmp_path: Path) -> None:
    folder = ArchiveFolder.create(tmp_path / "archive")
    put_many(folder, MANY)
    program = (
        "import re, time; from pathlib import Path; from sourcekeep.__main__ import main\n"
        "try: main()\n"
        "finally: print(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1], time.process_time())"
    )
    command = [sys.executable, "-c", program, "--archive", str(folder.path), "quotes", "--all", "--json"]
    for signed, pairs in ((MANY, MANY // 1000), (0, 0)):
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        answer, _, last = done.stdout.rstrip().rpartition("\n")
        peak, seconds = last.split()
        found = json.loads(answer)
        sys.stdout.write(
            f"\n{found['signed']:,} texts signed, {found['compared']:,} pairs compared: {float(seconds):.0f} s of "
            f"processor time, {int(peak) // 1024} MiB\n"
        )
        assert (found["signed"], found["copies"]) == (signed, {"syndicated": MANY // 1000})
        assert pairs <= found["compared"] <= pairs + MANY // 100
        assert int(peak) < 150_000  # kB
