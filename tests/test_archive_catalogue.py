from __future__ import annotations

import itertools
import json
import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mockserver.crawling import ROOT

from archive.catalogue import Catalogue
from archive.clock import as_timestamp, utc_now
from archive.records import Capture, CitedLink, Exchange, Incident, Quarantined, RecordPlace
from archive.settings import Settings
from archive.standing import failures_after, next_due
from archive.text_records import Notice, Text
from archive.warc_record import new_record_id
from archive.word_count import count_words
from archive.words import Change, Health, NoticeKind, Outcome, Purpose, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
PAGE = "http://a.example/page"
INCIDENT = Incident(
    id="7",
    origin="test",
    title="A robot fell",
    occurred="spring 2024",
    summary="Into a fountain.",
    fields={"Länge": [1, None, {"tief": True}], "leer": ""},
    links=(
        CitedLink(PAGE + "?utm_source=x#top", label="the page", pasted_text="  text \n"),
        CitedLink("a lost link", has_url=False),
        CitedLink("http://b.example/"),
    ),
)
_offsets = itertools.count()


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    with Catalogue(tmp_path / "catalogue.db") as opened:
        yield opened


def put(catalogue: Catalogue, incident: Incident) -> Change:
    with catalogue.transaction():
        return catalogue.incidents.put(incident)


def cite(catalogue: Catalogue, *urls: str) -> list[int]:
    """Make the sources of *urls*, cited by one incident more; return their ids."""
    with catalogue.transaction():
        number = len(list(catalogue.incidents.all()))
        catalogue.incidents.put(Incident(f"cites-{number}", "test", links=tuple(CitedLink(url) for url in urls)))
        return [catalogue.sources.put(url) for url in urls]


def a_place() -> RecordPlace:
    return RecordPlace(new_record_id(), "a.warc.gz", next(_offsets), 1)


def an_exchange(seq: int = 1, **changes: Any) -> Exchange:
    plain = Exchange(
        seq=seq,
        url=PAGE,
        purpose=Purpose.PAGE,
        requested_at=as_timestamp(START),
        http_status=200,
        error=None,
        payload_digest="sha256:AB",
        ip="192.0.2.1",
        elapsed_ms=12,
        response=a_place(),
        request=a_place(),
    )
    return replace(plain, **changes)


def a_capture(source_id: int, crawl_id: int, outcome: Outcome, day: float = 0.0, **changes: Any) -> Capture:
    when = START + timedelta(days=day)
    plain = Capture(
        source_id=source_id,
        crawl_id=crawl_id,
        requested_at=as_timestamp(when),
        finished_at=as_timestamp(when),
        final_url=PAGE,
        outcome=outcome,
        http_status=200 if outcome is Outcome.FETCHED else None,
        error=None,
        media_type="text/html",
        bytes=5,
        payload_digest=None,
        via="http",
        evidence={"rule": "test"},
        place=a_place(),
        exchanges=(an_exchange(),),
    )
    return replace(plain, **changes)


def capture(
    catalogue: Catalogue, source_id: int, outcome: Outcome = Outcome.FETCHED, day: float = 0.0, **changes: Any
) -> int:
    """Put a capture of a crawl of its own; return its id."""
    crawl_id = catalogue.crawls.start("test", {}, {})
    with catalogue.transaction():
        return catalogue.captures.put(a_capture(source_id, crawl_id, outcome, day, **changes), Settings())


def judge(catalogue: Catalogue, capture_id: int, verdict: Verdict, **fields: Any) -> None:
    catalogue.texts.put([Text(capture_id, "test/1", verdict, {"rule": "test"}, **fields)])


def best(catalogue: Catalogue, source_id: int) -> int | None:
    source = catalogue.sources.get(source_id)
    assert source
    return source.best_capture_id


def due_in_days(catalogue: Catalogue, source_id: int) -> float | None:
    source = catalogue.sources.get(source_id)
    assert source
    if source.next_due_at is None:
        return None
    return (datetime.fromisoformat(source.next_due_at) - START) / timedelta(days=1)


