"""`extract.language`: a tag where it can be told, the page's own word where it can't, and else nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from extract_pages import ARTICLES, text_of
from hypothesis import given
from hypothesis import strategies as st

from bench.language_score import Text
from extract.language import Language, detect, known_languages
from extract.language_tags import in_script, normal_tag, script_of

SENTENCES = {
    "it": "La commissione ha rinviato la decisione alla settimana prossima, perché nessuno aveva letto il contratto.",
    "nl": "De commissie heeft het besluit uitgesteld tot volgende week, omdat niemand het contract had gelezen.",
    "pt": "A comissão adiou a decisão para a próxima semana, porque ninguém tinha lido o contrato até então.",
    "sv": "Nämnden sköt upp beslutet till nästa vecka, eftersom ingen hade läst avtalet i sin helhet ännu.",
    "tr": "Komisyon kararı gelecek haftaya erteledi, çünkü o güne kadar sözleşmeyi hiç kimse okumamıştı.",
    "ar": "أجلت اللجنة القرار إلى الأسبوع المقبل لأن أحدا لم يكن قد قرأ العقد كاملا حتى ذلك اليوم.",
    "ko": "위원회는 아무도 계약서를 끝까지 읽지 않았다는 이유로 결정을 다음 주로 미루었다고 시청이 어제 밝혔다.",
    "no": "Utvalget utsatte vedtaket til neste uke, fordi ingen hadde lest avtalen fra begynnelse til slutt ennå.",
    "nn": "Utvalet utsette vedtaket til neste veke, fordi ingen hadde lese avtalen frå byrjing til slutt enno.",
    "id": "Komisi menunda keputusan hingga pekan depan karena belum ada yang membaca seluruh isi perjanjian itu.",
    "uk": "Комісія відклала рішення до наступного тижня, бо досі ніхто не прочитав угоду від початку до кінця.",
    "sr-Cyrl": "Комисија је одложила одлуку за следећу недељу, јер до тада нико није прочитао цео уговор.",
    "fa": "کمیسیون تصمیم خود را به هفتهٔ آینده موکول کرد، زیرا تا آن روز هیچ‌کس قرارداد را کامل نخوانده بود.",
    "hi": "समिति ने फ़ैसला अगले हफ़्ते तक टाल दिया, क्योंकि तब तक किसी ने भी पूरा अनुबंध नहीं पढ़ा था।",
    "th": "คณะกรรมการเลื่อนการตัดสินใจไปเป็นสัปดาห์หน้า เพราะจนถึงวันนั้นยังไม่มีใครอ่านสัญญาจนจบ",
    "vi": "Ủy ban hoãn quyết định sang tuần sau, vì đến hôm ấy vẫn chưa có ai đọc hết bản hợp đồng.",
    "eu": "Batzordeak datorren astera atzeratu du erabakia, ordura arte inork ez baitzuen kontratua osorik irakurri.",
    "zh-Hans": "委员会把决定推迟到下周，因为到那天为止还没有人把合同从头到尾读过一遍，主席说这样不行。",
    "zh-Hant": "委員會把決定延後到下週，因為到那天為止還沒有人把合約從頭到尾讀過一遍，主席說這樣不行。",
}


CHINESE_WITH_A_JAPANESE_TITLE = f"关于《のだめ》：{SENTENCES['zh-Hans']}{SENTENCES['zh-Hans']}{SENTENCES['zh-Hans']}"


@pytest.mark.parametrize("language", sorted(ARTICLES))
def test_language_of_an_article(language: str) -> None:
    found = detect(text_of(language), None)
    assert found.tag == language
    assert found.confidence is not None
    assert found.confidence > 0.95


@pytest.mark.parametrize("language", sorted(SENTENCES))
def test_language_of_a_sentence(language: str) -> None:
    assert detect(SENTENCES[language], None).tag == language


def test_what_is_written_goes_before_what_the_page_says() -> None:
    assert detect(text_of("de"), "en-US").tag == "de"


@pytest.mark.parametrize(
    "text", ["Delft, 2031", "OK", "12 345 678 901 234 567 890 123 456 789 012 345 678 901 234 567"]
)
def test_too_little_text_is_what_the_page_says_without_confidence(text: str) -> None:
    assert detect(text, "nl-NL") == Language("nl", None)
    assert detect(text, None) == Language(None, None)


@pytest.mark.parametrize("text", [None, ""])
def test_no_text_has_no_language(text: str | None) -> None:
    assert detect(text, "en") == Language(None, None)


def test_text_in_a_script_that_no_profile_has_is_what_the_page_says() -> None:
    vai = "ꕙꔤ ꕢꕌ ꖸꕎ ꗏꖺ ꕮꔧ ꖨꕎ " * 9
    assert detect(vai, "vai") == Language("vai", None)
    assert detect(vai, None) == Language(None, None)


def test_text_in_a_script_of_one_language_is_in_that_language() -> None:
    assert detect("ꆈꌠꁱꂷ ꄉꀋꐚ ꌋꆀꃅꄉ " * 9, "en").tag == "ii"


def test_script_that_languages_share_names_none_of_them() -> None:
    assert detect("ᐃᓄᒃᑎᑐᑦ ᐅᖃᐅᓯᖅ ᓄᓇᕗᒻᒥ " * 9, None) == Language(None, None)
    assert detect("ᐃᓄᒃᑎᑐᑦ ᐅᖃᐅᓯᖅ ᓄᓇᕗᒻᒥ " * 9, "cr").tag == "cr"


def test_declared_language_that_is_not_written_so_is_not_believed() -> None:
    assert detect("Городской совет", "en") == Language(None, None)
    assert detect("Городской совет", "ru") == Language("ru", None)


@pytest.mark.parametrize("declared", ["bs", "hr", "sr-Latn"])
def test_between_standards_of_one_language_the_page_decides(declared: str) -> None:
    text = "Komisija je odgodila odluku za sljedeću sedmicu, jer do tada niko nije pročitao cijeli ugovor do kraja."
    assert detect(text, declared).tag == declared


def test_page_in_a_language_that_no_detector_knows_is_what_it_says() -> None:
    assert "gsw" not in known_languages()
    swiss = "Dr Gmeindrat het de Entscheid uf di nächscht Wuche verschobe, wil niemer dr Vertrag ganz gläse gha het. "
    assert detect(swiss * 9, "gsw") == Language("gsw", None)


def test_country_code_for_a_language_is_not_believed() -> None:
    assert detect(SENTENCES["sv"] * 5, "se").tag == "sv"


def test_text_in_two_languages_is_not_surely_one() -> None:
    mixed = "\n".join(a + "\n" + b for a, b in zip(ARTICLES["de"][1], ARTICLES["fr"][1], strict=False))
    found = detect(mixed, "de")
    assert found.tag in {"de", "fr"}
    assert (found.confidence or 0.0) < 0.9


def test_the_same_in_another_order_and_in_another_process() -> None:
    texts = [text[:150] for text in [*SENTENCES.values(), *map(text_of, sorted(ARTICLES))]]
    here = [detect(text, None) for text in texts]
    assert here == [detect(text, None) for text in reversed(texts)][::-1]
    program = (
        "import sys\nfrom extract.language import detect\n"
        "for text in sys.stdin.buffer.read().decode().split('\\0'): print(detect(text, None))"
    )
    there = subprocess.run(
        [sys.executable, "-c", program],
        input="\0".join(texts).encode(),
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "7"},
    )
    assert there.stdout.decode().split("\n")[:-1] == list(map(str, here))


@pytest.mark.parametrize(
    ("declared", "tag"),
    [
        ("en", "en"),
        ("EN-us", "en"),
        ("de_AT", "de"),
        ("pt-BR, en", "pt"),
        ("zh", "zh-Hans"),
        ("zh-CN", "zh-Hans"),
        ("zh-TW", "zh-Hant"),
        ("zh-hant-HK", "zh-Hant"),
        ("sr-Latn-RS", "sr-Latn"),
        ("es-419", "es"),
        ("de-DE-1996", "de"),
        (" fr ", "fr"),
        ("", None),
        (None, None),
        ("english", None),
        ("x--!!", None),
        ("e", None),
        ("\udcff", None),
        ("jp", None),
        ("eng", "en"),
        ("ger", "de"),
        ("nb-NO", "no"),
        ("nn", "nn"),
        ("iw", "he"),
        ("cmn-Hant", "zh-Hant"),
        ("prs", "fa"),
        ("sh", "sr-Latn"),
        ("ru-Cyrl", "ru"),
        ("az-Latn", "az"),
        ("az-Cyrl", "az-Cyrl"),
        ("gsw-CH", "gsw"),
        ("und", None),
    ],
)
def test_declared_language_as_bcp_47(declared: str | None, tag: str | None) -> None:
    assert normal_tag(declared) == tag


@pytest.mark.parametrize(
    ("tag", "script", "written"),
    [
        ("en", "Latn", "en"),
        ("en", "Cyrl", None),
        ("ru", "Latn", None),
        ("sr", "Cyrl", "sr-Cyrl"),
        ("sr", "Latn", "sr-Latn"),
        ("sr-Latn", "Cyrl", "sr-Cyrl"),
        ("az", "Latn", "az"),
        ("az", "Cyrl", "az-Cyrl"),
        ("ro", "Latn", "ro"),
        ("zh-Hant", "Hani", "zh-Hant"),
        ("ja", "Hani", "ja"),
        ("zh-Hans", "Jpan", None),
        ("kbd", "Cyrl", "kbd"),
    ],
)
def test_tag_of_a_language_in_a_script(tag: str, script: str, written: str | None) -> None:
    assert in_script(tag, script) == written


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Straße", "Latn"),
        ("совет города о программе Apple", "Cyrl"),
        ("市議会は決定を延期した", "Jpan"),
        (CHINESE_WITH_A_JAPANESE_TITLE, "Hani"),
        ("위원회는 合意", "Hang"),
        ("12 345 — …", None),
        ("", None),
    ],
)
def test_script_of_a_text(text: str, script: str | None) -> None:
    assert script_of(text) == script


@given(text=st.text(max_size=200), declared=st.none() | st.text(max_size=12))
def test_any_text_has_the_same_answer_each_time(text: str, declared: str | None) -> None:
    first = detect(text, declared)
    assert first == detect(text, declared)
    assert first.confidence is None or 0 <= first.confidence <= 1


def _samples(length: int) -> list[tuple[str, str]]:
    """Return pieces of the articles of the labelled pages, each with its language."""
    found = []
    for file in sorted((Path(__file__).parent / "verdict_pages").glob("*/texts.toml")):
        for entry in tomllib.loads(file.read_text(encoding="utf-8")).values():
            tag = {"zh": "zh-Hans"}.get(entry["lang"], entry["lang"])
            found += [(tag, sample) for sample in Text(tag, " ".join(entry["text"].split())).samples(length)]
    return found


@pytest.mark.parametrize(("length", "least"), [(60, 0.95), (200, 1.0), (1000, 1.0)])
def test_language_of_a_piece_of_an_article_is_found(length: int, least: float) -> None:
    samples = _samples(length)
    assert len({tag for tag, _ in samples}) >= 17
    right = sum(detect(sample, None).tag == tag for tag, sample in samples)
    assert right / len(samples) >= least
    assert all(detect(sample, tag).tag == tag for tag, sample in samples), "the page's word settles the rest"
