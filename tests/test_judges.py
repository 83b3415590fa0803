"""Programs that are not ours, on one crawl of the whole hostile set: gzip, fastwarc, warcio, and pywb's replay."""

from __future__ import annotations

import gzip
import re
import time
from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from checking_wire import url_of
from judges import ask, needs_judges
from judging_warcs import check_by_all
from mockserver import MockServer
from mockserver.cases import CASES, MAX_BYTES, TIMEOUT, host_of
from mockserver.crawling import Crawled, make_archive, run_crawl
from replaying_archive import IndexLine, Pywb, index_lines, pywb_over
from test_archive_revisits import BODY, Archive, answer, not_modified

from archive.cdxj import index_missing, index_path, write_index
from archive.folder import ArchiveFolder
from archive.http_message import HttpMessage, parse_response
from archive.warc_files import warc_files
from archive.warc_record import digest_of
from archive.warc_walk import Damage, walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

PYWB_DIFFERS = {
    "chunked-and-length": "pywb undoes the chunks and repeats the Content-Length that contradicts them",
    "chunked-malformed": "pywb takes a chunked body with a bad chunk for one without chunks from there on",
    "chunked-trailers": "pywb takes the trailer for a part of the body",
    "chunked-many-trailers": "pywb takes the trailers for a part of the body",
    "continue": "pywb takes the interim response for the response, and the response for its body",
    "early-hints": "pywb takes the interim response for the response, and the response for its body",
    "reset-behind-early-hints": "pywb takes the interim response for the response, and the response for its body",
    "cr-in-header": "pywb's server refuses to send a header with CR in it",
    "icy": "pywb reads no status line but those of HTTP/1.0 and HTTP/1.1",
    "not-modified-unasked-with-length": "pywb's server refuses to send a 304 that says a length",
    "300-kilobyte-header": "pywb loses bytes of a header line this long, others with each place that it has in a file",
    "utf-8-header": "pywb leaves out a header that can't be written in Latin-1 once it is read as UTF-8",
}
"""Cases whose replay is not what was served, and why. Each is proven below: pywb says the same of a WARC file that was
written by hand with the bytes of the wire, and indexed by pywb itself."""

_FOLD = re.compile(r"[ \t]+")
PYWB_PREFIX = "X-Archive-Orig-"
PYWB_PREFIXES = {
    "connection": "it is about the connection to the site, and not the one to pywb",
    "trailer": "likewise",
    "transfer-encoding": "likewise: pywb undoes the chunks",
    "date": "caches go by it, and it is the replay that they keep",
    "etag": "likewise",
    "content-security-policy": "it would forbid what pywb puts into a page",
    "content-encoding": "where it is none that pywb finds, word for word, among those that the client takes",
    "content-length": "then too, or where it is no number",
}
"""Headers that pywb gives under a name of its own, by their names in lower case, and why."""
PYWB_ADDS = set("Memento-Datetime Link Content-Location Content-Length Transfer-Encoding Connection Date".split())
"""Headers of pywb's own, from `Memento-Datetime` on; all that was served stands before it."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockServer]:
    """A server of this module's own: visits to the hosts of the cases are counted."""
    with MockServer(tmp_path_factory.mktemp("judged")) as running:
        yield running


