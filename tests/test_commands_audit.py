"""`sourcekeep audit`, `pin` and what `show` says of links, on an archive whose pages changed over weeks."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from reading_archive import Page, article, crawl, printed, put, run

from archive.catalogue.histories import Look
from archive.clock import as_timestamp
from archive.errors import ArchiveError
from archive.folder import ArchiveFolder
from archive.health_records import JudgedHealth
from archive.records import CitedLink, Incident
from archive.signals import Signal
from archive.words import Health, Outcome, Verdict
from sourcekeep.audit.health import Course
from sourcekeep.audit.refresh import refresh
from sourcekeep.audit.report.charts import charts
from sourcekeep.audit.tally import Tally

if TYPE_CHECKING:
    from pathlib import Path

LIVE = "https://news.example/2026/lift"
DIES = "https://gone.example/2026/lift"
MOVES = "https://moving.example/a/lift"
WALLED = "https://walled.example/lift"
REPLACED = "https://sold.example/lift"
EDITED = "https://daily.example/lift"
HOME = "https://shrunk.example/2025/09/lift"
LAW = "https://withheld.example/lift"
NEVER = "https://later.example/lift"

STORY = "\n".join(
    f"Paragraph {number} of the report tells what the lift of floor {number} did." for number in range(20)
)
SAID = "what the lift of floor 7 did"
OTHER = "\n".join(
    f"Offer {number}: a fine kettle at a price of {number} crowns, and free delivery." for number in range(20)
)
START = datetime(2026, 1, 5, 3, 15, tzinfo=UTC)


def at(week: int) -> str:
    return as_timestamp(START + timedelta(weeks=week))


def page(week: int, url: str, **more: Any) -> Page:
    return Page(url, **{"text": article("The lift", STORY), "at": at(week), **more})


def lost(week: int, url: str, status: int = 404, verdict: Verdict = Verdict.UNKNOWN) -> Page:
    return page(week, url, outcome=Outcome.HTTP_ERROR, status=status, text={"verdict": verdict})


def pages(week: int) -> list[Page]:
    dead = week >= 2
    edited = STORY.replace("Paragraph 3 ", "Corrected paragraph 3 ")
    moved = ("https://moving.example/archive/lift",) if week else ()
    return [
        page(week, LIVE),
        lost(week, DIES) if dead else page(week, DIES),
        page(week, MOVES, chain=moved),
        page(week, WALLED, outcome=Outcome.HTTP_ERROR, status=403, text={"verdict": Verdict.BOT_WALL}),
        page(week, REPLACED, text=article("Kettles", OTHER) if dead else article("The lift", STORY)),
        page(week, EDITED, text=article("The lift", edited if dead else STORY)),
        page(week, HOME, chain=("https://shrunk.example/",), text={"verdict": Verdict.INDEX, "text": "Home"})
        if dead
        else page(week, HOME),
        lost(week, LAW, 451, Verdict.REMOVED) if dead else page(week, LAW),
    ]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> ArchiveFolder:
    folder = ArchiveFolder.create(tmp_path_factory.mktemp("audit") / "archive")
    cited = tuple(map(CitedLink, (LIVE, DIES, MOVES, WALLED, REPLACED, EDITED, HOME, LAW)))
    put(
        folder,
        Incident(
            "DB-1",
            "t.csv",
            "The lift",
            "May 2019",
            f"It said “{SAID}”, and “nothing that ever stood there”.",
            {},
            cited,
        ),
        Incident("DB-2", "t.csv", "One left", "2021", links=(CitedLink(LIVE), CitedLink(DIES))),
        Incident("DB-3", "t.csv", "None left", links=(CitedLink(LAW), CitedLink(WALLED))),
        Incident("DB-4", "t.csv", "Not looked at", links=(CitedLink(NEVER),)),
    )
    for week in range(6):
        crawl(folder, pages(week))
    return folder


def audited(folder: ArchiveFolder, *more: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(printed(folder, "audit", "--format", "json", *more))
    return found


def by_url(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {link["url"]: link for link in found["links"]}


def test_each_link_has_its_health_and_the_capture_that_proves_it(archive: ArchiveFolder) -> None:
    links = by_url(audited(archive, "--all"))
    assert {url: link["health"] for url, link in links.items()} == {
        LIVE: "live",
        DIES: "dead",
        MOVES: "moved",
        WALLED: "unverifiable",
        REPLACED: "drifted",
        EDITED: "live",
        HOME: "dead",
        LAW: "removed",
        NEVER: "unchecked",
    }
    dead = links[DIES]
    assert (dead["last_good_at"], dead["first_failed_at"], dead["since"]) == (at(1), at(2), at(4))
    assert dead["rule"] == "http-404"
    assert dead["is_kept"]
    assert re.fullmatch(r"<urn:uuid:[-0-9a-f]+>", dead["record_id"])
    assert links[LAW]["since"] == at(3)
    assert links[HOME]["rule"] == "redirected-home"
    assert links[REPLACED]["rule"] == "text-replaced"


def test_rates_have_a_lower_and_an_upper_bound_beside_pews_rule(archive: ArchiveFolder) -> None:
    rates = audited(archive)["rates"]
    assert (rates["checked"], rates["rotten"], rates["in_doubt"], rates["drifted"]) == (8, 3, 1, 1)
    assert (rates["rot_lower"], rates["rot_upper"]) == (3 / 8, 4 / 8)
    assert rates["pew"] == 1  # the 404; neither the redirect home nor 451 is one of its statuses


def test_health_over_time_has_each_month(archive: ArchiveFolder) -> None:
    months = {row["month"]: row for row in audited(archive)["over_time"]}
    assert (months["2026-01"]["failing"], months["2026-01"]["removed"]) == (2, 1)
    assert months["2026-02"]["dead"] == 2
    assert months["2026-02"]["removed"] == 1
    assert {sum(number for name, number in row.items() if name != "month") for row in months.values()} == {8}


def test_survival_falls_when_links_die(archive: ArchiveFolder) -> None:
    curve = audited(archive)["survival"]
    assert curve[0] == {"days": 0, "share": 1.0, "at_risk": 7}
    assert [(point["days"], point["share"]) for point in curve[1:]] == [(14, 1 - 3 / 7), (35, 1 - 3 / 7)]


def test_incidents_at_risk(archive: ArchiveFolder) -> None:
    found = {risk["incident_id"]: risk for risk in audited(archive)["incidents_at_risk"]}
    assert {name: risk["danger"] for name, risk in found.items()} == {
        "DB-2": "one surviving source",
        "DB-3": "none known to survive",
        "DB-4": "never captured",
    }
    assert (found["DB-3"]["sources"], found["DB-3"]["in_doubt"], found["DB-3"]["kept"]) == (2, 1, 1)


def test_incident_site_and_since_narrow_an_audit_down(archive: ArchiveFolder) -> None:
    assert set(by_url(audited(archive, "--incident", "DB-2", "--all"))) == {LIVE, DIES}
    assert set(by_url(audited(archive, "--site", "sold.example"))) == {REPLACED}
    assert set(by_url(audited(archive, "--since", at(4)[:10]))) == {DIES, HOME}
    assert set(by_url(audited(archive, "--site", "https://Sold.example/any"))) == {REPLACED}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--incident", "DB-9"), 1, "there is no incident DB-9; near it: DB-"),
        (("--site", "nobody.example"), 1, "no cited source is of nobody.example"),
        (("--since", "yesterday"), 2, "no date like 2026-11-01"),
        (("--fail-on", "rotten"), 2, "there is no health 'rotten'"),
    ],
)
def test_what_is_unknown_is_said(archive: ArchiveFolder, arguments: tuple[str, ...], code: int, said: str) -> None:
    result = run(archive, "audit", *arguments)
    if code == 1:
        assert isinstance(result.exception, ArchiveError)
        assert said in str(result.exception)
    else:
        assert (result.exit_code, said in result.output) == (code, True)


@pytest.mark.parametrize(
    ("fail_on", "code"), [("dead", 3), ("dead,removed", 3), ("failing", 0), ("drifted", 3), ("moved, failing", 3)]
)
def test_gate_is_an_exit_code(archive: ArchiveFolder, fail_on: str, code: int) -> None:
    assert run(archive, "audit", "--fail-on", fail_on).exit_code == code


def test_gate_counts_only_what_is_in_scope(archive: ArchiveFolder) -> None:
    assert run(archive, "audit", "--fail-on", "dead", "--site", "news.example").exit_code == 0


def test_table_says_health_rates_reasons_and_risks(archive: ArchiveFolder) -> None:
    text = printed(archive, "audit")
    for words in ("9 sources", "between 37.5%", "and 50.0%", "by Pew's rule", "Dead:", DIES, "404 Not Found"):
        assert words in text
    for words in ("good for the last time 2026-01-12", "3 incidents at risk", "DB-3", "show URL --history"):
        assert words in " ".join(text.split())
    assert max(len(line) for line in text.splitlines() if str(archive.path) not in line) <= 80


def test_table_goes_to_a_file_as_it_is_printed_without_colours(archive: ArchiveFolder, tmp_path: Path) -> None:
    path = tmp_path / "audit.txt"
    assert run(archive, "audit", "--output", str(path)).exit_code == 0
    text = path.read_text(encoding="utf-8")
    assert DIES in text
    assert "\x1b" not in text


def test_table_shows_at_most_so_many(archive: ArchiveFolder) -> None:
    text = printed(archive, "audit", "--most", "1")
    assert "1 link more" in text
    assert (DIES in text) != (HOME in text)


def test_csv_has_a_row_a_link(archive: ArchiveFolder) -> None:
    rows = list(csv.DictReader(io.StringIO(printed(archive, "audit", "--format", "csv", "--all"))))
    assert len(rows) == 9
    assert {row["url"]: row["why"] for row in rows}[DIES] == "its server answers 404 Not Found"


def test_junit_fails_the_lost_and_skips_what_cannot_be_told(archive: ArchiveFolder) -> None:
    suite = ET.fromstring(printed(archive, "audit", "--format", "junit"))[0]  # of our own making
    assert suite.attrib["tests"] == str(len(suite)) == "9"
    failed = {case.attrib["name"] for case in suite if case.find("failure") is not None}
    skipped = {case.attrib["name"] for case in suite if case.find("skipped") is not None}
    assert failed == {DIES, HOME, LAW}
    assert skipped == {WALLED, NEVER}
    assert (suite.attrib["failures"], suite.attrib["skipped"]) == ("3", "2")


class _Read(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def read_html(path: Path) -> _Read:
    read = _Read()
    read.feed(path.read_text(encoding="utf-8"))
    return read


def test_html_is_one_file_that_loads_nothing(archive: ArchiveFolder, tmp_path: Path) -> None:
    path = tmp_path / "rot.html"
    assert run(archive, "audit", "--format", "html", "--output", str(path)).exit_code == 0
    read = read_html(path)
    assert {tag for tag, _ in read.tags} & {"script", "link", "img", "iframe", "object", "embed"} == set()
    assert [tag for tag, _ in read.tags].count("svg") == 4
    assert not re.search(r"@import|url\((?!#)", path.read_text(encoding="utf-8"))
    for words in ("37.5%", "50.0%", "Health over time", "How long links last", "DB-3", "Drifted (1)", DIES):
        assert words in read.text
    assert all(width in {None, "100%"} for tag, attrs in read.tags if tag == "svg" for width in [attrs.get("width")])


def test_html_takes_no_words_of_strangers_for_markup(tmp_path: Path) -> None:
    folder = ArchiveFolder.create(tmp_path / "archive")
    evil = "https://evil.example/<script>alert(1)</script>?\"onmouseover='x'"
    odd = "javascript:alert(1)"
    put(folder, Incident("<img src=x onerror=y>", "t.csv", links=(CitedLink(evil), CitedLink(odd))))
    crawl(folder, [lost(0, evil), Page(odd, outcome=Outcome.UNSUPPORTED_SCHEME, status=None, at=at(0))])
    path = tmp_path / "rot.html"
    assert run(folder, "audit", "--format", "html", "--output", str(path)).exit_code == 0
    read = read_html(path)
    assert not {"script", "img"} & {tag for tag, _ in read.tags}
    assert not [name for _, attrs in read.tags for name in attrs if name.startswith("on")]
    assert [attrs["href"] for tag, attrs in read.tags if tag == "a"] == [evil]
    assert odd in read.text


def test_chart_takes_no_name_for_markup() -> None:
    tally = Tally()
    course = Course()
    course.take(1, at(0), Signal.GOOD, "verdict:article")
    look = Look(1, 1, at(0), "fetched", 200, "article", LIVE, None, None)
    tally.add("<script>&'\"", 2020, course, [look])
    (by_site,) = [chart.svg for chart in charts(tally, "2026-01") if chart.title == "By site"]
    assert "<script" not in by_site
    assert "&lt;script" in by_site


def test_empty_archive_is_audited_in_each_format(tmp_path: Path) -> None:
    folder = ArchiveFolder.create(tmp_path / "archive")
    put(folder)
    for name in ("table", "json", "csv", "junit", "html"):
        assert run(folder, "audit", "--format", name).exit_code == 0
    assert "no link was looked at yet" in printed(folder, "audit")


def test_health_computed_afresh_is_what_the_catalogue_says(archive: ArchiveFolder) -> None:
    printed(archive, "audit")

    def stored() -> list[tuple[Any, ...]]:
        with archive.catalogue() as catalogue:
            return [tuple(link) for link, _ in catalogue.histories.all()]

    before = stored()
    with archive.catalogue() as catalogue:
        assert refresh(catalogue, afresh=True) == 9
    assert stored() == before
    assert {row[5] for row in before} == {"live", "dead", "moved", "unverifiable", "drifted", "removed", "unchecked"}


def test_catalogue_that_says_something_else_is_put_right_and_that_is_said(tmp_path: Path) -> None:
    folder = ArchiveFolder.create(tmp_path / "archive")
    put(folder, Incident("DB-1", "t.csv", links=(CitedLink(LIVE),)))
    crawl(folder, [page(0, LIVE)])
    printed(folder, "audit")
    with folder.catalogue() as catalogue, catalogue.transaction():
        catalogue.histories.put_health(1, JudgedHealth(Health.DEAD))
    result = run(folder, "audit", "--format", "json")
    assert "1 source, and is brought up to date" in result.stderr
    with folder.catalogue() as catalogue:
        assert catalogue.histories.of(1)[0].health == Health.LIVE


def test_best_copy_is_not_the_text_that_took_its_place(archive: ArchiveFolder) -> None:
    printed(archive, "audit")
    shown = json.loads(printed(archive, "show", REPLACED, "--json"))
    assert shown["text"]["title"] == "The lift"


def test_drift_says_what_is_lost_and_whether_quotations_survive(archive: ArchiveFolder) -> None:
    printed(archive, "audit")
    drift = json.loads(printed(archive, "show", REPLACED, "--json"))["link"]["drift"]
    assert (drift["drift"]["change"], drift["quotations_lost"], drift["quotations_kept"]) == ("replaced", [SAID], [])
    drift = json.loads(printed(archive, "show", EDITED, "--json"))["link"]["drift"]
    assert (drift["drift"]["change"], drift["quotations_lost"], drift["quotations_kept"]) == ("edited", [], [SAID])
    assert ["-", STORY.split("\n")[3]] in drift["diff"]
    assert ["+", "Corrected " + STORY.split("\n")[3].replace("P", "p", 1)] in drift["diff"]
    text = printed(archive, "show", EDITED)
    assert "edited since 2026-01-05" in text
    assert "1 of 1 that incidents quote are still there" in " ".join(text.split())


def test_history_of_a_dead_link_leads_to_captures_rules_and_records(archive: ArchiveFolder) -> None:
    text = " ".join(printed(archive, "show", DIES, "--history").split())
    for words in ("dead:", "by the rule http-404", "between 2026-01-12", "and 2026-01-19", "4 failures count"):
        assert words in text
    assert text.count("says missing: its server answers 404 Not Found (http-404)") == 4
    assert text.count("says good") == 2
    assert text.count("record <urn:uuid:") >= 6


def test_pin_stands_beside_what_is_measured(tmp_path: Path) -> None:
    folder = ArchiveFolder.create(tmp_path / "archive")
    put(folder, Incident("DB-1", "t.csv", links=(CitedLink(WALLED),)))
    crawl(folder, [lost(0, WALLED, 403, Verdict.BOT_WALL)])
    said = printed(folder, "pin", WALLED, "--health", "live", "--reason", "seen in a browser", "--by", "A. Editor")
    assert "pinned as live" in said
    link = by_url(audited(folder))[WALLED]
    assert (link["health"], link["measured"], link["pinned_by"]) == ("live", "unverifiable", "A. Editor")
    assert audited(folder)["health"]["unverifiable"] == 1
    assert run(folder, "audit", "--fail-on", "unverifiable").exit_code == 0
    assert "seen in a browser" in printed(folder, "show", WALLED)
    assert "A. Editor" in printed(folder, "pin", "--list")
    printed(folder, "pin", WALLED, "--remove", "--by", "A. Editor")
    assert by_url(audited(folder))[WALLED]["pin_health"] is None
    assert run(folder, "audit", "--fail-on", "unverifiable").exit_code == 3


def test_pins_come_back_from_the_warc_files(tmp_path: Path) -> None:
    folder = ArchiveFolder.create(tmp_path / "archive")
    table = tmp_path / "cited.csv"
    table.write_text(f"id,url\nDB-1,{WALLED}\nDB-2,{LIVE}\n", encoding="utf-8")
    printed(folder, "import", str(table))
    for url in (WALLED, LIVE):
        printed(folder, "pin", url, "--health", "dead", "--reason", "the owner says so", "--by", "E")
    printed(folder, "pin", LIVE, "--remove", "--by", "E")
    before = printed(folder, "pin", "--list")
    folder.catalogue_path.unlink()
    printed(folder, "rebuild")
    assert printed(folder, "pin", "--list") == before
    assert "1 pin" in before
    assert "nothing is wrong" in printed(folder, "verify")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        (WALLED,),
        (WALLED, "--health", "live"),
        (WALLED, "--health", "live", "--by", "E"),
        (WALLED, "--health", "live", "--reason", " ", "--by", "E"),
        (WALLED, "--remove", "--health", "live", "--by", "E"),
        (WALLED, "--list"),
    ],
)
def test_pin_needs_a_health_a_reason_and_a_name(archive: ArchiveFolder, arguments: tuple[str, ...]) -> None:
    assert run(archive, "pin", *arguments).exit_code == 2


def test_pin_of_what_nobody_cites_is_refused(archive: ArchiveFolder) -> None:
    asked = run(archive, "pin", "https://nobody.example/", "--health", "live", "--reason", "r", "--by", "E")
    assert isinstance(asked.exception, ArchiveError)
    assert "no cited URL" in str(asked.exception)
    asked = run(archive, "pin", "DB-1", "--health", "live", "--reason", "r", "--by", "E")
    assert "is an incident" in str(asked.exception)
