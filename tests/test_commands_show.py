"""`sourcekeep show`: one source or one incident."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from reading_archive import (
    ARTICLE,
    ARTICLE_TEXT,
    BOT_WALL,
    DENIED,
    INDEX,
    NO_NAME,
    PAYWALLED,
    UNFETCHED,
    Page,
    article,
    crawl,
    make_archive,
    printed,
    put,
    run,
)

from archive.folder import ArchiveFolder
from archive.records import CitedLink, Incident, RecordPlace
from archive.text_records import Notice
from archive.warc_reader import read_record
from archive.words import NoticeKind, Outcome
from sourcekeep.__main__ import cli
from sourcekeep.invocation import with_archive
from sourcekeep.lookup import NotFoundError
from sourcekeep.screen import columns

LATER = "2099-11-28T10:00:00.000000Z"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> ArchiveFolder:
    return make_archive(tmp_path_factory.mktemp("show") / "archive")


def one_line(text: str) -> str:
    return " ".join(text.split())


def test_url_shows_who_cites_it_and_as_what(archive: ArchiveFolder) -> None:
    text = printed(archive, "show", ARTICLE)
    assert "DB-100 The chatbot that closed a school" in text
    assert f"as {ARTICLE}?utm_source=letter" in text


@pytest.mark.parametrize("form", ["http://www.news.example/school/chatbot", f"{ARTICLE}?fbclid=1#top", f" {ARTICLE}\n"])
def test_url_is_found_in_any_of_its_forms(archive: ArchiveFolder, form: str) -> None:
    assert printed(archive, "show", form) == printed(archive, "show", ARTICLE)


def test_url_shows_what_extraction_made_of_it(archive: ArchiveFolder) -> None:
    text = printed(archive, "show", ARTICLE)
    for fact in ("A chatbot closes a school", "Ada Writer", "2031-03-04", "The News", "en (0.99)", "37 words"):
        assert fact in text
    assert "comments    5 words" in text
    assert "First!" not in text
    assert "stripped    cookie (container:cookie-banner): We use cookies" in text
    assert "stripped    related (phrase:en:Read more)" in text


def test_first_lines_of_a_text_or_the_whole(tmp_path: Path) -> None:
    archive = ArchiveFolder.create(tmp_path / "archive")
    put(archive, Incident("i", "f", links=(CitedLink(ARTICLE),)))
    text = "\n".join(f"Paragraph {number} " + "goes on and on " * 30 for number in range(20))
    notice = Notice(NoticeKind.LEGAL, "rule", "small print " * 50 + "the end", 0)
    crawl(archive, [Page(ARTICLE, text=article("Long", text, notices=(notice,)))])
    short, whole = printed(archive, "show", ARTICLE), printed(archive, "show", ARTICLE, "--text")
    assert "Paragraph 5" in short
    assert "Paragraph 19" not in short
    assert "--text shows the whole" in short
    assert one_line(text) in one_line(whole)
    assert "the end" in whole


def test_every_record_that_is_named_is_there(archive: ArchiveFolder) -> None:
    view = json.loads(printed(archive, "show", ARTICLE, "--json"))
    exchanges = view["best"]["capture"]["exchanges"]
    assert [exchange["http_status"] for exchange in exchanges] == [302, 200]
    places = [exchange[part] for exchange in exchanges for part in ("response", "request")]
    for place in [*places, view["best"]["capture"]["place"]]:
        assert read_record(archive.warc_dir, RecordPlace(**place)).header("WARC-Record-ID") == place["record_id"]
    text = one_line(printed(archive, "show", ARTICLE))
    for place in [*places, view["best"]["capture"]["place"]]:
        assert f"{place['record_id']} at {place['warc_offset']} of {place['warc_file']}" in text
    assert exchanges[-1]["payload_digest"] in text


def test_wall_says_so_in_words_with_its_evidence_and_has_no_text(archive: ArchiveFolder) -> None:
    text = one_line(printed(archive, "show", PAYWALLED))
    assert "not usable: A paywall" in text
    assert "verdict: rule offer, phrase Subscribe to read" in text
    assert "text none" in text
    assert "paywall (offer): Subscribe to read for 1 a week" in text
    assert "bot-wall" in printed(archive, "show", BOT_WALL)


def test_failure_without_a_response_has_its_own_record(archive: ArchiveFolder) -> None:
    view = json.loads(printed(archive, "show", NO_NAME, "--json"))
    assert view["last"]["capture"]["exchanges"] == []
    block = read_record(archive.warc_dir, RecordPlace(**view["last"]["capture"]["place"])).block
    assert json.loads(block)["outcome"] == "dns-failed"
    assert view["best"] is None
    assert view["judgement"]["standing"] == "not-usable"


def test_denial_leads_to_the_record_of_robots_txt(archive: ArchiveFolder) -> None:
    view = json.loads(printed(archive, "show", DENIED, "--json"))
    record = read_record(archive.warc_dir, RecordPlace(**view["last"]["robots"]))
    assert b"Disallow: /private" in record.block
    assert f"robots.txt {view['last']['robots']['record_id']}" in one_line(printed(archive, "show", DENIED))


def test_source_that_was_never_captured_says_so(archive: ArchiveFolder) -> None:
    text = printed(archive, "show", UNFETCHED)
    assert "waiting: It has not been fetched yet." in text
    assert f"`{with_archive(archive.path)} crawl`" in " ".join(text.split())
    assert json.loads(printed(archive, "show", UNFETCHED, "--json"))["captures"] == []


def test_copy_is_shown_beside_the_later_failure_and_history_has_both(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "archive")
    crawl(archive, [Page(ARTICLE, Outcome.HTTP_ERROR, 404, error="HTTP status 404", at=LATER)])
    text = printed(archive, "show", ARTICLE, "--history")
    assert "usable: An article; its text is kept." in text
    assert "The last look, on 2099-11-28 10:00 UTC, ended with http-error 404" in one_line(text)
    assert "The school closed its doors" in text
    assert text.index("Last capture") < text.index("Best copy") < text.index("All captures, oldest first")
    history = text[text.index("All captures") :]
    assert history.index("2099-11-20 10:00 UTC  article") < history.index("2099-11-28 10:00 UTC  http-error 404")
    assert "All captures" not in printed(archive, "show", ARTICLE)


def test_long_chain_is_cut_in_the_middle(tmp_path: Path) -> None:
    archive = ArchiveFolder.create(tmp_path / "archive")
    put(archive, Incident("i", "f", links=(CitedLink(ARTICLE),)))
    chain = tuple(f"https://news.example/hop{number}" for number in range(20))
    crawl(archive, [Page(ARTICLE, Outcome.REDIRECT_LOOP, 302, chain=chain, error="20 redirects and no end")])
    text = printed(archive, "show", ARTICLE)
    assert "exchange 1 " in text
    assert "… 15 exchanges more" in text
    assert "exchange 21 " in text
    assert "hop10" not in text


def test_raw_is_the_archived_body_without_its_transfer_coding(archive: ArchiveFolder) -> None:
    result = run(archive, "show", ARTICLE, "--raw")
    assert result.exit_code == 0
    assert result.stdout_bytes == b"<p>School."
    assert result.stderr == ""


def test_raw_keeps_the_content_coding_and_says_so(tmp_path: Path) -> None:
    archive = ArchiveFolder.create(tmp_path / "archive")
    put(archive, Incident("i", "f", links=(CitedLink(ARTICLE),)))
    body = gzip.compress(b"\xff\x00 any bytes")
    crawl(archive, [Page(ARTICLE, body=body, headers=("Content-Encoding: gzip",), text=article("t", "text"))])
    result = run(archive, "show", ARTICLE, "--raw")
    assert result.stdout_bytes == body
    assert "gzip" in result.stderr


def test_raw_without_a_copy_fails_with_the_reason(archive: ArchiveFolder) -> None:
    result = run(archive, "show", PAYWALLED, "--raw")
    assert result.exit_code == 1
    assert isinstance(result.exception, NotFoundError)
    assert "paywall" in str(result.exception)
    assert result.stdout == ""


def test_raw_is_not_written_to_a_terminal(archive: ArchiveFolder) -> None:
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "sourcekeep", "--archive", str(archive.path), "show", ARTICLE, "--raw"]
    done = subprocess.run(command, stdout=theirs, stderr=subprocess.PIPE, check=False, timeout=60)
    os.close(theirs)
    os.close(ours)
    assert done.returncode == 2
    assert b"send them to a file" in done.stderr


def test_incident_shows_the_record_and_each_citation_in_order(archive: ArchiveFolder) -> None:
    text = printed(archive, "show", "DB-100")
    for part in ("DB-100 The chatbot that closed a school", "occurred March 2031", "Country: Atlantis"):
        assert part in text
    assert 'Sector: ["Education", "Families"]' in text
    assert "7 sources cited: 2 usable, 5 not usable; 1 link without a URL" in text
    places = [text.index(f"{number:>4}. ") for number in range(1, 9)]
    assert places == sorted(places)
    assert "usable: article, captured 2099-11-20 10:00 UTC" in text
    assert "“A chatbot closes a school”, 37 words, en" in text
    assert "the record holds 32 characters of pasted text for it" in text


def test_link_whose_url_was_lost_is_marked(archive: ArchiveFolder) -> None:
    text = printed(archive, "show", "DB-100")
    assert "8. Report of the school board\n      URL lost" in text


def test_incident_as_json_has_standings_citations_and_no_texts(archive: ArchiveFolder) -> None:
    view = json.loads(printed(archive, "show", "DB-100", "--json"))
    assert view["incident"]["fields"] == {"Country": "Atlantis", "Sector": ["Education", "Families"]}
    assert view["standings"] == {"usable": 2, "to-check": 0, "not-usable": 5, "waiting": 0}
    assert view["lost_links"] == 1
    assert [citation["position"] for citation in view["citations"]] == list(range(1, 9))
    assert view["citations"][1]["pasted_characters"] == 32
    assert view["citations"][7]["judgement"] is None
    assert "text" not in view["citations"][0]


def test_source_cited_twice_by_an_incident_is_counted_once(tmp_path: Path) -> None:
    archive = ArchiveFolder.create(tmp_path / "archive")
    put(archive, Incident("i", "f", links=(CitedLink(ARTICLE), CitedLink(f"{ARTICLE}#quote"))))
    assert "1 source cited: 0 usable, 1 waiting" in printed(archive, "show", "i")


def test_incident_that_cites_nothing(archive: ArchiveFolder) -> None:
    assert "0 sources cited: 0 usable" in printed(archive, "show", "DB-102")


@pytest.mark.parametrize(
    ("wanted", "near"),
    [
        ("DB-1OO", "DB-100"),
        ("db-100", "DB-100"),
        ("https://news.example/school", ARTICLE),
        ("news.example", ARTICLE),
        ("https://news.example/school/chatbott", ARTICLE),
        ("https://homepage.example/index.html", INDEX),
    ],
)
def test_what_is_not_there_names_what_is_near(archive: ArchiveFolder, wanted: str, near: str) -> None:
    result = run(archive, "show", wanted)
    assert result.exit_code == 1
    assert isinstance(result.exception, NotFoundError)
    assert "near it" in str(result.exception)
    assert near in str(result.exception)


@pytest.mark.parametrize("wanted", ["zzz", "", "http://[bad", "https://unknown.invalid/", "\udce9"])
def test_what_is_like_nothing_is_one_sentence(archive: ArchiveFolder, wanted: str) -> None:
    result = run(archive, "show", wanted)
    assert result.exit_code == 1
    assert isinstance(result.exception, NotFoundError)
    assert "near it" not in str(result.exception)


def test_error_is_printed_without_a_traceback(archive: ArchiveFolder) -> None:
    command = [sys.executable, "-m", "sourcekeep", "--archive", str(archive.path), "show", "DB-1OO"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("error: DB-1OO is no incident's id")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("option", ["--raw", "--text", "--history"])
def test_options_for_a_url_are_wrong_usage_with_an_incident(archive: ArchiveFolder, option: str) -> None:
    assert run(archive, "show", "DB-100", option).exit_code == 2


def test_damaged_evidence_is_told_and_not_written(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "archive")
    for file in archive.warc_dir.iterdir():
        file.unlink()
    result = run(archive, "show", ARTICLE, "--raw")
    assert result.exit_code == 1
    assert "is not there" in str(result.exception)
    assert ARTICLE_TEXT.splitlines()[1] in printed(archive, "show", ARTICLE)


def test_hostile_record_and_page_do_not_reach_the_terminal(tmp_path: Path) -> None:
    archive = ArchiveFolder.create(tmp_path / "archive")
    evil = "\x1b[2J\x1b]0;owned\x07\x9b2J\u202eword"
    put(
        archive,
        Incident("i", "f", f"t{evil}", f"o{evil}", f"s{evil}", {f"n{evil}": evil}, (CitedLink(ARTICLE, label=evil),)),
    )
    text = article(evil, evil, byline=evil, notices=(Notice(NoticeKind.LEGAL, evil, evil, 0),), evidence={"rule": evil})
    crawl(archive, [Page(ARTICLE, error=evil, text=text)])
    for arguments in (["show", ARTICLE, "--text", "--history"], ["show", "i"], ["status"], ["status", "--failures"]):
        result = CliRunner().invoke(cli, ["--archive", str(archive.path), *arguments], color=True)
        assert result.exit_code == 0, result.exception
        assert "word" in result.stdout or arguments == ["status", "--failures"]
        for sequence in ("\x1b]", "\x1b[2J", "\x9b", "\x07", "\u202e", "owned"):
            assert sequence not in result.stdout
    assert "\x1b" not in printed(archive, "show", ARTICLE, "--json")


SEED = Path(__file__).resolve().parents[2] / "shared" / "seed" / "aiaaic-mengert.txt"


@pytest.mark.skipif(not SEED.exists(), reason="the seed record is not beside the checkout (../shared/seed)")
def test_seed_record_is_shown_with_its_sources_and_lost_links(tmp_path: Path) -> None:
    archive = ArchiveFolder(tmp_path / "archive")
    assert run(archive, "import", str(SEED)).exit_code == 0
    view = json.loads(printed(archive, "show", SEED.stem, "--json"))
    assert view["standings"] == {"usable": 0, "to-check": 0, "not-usable": 0, "waiting": 9}
    assert view["lost_links"] == 5
    assert view["citations"][5]["cited_as"].startswith("https://waxy.org/")
    text = printed(archive, "show", SEED.stem)
    assert "Technology: Text-to-image; Machine learning" in text
    assert text.count("URL lost") == 5
    assert max(map(columns, (one for one in text.splitlines() if "://" not in one))) <= 80