@pytest.fixture(scope="module")
def crawled(server: MockServer, tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    path = tmp_path_factory.mktemp("judges") / "archive"
    folder = make_archive(path, map(url_of, CASES), max_bytes=MAX_BYTES, timeout=TIMEOUT)
    crawled = run_crawl(folder, server, processes=2)
    for path in index_missing(folder.warc_dir):
        write_index(path)
    return crawled


@pytest.fixture(scope="module")
def pywb(crawled: Crawled) -> Iterator[Pywb]:
    with pywb_over(crawled.folder) as running:
        yield running


@pytest.fixture(scope="module")
def lines(crawled: Crawled) -> Mapping[str, list[IndexLine]]:
    """The lines of the index by host, robots.txt left out."""
    by_host = defaultdict(list)
    for line in index_lines(crawled.folder):
        if not line.url.endswith("/robots.txt"):
            by_host[urlsplit(line.url).netloc].append(line)
    return by_host


Blocks = dict[tuple[str, int], bytes]
"""The blocks of the responses as they were recorded, by their file and their place in it."""


@pytest.fixture(scope="module")
def blocks(crawled: Crawled) -> Blocks:
    found = {}
    for path in warc_files(crawled.folder.warc_dir):
        for member in walk(path):
            assert not isinstance(member, Damage)
            if member.type == "response":
                found[path.name, member.place.warc_offset] = member.block.read()
    return found


def block_of(line: IndexLine, blocks: Blocks) -> bytes:
    return blocks[line.fields["filename"], int(line.fields["offset"])]


def test_judges_find_every_record_right(crawled: Crawled) -> None:
    check_by_all(crawled.folder, responses=2 * len(CASES))


@needs_judges
def test_index_is_the_one_that_pywb_makes(crawled: Crawled) -> None:
    """Where pywb has another line, it is because it reads the response otherwise, or indexes what can't be shown."""
    others = set()
    for path in warc_files(crawled.folder.warc_dir):
        theirs = set(ask("cdx-indexer", "--cdxj", "--sort", path).stdout.splitlines())
        ours = index_path(path).read_text(encoding="ascii").splitlines()
        pages = [line for line in ours if not line.startswith("urn:")]  # to the others it gives a digest of its own
        others |= {line.partition(")")[0].rpartition(",")[2] for line in pages if line not in theirs}
    assert others <= {"continue", "early-hints", "reset-behind-early-hints", "icy", "odd-content-type"}


@needs_judges
@pytest.mark.parametrize("name", [name for name in CASES if name not in PYWB_DIFFERS])
def test_pywb_replays_what_was_served(
    pywb: Pywb,
    lines: Mapping[str, list[IndexLine]],
    blocks: Blocks,
    server: MockServer,
    name: str,
) -> None:
    host = host_of(name)
    served = [(each.path, each.sent) for each in server.exchanges(host)]
    indexed = lines[host]
    assert len(indexed) == sum(parse_response(sent).status >= 200 for _, sent in served)
    for line in indexed:
        replayed = pywb.get(line.url, line.timestamp)
        recorded = block_of(line, blocks)
        candidates = [sent for path, sent in served if f"http://{host}{path}" == line.url]
        if CASES[name].least is not None:  # the client hung up: what it had until then is what can be shown
            assert any(sent.startswith(recorded) for sent in candidates)
            candidates = [recorded]
        assert _replayed(replayed) in [_served(parse_response(sent)) for sent in candidates]
        twins = [each for each in indexed if (each.url, each.timestamp) == (line.url, line.timestamp)]
        assert digest_of([replayed.payload]) in [each.fields["digest"] for each in twins]
        assert str(replayed.status) in [each.fields["status"] for each in twins]


Shown = tuple[int, bytes, list[tuple[str, str]]]
"""Status, payload, and headers in their order, with a space for the white space at folds (RFC 9112 5.2)."""


def _served(message: HttpMessage) -> Shown:
    return message.status, message.payload, [(name, _FOLD.sub(" ", value)) for name, value in message.headers]


def _replayed(message: HttpMessage) -> Shown:
    """Return what is left of a replay without what pywb adds, and without its prefix where it is known to put it."""
    names = [name for name, _ in message.headers]
    end = names.index("Memento-Datetime") if "Memento-Datetime" in names else len(names)
    assert set(names[end:]) <= PYWB_ADDS
    headers = [(_without_prefix(name), _FOLD.sub(" ", value)) for name, value in message.headers[:end]]
    return message.status, message.payload, headers


def _without_prefix(name: str) -> str:
    original = name.removeprefix(PYWB_PREFIX)
    return original if original.lower() in PYWB_PREFIXES else name


@needs_judges
def test_what_is_no_response_is_not_found_by_pywb(pywb: Pywb, lines: Mapping[str, list[IndexLine]]) -> None:
    silent = [name for name in CASES if not lines[host_of(name)]]
    assert {"reset-at-once", "silent", "no-http", "endless-interim-responses"} <= set(silent)
    for name in silent:
        assert pywb.get(url_of(name)).status == 404


@needs_judges
def test_other_replays_are_pywbs_doing(
    pywb: Pywb,
    lines: Mapping[str, list[IndexLine]],
    blocks: Blocks,
    server: MockServer,
    tmp_path: Path,
) -> None:
    differing = {}
    for name in PYWB_DIFFERS:
        line = lines[host_of(name)][0]
        sent = server.exchanges(host_of(name))[0].sent
        assert sent.startswith(block_of(line, blocks))
        differing[name] = line, block_of(line, blocks)
    with by_hand(tmp_path, [(line, block) for line, block in differing.values()]) as control:
        for name, (line, block) in differing.items():
            assert _said(pywb, line) == _said(control, line), name
            for replay in (pywb, control):
                assert _replayed(replay.get(line.url, line.timestamp)) != _served(parse_response(block)), "no longer so"


@contextmanager
def by_hand(path: Path, responses: list[tuple[IndexLine, bytes]]) -> Iterator[Pywb]:
    """Replay a WARC file that nothing of ours has written or indexed."""
    folder = ArchiveFolder(path / "control")
    folder.warc_dir.mkdir(parents=True)
    with (folder.warc_dir / responses[0][0].fields["filename"]).open("wb") as file:  # errors of pywb name the file
        for number, (line, block) in enumerate(responses):
            date = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.strptime(line.timestamp, "%Y%m%d%H%M%S"))
            head = (
                f"WARC/1.1\r\nWARC-Type: response\r\nWARC-Date: {date}\r\nWARC-Target-URI: {line.url}\r\n"
                f"WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-{number:012}>\r\n"
                f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(block)}\r\n\r\n"
            )
            file.write(gzip.compress(head.encode("ascii") + block + b"\r\n\r\n"))
    ask("cdx-indexer", "--cdxj", "--sort", "--output", folder.warc_dir, folder.warc_dir)
    with pywb_over(folder) as running:
        yield running


