"""Notices: the tables of containers and phrases, the survey of a page, and what is left alone."""

from __future__ import annotations

import time
import tomllib
from pathlib import Path

import pytest
from extract_pages import ARTICLES, MENU, article, page, text_of

import extract
from archive.words import NoticeKind, Verdict
from extract import extract_page
from extract.markup import blocks, parse, weight
from extract.phrases import fold_words, load_table
from extract.survey import survey

URL = "https://paper.example/2031/lift"
FOLDER = Path(extract.__file__).parent


def notices(before: str = "", after: str = "", language: str = "en") -> list[tuple[str, str]]:
    made = extract_page(page(article(language, before=MENU + before, after=after), language=language), url=URL)
    assert made.verdict == Verdict.ARTICLE
    assert text_of(language) in (made.text or ""), "the article itself must stay whole"
    return [(notice.kind, notice.text) for notice in made.notices]


@pytest.mark.parametrize(
    ("kind", "names", "words"),
    [
        (NoticeKind.COOKIE, "class='cookie-banner'", "Biscuits are served here."),
        (NoticeKind.COOKIE, "id='CybotCookiebotDialog'", "Biscuits are served here."),
        (NoticeKind.AD_BLOCK, "class='adblock-detected'", "Let us show you adverts."),
        (NoticeKind.PAYWALL, "class='paywall-banner'", "One crown a week."),
        (NoticeKind.NEWSLETTER, "class='newsletter-signup'", "A letter every day."),
        (NoticeKind.ADVERT, "class='adContainer'", "Ride our lifts."),
        (NoticeKind.SHARING, "class='social_share_buttons share-buttons'", "Tell your friends."),
        (NoticeKind.RELATED, "id='related-posts'", "Stairs, and who walks them"),
        (NoticeKind.FORM, "class='search-form'", "Look for something"),
        (NoticeKind.LEGAL, "class='copyright-notice'", "Printed in Elm."),
        (NoticeKind.NAVIGATION, "class='breadcrumbs'", "Home / County / Lifts"),
    ],
)
def test_container_is_cut_by_the_words_of_its_class_or_id(kind: NoticeKind, names: str, words: str) -> None:
    assert (kind, words) in notices(after=f"<div {names}>{words}</div>")


@pytest.mark.parametrize(
    ("kind", "language", "words"),
    [
        (NoticeKind.COOKIE, "en", "This site uses cookies to remember you."),
        (NoticeKind.COOKIE, "de", "Wir verwenden Cookies, damit Sie wiederkommen."),
        (NoticeKind.COOKIE, "ja", "当サイトではCookieを使用しています。"),
        (NoticeKind.PAYWALL, "fr", "La suite est réservée aux abonnés."),
        (NoticeKind.PAYWALL, "pl", "Artykuł dostępny tylko dla prenumeratorów."),
        (NoticeKind.AD_BLOCK, "ru", "Отключите блокировщик рекламы, чтобы мы могли работать."),
        (NoticeKind.AD_BLOCK, "ja", "광고 차단을 해제해 주세요."),
        (NoticeKind.FORM, "ru", "لن يتم نشر عنوان بريدك الإلكتروني."),
        (NoticeKind.FORM, "de", "E-posta adresiniz yayınlanmayacak."),
        (NoticeKind.RELATED, "en", "Related articles"),
        (NoticeKind.LEGAL, "en", "© 2031 The Paper. All rights reserved."),
    ],
)
def test_block_is_cut_by_its_phrase(kind: NoticeKind, language: str, words: str) -> None:
    assert (kind, words) in notices(before=f"<p>{words}</p>", language=language)


def test_heading_of_related_links_takes_the_links_along_and_no_prose() -> None:
    found = notices(
        after="<h3>Related articles</h3><p><a href='/1'>A stair too long</a></p><p><a href='/2'>A door too low</a></p>"
        "<p>Rain falls.</p><p><a href='/3'>Imprint</a></p>"
    )
    related = [words for kind, words in found if kind == NoticeKind.RELATED]
    assert related == ["Related articles", "A stair too long", "A door too low"]


@pytest.mark.parametrize(
    "sentence",
    [
        "“We use cookies,” the banner says, and the judge read it out twice before the court rose for lunch.",
        "On the door a note said: “This article is for subscribers”, which nobody in the ward could understand.",
        "„Wir verwenden Cookies“, stand auf dem Schirm im Aufzug, und die Kinder fragten, ob es welche gebe.",
        "The clerk wrote «you agree to our use of cookies» on the wall of the lift, and signed it with her name.",
        "画面には「この記事は会員限定です」と書かれていたが、看護師たちは誰もその意味を尋ねなかったという。",
    ],
)
def test_sentence_that_quotes_a_notice_is_none(sentence: str) -> None:
    body = article(before=MENU).replace("</h1>", f"</h1><p>{sentence}</p>")
    assert sentence in (extract_page(page(body), url=URL).text or "")


