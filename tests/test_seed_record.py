"""The seed record, imported: what each of its nine pasted pages must come out as, line by line.

The record is read from beside the checkout and nothing of it stands here: lines are named by their numbers.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ftfy
import pytest
from reading_archive import run

from archive.folder import ArchiveFolder
from archive.words import Verdict
from extract.quotations import passages
from extract.verbatim import Quoted
from extract.word_spans import Words

if TYPE_CHECKING:
    from archive.text_records import Paste, Text

SEED = Path(__file__).parents[2] / "shared" / "seed" / "aiaaic-mengert.txt"
INCIDENT = "aiaaic-mengert"

Lines = tuple[int, int]
"""The first and the last line; none where the first is behind the last."""
NONE: Lines = (1, 0)


@dataclass(frozen=True, slots=True)
class Section:
    """One cited page: what must become of its lines. All that is neither kept nor a comment is a notice."""

    host: str
    lines: Lines
    verdict: Verdict
    kept: Lines = NONE
    comments: Lines = NONE
    language: str | None = None
    kinds: tuple[str, ...] = ()
    """Kinds of notices that must be among what is stripped."""
    restored: int = 0
    """How many closing quotation marks had lost their last byte."""


SECTIONS = (
    Section("waxy.org", (21, 240), Verdict.ARTICLE, (21, 64), (65, 232), "en", ("form",), 101),
    Section("boingboing.net", (243, 267), Verdict.ARTICLE, (243, 248), NONE, "en", ("related", "advert", "legal")),
    Section("fastcompany.com", (270, 270), Verdict.BOT_WALL, kinds=("ad-block",)),
    Section("axios.com", (273, 272), Verdict.EMPTY),
    Section("ft.com", (275, 303), Verdict.PAYWALLED, kinds=("paywall", "cookie"), restored=2),
    Section("t3n.de", (306, 359), Verdict.ARTICLE, (306, 319), (335, 344), "de", ("newsletter", "form", "ad-block"), 0),
    Section("thestar.com", (362, 434), Verdict.ARTICLE, (370, 425), NONE, "en", ("form", "legal"), 44),
    Section("reddit.com", (437, 444), Verdict.CONSENT_WALL, kinds=("cookie",)),
    Section("resetera.com", (447, 446), Verdict.EMPTY),
)
HOSTS = [section.host for section in SECTIONS]


@pytest.fixture(scope="module")
def lines() -> list[str]:
    """The lines of the record, the first at 1."""
    if not SEED.is_file():
        pytest.skip("the seed record is not beside this checkout (../shared/seed/aiaaic-mengert.txt)")
    return ["", *SEED.read_text(encoding="utf-8").split("\n")]


@pytest.fixture(scope="module")
def folder(lines: list[str], tmp_path_factory: pytest.TempPathFactory) -> ArchiveFolder:
    assert len(lines) > SECTIONS[-1].lines[0]
    made = ArchiveFolder(tmp_path_factory.mktemp("seed") / "archive")
    imported = run(made, "import", str(SEED), "--json")
    assert imported.exit_code == 0, imported.output
    assert sum(json.loads(imported.stdout)["pasted_texts"].values()) == len(SECTIONS)
    return made


@pytest.fixture(scope="module")
def texts(folder: ArchiveFolder) -> dict[str, Text]:
    """The texts of what was pasted, by host."""
    return {host: text for host, (_, text) in pastes(folder).items() if text}


def pastes(folder: ArchiveFolder) -> dict[str, tuple[Paste, Text | None]]:
    with folder.catalogue() as catalogue:
        found = catalogue.texts.pastes(incident_id=INCIDENT)
    return {next(host for host in HOSTS if host in (paste.url or "")): (paste, text) for paste, text in found}


def repaired(line: str) -> str:
    """Return a line as it was before its UTF-8 was read as windows-1252 and lost its bytes 9D, by a way of its own."""
    restored = re.sub("â€(?![\u0080-\u00bf˜™“”œ¦žŸ¢‘’•–—š›€‚ƒ„…†‡ˆ‰Š‹ŒŽ])", "â€\x9d", line)
    return " ".join(ftfy.fix_text(restored, uncurl_quotes=False, fix_latin_ligatures=False).split())


def wanted(lines: list[str], part: Lines) -> list[str]:
    """Return the lines of *part* without their bullets, repaired; empty ones left out."""
    texts = (repaired(line.removeprefix("-")) for line in lines[part[0] : part[1] + 1])
    return [text for text in texts if text]


def split(text: str | None) -> list[str]:
    return [] if text is None else [" ".join(line.split()) for line in text.split("\n")]


@pytest.mark.parametrize("section", SECTIONS, ids=HOSTS)
def test_verdict_and_language(section: Section, texts: dict[str, Text]) -> None:
    text = texts[section.host]
    assert (text.verdict, text.language) == (section.verdict, section.language)
    assert text.evidence["rule"]
    assert (text.text is None) == (section.verdict is not Verdict.ARTICLE)


@pytest.mark.parametrize("section", SECTIONS, ids=HOSTS)
def test_article_is_its_lines_and_no_others(section: Section, texts: dict[str, Text], lines: list[str]) -> None:
    assert split(texts[section.host].text) == wanted(lines, section.kept)


@pytest.mark.parametrize("section", SECTIONS, ids=HOSTS)
def test_comments_are_their_lines_and_no_others(section: Section, texts: dict[str, Text], lines: list[str]) -> None:
    said = " ".join(split(texts[section.host].comments))
    assert said == " ".join(wanted(lines, section.comments))


@pytest.mark.parametrize("section", SECTIONS, ids=HOSTS)
def test_every_other_line_is_in_a_notice(section: Section, texts: dict[str, Text], lines: list[str]) -> None:
    first, last = section.lines
    apart = {*range(section.kept[0], section.kept[1] + 1), *range(section.comments[0], section.comments[1] + 1)}
    others = [line for number in range(first, last + 1) if number not in apart for line in wanted(lines, (number,) * 2)]
    notices = texts[section.host].notices
    assert " ".join(notice.text for notice in notices) == " ".join(others)
    assert set(section.kinds) <= {notice.kind for notice in notices}


@pytest.mark.parametrize("section", SECTIONS, ids=HOSTS)
def test_repair_says_its_method_and_count(section: Section, texts: dict[str, Text], lines: list[str]) -> None:
    repair = texts[section.host].repair
    if any(re.search("[âÃÂð]", line) for line in lines[section.lines[0] : section.lines[1] + 1]):
        assert repair is not None
        assert f"U+009D restored {section.restored} times" in repair
    else:
        assert repair is None


def test_no_mojibake_is_left_and_every_quotation_mark_is_there(texts: dict[str, Text]) -> None:
    held = "\n".join(
        "\n".join(filter(None, (text.text, text.comments, *(notice.text for notice in text.notices))))
        for text in texts.values()
    )
    assert not re.search("â€|Ã.|†|\x9d", held)
    german = len(re.findall("„", held))
    assert (held.count("“") - german, held.count("”")) == (150 - german, 147)


def test_articles_keep_what_a_cleaner_would_spoil(texts: dict[str, Text]) -> None:
    assert "Künstler:innen" in (texts["t3n.de"].text or "")
    assert "Stability. AI" in (texts["thestar.com"].text or "")
    assert "pic.twitter.com" in (texts["waxy.org"].text or "")


def test_empty_page_does_not_swallow_the_records_own_lines(folder: ArchiveFolder) -> None:
    with folder.catalogue() as catalogue:
        incident = catalogue.incidents.get(INCIDENT)
    assert incident is not None
    assert incident.links[-1].pasted_text == ""
    assert incident.fields["Published"] == "February 2023"


def test_each_quotation_of_the_record_stands_in_the_article_that_it_is_from(
    folder: ArchiveFolder, texts: dict[str, Text]
) -> None:
    with folder.catalogue() as catalogue:
        incident = catalogue.incidents.get(INCIDENT)
    assert incident is not None
    quoted = [Quoted(passage.text) for passage in passages(incident.summary or "")]
    found = {
        host: [quotation.match(Words(text.text)) is not None for quotation in quoted]
        for host, text in texts.items()
        if text.text
    }
    assert found["waxy.org"] == [True, True, True]
    assert {host: sum(matches) for host, matches in found.items() if any(matches)} == {
        "waxy.org": 3,
        "boingboing.net": 2,
    }


def test_pasted_text_is_no_capture(folder: ArchiveFolder) -> None:
    with folder.catalogue() as catalogue:
        for line in catalogue.reports.source_lines():
            assert (line.outcome, line.verdict, line.captures, line.best_capture_id) == (None, None, 0, None)
        assert catalogue.reports.overview("2099-01-01T00:00:00Z").due == 9
        assert not list(catalogue.known.capture_records())


def test_pasted_text_is_found_shown_and_told_from_a_fetched_one(folder: ArchiveFolder, lines: list[str]) -> None:
    [hit] = json.loads(run(folder, "search", "Künstler:innen", "--json").stdout)["hits"]
    assert "t3n.de" in hit["url"]
    assert (hit["captured_at"], hit["language"], hit["incident_ids"]) == (None, "de", [INCIDENT])
    shown = run(folder, "show", hit["url"]).stdout
    assert f"Pasted in {INCIDENT}, and not fetched" in shown
    exported = [json.loads(row) for row in run(folder, "export", "--format", "jsonl").stdout.splitlines()]
    [row] = [row for row in exported if row["url"] == hit["url"]]
    assert (row["pasted_verdict"], row["pasted_language"], row["text"]) == ("article", "de", None)
    assert row["pasted_article"].count("\n") == len(wanted(lines, (306, 319))) - 1
    of_incident = run(folder, "show", INCIDENT).stdout
    assert " ".join("of pasted text for it: verdict bot-wall".split()) in " ".join(of_incident.split())


def test_archive_verifies_and_a_rebuilt_catalogue_has_the_same_texts(folder: ArchiveFolder) -> None:
    def held() -> dict[str, Any]:
        return {host: (paste, replace(text, citation_id=0)) for host, (paste, text) in pastes(folder).items() if text}

    before = held()
    assert len(before) == len(SECTIONS)
    assert run(folder, "verify").exit_code == 0
    assert run(folder, "rebuild").exit_code == 0
    assert held() == before
    assert run(folder, "verify").exit_code == 0
