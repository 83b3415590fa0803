"""`extract.language`: a tag where it can be told, the page's own word where it can't, and else nothing."""

from __future__ import annotations

import pytest
from extract_pages import ARTICLES, text_of
from hypothesis import given
from hypothesis import strategies as st

from extract.language import Language, detect, normal_tag

SENTENCES = {
    "it": "La commissione ha rinviato la decisione alla settimana prossima, perché nessuno aveva letto il contratto.",
    "nl": "De commissie heeft het besluit uitgesteld tot volgende week, omdat niemand het contract had gelezen.",
    "pt": "A comissão adiou a decisão para a próxima semana, porque ninguém tinha lido o contrato até então.",
    "sv": "Nämnden sköt upp beslutet till nästa vecka, eftersom ingen hade läst avtalet i sin helhet ännu.",
    "tr": "Komisyon kararı gelecek haftaya erteledi, çünkü o güne kadar sözleşmeyi hiç kimse okumamıştı.",
    "ar": "أجلت اللجنة القرار إلى الأسبوع المقبل لأن أحدا لم يكن قد قرأ العقد كاملا حتى ذلك اليوم.",
    "ko": "위원회는 아무도 계약서를 끝까지 읽지 않았다는 이유로 결정을 다음 주로 미루었다고 시청이 어제 밝혔다.",
    "zh-Hans": "委员会把决定推迟到下周，因为到那天为止还没有人把合同从头到尾读过一遍，主席说这样不行。",
    "zh-Hant": "委員會把決定延後到下週，因為到那天為止還沒有人把合約從頭到尾讀過一遍，主席說這樣不行。",
}


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
    cherokee = "ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ ᎠᏍᏓᏱᏓᏍᏗ ᎤᏂᏃᎮᏗ ᎠᎴ ᎤᏂᏁᏨᎯ " * 4
    assert detect(cherokee, "chr") == Language("chr", None)
    assert detect(cherokee, None) == Language(None, None)


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
    ],
)
def test_declared_language_as_bcp_47(declared: str | None, tag: str | None) -> None:
    assert normal_tag(declared) == tag


@given(text=st.text(max_size=200), declared=st.none() | st.text(max_size=12))
def test_any_text_has_the_same_answer_each_time(text: str, declared: str | None) -> None:
    first = detect(text, declared)
    assert first == detect(text, declared)
    assert first.confidence is None or 0 <= first.confidence <= 1