# Incidents


def test_incident_comes_back_whole(catalogue: Catalogue) -> None:
    assert put(catalogue, INCIDENT) is Change.NEW
    assert catalogue.incidents.get("7") == INCIDENT
    assert list(catalogue.incidents.all()) == [INCIDENT]
    assert catalogue.incidents.get("8") is None


def test_same_incident_again_changes_nothing(catalogue: Catalogue) -> None:
    put(catalogue, INCIDENT)
    before = list(catalogue._connection.iterdump())
    assert put(catalogue, INCIDENT) is Change.UNCHANGED
    assert list(catalogue._connection.iterdump()) == before


@pytest.mark.parametrize(
    "changes",
    [
        {"title": None},
        {"summary": "Into another."},
        {"fields": {}},
        {"links": INCIDENT.links[:2]},
        {"links": INCIDENT.links[::-1]},
        {"links": (CitedLink(PAGE), *INCIDENT.links[1:])},
    ],
)
def test_changed_incident_is_updated(catalogue: Catalogue, changes: dict[str, Any]) -> None:
    put(catalogue, INCIDENT)
    changed = replace(INCIDENT, **changes)
    assert put(catalogue, changed) is Change.CHANGED
    assert catalogue.incidents.get("7") == changed
    assert put(catalogue, changed) is Change.UNCHANGED


def test_source_that_is_no_longer_cited_stays_with_its_captures(catalogue: Catalogue) -> None:
    put(catalogue, INCIDENT)
    source = catalogue.sources.find("http://b.example/")
    assert source
    capture(catalogue, source.id)
    put(catalogue, replace(INCIDENT, links=()))
    assert catalogue.sources.get(source.id)
    assert len(catalogue.captures.of_source(source.id)) == 1
    assert catalogue.sources.of_incident("7") == []


def test_citations_with_one_comparison_key_share_a_source_and_keep_their_words(catalogue: Catalogue) -> None:
    put(catalogue, INCIDENT)
    put(catalogue, replace(INCIDENT, id="8", title=None, links=(CitedLink("https://www.a.example/page"),)))
    source = catalogue.sources.find(PAGE)
    assert source
    assert source.url == PAGE + "?utm_source=x#top"
    assert catalogue.incidents.citing(source.id) == [
        ("7", "A robot fell", PAGE + "?utm_source=x#top"),
        ("8", None, "https://www.a.example/page"),
    ]
    assert [line.incident_ids for line in catalogue.reports.source_lines()] == [("7", "8"), ("7",)]


def test_sources_of_an_incident_come_in_its_order_and_once(catalogue: Catalogue) -> None:
    links = tuple(CitedLink(f"http://{name}.example/") for name in "cabca")
    put(catalogue, replace(INCIDENT, links=links))
    assert [source.host for source in catalogue.sources.of_incident("7")] == ["c.example", "a.example", "b.example"]


def test_incident_with_broken_unicode_is_kept_or_refused_clearly(catalogue: Catalogue) -> None:
    r"""JSON can say "\ud83d" alone; SQLite holds no such text."""
    broken = replace(INCIDENT, title=json.loads(r'"half a face: \ud83d"'), fields={"x": "\ud83d"}, links=())
    put(catalogue, broken)
    kept = catalogue.incidents.get("7")
    assert kept
    assert kept.title
    assert kept.title.startswith("half a face: ")
    assert put(catalogue, broken) is Change.UNCHANGED


def test_transaction_that_fails_leaves_nothing(catalogue: Catalogue) -> None:
    def put_and_fail() -> None:
        with catalogue.transaction():
            catalogue.incidents.put(INCIDENT)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        put_and_fail()
    assert catalogue.incidents.get("7") is None
    assert put(catalogue, INCIDENT) is Change.NEW


