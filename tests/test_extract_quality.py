"""Floors under the quality of the text, on a sample of the annotated pages beside the checkout."""

from __future__ import annotations

import gzip
import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from archive.records import Verdict
from extract import ExtractedPage, extract_page

BENCH = Path(__file__).parent.parent.parent / "shared" / "bench"
FLOORS = {"articles": 0.96, "segments": 0.92}
EACH = {"articles": 2, "segments": 9}
"""One page in so many is looked at: the whole takes half a minute (`python -m bench.extract_score`)."""

pytestmark = pytest.mark.skipif(
    not (BENCH / "score.py").is_file(), reason=f"the annotated pages are not here ({BENCH.name} beside the checkout)"
)


@pytest.fixture(scope="module")
def truth() -> dict[str, dict[str, Any]]:
    """The annotations of the sample, by part."""
    return {part: _sample(part) for part in FLOORS}


@pytest.fixture(scope="module")
def made(truth: dict[str, dict[str, Any]]) -> dict[str, dict[str, ExtractedPage]]:
    return {part: {name: _extract(part, name, entry) for name, entry in truth[part].items()} for part in FLOORS}


def _sample(part: str) -> dict[str, Any]:
    whole = json.loads((BENCH / part / "truth.json").read_text(encoding="utf-8"))
    return {name: whole[name] for name in sorted(whole)[:: EACH[part]]}


def _extract(part: str, name: str, entry: Any) -> ExtractedPage:
    body = gzip.decompress((BENCH / part / f"{name}.html.gz").read_bytes())
    return extract_page(body, url=entry["url"] if isinstance(entry, dict) else None)


def _referee() -> Any:
    spec = importlib.util.spec_from_file_location("referee", BENCH / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("part", sorted(FLOORS))
def test_text_is_as_good_as_it_was(
    part: str, truth: dict[str, dict[str, Any]], made: dict[str, dict[str, ExtractedPage]]
) -> None:
    texts = {name: page.text for name, page in made[part].items()}
    result = getattr(_referee(), f"score_{part}")(truth[part], texts)
    assert result["f1"] >= FLOORS[part], result


def test_no_ordinary_article_is_called_a_wall(made: dict[str, dict[str, ExtractedPage]]) -> None:
    pages = [page for part in made.values() for page in part.values()]
    walls = [page for page in pages if page.verdict not in {Verdict.ARTICLE, Verdict.INDEX, Verdict.PAYWALLED}]
    assert not [(page.title, page.verdict, page.evidence) for page in walls]
    # Those of the annotated pages that are paywalled were cut off by their publisher, and say so.
    offers = [page for page in pages if page.verdict == Verdict.PAYWALLED]
    assert all(page.evidence["is_accessible_for_free"] is False for page in offers)
    assert len([page for page in pages if page.verdict == Verdict.INDEX]) <= len(pages) // 50


def test_every_article_has_a_language_and_its_notices(made: dict[str, dict[str, ExtractedPage]]) -> None:
    pages = [page for part in made.values() for page in part.values() if page.text]
    assert all(page.language for page in pages)
    assert sum(bool(page.notices) for page in pages) >= 0.95 * len(pages)