@pytest.mark.parametrize(
    "names", ["paywall", "newsletter", "cookie-banner", "related-articles", "ad-container", "disclaimer"]
)
def test_wrapper_of_the_article_is_not_cut_whatever_its_class(names: str) -> None:
    title, texts = ARTICLES["en"]
    paragraphs = "".join(f"<p>{text}</p>" for text in texts)
    for body in (
        f"<div class='{names}'><h1>{title}</h1>{paragraphs}</div>",
        f"<h1>{title}</h1><div class='{names}'>{paragraphs}</div>",
    ):
        assert text_of("en") in (extract_page(page(MENU + body), url=URL).text or "")


@pytest.mark.parametrize("names", ["comments", "comment-body content", "comments-area"])
@pytest.mark.parametrize("holder", ["article", "div itemprop='articleBody'", "main"])
def test_article_in_what_calls_itself_comments_is_the_text(names: str, holder: str) -> None:
    paragraphs = "".join(f"<p>{text}</p>" for text in ARTICLES["en"][1])
    made = extract_page(
        page(f"<h1>Lifts</h1><div class='{names}'><{holder}>{paragraphs}</{holder.split(maxsplit=1)[0]}></div>")
    )
    assert made.verdict == Verdict.ARTICLE
    assert text_of("en") in (made.text or "")


def test_containers_that_stand_in_each_other_a_thousand_times_are_read_in_time() -> None:
    paragraphs = "".join(f"<p>{text}</p>" for text in ARTICLES["en"][1]) * 20
    started = time.process_time()
    made = extract_page(page("<div class='ad-slot'>" * 2000 + f"<h1>Lifts</h1>{paragraphs}"), url=URL)
    assert time.process_time() - started < 5
    assert text_of("en") in (made.text or "")


def test_thread_of_comments_is_the_text_where_there_is_nothing_else() -> None:
    posts = "".join(f"<div class='comment'><p>{text}</p></div>" for text in ARTICLES["en"][1])
    made = extract_page(page(f"{MENU}<h1>Lifts</h1><div id='comments'>{posts}</div>"), url=URL)
    assert made.comments is None
    assert ARTICLES["en"][1][2] in (made.text or "")


def test_positions_count_the_kept_blocks_before() -> None:
    paragraphs = [f"<p>{text}</p>" for text in ARTICLES["en"][1]]
    paragraphs.insert(2, "<div class='newsletter'>A letter every day.</div>")
    made = extract_page(page(f"<article><h1>The lift</h1>{''.join(paragraphs)}</article>"), url=URL)
    [notice] = [notice for notice in made.notices if notice.kind == NoticeKind.NEWSLETTER]
    assert notice.position == 2, "two paragraphs"


def test_notices_stand_in_the_order_of_the_page() -> None:
    made = extract_page(
        page(article(before="<div class='ad-slot'>One</div><p>Two</p>", after="<div class='ad-slot'>Three</div>")),
        url=URL,
    )
    assert [notice.text for notice in made.notices] == ["One", "Two", ARTICLES["en"][0], "Three"]


def test_survey_takes_each_block_once_and_leaves_the_article() -> None:
    tree = parse(page(article(before="<div class='cookie-banner'><p>We use cookies.</p></div>")).decode())
    assert tree is not None
    found = survey(tree)
    assert [cut.kind for cut in found.cuts] == [NoticeKind.COOKIE]
    assert found.taken == {0}
    assert [block.text for _, block in found.left()] == [block.text for block in blocks(tree)]
    assert len(found.blocks) == len(found.left()) + 1


def test_dense_scripts_weigh_more() -> None:
    assert weight("abc def") == 7
    assert weight("県立病院") == 12


@pytest.mark.parametrize("table", ["notices.toml", "walls.toml"])
def test_tables_are_whole(table: str) -> None:
    groups = tomllib.loads((FOLDER / table).read_text(encoding="utf-8"))
    kinds = {str(kind) for kind in (NoticeKind if table == "notices.toml" else Verdict)}
    assert groups.keys() <= kinds
    spoken = {group: len(entries.keys() - {"max_chars"}) for group, entries in groups.items()}
    assert min(spoken.values()) >= 15, spoken
    known = load_table(table)
    for group, entries in groups.items():
        for language, phrases in entries.items():
            if language == "max_chars":
                continue
            bare = [fold_words(phrase).lstrip("([{ ").rstrip('" ') for phrase in phrases]
            assert len(set(bare)) == len(bare), f"{group} {language} has a phrase twice"
            for phrase in phrases:
                shown = phrase.replace("…", " x ").strip()
                fits = phrase.strip("… ") if "…" not in phrase.strip("… ") else shown
                assert any(found.group == group for found in known.find_all(fits)), f"{phrase} never fires"


@pytest.mark.parametrize(
    ("text", "fires"),
    [
        ("Please VERIFY  you are\nhuman, friend", True),
        ("verify that they are humans", False),
        ("x " * 300 + "verify you are human", False),
        ("The sign says “verify you are human” in red", False),
        ("“Hello,” it says: verify you are human", True),
    ],
)
def test_phrases_are_compared_without_case_and_space_in_short_blocks_and_outside_quotations(
    text: str, fires: bool
) -> None:
    assert any(phrase.group == "bot-wall" for phrase in load_table("walls.toml").find_all(text)) == fires