def test_quarantined_piece_is_kept_once(catalogue: Catalogue) -> None:
    piece = Quarantined("a.csv", 3, "no id", ",,,")
    with catalogue.transaction():
        assert catalogue.incidents.quarantine(piece)
        assert not catalogue.incidents.quarantine(piece)
        assert catalogue.incidents.quarantine(replace(piece, line=4))
    assert catalogue.incidents.quarantined() == [piece, replace(piece, line=4)]


# Sources and when they are due


def test_new_source(catalogue: Catalogue) -> None:
    (source_id,) = cite(catalogue, "https://news.a.co.uk/x")
    source = catalogue.sources.get(source_id)
    assert source
    assert (source.host, source.site, source.health) == ("news.a.co.uk", "a.co.uk", Health.UNCHECKED)
    assert (source.next_due_at, source.best_capture_id, source.last_capture_id) == (None, None, None)


def test_what_is_no_url_is_a_source_too(catalogue: Catalogue) -> None:
    ids = cite(catalogue, "http://:bad", "mailto:a@b.example", "nonsense", "")
    assert len(set(ids)) == 4
    assert catalogue.sources.find("nonsense")


def test_hosts_take_turns(catalogue: Catalogue) -> None:
    cite(catalogue, *(f"http://{host}.example/{number}" for host in "ab" for number in range(3)), "http://c.example/")
    expected = ["a", "b", "c", "a", "b", "a", "b"]
    for sources in (catalogue.sources.all(), catalogue.sources.due(as_timestamp(START))):
        assert [(source.host or "")[0] for source in sources] == expected


def test_sources_without_a_host_hold_nobody_up(catalogue: Catalogue) -> None:
    cite(catalogue, *(f"nonsense {number}" for number in range(3)), "http://a.example/", "http://b.example/")
    order = [source.host for source in catalogue.sources.all()]
    assert order.index("a.example") < 3
    assert order.index("b.example") < 3


@pytest.mark.parametrize(
    ("outcomes", "days"),
    [
        ([Outcome.FETCHED], 30),
        ([Outcome.NOT_MODIFIED], 30),
        ([Outcome.HTTP_ERROR], 3),
        ([Outcome.DNS_FAILED, Outcome.TIMEOUT], 7),
        ([Outcome.RESET] * 3, 30),
        ([Outcome.REFUSED] * 9, 30),
        ([Outcome.TLS_FAILED, Outcome.FETCHED], 30),
        ([Outcome.TRUNCATED, Outcome.FETCHED, Outcome.TOO_LARGE], 3),
        ([Outcome.REDIRECT_LOOP, Outcome.ROBOTS_DENIED], 30),
        ([Outcome.HTTP_ERROR, Outcome.ROBOTS_DENIED, Outcome.HTTP_ERROR], 7),
        ([Outcome.ADDRESS_FORBIDDEN], 30),
        ([Outcome.INVALID_URL], None),
        ([Outcome.UNSUPPORTED_SCHEME], None),
    ],
)
def test_when_a_source_is_due_again(catalogue: Catalogue, outcomes: list[Outcome], days: float | None) -> None:
    (source_id,) = cite(catalogue, PAGE)
    for outcome in outcomes:
        capture(catalogue, source_id, outcome)
    assert due_in_days(catalogue, source_id) == days


def test_due_rules_come_from_the_settings() -> None:
    own = Settings(recrawl_after=10, confirm_after=(1,))
    assert next_due(Outcome.RESET, 1, START, own) == "2026-03-02T12:00:00.123456Z"
    assert next_due(Outcome.RESET, 2, START, own) == "2026-03-11T12:00:00.123456Z"
    assert next_due(Outcome.FETCHED, 0, START, Settings(recrawl_after=0)) == as_timestamp(START)
    assert failures_after(Outcome.FETCHED, 9) == 0


def test_every_outcome_has_a_rule() -> None:
    for outcome in Outcome:
        failures = failures_after(outcome, 0)
        due = next_due(outcome, failures, START, Settings())
        assert due or outcome in {Outcome.INVALID_URL, Outcome.UNSUPPORTED_SCHEME}


