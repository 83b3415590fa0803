"""A small archive made through the archive's own API, for the tests of the commands that read one."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner, Result

from archive.capture import CaptureWriter
from archive.clock import utc_now
from archive.drafts import CaptureDraft, RecordedExchange
from archive.folder import ArchiveFolder
from archive.records import CitedLink, Incident, Quarantined
from archive.settings import Settings
from archive.text_records import Notice, Text
from archive.words import NoticeKind, Outcome, Purpose, Verdict
from sourcekeep.__main__ import cli

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from archive.catalogue import Catalogue

EXTRACTOR = "test/1"

ARTICLE = "https://news.example/school/chatbot"
PAYWALLED = "https://paper.example/offer"
BOT_WALL = "https://walled.example/story"
NOT_FOUND = "https://gone.example/2019/report"
NO_NAME = "https://nowhere.example/"
DENIED = "https://shy.example/private/page"
JAPANESE = "https://shinbun.example/kiji/1"
INDEX = "https://homepage.example/"
UNFETCHED = "https://later.example/new"
UNEXTRACTED = "https://raw.example/page"

ARTICLE_TEXT = (
    "The school closed its doors for a week after the chatbot had misread the timetable.\n"
    "Nobody had checked the émigré pupils' names, the headmistress said.\n"
    "The maker of the program says that it was warned in time."
)
JAPANESE_TEXT = "学校のチャットボットが時間割を読み間違えた。東京の教育委員会が調査している。"


@dataclass(slots=True)
class Page:
    """What one capture brings: the exchanges, the outcome, and what extraction makes of it."""

    url: str
    outcome: Outcome = Outcome.FETCHED
    status: int | None = 200
    body: bytes = b"<p>page</p>"
    headers: tuple[str, ...] = ("Content-Type: text/html",)
    error: str | None = None
    evidence: dict[str, Any] = field(default_factory=lambda: {"rule": "http-status"})
    chain: tuple[str, ...] = ()
    """URLs that redirected on the way, `url` the first of them."""
    text: dict[str, Any] | None = None
    """Fields of `Text`, with the verdict; None where nothing was extracted."""
    at: str = "2099-11-20T10:00:00.000000Z"
    """Long after the tests run, so that nothing falls due with time."""


def http_exchange(
    url: str, status: int, body: bytes = b"", headers: Iterable[str] = (), purpose: Purpose = Purpose.PAGE
) -> RecordedExchange:
    head = "\r\n".join([f"HTTP/1.1 {status} Said", *headers])
    return RecordedExchange(
        url=url,
        purpose=purpose,
        requested_at="2099-11-20T10:00:00.000000Z",
        sent=io.BytesIO(b"GET / HTTP/1.1\r\n\r\n"),
        received=io.BytesIO(head.encode("latin-1") + b"\r\n\r\n" + body),
        http_status=status,
        ip="192.0.2.7",
        elapsed_ms=12,
    )


def crawl(folder: ArchiveFolder, pages: Iterable[Page], *, finish: bool = True) -> None:
    """Write a crawl with a capture of each of *pages*, whose URLs must be cited, and their texts."""
    with folder.catalogue() as catalogue:
        crawl_id = catalogue.crawls.start("due", {}, {})
        writer = CaptureWriter(folder, crawl_id, Settings(), {"software": "tests"})
        written = [(page, writer.submit(_draft(_source_id(catalogue, page.url), page))) for page in pages]
        writer.close()
        texts = [
            Text(done.result(), EXTRACTOR, **{"evidence": {}, **page.text})
            for page, done in written
            if page.text is not None
        ]
        catalogue.texts.put(texts)
        if finish:
            catalogue.crawls.finish(crawl_id, "finished")


def _source_id(catalogue: Catalogue, url: str) -> int:
    source = catalogue.sources.find(url)
    assert source is not None, url
    return source.id


def _draft(source_id: int, page: Page) -> CaptureDraft:
    exchanges = []
    urls = [*page.chain, page.url] if not page.chain else [page.url, *page.chain]
    if page.status is not None:
        exchanges = [http_exchange(url, 302, headers=["Content-Length: 0"]) for url in urls[:-1]]
        exchanges.append(http_exchange(urls[-1], page.status, page.body, page.headers))
    return CaptureDraft(
        source_id=source_id,
        source_url=page.url,
        requested_at=page.at,
        finished_at=utc_now(),
        outcome=page.outcome,
        final_url=urls[-1] if exchanges else None,
        http_status=page.status,
        error=page.error,
        media_type="text/html" if exchanges else None,
        evidence=page.evidence,
        exchanges=exchanges,
    )


def robots_record(folder: ArchiveFolder, url: str) -> str:
    """Archive a robots.txt that belongs to no capture, and return the id of its response record."""
    with folder.catalogue() as catalogue:
        crawl_id = catalogue.crawls.start("due", {}, {})
        writer = CaptureWriter(folder, crawl_id, Settings(), {"software": "tests"})
        exchange = http_exchange(url, 200, b"User-agent: *\nDisallow: /private\n", purpose=Purpose.ROBOTS)
        writer.submit_exchanges([exchange]).result()
        writer.close()
        return exchange.response_id


def put(folder: ArchiveFolder, *incidents: Incident, quarantined: Iterable[Quarantined] = ()) -> None:
    with folder.catalogue() as catalogue, catalogue.transaction():
        for incident in incidents:
            catalogue.incidents.put(incident)
        for piece in quarantined:
            catalogue.incidents.quarantine(piece)


def article(title: str, text: str, language: str = "en", **more: Any) -> dict[str, Any]:
    return {"verdict": Verdict.ARTICLE, "title": title, "text": text, "language": language, **more}


def make_archive(path: Path) -> ArchiveFolder:
    """Make the archive that most tests read: three incidents, ten sources, a link without a URL."""
    folder = ArchiveFolder.create(path)
    put(
        folder,
        Incident(
            "DB-100",
            "incidents.csv",
            "The chatbot that closed a school",
            "March 2031",
            "A timetable was misread.\nA school stayed closed.",
            {"Country": "Atlantis", "Sector": ["Education", "Families"]},
            (
                CitedLink(ARTICLE, label="Chatbot closes school"),
                CitedLink(PAYWALLED, pasted_text="Subscribe now for the full story"),
                CitedLink(BOT_WALL),
                CitedLink(NOT_FOUND),
                CitedLink(NO_NAME),
                CitedLink(DENIED),
                CitedLink(JAPANESE),
                CitedLink("Report of the school board", has_url=False),
            ),
        ),
        Incident(
            "DB-101",
            "incidents.csv",
            "A second look at it",
            links=(
                CitedLink(f"{ARTICLE}?utm_source=letter"),
                CitedLink(INDEX),
                CitedLink(UNFETCHED),
                CitedLink(UNEXTRACTED),
            ),
        ),
        Incident("DB-102", "incidents.csv", "Nothing is cited here"),
        quarantined=[Quarantined("incidents.csv", 12, "there is no id in this row", ",,lost")],
    )
    robots = robots_record(folder, "https://shy.example/robots.txt")
    crawl(folder, _pages(robots))
    return folder


def _pages(robots: str) -> list[Page]:
    return [
        Page(
            ARTICLE,
            chain=("https://news.example/2031/chatbot",),
            body=b"4\r\n<p>S\r\n6\r\nchool.\r\n0\r\n\r\n",
            headers=("Content-Type: text/html", "Transfer-Encoding: chunked"),
            text=article(
                "A chatbot closes a school",
                ARTICLE_TEXT,
                byline="Ada Writer",
                published_on="2031-03-04",
                site_name="The News",
                language_confidence=0.99,
                comments="First!\nNo, I was first.",
                charset="utf-8",
                notices=(
                    Notice(NoticeKind.COOKIE, "container:cookie-banner", "We use cookies to please you.", 0),
                    Notice(NoticeKind.RELATED, "phrase:en:Read more", "Read more: ten other schools", 3),
                ),
                evidence={"rule": "article-text", "words": 34},
            ),
        ),
        Page(
            PAYWALLED,
            text={
                "verdict": Verdict.PAYWALLED,
                "evidence": {"rule": "offer", "phrase": "Subscribe to read"},
                "notices": (Notice(NoticeKind.PAYWALL, "offer", "Subscribe to read for 1 a week", 0),),
            },
        ),
        Page(
            BOT_WALL,
            Outcome.HTTP_ERROR,
            403,
            error="HTTP status 403",
            text={"verdict": Verdict.BOT_WALL, "evidence": {"rule": "header", "header": "cf-mitigated: challenge"}},
        ),
        Page(NOT_FOUND, Outcome.HTTP_ERROR, 404, error="HTTP status 404", text={"verdict": Verdict.SOFT_404}),
        Page(
            NO_NAME,
            Outcome.DNS_FAILED,
            None,
            error="nowhere.example: Name or service not known (EAI_NONAME)",
            evidence={"rule": "exception", "exception": "NameLookupError", "attempts": 3},
        ),
        Page(
            DENIED,
            Outcome.ROBOTS_DENIED,
            None,
            error="https://shy.example/robots.txt denies it",
            evidence={
                "rule": "robots-disallow",
                "robots_url": "https://shy.example/robots.txt",
                "robots_status": 200,
                "record_id": robots,
            },
        ),
        Page(JAPANESE, text=article("学校のチャットボット", JAPANESE_TEXT, "ja")),
        Page(INDEX, text={"verdict": Verdict.INDEX, "title": "Home", "text": "News of the day", "language": "en"}),
        Page(UNEXTRACTED),
    ]


def run(folder: ArchiveFolder, *arguments: str) -> Result:
    """Run the command line on *folder* within this process."""
    return CliRunner().invoke(cli, ["--archive", str(folder.path), *arguments])


def printed(folder: ArchiveFolder, *arguments: str) -> str:
    """Return what a command prints that must go well."""
    result = run(folder, *arguments)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout
