"""Pages of our own words with the anatomy of the seed's nine sources, from a server on this machine to the text."""

from __future__ import annotations

import subprocess
import sys
import threading
import tomllib
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from reading_archive import run

from archive.folder import ArchiveFolder
from archive.words import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archive.catalogue.reports import SourceLine
    from archive.text_records import Text

PAGES = Path(__file__).parent / "seed_pages"
EXPECTED: dict[str, dict[str, Any]] = tomllib.loads((PAGES / "expected.toml").read_text(encoding="utf-8"))
OK = 200


class Handler(BaseHTTPRequestHandler):
    """Answers `http://NAME.example/story` with the page NAME, and with nothing at all where there is no such file."""

    def do_GET(self) -> None:  # http.server calls it so
        name = self.headers["Host"].partition(".")[0]
        file = PAGES / f"{name}.html"
        body = file.read_bytes() if file.exists() else b""
        found = self.path == "/story"
        self.send_response(EXPECTED[name].get("http_status", OK) if found else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body) if found else 0))
        self.end_headers()
        self.wfile.write(body if found else b"")

    def log_message(self, *_: object) -> None:
        """Say nothing on stderr."""


@contextmanager
def serving() -> Iterator[int]:
    """Serve the pages on a port of this machine inside."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> ArchiveFolder:
    """An archive with the nine pages, imported, crawled and extracted by the program's own commands."""
    path = tmp_path_factory.mktemp("pages")
    (path / "urls.txt").write_text("".join(f"http://{name}.example/story\n" for name in EXPECTED), encoding="utf-8")
    made = ArchiveFolder(path / "archive")
    assert run(made, "import", str(path / "urls.txt")).exit_code == 0
    command = [sys.executable, "-W", "error", "-m", "sourcekeep", "--archive", str(made.path), "crawl", "--delay", "0"]
    with serving() as port:
        crawled = subprocess.run(
            [*command, "--resolve", f"*:80:127.0.0.1:{port}"], capture_output=True, text=True, timeout=120, check=False
        )
    assert crawled.returncode == 0, crawled.stderr
    return made


@pytest.fixture(scope="module")
def lines(folder: ArchiveFolder) -> dict[str, SourceLine]:
    with folder.catalogue() as catalogue:
        return {line.url.partition("//")[2].partition(".")[0]: line for line in catalogue.reports.source_lines()}


@pytest.fixture(scope="module")
def texts(folder: ArchiveFolder) -> dict[str, Text]:
    with folder.catalogue() as catalogue:
        found = {
            source.url.partition("//")[2].partition(".")[0]: catalogue.texts.latest(source.last_capture_id or 0)
            for source in catalogue.sources.all()
        }
    return {name: text for name, text in found.items() if text}


@pytest.mark.parametrize("name", EXPECTED)
def test_page_has_its_outcome_verdict_and_language(
    name: str, lines: dict[str, SourceLine], texts: dict[str, Text]
) -> None:
    line, text, want = lines[name], texts[name], EXPECTED[name]
    status = want.get("http_status", OK)
    assert (line.outcome, line.http_status) == (Outcome.FETCHED if status == OK else Outcome.HTTP_ERROR, status)
    assert (line.verdict, text.verdict, text.language) == (want["verdict"], want["verdict"], want.get("language"))
    is_article = want["verdict"] == "article"
    assert (text.text is not None, line.best_capture_id is not None) == (is_article, is_article)


@pytest.mark.parametrize("name", EXPECTED)
def test_what_is_kept_and_what_is_set_apart(name: str, texts: dict[str, Text]) -> None:
    text, want = texts[name], EXPECTED[name]
    kept, comments = text.text or "", text.comments or ""
    notices = "\n".join(" ".join(notice.text.split()) for notice in text.notices)
    assert [one for one in want.get("kept", []) if one not in kept or one in comments] == []
    assert [one for one in want.get("comments", []) if one not in comments or one in kept] == []
    assert [one for one in want.get("stripped", []) if one not in notices or one in kept] == []
    assert [one for one in want.get("apart", []) if one not in notices + comments or one in kept] == []


def test_pages_are_found_by_the_words_of_their_articles_alone(folder: ArchiveFolder) -> None:
    assert "blog.example" in run(folder, "search", '"kept the curtains"').stdout
    assert "1 source" in run(folder, "search", "Künstler:innen").stdout
    for words in ("mattress", "rent month", "Kommentar absenden", "trial", "cookies"):
        assert "no text holds all of" in run(folder, "search", words).stdout