def _said(pywb: Pywb, line: IndexLine) -> list[bytes]:
    """Return how the lines begin of all that pywb answers, but for its address, lengths that count it, and the time."""
    raw = pywb.raw(line.url, line.timestamp).replace(urlsplit(pywb.address).netloc.encode("ascii"), b"")
    lines = [each for each in raw.split(b"\r\n") if not each.startswith((b"Date: ", b"Content-Length: "))]
    return [each[:4096] for each in lines]


@needs_judges
def test_pywb_shows_an_unchanged_page_from_its_first_capture(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive")
    archive.capture(answer(BODY, b"Content-Type: text/html", b'ETag: "1"', b"X-Look: first"))
    time.sleep(1.1)  # the index knows seconds
    archive.capture(answer(BODY, b"Content-Type: text/html", b'ETag: "1"', b"X-Look: second"))
    archive.capture(answer(BODY, b"X-Look: elsewhere"), number=1)
    time.sleep(1.1)
    not_modified(archive, b'ETag: "1"')
    for path in index_missing(archive.folder.warc_dir):
        write_index(path)
    lines = index_lines(archive.folder)
    first, second = (line for line in lines if line.url == archive.urls[0])
    [elsewhere] = (line for line in lines if line.url == archive.urls[1])
    assert [line.fields["mime"] for line in (first, second, elsewhere)] == ["text/html", *["warc/revisit"] * 2]
    with pywb_over(archive.folder) as pywb:
        looks = {
            "first": pywb.get(first.url, first.timestamp),
            "second": pywb.get(second.url, second.timestamp),
            "elsewhere": pywb.get(elsewhere.url, elsewhere.timestamp),
        }
        latest = pywb.get(archive.urls[0])
    for name, replayed in looks.items():
        assert (replayed.status, replayed.payload, replayed.header("X-Look")) == (200, BODY, name)
    assert (latest.status, latest.payload) == (200, BODY)
