"""`extract.run`: texts of a real archive's captures, made in worker processes."""

from __future__ import annotations

import gzip
import os
import threading
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from extract_pages import article_page, page, text_of
from reading_archive import Page, crawl, put

from archive.folder import ArchiveFolder
from archive.records import CitedLink, Incident
from archive.text_records import Notice, Text
from archive.words import NoticeKind, Outcome, Verdict
from extract.run import Totals, run
from extract.version import EXTRACTOR
from extract.workers import Limits

if TYPE_CHECKING:
    from pathlib import Path

    from archive.text_records import Pending

ENGLISH = "https://paper.example/lift"
GERMAN = "https://blatt.example/aufzug"
WALL = "https://wall.example/story"
OTHER = "https://other.example/page"

COOKIES = "<div class='cookie-banner'>We use cookies.</div>"
PAGES = {
    ENGLISH: Page(ENGLISH, body=article_page("en", before=COOKIES)),
    GERMAN: Page(GERMAN, body=article_page("de")),
    WALL: Page(WALL, body=page("<p>Please verify you are human.</p>")),
    OTHER: Page(OTHER, body=article_page("fr")),
}


def archive(path: Path, *pages: Page) -> ArchiveFolder:
    """Make an archive whose captures have no text yet; each page's record lies in a WARC file of its own."""
    folder = ArchiveFolder.create(path)
    put(folder, Incident("1", "test", links=tuple(CitedLink(page.url) for page in pages)))
    for one in pages:
        crawl(folder, [one])
    return folder


def texts(folder: ArchiveFolder) -> dict[str, Text | None]:
    """Return the text of each source's last capture."""
    with folder.catalogue() as catalogue:
        found = {}
        for line in catalogue.reports.source_lines():
            capture_id, _ = catalogue.captures.of_source(line.source_id)[-1]
            found[line.url] = catalogue.texts.latest(capture_id)
        return found


def text(folder: ArchiveFolder, url: str) -> Text:
    made = texts(folder)[url]
    assert made is not None, f"{url} has no text"
    return made


def warc_of(folder: ArchiveFolder, url: str) -> Path:
    """Return the file with the last response of *url*."""
    with folder.catalogue() as catalogue:
        source = catalogue.sources.find(url)
        assert source is not None
        _, capture = catalogue.captures.of_source(source.id)[-1]
    place = capture.exchanges[-1].response
    assert place is not None
    return folder.warc_dir / place.warc_file


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[ArchiveFolder, Totals]:
    folder = archive(tmp_path_factory.mktemp("run") / "archive", *PAGES.values())
    return folder, run(folder, workers=2)


def test_every_capture_with_a_response_has_a_text(made: tuple[ArchiveFolder, Totals]) -> None:
    folder, totals = made
    assert totals.texts == 4
    assert totals.verdicts == {"article": 3, "bot-wall": 1}
    assert all(one and one.extractor == EXTRACTOR for one in texts(folder).values())


def test_text_has_verdict_language_and_notices(made: tuple[ArchiveFolder, Totals]) -> None:
    folder, _ = made
    english = text(folder, ENGLISH)
    assert text_of("en") in (english.text or "")
    assert (english.verdict, english.language, english.charset) == (Verdict.ARTICLE, "en", "utf-8")
    notices = [(one.kind, one.text) for one in english.notices]
    assert notices == [
        (NoticeKind.NAVIGATION, "Home News"),
        (NoticeKind.COOKIE, "We use cookies."),
        (NoticeKind.NAVIGATION, english.title),
    ]
    wall = text(folder, WALL)
    assert (wall.verdict, wall.text, wall.evidence["rule"]) == (Verdict.BOT_WALL, None, "wall-phrase")


def test_verdict_and_best_capture_are_written(made: tuple[ArchiveFolder, Totals]) -> None:
    folder, _ = made
    with folder.catalogue() as catalogue:
        source = catalogue.sources.find(GERMAN)
        assert source is not None
        capture_id, capture = catalogue.captures.of_source(source.id)[-1]
        assert source.best_capture_id == capture_id
        assert capture.evidence["verdict"]["rule"] == "article"