def test_source_that_is_cited_no_more_is_kept_and_not_fetched(catalogue: Catalogue) -> None:
    wrong, right = "http://a.example/1", "http://a.example/2"
    for url in (wrong, right):
        with catalogue.transaction():
            catalogue.incidents.put(Incident("1", "test", links=(CitedLink(url),)))
    assert [source.url for source in catalogue.sources.due(utc_now())] == [right]
    assert [source.url for source in catalogue.sources.all()] == [right]
    assert catalogue.sources.find(wrong)
    assert catalogue.reports.overview(utc_now()).sources == 1


def test_what_is_due(catalogue: Catalogue) -> None:
    never, early, late, invalid = cite(catalogue, *(f"http://{name}.example/" for name in "abcd"))
    capture(catalogue, early, Outcome.HTTP_ERROR)
    capture(catalogue, late)
    capture(catalogue, invalid, Outcome.INVALID_URL)

    def due(days: float) -> set[int]:
        return {source.id for source in catalogue.sources.due(as_timestamp(START + timedelta(days=days)))}

    assert due(0) == {never}
    assert due(2.999) == {never}
    assert due(3) == {never, early}
    assert due(30) == {never, early, late}
    assert due(10_000) == {never, early, late}
    assert catalogue.sources.next_due_after(as_timestamp(START)) == as_timestamp(START + timedelta(days=3))
    assert catalogue.sources.next_due_after(as_timestamp(START + timedelta(days=10_000))) is None
    assert catalogue.sources.count_due(as_timestamp(START + timedelta(days=3))) == 2


# Captures


def test_capture_comes_back_with_its_exchanges(catalogue: Catalogue) -> None:
    (source_id,) = cite(catalogue, PAGE)
    crawl_id = catalogue.crawls.start("test", {}, {})
    given_capture = a_capture(
        source_id,
        crawl_id,
        Outcome.TRUNCATED,
        exchanges=(
            an_exchange(1, http_status=302),
            an_exchange(2, response=None, http_status=None, error="reset", ip=None, payload_digest=None),
            an_exchange(3, response=None, request=None),
        ),
    )
    with catalogue.transaction():
        capture_id = catalogue.captures.put(given_capture, Settings())
    expected = replace(given_capture, evidence={"outcome": {"rule": "test"}})
    assert catalogue.captures.get(capture_id) == expected
    assert catalogue.captures.of_source(source_id) == [(capture_id, expected)]
    assert catalogue.captures.get(capture_id + 1) is None


def test_source_is_captured_once_in_a_crawl(catalogue: Catalogue) -> None:
    (source_id,) = cite(catalogue, PAGE)
    crawl_id = catalogue.crawls.start("test", {}, {})

    def put_twice() -> None:
        with catalogue.transaction():
            for _ in range(2):
                catalogue.captures.put(a_capture(source_id, crawl_id, Outcome.FETCHED), Settings())

    with pytest.raises(Exception, match="UNIQUE"):
        put_twice()
    assert catalogue.captures.of_source(source_id) == []


def test_crawl_is_counted_when_it_ends(catalogue: Catalogue) -> None:
    first, second, third = cite(catalogue, *(f"http://{name}.example/" for name in "abc"))
    crawl_id = catalogue.crawls.start("due", {"delay": 1.0}, {"scrapy": "2"})
    with catalogue.transaction():
        for source_id, outcome in ((first, Outcome.RESET), (second, Outcome.FETCHED), (third, Outcome.FETCHED)):
            catalogue.captures.put(a_capture(source_id, crawl_id, outcome), Settings())
    last = catalogue.crawls.last()
    assert last
    assert (last["finished_at"], last["ended"]) == (None, None)
    catalogue.crawls.finish(crawl_id, "finished")
    last = catalogue.crawls.last()
    assert last
    assert (last["ended"], json.loads(last["counts"])) == ("finished", {"fetched": 2, "reset": 1})
    assert catalogue.crawls.bytes_fetched(crawl_id) == 15
    assert catalogue.crawls.verdicts(crawl_id) == {}


