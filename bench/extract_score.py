"""Score `extract_page` beside trafilatura's defaults on annotated pages: text, speed, and what isn't called an article.

python -m bench.extract_score FOLDER       # the folder with articles/, segments/ and score.py

Seconds are of this process's CPU, so that what else the machine does counts for neither.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
import logging
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def main(folder: Path) -> None:
    logging.disable(logging.CRITICAL)
    referee = _load(folder / "score.py")
    from extract.version import EXTRACTOR

    print(f"extractor {EXTRACTOR}")
    verdicts: Counter[str] = Counter()
    odd: list[str] = []
    _warm_up()
    for part in ("articles", "segments"):
        truth = json.loads((folder / part / "truth.json").read_text(encoding="utf-8"))
        pages = {name: gzip.decompress((folder / part / f"{name}.html.gz").read_bytes()) for name in truth}
        urls = {name: item.get("url") if isinstance(item, dict) else None for name, item in truth.items()}
        score = getattr(referee, f"score_{part}")
        ours, seconds = _timed(pages, urls, _ours(verdicts, odd))
        theirs, their_seconds = _timed(pages, urls, _trafilatura)
        _print(part, "sourcekeep", score(truth, ours), len(pages) / seconds, their_seconds / seconds)
        _print(part, "trafilatura", score(truth, theirs), len(pages) / their_seconds, 1.0)
    print("verdicts:", dict(verdicts.most_common()))
    print("\n".join(odd))


def _load(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location("referee", path)
    if spec is None or spec.loader is None or not path.is_file():
        sys.exit(f"error: there is no referee at {path}; name the folder that holds it")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _timed(
    pages: dict[str, bytes], urls: dict[str, str | None], extract: Callable[[bytes, str | None], str | None]
) -> tuple[dict[str, str | None], float]:
    started = time.process_time()
    found = {name: extract(body, urls[name]) for name, body in pages.items()}
    return found, time.process_time() - started


def _warm_up() -> None:
    """Load what a process loads once: libraries, tables, profiles of languages."""
    page = b"<p>" + b"A paragraph that is long enough to have a language of its own. " * 9
    _ours(Counter(), [])(page, "http://page.example/")
    _trafilatura(page, "http://page.example/")


def _ours(verdicts: Counter[str], odd: list[str]) -> Callable[[bytes, str | None], str | None]:
    from extract import extract_page

    def extract(body: bytes, url: str | None) -> str | None:
        page = extract_page(body, url=url)
        verdicts[page.verdict] += 1
        if page.verdict not in ("article", "index", "document"):
            odd.append(f"  {page.verdict}: {url} {page.title!r} {page.evidence}"[:300])
        return page.text

    return extract


def _trafilatura(body: bytes, url: str | None) -> str | None:
    import trafilatura

    text: str | None = trafilatura.extract(body, url=url)
    return text


def _print(part: str, who: str, result: dict[str, Any], rate: float, ratio: float) -> None:
    rounded = {key: round(value, 4) if isinstance(value, float) else value for key, value in result.items()}
    print(f"{part:9} {who:12} {rounded} {rate:.0f} pages/s ({ratio:.2f} x)")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/bench"))