def test_nothing_is_made_twice_unless_asked(made: tuple[ArchiveFolder, Totals]) -> None:
    folder, _ = made
    assert run(folder, workers=1).texts == 0
    done: list[str | None] = []
    again = run(folder, workers=1, all_again=True, on_done=lambda item, _: done.append(item.url))
    assert again.texts == 4
    assert Counter(done) == Counter(PAGES.keys())


def test_better_capture_stays_the_best_when_a_wall_comes_later(tmp_path: Path) -> None:
    folder = archive(tmp_path / "archive", PAGES[ENGLISH])
    crawl(folder, [Page(ENGLISH, body=PAGES[WALL].body, at="2099-12-24T10:00:00.000000Z")])
    assert run(folder, workers=1).verdicts == {"article": 1, "bot-wall": 1}
    with folder.catalogue() as catalogue:
        source = catalogue.sources.find(ENGLISH)
        assert source is not None
        captures = catalogue.captures.of_source(source.id)
        verdicts = {capture_id: catalogue.texts.latest(capture_id) for capture_id, _ in captures}
        assert source.best_capture_id is not None
        best = verdicts[source.best_capture_id]
        assert best is not None
        assert best.verdict == Verdict.ARTICLE


GONE, CUT_OFF, NO_NAME = "https://gone.example/", "https://cut.example/", "https://nowhere.example/"


