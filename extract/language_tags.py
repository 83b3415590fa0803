"""Tags of languages (BCP 47, RFC 5646): one spelling for each language, and the script that it is written in.

Which tags mean the same is CLDR's table of aliases (release 48), which scripts are usual is CLDR's table of likely
subtags; where the two leave a choice, `_SAME` says which name is used here.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache

_TAG = re.compile(r"([a-z]{2,3})(?:[-_]([a-z]{4}))?(?:[-_]([a-z]{2}|\d{3}))?(?:[-_].*)?", re.IGNORECASE)
_TRADITIONAL_REGIONS = frozenset({"tw", "hk", "mo"})
# ISO 639-2 codes of languages that have a code of two letters, which BCP 47 asks for.
_SHORTER = (
    "aar:aa abk:ab afr:af aka:ak alb:sq amh:am ara:ar arg:an arm:hy asm:as ava:av ave:ae aym:ay aze:az bak:ba bam:bm "
    "baq:eu bel:be ben:bn bih:bh bis:bi bod:bo bos:bs bre:br bul:bg bur:my cat:ca ces:cs cha:ch che:ce chi:zh chu:cu "
    "chv:cv cor:kw cos:co cre:cr cym:cy cze:cs dan:da deu:de div:dv dut:nl dzo:dz ell:el eng:en epo:eo est:et eus:eu "
    "ewe:ee fao:fo fas:fa fij:fj fin:fi fra:fr fre:fr fry:fy ful:ff geo:ka ger:de gla:gd gle:ga glg:gl glv:gv gre:el "
    "grn:gn guj:gu hat:ht hau:ha heb:he her:hz hin:hi hmo:ho hrv:hr hun:hu hye:hy ibo:ig ice:is ido:io iii:ii iku:iu "
    "ile:ie ina:ia ind:id ipk:ik isl:is ita:it jav:jv jpn:ja kal:kl kan:kn kas:ks kat:ka kau:kr kaz:kk khm:km kik:ki "
    "kin:rw kir:ky kom:kv kon:kg kor:ko kua:kj kur:ku lao:lo lat:la lav:lv lim:li lin:ln lit:lt ltz:lb lub:lu lug:lg "
    "mac:mk mal:ml mao:mi mar:mr may:ms mkd:mk mlg:mg mlt:mt mon:mn mri:mi msa:ms mya:my nau:na nav:nv nbl:nr nde:nd "
    "ndo:ng nep:ne nld:nl nno:nn nob:nb nor:no nya:ny oci:oc oji:oj ori:or orm:om oss:os pan:pa per:fa pli:pi pol:pl "
    "por:pt pus:ps que:qu roh:rm ron:ro rum:ro run:rn rus:ru sag:sg san:sa sin:si slk:sk slo:sk slv:sl sme:se smo:sm "
    "sna:sn snd:sd som:so sot:st spa:es sqi:sq srd:sc srp:sr ssw:ss sun:su swa:sw swe:sv tah:ty tam:ta tat:tt tel:te "
    "tgk:tg tgl:tl tha:th tib:bo tir:ti ton:to tsn:tn tso:ts tuk:tk tur:tr twi:ak uig:ug ukr:uk urd:ur uzb:uz ven:ve "
    "vie:vi vol:vo wel:cy wln:wa wol:wo xho:xh yid:yi yor:yo zha:za zho:zh zul:zu"
)
# Retired codes, and the one standard variety that a macrolanguage's code means in practice. Norwegian is `no` where it
# is Bokmål, as every detector and most pages have it; Dari is Persian, as CLDR's `fa-AF`.
_SAME = (
    "iw:he in:id ji:yi jw:jv mo:ro tl:fil tw:ak nb:no als:sq arb:ar ayr:ay azj:az bcc:bal bcl:bik cmn:zh ekk:et "
    "esk:ik gaz:om gom:kok gug:gn ike:iu khk:mn kmr:ku knc:kr kng:kg kpv:kv lvs:lv npi:ne ojg:oj ory:or pbu:ps pes:fa "
    "plt:mg pnb:lah prs:fa quz:qu src:sc swc:sw swh:sw uzn:uz ydd:yi zlm:ms zsm:ms"
)
_CANONICAL = dict(pair.split(":") for pair in _SAME.split())
_CANONICAL |= {long: _CANONICAL.get(short, short) for long, short in (pair.split(":") for pair in _SHORTER.split())}
_TWO_LETTERS = frozenset(_CANONICAL.values()) | frozenset(_SHORTER.replace(":", " ").split())

# By script, the languages that are written in it; the first script of a language is its usual one, and a language
# that stands nowhere is written in Latin letters.
_WRITTEN_IN = {
    "Cyrl": "ab av ba be bg ce cv kk kv ky mk mn os ru sah sr tg tt tyv udm uk",
    "Arab": "ar arz azb bal bqi ckb fa glk ks lah lrc mzn ps sd ug ur",
    "Deva": "anp awa bgc bh bho brx doi hi hne kok mag mai mr ne new sa",
    "Beng": "as bn bpy mni",
    "Ethi": "am ti tig",
    "Hebr": "he lad yi",
    "Tibt": "bo dz",
    "Mymr": "blk ksw mnw my shn",
    "Geor": "ka xmf",
    "Hani": "gan hak hsn nan wuu yue zh",
    "Cans": "cr iu oj",
    "Grek": "el",
    "Armn": "hy",
    "Jpan": "ja",
    "Hang": "ko",
    "Thai": "th",
    "Laoo": "lo",
    "Khmr": "km",
    "Guru": "pa",
    "Gujr": "gu",
    "Orya": "or",
    "Taml": "ta",
    "Telu": "te tcy",
    "Knda": "kn",
    "Mlym": "ml",
    "Sinh": "si",
    "Thaa": "dv",
    "Syrc": "aii arc syr",
    "Cher": "chr",
    "Olck": "sat",
    "Nkoo": "nqo",
    "Yiii": "ii",
    "Tfng": "tzm zgh",
}
_OTHER_SCRIPTS = {
    "Latn": "kk sr tzm zgh tg tt ug cr iu oj",
    "Cyrl": "az bs crh ku tk uz ug ro",
    "Arab": "az ku kk ms pa tg uz ha",
    "Deva": "ks sd",
    "Mtei": "mni",
    "Mong": "mn",
    "Tfng": "ber kab",
    "Beng": "sa",
}
_SCRIPTS: dict[str, list[str]] = {}
for _script, _languages in _WRITTEN_IN.items():
    _SCRIPTS |= {_language: [_script] for _language in _languages.split()}
for _script, _languages in _OTHER_SCRIPTS.items():
    for _language in _languages.split():
        _SCRIPTS.setdefault(_language, ["Latn"]).append(_script)
# Languages whose tag always names the script: readers of one can't be taken to read the other.
_TWO_SCRIPTS = frozenset({"zh", "sr"})
_WITH_HAN = frozenset({"Hani", "Jpan", "Hang"})
# Unicode's names of letters begin with the name of their script.
_CODES = (
    "ADLAM:Adlm ARABIC:Arab ARMENIAN:Armn BENGALI:Beng CANADIAN:Cans CHAKMA:Cakm CHEROKEE:Cher CJK:Hani CYRILLIC:Cyrl "
    "DEVANAGARI:Deva ETHIOPIC:Ethi GEORGIAN:Geor GREEK:Grek GUJARATI:Gujr GURMUKHI:Guru HANGUL:Hang HEBREW:Hebr "
    "HIRAGANA:Kana IDEOGRAPHIC:Hani JAVANESE:Java KANNADA:Knda KATAKANA:Kana KATAKANA-HIRAGANA:Kana KHMER:Khmr "
    "LAO:Laoo LATIN:Latn MALAYALAM:Mlym MEETEI:Mtei MONGOLIAN:Mong MYANMAR:Mymr NKO:Nkoo OL:Olck ORIYA:Orya "
    "SINHALA:Sinh SYRIAC:Syrc TAMIL:Taml TELUGU:Telu THAANA:Thaa THAI:Thai TIBETAN:Tibt TIFINAGH:Tfng VAI:Vaii "
    "YI:Yiii"
)
_SCRIPT_BY_NAME = dict(pair.split(":") for pair in _CODES.split())
_FOREIGN_SHARE = 0.03
"""Of kana or Hangul in Chinese text: names and titles. Japanese and Korean have far more."""


def normal_tag(declared: str | None) -> str | None:
    """Return a declared language as BCP 47 has it (RFC 5646 2.1.1), without its region; None for what is none.

    Tags that mean the same language become one. The script stays where it isn't the usual one of that language.
    """
    match = _TAG.fullmatch((declared or "").split(",")[0].strip())
    if not match:
        return None
    language, script, region = match[1].lower(), (match[2] or "").title(), (match[3] or "").lower()
    if language == "sh":
        return "sr-Latn"
    language = _CANONICAL.get(language, language)
    if len(language) == len("xx") and language not in _TWO_LETTERS:
        return None
    if language in {"und", "mul", "zxx", "mis"}:
        return None
    if language == "zh" and script not in {"Hans", "Hant"}:
        script = "Hant" if region in _TRADITIONAL_REGIONS else "Hans"
    if script and (script != usual_script(language) or language in _TWO_SCRIPTS):
        return f"{language}-{script}"
    return language


def usual_script(language: str) -> str:
    """Return the script (ISO 15924) that *language*, a tag without script, is usually written in."""
    return _SCRIPTS.get(language, ["Latn"])[0]


def in_script(tag: str, script: str) -> str | None:
    """Return *tag* as it is for text in *script*, or None where that language isn't written so.

    A language that no table here has is taken as it is.
    """
    language, _, declared = tag.partition("-")
    scripts = _SCRIPTS.get(language) or (["Latn"] if len(language) == len("xx") else [script])
    if script == "Hani" and scripts[0] in _WITH_HAN:
        return tag
    if script not in {*scripts, declared}:
        return None
    return f"{language}-{script}" if script != scripts[0] or language in _TWO_SCRIPTS else language


def script_languages() -> frozenset[str]:
    """Return the languages that a script of their own gives away."""
    return frozenset(languages for languages in _WRITTEN_IN.values() if " " not in languages)


def only_language(script: str) -> str | None:
    """Return the language that *script* is written for, where it is one alone."""
    languages = _WRITTEN_IN.get(script, "").split()
    return languages[0] if len(languages) == 1 else None


def script_of(text: str) -> str | None:
    """Return the script of most letters of *text* (ISO 15924), None where there are no letters of a known one.

    `Hani` is Han characters without kana or Hangul, `Jpan` Japanese, `Hang` Korean.
    """
    counts = Counter(_script_of_letter(character) for character in text if character.isalpha())
    han, kana, hangul = (counts.pop(name, 0) for name in ("Hani", "Kana", "Hang"))
    foreign = _FOREIGN_SHARE * han
    east_asian = "Hang" if hangul > max(foreign, kana) else "Jpan" if kana > foreign else "Hani"
    counts[east_asian] = han + kana + hangul
    script, count = max(counts.items(), key=lambda pair: (pair[1], pair[0] or ""))
    return script if count else None


@lru_cache(maxsize=4096)
def _script_of_letter(character: str) -> str | None:
    name = unicodedata.name(character, "").partition(" ")[0]
    return _SCRIPT_BY_NAME.get(name)