# Texts and the best capture


def test_text_comes_back_with_its_notices(catalogue: Catalogue) -> None:
    (source_id,) = cite(catalogue, PAGE)
    capture_id = capture(catalogue, source_id)
    text = Text(
        capture_id,
        "test/1",
        Verdict.ARTICLE,
        {"rule": "long", "words": 5},
        title="Ä title",
        byline="R. Writer",
        published_on="2026-01-01",
        site_name="A",
        language="de",
        language_confidence=0.5,
        text="Fünf Wörter und noch eins",
        comments="no",
        charset="windows-1252",
        repair="mojibake",
        notices=(Notice(NoticeKind.COOKIE, "r1", "We use cookies", 0), Notice(NoticeKind.LEGAL, "r2", "©", 3)),
    )
    catalogue.texts.put([text])
    assert catalogue.texts.latest(capture_id) == text
    stored = catalogue.captures.get(capture_id)
    assert stored
    assert stored.evidence == {"outcome": {"rule": "test"}, "verdict": {"rule": "long", "words": 5}}


def test_text_of_the_same_extractor_replaces_the_earlier_one(catalogue: Catalogue) -> None:
    (source_id,) = cite(catalogue, PAGE)
    capture_id = capture(catalogue, source_id)
    judge(catalogue, capture_id, Verdict.ARTICLE, text="alpha", notices=(Notice(NoticeKind.FORM, "r", "x", 0),))
    judge(catalogue, capture_id, Verdict.EMPTY, text="beta")
    latest = catalogue.texts.latest(capture_id)
    assert latest
    assert (latest.text, latest.notices) == ("beta", ())
    assert catalogue._connection.execute("SELECT COUNT(*) FROM texts").fetchone()[0] == 1
    assert catalogue._connection.execute("SELECT COUNT(*) FROM notices").fetchone()[0] == 0


def test_pending_are_captures_with_a_response_and_no_text_by_this_extractor(catalogue: Catalogue) -> None:
    sources = cite(catalogue, *(f"http://{number}.example/" for number in range(7)))
    fetched = capture(catalogue, sources[0])
    error = capture(catalogue, sources[1], Outcome.HTTP_ERROR)
    capture(catalogue, sources[2], Outcome.DNS_FAILED, exchanges=())
    capture(catalogue, sources[3], Outcome.TIMEOUT)
    cut = capture(
        catalogue, sources[4], Outcome.TRUNCATED, exchanges=(an_exchange(1), an_exchange(2, url="http://end/"))
    )
    capture(catalogue, sources[5], Outcome.TRUNCATED, exchanges=(an_exchange(1), an_exchange(2, response=None)))
    done = capture(catalogue, sources[6])
    judge(catalogue, done, Verdict.ARTICLE)

    def ids(extractor: str = "test/1", **how: Any) -> list[int]:
        return [pending.capture_id for pending in catalogue.pending.captures(extractor, **{"limit": 99, **how})]

    assert ids() == [fetched, error, cut]
    assert catalogue.pending.count("test/1") == 3
    assert ids(limit=2) == [fetched, error]
    assert ids(after=error) == [cut]
    assert ids(all_again=True) == ids("test/2") == [fetched, error, cut, done]
    last = catalogue.pending.captures("test/1", limit=9)[-1]
    assert (last.url, last.outcome, last.source_id) == ("http://end/", Outcome.TRUNCATED, sources[4])


def test_later_404_keeps_last_good_copy(catalogue: Catalogue) -> None:
    (source_id,) = cite(catalogue, PAGE)
    good = capture(catalogue, source_id)
    judge(catalogue, good, Verdict.ARTICLE, text="good")
    for outcome, verdict in [
        (Outcome.HTTP_ERROR, Verdict.UNKNOWN),
        (Outcome.HTTP_ERROR, Verdict.ARTICLE),
        (Outcome.FETCHED, Verdict.BOT_WALL),
        (Outcome.FETCHED, Verdict.SOFT_404),
        (Outcome.FETCHED, Verdict.EMPTY),
        (Outcome.FETCHED, Verdict.INDEX),
        (Outcome.TRUNCATED, Verdict.ARTICLE),
    ]:
        judge(catalogue, capture(catalogue, source_id, outcome), verdict)
        assert best(catalogue, source_id) == good, verdict
    (line,) = catalogue.reports.source_lines()
    assert (line.outcome, line.captures, line.best_capture_id) == ("truncated", 8, good)