def test_every_response_has_a_row_even_where_it_cannot_be_read(tmp_path: Path) -> None:
    packed = gzip.compress(article_page("en"))
    broken = Page(WALL, body=b"no gzip " + packed, headers=("Content-Type: text/html", "Content-Encoding: gzip"))
    whole = Page(OTHER, body=packed, headers=("Content-Type: text/html", "Content-Encoding: gzip"))
    others = (
        Page(GONE, Outcome.HTTP_ERROR, 410, body=article_page(), error="HTTP status 410"),
        Page(CUT_OFF, Outcome.TRUNCATED, 200, body=article_page("ja"), error="cut off"),
        Page(NO_NAME, Outcome.DNS_FAILED, None, error="no such name"),
    )
    folder = archive(tmp_path / "archive", PAGES[ENGLISH], PAGES[GERMAN], broken, whole, *others)
    warc_of(folder, ENGLISH).unlink()
    damaged = warc_of(folder, GERMAN)
    damaged.write_bytes(damaged.read_bytes()[: damaged.stat().st_size // 3] + bytes(damaged.stat().st_size))
    assert run(folder, workers=1).verdicts == {"unknown": 3, "article": 2, "removed": 1}
    for url, rule in ((ENGLISH, "record-unreadable"), (GERMAN, "record-unreadable"), (WALL, "undecodable")):
        failed = text(folder, url)
        assert (failed.verdict, failed.text, failed.evidence["rule"]) == (Verdict.UNKNOWN, None, rule)
        assert failed.evidence["error"]
    assert text(folder, OTHER).verdict == text(folder, CUT_OFF).verdict == Verdict.ARTICLE
    assert text(folder, GONE).verdict == Verdict.REMOVED
    assert texts(folder)[NO_NAME] is None, "nothing came back"


_AT_ONE_RECORD = """
import os, signal, time
import archive.warc_reader as reader

read = reader.read_http_response

def break_down():
    {what}

def deadly(warc_dir, place, original):
    if place.warc_file == {file!r}:
        with open({log!r}, "a") as log:
            log.write("tried\\n")
        break_down()
    return read(warc_dir, place, original)

reader.read_http_response = deadly
"""
"""Run by each worker as it starts: reading one record does harm."""

SMALL = Limits(cpu_seconds=0.7, wall_seconds=20, memory_bytes=60_000_000)


def harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: Path, what: str) -> Path:
    """Have each worker do *what* when it reads the record in *file*; return the log of how often."""
    log = tmp_path / "log"
    code = _AT_ONE_RECORD.format(what=what, file=file.name, log=str(log))
    (tmp_path / "sitecustomize.py").write_text(code, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return log


@pytest.mark.parametrize(
    ("what", "evidence"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", {"rule": "worker-died", "signal": "SIGKILL"}),
        ("os._exit(3)", {"rule": "worker-died", "exit_code": 3}),
        ("sum(iter(int, 1))", {"rule": "over-limit", "limit": "cpu-seconds", "allowed": 0.7}),
        ("raise MemoryError", {"rule": "over-limit", "limit": "memory-bytes", "allowed": 60_000_000}),
        ("bytearray(10**9)", {"rule": "over-limit", "limit": "memory-bytes", "allowed": 60_000_000}),
        ("memory = b'x' * 90_000_000", {"rule": "over-limit", "limit": "memory-bytes", "allowed": 60_000_000}),
        ("raise KeyError('a bug')", {"rule": "worker-failed", "error": "KeyError: 'a bug'"}),
    ],
)
def test_page_that_breaks_its_worker_has_a_row_that_says_so_and_the_rest_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, evidence: dict[str, object]
) -> None:
    folder = archive(tmp_path / "archive", PAGES[ENGLISH], PAGES[WALL], PAGES[GERMAN])
    log = harm(tmp_path, monkeypatch, warc_of(folder, WALL), what)
    totals = run(folder, workers=1, limits=SMALL)
    assert totals.texts == 3
    broken = text(folder, WALL)
    assert (broken.verdict, broken.text) == (Verdict.UNKNOWN, None)
    assert evidence.items() <= broken.evidence.items()
    assert {text(folder, url).verdict for url in (ENGLISH, GERMAN)} == {Verdict.ARTICLE}
    assert run(folder, workers=1, limits=SMALL).texts == 0
    assert log.read_text().count("tried") == 1, "neither again in this run nor by the next"


def test_page_that_waits_for_ever_ends_by_the_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = archive(tmp_path / "archive", PAGES[ENGLISH])
    harm(tmp_path, monkeypatch, warc_of(folder, ENGLISH), "time.sleep(60)")
    run(folder, workers=1, limits=Limits(wall_seconds=0.3))
    assert text(folder, ENGLISH).evidence == {"rule": "over-limit", "limit": "wall-seconds", "allowed": 0.3}


def test_page_that_has_become_too_slow_keeps_its_earlier_text_and_is_not_tried_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = archive(tmp_path / "archive", PAGES[ENGLISH])
    notice = Notice(NoticeKind.COOKIE, "older", "Cookies", 0)
    before = Text(1, "older", Verdict.ARTICLE, {"rule": "article"}, text=text_of("en"), notices=(notice,))
    with folder.catalogue() as catalogue:
        catalogue.texts.put([before])
    log = harm(tmp_path, monkeypatch, warc_of(folder, ENGLISH), "sum(iter(int, 1))")
    assert run(folder, workers=1, limits=SMALL).unreadable == 1
    after = text(folder, ENGLISH)
    assert (after.text, after.verdict, after.notices) == (before.text, before.verdict, before.notices)
    assert after.extractor == EXTRACTOR
    assert after.evidence["made_by"] == "older"
    assert after.evidence["not_renewed"] == {"rule": "over-limit", "limit": "cpu-seconds", "allowed": 0.7}
    assert run(folder, workers=1, limits=SMALL).texts == 0
    assert log.read_text().count("tried") == 1


def test_following_takes_what_comes_and_ends_when_the_stream_does(tmp_path: Path) -> None:
    folder = archive(tmp_path / "archive", PAGES[ENGLISH])
    put(folder, Incident("2", "test", links=(CitedLink(GERMAN), CitedLink(OTHER))))
    read_end, write_end = os.pipe()
    first = threading.Event()
    with os.fdopen(read_end, "rb") as stream:
        done: list[str | None] = []

        def on_done(item: Pending, _: Text) -> None:
            done.append(item.url)
            first.set()

        running = threading.Thread(target=lambda: run(folder, workers=1, follow=stream, on_done=on_done), daemon=True)
        running.start()
        assert first.wait(20)
        crawl(folder, [PAGES[GERMAN]])
        crawl(folder, [PAGES[OTHER]])
        os.close(write_end)
        running.join(20)
        assert not running.is_alive()
    assert done == [ENGLISH, GERMAN, OTHER]


def test_record_that_cannot_be_read_takes_no_earlier_texts_place(tmp_path: Path) -> None:
    folder = archive(tmp_path / "archive", PAGES[ENGLISH])
    run(folder, workers=1)
    before = text(folder, ENGLISH)
    warc_of(folder, ENGLISH).unlink()
    again = run(folder, workers=1, all_again=True)
    assert (again.texts, again.unreadable) == (0, 1)
    assert text(folder, ENGLISH) == before
