"""Compare bot walls with npm's `is-antibot` (MIT): its rules on our labelled pages, our rules on its recorded answers.

python -m bench.antibot FOLDER       # in which `npm install --ignore-scripts is-antibot` was run; needs node

Nothing of it is in this repository. Its label is whether a response is under a product's protection that blocks; a
consent page or an empty shell of some sites counts as that too.
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archive.words import Verdict
from bench.verdict_pages import PARTS
from bench.verdict_score import judge_part
from extract import extract_page

if TYPE_CHECKING:
    from bench.verdict_score import Judged

_ASK = """
const isAntibot = require('is-antibot');
const ask = isAntibot.default || isAntibot;
const pages = JSON.parse(require('fs').readFileSync(0, 'utf8'));
console.log(JSON.stringify(pages.map(page => ask(page))));
"""


def main(folder: Path) -> None:
    package = folder / "node_modules" / "is-antibot"
    if not package.is_dir():
        sys.exit(f"error: there is no is-antibot in {folder}; run `npm install --ignore-scripts is-antibot` there")
    node = shutil.which("node")
    if node is None:
        sys.exit("error: node is not installed, and is-antibot is written for it")
    version = json.loads((package / "package.json").read_text(encoding="utf-8"))["version"]
    judged = [item for part in PARTS for item in judge_part(part)]
    _compare(version, judged, ask_antibot(node, folder, judged))
    _recordings(package)


def ask_antibot(node: str, folder: Path, judged: list[Judged]) -> list[dict[str, Any]]:
    """Return its answer to each page: `detected`, `provider`, `detection`."""
    asked = [
        {
            "url": item.page.url,
            "statusCode": item.page.status,
            "headers": item.page.headers,
            "html": item.page.body.decode("utf-8", "replace"),
        }
        for item in judged
    ]
    done = subprocess.run(
        [node, "-e", _ASK], input=json.dumps(asked), cwd=folder, capture_output=True, text=True, check=True
    )
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


def _compare(version: str, judged: list[Judged], answers: list[dict[str, Any]]) -> None:
    ours, theirs = Counter[str](), Counter[str]()
    for item, answer in zip(judged, answers, strict=True):
        is_wall = item.page.label is Verdict.BOT_WALL
        ours[_cell(is_wall, says=item.made.verdict is Verdict.BOT_WALL)] += 1
        theirs[_cell(is_wall, says=bool(answer["detected"]))] += 1
        if answer["detected"] and not is_wall:
            print(f"  is-antibot {version} on {item.page.label} {item.page.name}: {answer['provider']}")
    for name, counts in (("Sourcekeep", ours), (f"is-antibot {version}", theirs)):
        print(f"| {name} | {counts['found']} | {counts['missed']} | {counts['false']} |")


def _cell(is_wall: bool, *, says: bool) -> str:
    return ("found" if says else "missed") if is_wall else ("false" if says else "rest")


def _recordings(package: Path) -> None:
    for kind in ("failed", "success"):
        verdicts = Counter[str]()
        for path in sorted(package.glob(f"providers/*/{kind}.json")):
            verdict = judge_recording(json.loads(path.read_text(encoding="utf-8")))
            verdicts[verdict] += 1
            if (verdict == Verdict.BOT_WALL) != (kind == "failed"):
                print(f"  {kind} {path.parent.name}: {verdict}")
        print(f"its {kind} answers: {dict(verdicts.most_common())}")


def judge_recording(har: dict[str, Any]) -> Verdict:
    """Return our verdict on the last response of a HAR file (HTTP Archive 1.2)."""
    entry = har["log"]["entries"][-1]
    response = entry["response"]
    content = response.get("content", {})
    text = content.get("text") or ""
    body = base64.b64decode(text) if content.get("encoding") == "base64" else text.encode()
    headers: dict[str, str] = {}
    for header in response["headers"]:
        name = header["name"].lower()
        headers[name] = f"{headers[name]}, {header['value']}" if name in headers else header["value"]
    return extract_page(
        body, url=entry["request"]["url"], headers=headers, http_status=response["status"] or None
    ).verdict


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("error: name the folder in which `npm install --ignore-scripts is-antibot` was run")
    main(Path(sys.argv[1]))
