"""A small folder of bench pages, written for the tests."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

URLS = {
    "ferry": "http://harbour.example/notes/ferry.html",
    "locks": "https://canal.example/locks",
    "sluice": "https://canal.example/sluice?id=7&part=a%7Cb",
    "blank": "https://mill.example/wheel ",
    "scheme": "hard::weir.example.html",
}
SERVED = ("ferry", "locks", "sluice", "blank")


def body_of(page_id: str) -> bytes:
    """Return a page of some ten kilobytes, so that it needs more than one chunk."""
    lines = "".join(
        f"<p>Line {number} of the page on the {page_id}, kept by the lock keeper.</p>" for number in range(200)
    )
    return f"<!doctype html><title>{page_id}</title><body>{lines}</body>".encode()


def write_segments(folder: Path, urls: dict[str, str] | None = None) -> Path:
    """Write the folder as the bench wants it."""
    urls = urls or URLS
    folder.mkdir()
    truth = {page_id: {"url": url, "with": [], "without": []} for page_id, url in urls.items()}
    (folder / "truth.json").write_text(json.dumps(truth), encoding="utf-8")
    for page_id in urls:
        (folder / f"{page_id}.html.gz").write_bytes(gzip.compress(body_of(page_id)))
    return folder