def test_later_good_copy_becomes_the_best(catalogue: Catalogue) -> None:
    (source_id,) = cite(catalogue, PAGE)
    for verdict in (Verdict.PAYWALLED, Verdict.INDEX, Verdict.ARTICLE, Verdict.ARTICLE, Verdict.DOCUMENT):
        capture_id = capture(catalogue, source_id)
        judge(catalogue, capture_id, verdict)
        expected = None if verdict is Verdict.PAYWALLED else capture_id
        assert best(catalogue, source_id) == expected


def test_best_copy_that_is_judged_anew_gives_way(catalogue: Catalogue) -> None:
    (source_id,) = cite(catalogue, PAGE)
    first, second = (capture(catalogue, source_id) for _ in range(2))
    judge(catalogue, first, Verdict.ARTICLE)
    judge(catalogue, second, Verdict.ARTICLE)
    assert best(catalogue, source_id) == second
    judge(catalogue, second, Verdict.BOT_WALL)
    assert best(catalogue, source_id) == first


def test_part_of_an_article_is_better_than_a_whole_list_page(catalogue: Catalogue) -> None:
    (source_id,) = cite(catalogue, PAGE)
    part = capture(catalogue, source_id, Outcome.TRUNCATED)
    judge(catalogue, part, Verdict.ARTICLE)
    judge(catalogue, capture(catalogue, source_id), Verdict.INDEX)
    assert best(catalogue, source_id) == part


# Search


TEXTS = {
    "en": ("Robot falls", "A robot fell into the fountain near Zürich's station. C++ and state-of-the-art."),
    "ja": ("噴水の事故", "東京でロボットの事故があった。"),
    "th": ("หุ่นยนต์", "หุ่นยนต์ตกลงไปในน้ำพุ"),
    "ko": ("분수 사고", "로봇이 분수에 빠졌다"),
    "ru": ("Робот упал", "Робот упал в фонтан 100% of_the time"),
    "he": (None, "הרובוט נפל"),
}


@pytest.fixture
def searched(catalogue: Catalogue) -> Catalogue:
    for language, (title, text) in TEXTS.items():
        put(catalogue, Incident(f"i-{language}", "test", links=(CitedLink(f"http://{language}.example/"),)))
        source = catalogue.sources.find(f"http://{language}.example/")
        assert source
        judge(catalogue, capture(catalogue, source.id), Verdict.ARTICLE, title=title, text=text, language=language)
    return catalogue


@pytest.mark.parametrize(
    ("words", "languages"),
    [
        ("robot", "en"),
        ("ROBOT Falls", "en"),
        ("zurich", "en"),
        ("fountain robot", "en"),
        ("robot missing", ""),
        ('"the fountain"', "en"),
        ('"fountain the"', ""),
        ("fount*", "en"),
        ("fount", ""),
        ("NOT robot", ""),
        ("robot OR missing", ""),
        ("fountain -robot", "en"),
        ("C++", "en"),
        ("state-of-the-art", "en"),
        ("text:robot", ""),
        ("station's", ""),
        ("東京", "ja"),
        ("事故", "ja"),
        ("噴水", "ja"),
        ("東京 事故", "ja"),
        ("事故 ロボット", "ja"),
        ('"東京で" 事故', "ja"),
        ("東京 大阪", ""),
        ("หุ่นยนต์", "th"),
        ("น้ำพุ", "th"),
        ("로봇이", "ko"),
        ("РОБОТ", "ru"),
        ("100%", "ru"),
        ("of_the time", "ru"),
        ("הרובוט", "he"),
    ],
)
def test_search_finds_texts_with_all_the_words(searched: Catalogue, words: str, languages: str) -> None:
    hits = searched.full_text.search(words)
    assert " ".join(hit.language or "" for hit in hits) == languages


