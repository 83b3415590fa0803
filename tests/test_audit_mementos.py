"""Copies of pages that are gone, asked of web archives: of a real pywb, and of servers with other habits."""

from __future__ import annotations

import gzip
import sqlite3
import uuid
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from comparing_catalogues import differences
from judges import BIN, ask, needs_judges
from keeping_archive import Keeper, Page, incident
from mockserver import MockServer
from mockserver.audited import article_html

from archive.mementos import Link, dated, links
from sourcekeep.audit.mementos import Said
from sourcekeep.audit.replacing import Replacements, Wish, find_mementos
from sourcekeep.extracting import run as extract
from sourcekeep.replaying import COLLECTION, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sourcekeep.audit.mementos import Memento

ERROR = b"<title>404 Not Found</title><body><h1>Not Found</h1><p>The page you asked for was not found.</p></body>"
WALL = b"<title>Just a moment...</title><body><script>window._cf_chl_opt={}</script><p>Checking your browser</p></body>"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockServer]:
    with MockServer(tmp_path_factory.mktemp("server")) as running:
        yield running


@dataclass
class Wished:
    """An archive whose sources are asked for in web archives."""

    keeper: Keeper
    resolve: list[str]

    def find(self, *wishes: tuple[str, str]) -> dict[str, Memento]:
        """Return by URL what is found for each (URL, date)."""
        with self.keeper.folder.catalogue() as catalogue:
            sources = {url: catalogue.sources.find(url) for url, _ in wishes}
        asked = [Wish(source, at) for url, at in wishes if (source := sources[url])]
        found: Replacements = find_mementos(self.keeper.folder, asked, {"SOURCEKEEP_RESOLVE": self.resolve})
        assert found.exit_code == 0
        return {wish.source.url: memento for wish, memento in zip(asked, found.mementos, strict=True)}

    def rows(self, sql: str) -> list[dict[str, Any]]:
        with closing(sqlite3.connect(self.keeper.folder.catalogue_path)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(sql)]

    def captures(self, url: str) -> list[dict[str, Any]]:
        tail = f"JOIN sources s ON s.id = source_id WHERE s.url = '{url}' AND via = 'memento' ORDER BY c.id"
        return self.rows(f"SELECT c.* FROM captures c {tail}")


def wished(path: Path, urls: list[str], resolve: list[str], timegates: list[str], **settings: object) -> Wished:
    keeper = Keeper(path / "archive")
    keeper.imports(incident(1, *urls))
    lines = {"delay": 0, "retries": 1, "retry_wait": 0.05, "timegates": timegates, **settings}
    said = [f"{name} = {value!r}\n" for name, value in lines.items()]
    keeper.folder.settings_path.write_text("".join(said), encoding="utf-8")
    return Wished(keeper, resolve)


# pywb

PRESS = "http://press.example"
CITED = EARLY, NONE, SOFT, LOST, MOVED, HOMING, KEPT = tuple(
    f"{PRESS}/{name}" for name in ("early?id=7", "none", "soft", "lost", "moved", "homing", "kept")
)
ARCHIVED: list[tuple[str, str, str, bytes]] = [
    (EARLY, "2010-01-05", "200 OK", article_html("early")),
    (EARLY, "2016-01-05", "404 Not Found", ERROR),
    (EARLY, "2018-01-05", "404 Not Found", ERROR),
    (SOFT, "2010-01-05", "200 OK", article_html("soft")),
    (SOFT, "2011-01-05", "200 OK", ERROR),
    (SOFT, "2012-01-05", "200 OK", WALL),
    (LOST, "2010-01-05", "404 Not Found", ERROR),
    (LOST, "2011-01-05", "200 OK", ERROR),
    (MOVED, "2010-01-05", "301 Moved Permanently", b"/moved/to"),
    (f"{PRESS}/moved/to", "2010-01-06", "200 OK", article_html("moved")),
    (HOMING, "2010-01-05", "302 Found", f"{PRESS}/".encode()),
    (f"{PRESS}/", "2010-01-06", "200 OK", article_html("home")),
    (KEPT, "2010-01-05", "200 OK", article_html("kept")),
    (KEPT, "2012-01-05", "200 OK", article_html("bought")),
]