def test_forms_of_quotation_marks_are_one() -> None:
    assert fold_words("“A”  «B» „C“ 「D」 it’s") == '"a" "b" "c" "d" it\'s'


@pytest.mark.parametrize(
    ("kind", "language", "words"),
    [
        (NoticeKind.RELATED, "en", ">> Read more: Stairs, and who walks them"),
        (NoticeKind.RELATED, "en", "» Read more: Stairs, and who walks them"),
        (NoticeKind.COOKIE, "de", "» Wir verwenden Cookies, damit Sie wiederkommen."),
        (NoticeKind.LEGAL, "de", "(Foto: Ada Maler)"),
        (NoticeKind.NAVIGATION, "ja", "[责任编辑：林编辑]"),
        (NoticeKind.RELATED, "es", "(Le puede interesar: Las escaleras y quien las sube)"),
        (NoticeKind.LEGAL, "en", "The lift, seen from below (Image: Ada Painter)"),
        (NoticeKind.LEGAL, "de", "Der Aufzug, von unten gesehen (Foto: Ada Maler)"),
        (NoticeKind.LEGAL, "en", "The Paper is not responsible for the opinions of those who write to it."),
        (NoticeKind.ADVERT, "de", "Gefällt dir unser Blatt? Dann hilf uns beim Drucken."),
        (NoticeKind.ADVERT, "es", "Si le sirve este diario, apóyanos con lo que puedas."),
        (NoticeKind.NEWSLETTER, "de", "Mehr über Treppen lesen Sie in unserer Mai-Ausgabe."),
        (NoticeKind.FORM, "en", "Please use our commenting platform and be kind."),
    ],
)
def test_phrase_is_cut_behind_an_arrow_in_brackets_and_at_the_end(kind: NoticeKind, language: str, words: str) -> None:
    assert (kind, words) in notices(after=f"<p>{words}</p>", language=language)


@pytest.mark.parametrize(
    "words",
    [
        "The makers of commenting platforms met in Elm, and none of them was responsible for opinions, they said.",
        f"{'The council had read all of the letters about its lift. ' * 4}One was a picture (Image: see above)",
        "»We use cookies«, said the sign in the lift of the bakery, and nobody had asked it.",
        "'Do you like our paper?', asked the caretaker, and the opinions of the house were those of its lift.",
    ],
)
def test_sentence_about_the_matter_of_a_phrase_stays(words: str) -> None:
    body = article(before="", paragraphs=4).replace("</article>", f"<p>{words}</p></article>")
    assert words in (extract_page(page(body)).text or "")


def test_element_of_the_page_itself_is_known_by_the_words_in_its_name() -> None:
    words = "A letter every day."
    assert (NoticeKind.NEWSLETTER, words) in notices(after=f"<x-newsletter-form><p>{words}</p></x-newsletter-form>")


@pytest.mark.parametrize(
    "markup",
    [
        "<x-share-bar>Send this to a friend</x-share-bar>",
        "<a class='share-button' href='/send'>Send this to a friend</a>",
        "<div><span class='share-button'>Send this <b>to a friend</b></span></div>",
        "<x-share-bar>Send this<div>to a friend</div></x-share-bar>",
    ],
)
def test_what_is_cut_and_is_no_block_stands_in_a_notice_at_its_place_and_not_in_the_text(markup: str) -> None:
    title, paragraphs = ARTICLES["en"]
    pieces = [f"<p>{text}</p>" for text in paragraphs]
    made = extract_page(page(f"<article><h1>{title}</h1>{''.join([*pieces[:2], markup, *pieces[2:]])}</article>"))
    assert made.text == text_of("en")
    said = [(one.kind, one.text, one.position) for one in made.notices if "friend" in one.text]
    assert said == [(NoticeKind.SHARING, "Send this to a friend", 2)]


def test_what_is_cut_in_the_middle_of_a_paragraph_stays_there_and_is_no_notice() -> None:
    words = "What the caretaker said of the lift"
    body = article().replace(
        "</article>", f"<p>{words} <span class='share-button'>was read aloud</span>.</p></article>"
    )
    made = extract_page(page(body))
    assert (made.text or "").endswith(f"{words} was read aloud.")
    assert not [one for one in made.notices if "aloud" in one.text]


def test_what_nobody_sees_is_no_notice() -> None:
    hidden = "<noscript><div class='share-bar'>Home</div></noscript><template><a class='share-bar'>Home</a></template>"
    made = extract_page(page(article(before=f"<div>Home</div>{hidden}")))
    assert [(one.kind, one.rule) for one in made.notices if "Home" in one.text] == [
        (NoticeKind.NAVIGATION, "phrase:en:Home")
    ]


def test_element_of_the_page_itself_with_other_words_is_read() -> None:
    words = "The council has met again, and of the lifts in its own house it had nothing to say."
    body = article().replace("</article>", f"<x-lift-story><p>{words}</p></x-lift-story></article>")
    made = extract_page(page(body))
    assert not [notice for notice in made.notices if notice.rule.startswith("container:") and words in notice.text]