@pytest.mark.parametrize(
    ("words", "marked"), [("fountain", "[[fountain]]"), ("東京", "[[東京]]"), ("事故", "[[事故]]")]
)
def test_hit_shows_the_match_in_its_text(searched: Catalogue, words: str, marked: str) -> None:
    (hit,) = searched.full_text.search(words)
    assert marked in hit.snippet
    assert hit.incident_ids == (f"i-{hit.language}",)
    assert hit.url == f"http://{hit.language}.example/"
    assert hit.captured_at == as_timestamp(START)


@pytest.mark.parametrize("words", ["", "  ", '""', "***", "- + ( )", '"', "\x00"])
def test_nothing_to_search_for_is_an_error(searched: Catalogue, words: str) -> None:
    with pytest.raises(ValueError, match="no word"):
        searched.full_text.search(words)


SEARCHED = st.one_of(st.sampled_from('"*:^-+(){}%_\\ \x00東ab'), st.characters(exclude_categories=["Cs"]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(st.text(alphabet=SEARCHED))
def test_no_words_break_the_search(searched: Catalogue, words: str) -> None:
    try:
        searched.full_text.search(words)
    except ValueError as error:
        assert "no word" in str(error)  # noqa: PT017  # most words are fine


def test_search_knows_only_the_best_captures_and_their_newest_texts(catalogue: Catalogue) -> None:
    (source_id,) = cite(catalogue, PAGE)
    good = capture(catalogue, source_id)
    judge(catalogue, good, Verdict.ARTICLE, text="alpha 東京")
    judge(catalogue, capture(catalogue, source_id), Verdict.BOT_WALL, text="wall 大阪")
    assert len(catalogue.full_text.search("alpha")) == len(catalogue.full_text.search("東京")) == 1
    assert catalogue.full_text.search("wall") == catalogue.full_text.search("大阪") == []
    catalogue.texts.put([Text(good, "test/2", Verdict.ARTICLE, {}, text="beta 京都")])
    assert catalogue.full_text.search("alpha") == catalogue.full_text.search("東京") == []
    assert len(catalogue.full_text.search("beta")) == len(catalogue.full_text.search("京都")) == 1


def test_search_forgets_a_text_that_was_replaced(catalogue: Catalogue) -> None:
    (source_id,) = cite(catalogue, PAGE)
    capture_id = capture(catalogue, source_id)
    judge(catalogue, capture_id, Verdict.ARTICLE, text="alpha")
    judge(catalogue, capture_id, Verdict.ARTICLE, text="beta")
    assert catalogue.full_text.search("alpha") == []
    assert len(catalogue.full_text.search("beta")) == 1


def test_title_counts_for_more_and_limit_is_kept(catalogue: Catalogue) -> None:
    for number, source_id in enumerate(cite(catalogue, *(f"http://{number}.example/" for number in range(4)))):
        title = "robot" if number == 2 else "other"
        judge(catalogue, capture(catalogue, source_id), Verdict.ARTICLE, title=title, text="a robot among many words")
    hits = catalogue.full_text.search("robot", limit=3)
    assert len(hits) == 3
    assert hits[0].title == "robot"


@pytest.mark.parametrize(
    ("text", "words"),
    [(None, 0), ("", 0), ("one two", 2), ("don't stop", 3), ("東京で", 3), ("a 東京 b", 4), ("— …", 0)],
)
def test_words_are_counted(text: str | None, words: int) -> None:
    assert count_words(text) == words


# Reports and several processes


def test_overview_counts_what_there_is(catalogue: Catalogue) -> None:
    put(catalogue, INCIDENT)
    a, _ = catalogue.sources.of_incident("7")
    judge(catalogue, capture(catalogue, a.id), Verdict.ARTICLE, text="three words here", language="en")
    overview = catalogue.reports.overview(as_timestamp(START + timedelta(days=1)))
    assert (overview.incidents, overview.sources, overview.lost_links, overview.captures) == (1, 2, 1, 1)
    assert (overview.with_text, overview.words, overview.due) == (1, 3, 1)
    assert overview.outcomes == {"fetched": 1, "never captured": 1}
    assert overview.verdicts == {"article": 1}
    assert overview.languages == {"en": 1}


def test_export_leads_from_each_citation_to_its_record(catalogue: Catalogue) -> None:
    put(catalogue, INCIDENT)
    a, _ = catalogue.sources.of_incident("7")
    exchange = an_exchange()
    judge(catalogue, capture(catalogue, a.id, exchanges=(exchange,)), Verdict.ARTICLE, text="x")
    rows = list(catalogue.reports.export())
    assert [row["cited_as"] for row in rows] == [link.cited_as for link in INCIDENT.links]
    assert exchange.response
    assert (rows[0]["record_id"], rows[0]["text"]) == (exchange.response.record_id, "x")
    assert rows[1]["url"] is None
    assert list(catalogue.reports.export("none")) == []


WRITE_MANY = """
import pathlib, sys
from archive.catalogue import Catalogue
from archive.records import CitedLink, Incident
with Catalogue(pathlib.Path(sys.argv[1])) as catalogue:
    for number in range(60):
        with catalogue.transaction():
            # It reads first, as every put does: no writer may be refused for a change between its read and write.
            catalogue.incidents.put(Incident(f"{sys.argv[2]}-{number}", "test", links=(
                CitedLink(f"http://shared.example/{number}"), CitedLink(f"http://{sys.argv[2]}.example/{number}"))))
"""


def test_processes_write_at_once_and_nothing_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.db"
    Catalogue(path).close()
    processes = [
        subprocess.Popen([sys.executable, "-c", WRITE_MANY, path, name], cwd=ROOT, stderr=subprocess.PIPE)
        for name in ("x", "y", "z")
    ]
    assert [process.communicate(timeout=60)[1] for process in processes] == [b""] * 3
    with Catalogue(path) as catalogue:
        assert len(list(catalogue.incidents.all())) == 180
        assert len(catalogue.sources.all()) == 60 + 180


def test_catalogue_that_cannot_be_written_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as on a read-only disk; for root everything else can be written."""
    path = tmp_path / "catalogue.db"
    with Catalogue(path) as catalogue:
        cite(catalogue, "http://a.example/")
    monkeypatch.setattr("archive.catalogue.os.access", lambda *_: False)
    with Catalogue(path) as catalogue:
        assert [source.url for source in catalogue.sources.all()] == ["http://a.example/"]
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            cite(catalogue, "http://b.example/")


def test_source_captured_under_a_clock_far_ahead_is_due_once_the_clock_is_right(tmp_path: Path) -> None:
    with Catalogue(tmp_path / "catalogue.db") as catalogue:
        with catalogue.transaction():
            catalogue.incidents.put(Incident("1", "test", links=(CitedLink("http://a.example/"),)), utc_now())
        crawl_id = catalogue.crawls.start("test", {}, {})
        [source] = catalogue.sources.all()
        future = "2036-01-01T00:00:00.000000Z"
        place = RecordPlace("<urn:uuid:1>", "a.warc.gz", 0, 1)
        capture = Capture(
            source.id, crawl_id, future, future, outcome=Outcome.FETCHED, payload_digest=None, via="http", evidence={},
            place=place, final_url=None, http_status=200, error=None, media_type=None, bytes=0,
        )  # fmt: skip
        with catalogue.transaction():
            catalogue.captures.put(capture, Settings())
        assert catalogue.sources.due("2036-01-02T00:00:00.000000Z") == []
        assert [due.id for due in catalogue.sources.due("2026-11-23T00:00:00.000000Z")] == [source.id]
