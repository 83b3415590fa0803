"""One contender in a process of its own.

python -m bench.extract.runner NAME

Reads a line of JSON for each group of pages (`pages`: file and URL of each; `keep`: whether to say what was found),
and answers with a line: `cpu` (seconds of this process's processor time), `found`, and `failed` (page to error).
It needs nothing but the standard library and the contender, and lets nothing speak to a network.
"""

from __future__ import annotations

import gzip
import json
import logging
import os
import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.extract.extractors import EXTRACTORS

if TYPE_CHECKING:
    from bench.extract.extractors import Extract, Found

_NETWORK = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto")
_SENTENCE = b"A paragraph that is long enough to have a language of its own, and to be taken for an article. "
_WARM_UP = (
    b"<html><head><title>Warm</title></head><body><article>" + b"<p>" + _SENTENCE * 9 + b"</p></article></body></html>"
)


class NetworkError(Exception):
    """A contender wanted to speak to a network."""


def main(name: str) -> None:
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a contender prints is no answer
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    extract = EXTRACTORS[name]()
    for _ in range(3):  # what a process loads once: libraries, tables, profiles of languages
        extract(_WARM_UP, "http://page.example/")
    sys.addaudithook(_forbid_network)
    answers.write('{"ready": true}\n')
    answers.flush()
    for line in sys.stdin:
        request = json.loads(line)
        answer = run(extract, request["pages"])
        if not request["keep"]:
            answer["found"] = {}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def run(extract: Extract, pages: list[dict[str, Any]]) -> dict[str, Any]:
    """Let the contender read *pages*, and say what it took; the files are read before the clock starts."""
    bodies = [gzip.decompress(Path(page["file"]).read_bytes()) for page in pages]
    found: dict[str, Found] = {}
    failed: dict[str, str] = {}
    started = time.process_time()
    for page, body in zip(pages, bodies, strict=True):
        try:
            found[page["id"]] = extract(body, page["url"])
        except Exception as error:  # noqa: BLE001  # a contender that fails on a page has no text of it
            failed[page["id"]] = f"{type(error).__name__}: {error}"[:200]
    return {"cpu": time.process_time() - started, "found": found, "failed": failed}


def _forbid_network(event: str, _: tuple[Any, ...]) -> None:
    if event in _NETWORK:
        raise NetworkError(f"{event}: a bench is no place for a network")


if __name__ == "__main__":
    main(sys.argv[1])