def record(url: str, day: str, status: str, body: bytes) -> bytes:
    """Return a response as a WARC record."""
    more = [f"Content-Length: {len(body)}"]
    if status.startswith("30"):
        more, body = [f"Location: {body.decode()}", "Content-Length: 0"], b""
    head = "\r\n".join([f"HTTP/1.1 {status}", "Content-Type: text/html; charset=utf-8", *more, "", ""])
    block = head.encode() + body
    fields = [
        *("WARC/1.1", "WARC-Type: response", f"WARC-Record-ID: <urn:uuid:{uuid.uuid4()}>"),
        *(f"WARC-Target-URI: {url}", f"WARC-Date: {day}T00:00:00Z", "Content-Type: application/http;msgtype=response"),
        *(f"Content-Length: {len(block)}", "", ""),
    ]
    return "\r\n".join(fields).encode() + block + b"\r\n\r\n"


@pytest.fixture(scope="module")
def pywb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A pywb with ARCHIVED; the port that it listens on."""
    home = tmp_path_factory.mktemp("pywb")
    path = home / "archived.warc.gz"
    path.write_bytes(b"".join(gzip.compress(record(*each)) for each in ARCHIVED))
    ask("wb-manager", "init", COLLECTION, folder=home)
    ask("wb-manager", "add", COLLECTION, path, folder=home)
    (home / "config.yaml").write_text("enable_memento: true\nframed_replay: false\n", encoding="utf-8")
    with serving(home, str(BIN / "wayback"), 0) as (_, address):
        yield int(address.rsplit(":", 1)[1].partition("/")[0])


@pytest.fixture(scope="module")
def from_pywb(tmp_path_factory: pytest.TempPathFactory, pywb: int) -> tuple[Wished, dict[str, Memento]]:
    """What pywb has of each page near a date."""
    archive = wished(
        tmp_path_factory.mktemp("wished"),
        list(CITED),
        [f"web.archive.example:80:127.0.0.1:{pywb}"],
        [f"http://web.archive.example/{COLLECTION}/"],
    )
    archive.keeper.crawls(Page(KEPT, body=article_html("kept"), headers="Content-Type: text/html\r\n"))
    extract(archive.keeper.folder.path, all_again=False, workers=1, follow=False, as_json=True)
    dates = {EARLY: "2017-01-05", SOFT: "2012-01-05", KEPT: "2012-01-05"}
    return archive, archive.find(*((url, dates.get(url, "2010-02-03")) for url in CITED))


@needs_judges
def test_memento_that_is_a_page_is_found_behind_error_pages_and_walls(
    from_pywb: tuple[Wished, dict[str, Memento]],
) -> None:
    archive, found = from_pywb
    assert {url: (memento.said, (memento.at or "")[:10]) for url, memento in found.items()} == {
        EARLY: (Said.GOOD, "2010-01-05"),
        NONE: (Said.NO_MEMENTO, ""),
        SOFT: (Said.GOOD, "2010-01-05"),
        LOST: (Said.NO_PAGE, "2010-01-05"),
        MOVED: (Said.GOOD, "2010-01-06"),
        HOMING: (Said.NO_PAGE, "2010-01-06"),
        KEPT: (Said.GOOD, "2010-01-05"),
    }
    assert found[EARLY].url == f"http://web.archive.example/{COLLECTION}/20100105000000/{EARLY}"
    assert found[KEPT].kept == 1.0
    assert (found[NONE].url, found[LOST].url, found[HOMING].url) == (None, None, None)
    assert archive.captures(NONE)[0]["outcome"] == "http-error"


@needs_judges
def test_every_answer_of_the_archive_is_evidence_and_counts_as_no_source(
    from_pywb: tuple[Wished, dict[str, Memento]],
) -> None:
    archive, found = from_pywb
    captures = archive.captures(SOFT)
    assert [(row["memento_at"] or "")[:10] for row in captures] == ["2012-01-05", "", "2011-01-05", "2010-01-05"]
    assert [row["verdict"] for row in captures if row["memento_at"]] == ["bot-wall", "soft-404", "article"]
    assert "/timemap/link/" in captures[1]["asked_url"]
    assert found[SOFT].capture_id == captures[3]["id"]
    (best,) = archive.rows(f"SELECT best_capture_id, last_capture_id, next_due_at FROM sources WHERE url = '{SOFT}'")
    assert (best["best_capture_id"], best["last_capture_id"], best["next_due_at"]) == (captures[3]["id"], None, None)
    (own,) = archive.rows(f"SELECT via FROM sources JOIN captures c ON c.id = best_capture_id WHERE url = '{KEPT}'")
    assert own["via"] == "http"
    crawls = archive.rows("SELECT trigger, counts FROM crawls ORDER BY id")
    assert crawls[0]["trigger"] == "due"
    assert {(row["trigger"], row["counts"]) for row in crawls[1:]} == {("memento", "{}")}
    assert archive.rows("SELECT 1 FROM captures WHERE via = 'memento' AND memento_at IS NULL AND verdict IS NOT NULL")
    bests = "SELECT via, memento_at FROM sources JOIN captures c ON c.id = best_capture_id WHERE via <> 'http'"
    assert all(row["memento_at"] for row in archive.rows(bests))


@needs_judges
def test_bytes_are_those_that_were_archived_and_the_page_is_read_as_the_source_s_own(
    from_pywb: tuple[Wished, dict[str, Memento]],
) -> None:
    archive, found = from_pywb
    exchanges = archive.rows(f"SELECT url FROM exchanges WHERE capture_id = {found[EARLY].capture_id} ORDER BY seq")
    assert exchanges[-1]["url"].endswith(f"/20100105000000id_/{EARLY}")
    (text,) = archive.rows(f"SELECT title, text FROM texts WHERE capture_id = {found[EARLY].capture_id}")
    assert text["title"] == "The story of early"
    with archive.keeper.folder.catalogue() as catalogue:
        pending = catalogue.pending.captures("another extractor", limit=1000)
    assert {item.url for item in pending if item.capture_id == found[EARLY].capture_id} == {EARLY}


@needs_judges
def test_catalogue_made_anew_has_the_mementos(from_pywb: tuple[Wished, dict[str, Memento]]) -> None:
    from click.testing import CliRunner

    from sourcekeep.__main__ import cli

    archive, _ = from_pywb
    folder = archive.keeper.folder
    before = archive.keeper.tables()
    for command in ("verify", "rebuild"):
        result = CliRunner().invoke(cli, ["--archive", str(folder.path), command])
        assert result.exit_code == 0, result.output
    assert differences(before, archive.keeper.tables()) == []


@needs_judges
def test_tries_are_as_many_as_the_settings_say(tmp_path: Path, pywb: int) -> None:
    archive = wished(
        tmp_path,
        [SOFT],
        [f"web.archive.example:80:127.0.0.1:{pywb}"],
        [f"http://web.archive.example/{COLLECTION}/"],
        memento_tries=0,
    )
    assert archive.find((SOFT, "2012-01-05"))[SOFT].said is Said.NO_PAGE
    assert len(archive.captures(SOFT)) == 1


# Other habits


def at(name: str) -> str:
    return f"http://{name}.archiving.example/web/"


PAGE = "http://gone.example/page"


def find(path: Path, server: MockServer, *names: str, date: str = "2012-03-04T05:06:07Z") -> tuple[Memento, Wished]:
    archive = wished(path, [PAGE], [server.resolve], [at(name) for name in names])
    return archive.find((PAGE, date))[PAGE], archive


def urls(archive: Wished, capture_id: int | None) -> list[str]:
    rows = archive.rows(f"SELECT url FROM exchanges WHERE capture_id = {capture_id} ORDER BY seq")
    return [row["url"].partition(".archiving.example")[2] for row in rows]


def test_archive_that_asks_for_patience_gets_it(tmp_path: Path, server: MockServer) -> None:
    memento, archive = find(tmp_path, server, "redirecting")
    assert memento.said is Said.GOOD
    gate = f"/web/{PAGE}"
    assert urls(archive, memento.capture_id) == [gate, gate, f"/web/20120105000000id_/{PAGE}"]
    first, second, _ = server.exchanges("redirecting.archiving.example")
    assert second.started - first.ended >= 1.0
    assert b"Accept-Datetime: Sun, 04 Mar 2012 05:06:07 GMT\r\n" in first.request
    (row,) = archive.captures(PAGE)
    assert row["memento_at"] == "2012-01-05T00:00:00.000000Z"
    assert memento.url == f"{at('redirecting')}20120105000000/{PAGE}"


@pytest.mark.parametrize(
    ("name", "asked", "cited"),
    [
        ("direct", [f"/web/{PAGE}", f"/web/20120105000000id_/{PAGE}"], f"{at('direct')}20120105000000/{PAGE}"),
        (
            "bannering",
            [f"/web/{PAGE}", f"/web/20120105000000id_/{PAGE}", f"/web/20120105000000/{PAGE}"],
            f"{at('bannering')}20120105000000/{PAGE}",
        ),
        (
            "showing",
            [
                f"/web/{PAGE}",
                *(f"/web/{at}/{PAGE}" for at in ("20120105000000id_", "20120105000000", "20140105000000")),
            ],
            f"{at('showing')}20140105000000/{PAGE}",
        ),
        ("undated", [f"/web/{PAGE}", "/copies/17"], "http://undated.archiving.example/copies/17"),
        (
            "refreshing",
            [f"/web/{PAGE}", f"/web/20120105000000id_/{PAGE}"],
            f"{at('refreshing')}20120105000000/{PAGE}",
        ),
    ],
)
def test_raw_bytes_are_asked_for_where_there_are_any(
    tmp_path: Path, server: MockServer, name: str, asked: list[str], cited: str
) -> None:
    memento, archive = find(tmp_path, server, name)
    assert (memento.said, memento.url) == (Said.GOOD, cited)
    assert urls(archive, memento.capture_id) == asked
    assert server.exchanges("live.archiving.example") == []


def test_neighbours_are_those_that_the_memento_names(tmp_path: Path, server: MockServer) -> None:
    memento, archive = find(tmp_path, server, "linking", date="2016-02-01")
    assert (memento.said, memento.at) == (Said.GOOD, "2012-01-05T00:00:00.000000Z")
    assert [row["memento_at"][:4] for row in archive.captures(PAGE)] == ["2016", "2014", "2012"]


def test_archives_are_asked_one_after_the_other_until_one_has_it(tmp_path: Path, server: MockServer) -> None:
    memento, archive = find(tmp_path, server, "empty", "silent", "direct", "undated")
    assert memento.said is Said.GOOD
    assert [row["http_status"] for row in archive.captures(PAGE)] == [404, 500, 200]
    assert archive.rows("SELECT DISTINCT trigger FROM crawls") == [{"trigger": "memento"}]


@pytest.mark.parametrize(
    ("name", "said"), [("empty", Said.NO_MEMENTO), ("silent", Said.NO_ANSWER), ("live", Said.NO_ANSWER)]
)
def test_archive_without_a_memento_is_an_outcome(tmp_path: Path, server: MockServer, name: str, said: Said) -> None:
    memento, archive = find(tmp_path, server, name)
    assert (memento.said, memento.url, memento.at) == (said, None, None)
    assert archive.rows("SELECT best_capture_id FROM sources") == [{"best_capture_id": None}]


def test_without_archives_or_a_url_nobody_is_asked(tmp_path: Path, server: MockServer) -> None:
    assert find(tmp_path, server)[0].said is Said.NOT_ASKED
    archive = wished(tmp_path / "other", ["mailto:x@y.example"], [server.resolve], [at("direct")])
    assert archive.find(("mailto:x@y.example", "2012-01-01"))["mailto:x@y.example"].said is Said.NOT_ASKED
    assert archive.rows("SELECT * FROM crawls") == []


# How archives write


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        (
            "https://a.example/web/20120105000000/http://b.example/c",
            ("https://a.example/web/", "", "http://b.example/c"),
        ),
        (
            "https://a.example/20120105000000id_/http://b.example/?d",
            ("https://a.example/", "id_", "http://b.example/?d"),
        ),
        ("https://a.example/web/http://b.example/20120105000000/c", None),
        ("https://a.example/web/timemap/link/http://b.example/", None),
        ("https://a.example/201201050000000/c", None),
        ("https://a.example/?/20120105000000/c", None),
    ],
)
def test_urls_with_a_time_in_them(url: str, parts: tuple[str, str, str] | None) -> None:
    found = dated(url)
    assert (found and (found.archive, found.form, found.of)) == parts
    if found:
        assert found.url == url
        assert found.raw().plain() == found.plain()


def test_redirect_that_was_archived_stays_in_the_archive() -> None:
    here = dated("http://a.example/web/20120105000000id_/http://b.example/c/d")
    assert here
    assert here.led_to("../e").url == "http://a.example/web/20120105000000id_/http://b.example/e"
    assert here.led_to("http://f.example/").url == "http://a.example/web/20120105000000id_/http://f.example/"
    within = "/web/20130101000000/http://g.example/"
    assert here.led_to(within).url == "http://a.example/web/20130101000000id_/http://g.example/"


def test_links_as_rfc_8288_has_them() -> None:
    text = """<http://a.example/>; rel="original timegate",, </web/20120105000000/http://a.example/x,y;z>
      ; rel = "First MEMENTO"; rel=ignored; datetime="Thu, 05 Jan 2012 00:00:00 GMT", nonsense; rel=x,
      </tm>; rel=timemap; type="application/link-format"; title="a \\"quoted\\", b",
      <http://b.example/>; anchor="http://c.example/"; rel=memento, <unclosed; rel=memento"""
    assert list(links(text, "http://arc.example/web/1/")) == [
        Link("http://a.example/", frozenset({"original", "timegate"})),
        Link(
            "http://arc.example/web/20120105000000/http://a.example/x,y;z",
            frozenset({"first", "memento"}),
            at="2012-01-05T00:00:00.000000Z",
        ),
        Link("http://arc.example/tm", frozenset({"timemap"}), "application/link-format"),
    ]
