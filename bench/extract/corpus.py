"""The annotated pages: a folder with `articles/` and `segments/` (`truth.json`, `ID.html.gz`) and their referee."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import ModuleType

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "bench"
"""Where the pages are unless another folder is named."""
PARTS = ("articles", "segments")


class CorpusError(Exception):
    """There are no annotated pages where they were looked for; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Page:
    """One annotated page."""

    part: str
    id: str
    url: str | None
    """As the annotations give it; some are no URL, and those of the articles have none."""
    file: Path

    def body(self) -> bytes:
        """Return the bytes of the page."""
        return gzip.decompress(self.file.read_bytes())


@dataclass(frozen=True, slots=True)
class Corpus:
    """The pages, or a sample of them, with what is known of them."""

    folder: Path
    truth: dict[str, dict[str, Any]]
    """By part and page: the whole text of an article, or the phrases that a page must and must not have."""
    pages: list[Page]
    referee: ModuleType
    """`score.py` of the folder."""

    def score(self, part: str, texts: dict[str, str | None]) -> dict[str, Any]:
        """Return the referee's figures for *texts*, by page, of *part*."""
        figures: dict[str, Any] = getattr(self.referee, f"score_{part}")(self.truth[part], texts)
        return figures

    def digest(self) -> str:
        """Return the SHA-256 of everything that the figures hang on: the referee, the annotations, the pages."""
        digest = hashlib.sha256((self.folder / "score.py").read_bytes())
        digest.update(json.dumps(self.truth, sort_keys=True).encode())
        for page in self.pages:
            digest.update(f"{page.part}/{page.id}\n".encode())
            digest.update(hashlib.sha256(page.body()).digest())
        return f"sha256:{digest.hexdigest()}"


def load_corpus(folder: Path = FOLDER, every: int = 1) -> Corpus:
    """Read *folder*, of its pages one in *every*; raises CorpusError when it is no such folder."""
    try:
        truth = {part: _truth(folder / part, every) for part in PARTS}
        referee = _referee(folder / "score.py")
    except (OSError, ValueError) as error:
        raise CorpusError(
            f"{folder} is no folder of annotated pages ({error}); name the folder that holds them"
        ) from error
    pages = [
        Page(part, name, entry["url"] if isinstance(entry, dict) else None, folder / part / f"{name}.html.gz")
        for part in PARTS
        for name, entry in truth[part].items()
    ]
    return Corpus(folder, truth, pages, referee)


def _truth(folder: Path, every: int) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    return {name: whole[name] for name in sorted(whole)[::every]}


def _referee(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("referee", path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
