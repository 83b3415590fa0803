"""`extract.verdict`: every verdict in several languages, and pages that are nearly something else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from extract_pages import ARTICLES, MENU, article, article_page, page, text_of

from archive.words import Verdict
from extract import ExtractedPage, extract_page

URL = "https://paper.example/2031/04/the-lift"
SCRIPT = "<script src='/app.js'></script>"


def judge(body: bytes, **how: Any) -> ExtractedPage:
    made = extract_page(body, **{"url": URL, **how})
    assert made.evidence["rule"]
    return made


def short(text: str, *, title: str = "A page", language: str = "en", head: str = "", heading: str = "") -> bytes:
    return page(f"<div><h1>{heading}</h1><p>{text}</p></div>", title=title, language=language, head=head)


WALLS: list[tuple[Verdict, str, str]] = [
    (Verdict.BOT_WALL, "en", "Please enable JS and disable any ad blocker"),
    (Verdict.BOT_WALL, "en", "One moment. We are checking your browser before you go to the paper."),
    (Verdict.BOT_WALL, "de", "Bitte bestätigen Sie, dass Sie kein Roboter sind, dann geht es weiter."),
    (Verdict.BOT_WALL, "fr", "Merci de vérifier que vous n’êtes pas un robot pour ouvrir le journal."),
    (Verdict.BOT_WALL, "ru", "Подтвердите, что вы не робот, и страница откроется."),
    (Verdict.JS_REQUIRED, "en", "You need to enable JavaScript to run this newspaper."),
    (Verdict.JS_REQUIRED, "es", "Activa JavaScript en tu navegador para ver el diario."),
    (Verdict.JS_REQUIRED, "de", "Bitte aktivieren Sie JavaScript, um diese Zeitung zu lesen."),
    (Verdict.PARKED, "en", "lift-news.example – this domain is for sale. Ask for a price."),
    (Verdict.PARKED, "de", "Diese Domain steht zum Verkauf. Fragen Sie nach dem Preis."),
    (Verdict.PARKED, "fr", "Ce nom de domaine est à vendre."),
    (Verdict.REMOVED, "en", "This article has been removed at the wish of the persons named in it."),
    (Verdict.REMOVED, "es", "Este artículo ha sido eliminado por orden del juzgado."),
    (Verdict.REMOVED, "ja", "この記事は削除されました。"),
    (Verdict.SOFT_404, "en", "Sorry, the page you were looking for is not with us any more."),
    (Verdict.SOFT_404, "pl", "Strona nie istnieje albo została przeniesiona."),
    (Verdict.SOFT_404, "fr", "Oups : page introuvable."),
    (Verdict.SOFT_404, "ja", "お探しのページは見つかりませんでした。"),
    (Verdict.LOGIN_WALL, "en", "You must be logged in to view this topic."),
    (Verdict.LOGIN_WALL, "pt", "Faça login para ver este tópico."),
    (Verdict.LOGIN_WALL, "it", "Devi effettuare l'accesso prima di leggere la discussione."),
    (Verdict.CONSENT_WALL, "en", "Before you continue: we and our partners store information on your device."),
    (Verdict.CONSENT_WALL, "de", "Mit Werbung weiterlesen oder ein Abo ohne Werbung abschließen."),
    (Verdict.CONSENT_WALL, "fr", "Nous et nos partenaires lisons des informations sur votre appareil."),
    (Verdict.PAYWALLED, "en", "Already a subscriber? Start your free trial today and read all of it."),
    (Verdict.PAYWALLED, "de", "Dieser Artikel ist Abonnenten vorbehalten. Monatlich kündbar."),
    (Verdict.PAYWALLED, "pl", "Artykuł dostępny tylko dla prenumeratorów."),
    (Verdict.PAYWALLED, "ja", "この記事は会員限定です。続きを読むには登録が必要です。"),
]


@pytest.mark.parametrize(("verdict", "language", "words"), WALLS)
def test_wall_by_its_own_words(verdict: Verdict, language: str, words: str) -> None:
    made = judge(short(words, language=language))
    assert made.verdict == verdict, made.evidence
    assert made.text is None
    assert made.language is None
    assert "phrase" in made.evidence, "what fired must be told"
    assert any(words[:10] in notice.text for notice in made.notices), "what the wall says must be kept"


@pytest.mark.parametrize(("verdict", "language", "words"), WALLS)
def test_wall_words_under_a_menu_and_over_a_footer(verdict: Verdict, language: str, words: str) -> None:
    footer = "<footer><p>© 2031 The Paper. All rights reserved.</p></footer>"
    made = judge(page(f"{MENU}<main><p>{words}</p></main>{footer}", language=language))
    assert made.verdict == verdict, made.evidence


@pytest.mark.parametrize(
    ("headers", "status", "body", "shown"),
    [
        ({"CF-Mitigated": "challenge"}, 403, "Wait", "cf-mitigated: challenge"),
        ({"x-amzn-waf-action": "captcha"}, 405, "Wait", "x-amzn-waf-action: captcha"),
        ({}, 999, "Denied", None),
        ({"server": "AkamaiGHost"}, 403, "Access Denied", "server: AkamaiGHost"),
    ],
)
def test_bot_wall_by_header_or_status(headers: dict[str, str], status: int, body: str, shown: str | None) -> None:
    made = judge(short(body), headers=headers, http_status=status)
    assert made.verdict == Verdict.BOT_WALL
    assert made.evidence.get("header") == shown


@pytest.mark.parametrize("mark", ["_cf_chl_opt", "captcha-delivery.com", "window._pxAppId", "anubis_challenge"])
def test_bot_wall_by_its_markup(mark: str) -> None:
    made = judge(page(f"<script>var x = '{mark}'</script><p>Wait.</p>"))
    assert made.verdict == Verdict.BOT_WALL
    assert made.evidence["mark"] == mark


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (401, Verdict.LOGIN_WALL),
        (402, Verdict.PAYWALLED),
        (410, Verdict.REMOVED),
        (451, Verdict.REMOVED),
        (404, Verdict.UNKNOWN),
        (500, Verdict.UNKNOWN),
        (403, Verdict.UNKNOWN),
    ],
)
def test_error_status_goes_before_what_the_page_says(status: int, verdict: Verdict) -> None:
    made = judge(article_page(), http_status=status)
    assert made.verdict == verdict
    assert made.evidence["http_status"] == status
    assert made.text is None
    assert made.language is None


@pytest.mark.parametrize(("status", "verdict"), [(404, Verdict.UNKNOWN), (410, Verdict.REMOVED)])
def test_error_status_goes_before_what_the_bytes_are(status: int, verdict: Verdict) -> None:
    for body, media_type in (
        (bytes(range(256)), "image/png"),
        (b"%PDF-1.4 x", "application/pdf"),
        (b"no", "text/plain"),
    ):
        made = judge(body, headers={"content-type": media_type}, http_status=status)
        assert (made.verdict, made.text) == (verdict, None)


@pytest.mark.parametrize(
    "title",
    [
        "404 Not Found",
        "Page not found - The Paper",
        "The Paper | Error 404",
        "Seite nicht gefunden – Tagesbote",
        "Page introuvable | Le Journal",
        "Página no encontrada - Diario",
        "Страница не найдена — Вестник",
        "ページが見つかりませんでした | 新報",
    ],
)
def test_soft_404_by_its_title(title: str) -> None:
    made = judge(page(f"{MENU}<p>Have a look at our front page instead.</p>", title=title))
    assert made.verdict == Verdict.SOFT_404
    assert made.evidence["title"] == title


@pytest.mark.parametrize("url", ["https://p.example/404.html", "https://p.example/e?aspxerrorpath=/2019/lift"])
def test_soft_404_by_its_url(url: str) -> None:
    assert judge(page("<p>Nothing here, try the search.</p>"), url=url).evidence["rule"] == "not-found-url"


@pytest.mark.parametrize(
    "body", [b"", b"   \n", b"<!-- nothing -->", b"<html><body></body></html>", page("", title="")]
)
def test_empty(body: bytes) -> None:
    made = judge(body)
    assert made.verdict == Verdict.EMPTY
    assert made.text is None
    assert made.language is None


def test_script_shell_needs_no_words() -> None:
    made = judge(page(f"<div id='root'></div>{SCRIPT}"))
    assert made.verdict == Verdict.JS_REQUIRED
    assert made.evidence["scripts"] == 1


def test_consent_platform_and_little_else_is_a_wall() -> None:
    banner = f"<div id='onetrust-consent-sdk'><p>{'Our advertisers would like to know you better. ' * 9}</p></div>"
    made = judge(page(f"{banner}<p>The Paper</p>"))
    assert made.verdict == Verdict.CONSENT_WALL
    assert made.evidence["share"] > 0.9


def front_page(language: str = "en", before: str = "", *, teasers: int = 8) -> bytes:
    cards = "".join(
        f"<div class='card'><h2><a href='/{n}'>{text[:60]}</a></h2><p>{text[60:130]}</p></div>"
        for n, text in enumerate([text for _, texts in ARTICLES.values() for text in texts][:teasers])
    )
    return page(f"{before}{MENU}<main>{cards}</main>", title="The Paper", language=language)


COOKIE_BANNER = (
    "<div class='cookie-banner'><p><b>We value your privacy.</b> The Paper and its 99 partners use cookies to store "
    "information on your device, to measure who reads and to show adverts that are made for you. You can change your "
    "choice at any time.</p><button>Accept all cookies</button></div>"
)


def test_front_page_is_an_index() -> None:
    assert judge(front_page(), url="https://paper.example/").verdict == Verdict.INDEX


def test_front_page_under_a_cookie_banner_is_an_index() -> None:
    made = judge(front_page(before=COOKIE_BANNER), url="https://paper.example/")
    assert made.verdict == Verdict.INDEX, made.evidence


def test_list_of_links_is_an_index() -> None:
    links = "".join(f"<li><a href='/{n}'>Story number {n} of the day, with a long headline</a></li>" for n in range(30))
    assert judge(page(f"<ul>{links}</ul>"), url="https://paper.example/tag/lifts").verdict == Verdict.INDEX


def test_short_story_among_links_is_an_article() -> None:
    links = "".join(f"<li><a href='/{n}'>Story number {n} of the day, with a headline</a></li>" for n in range(60))
    body = page(article(before=MENU, paragraphs=2, after=f"<ul>{links}</ul>"))
    assert judge(body).verdict == Verdict.ARTICLE


@pytest.mark.parametrize(
    "url", [None, "https://paper.example/?p=31", "https://paper.example/index.php?id=7", "http://["]
)
def test_home_page_is_only_the_sites_own_first_page(url: str | None) -> None:
    teasers = "".join(f"<h3><a href='/{n}'>Another lift, number {n}</a></h3>" for n in range(12))
    body = page(article(before=MENU, after=teasers))
    assert judge(body, url=url).verdict == Verdict.ARTICLE
    assert judge(body, url="https://paper.example/").verdict == Verdict.INDEX


@pytest.mark.parametrize("language", sorted(ARTICLES))
def test_article(language: str) -> None:
    made = judge(article_page(language))
    assert made.verdict == Verdict.ARTICLE
    assert made.text is not None
    assert text_of(language) in made.text
    assert made.language == language


def paywalled(language: str, offer: str, *, free: str = "") -> bytes:
    lede = article(language, paragraphs=1)
    return page(f"{MENU}{lede}<div class='offer'><p>{offer}</p></div>", language=language, head=free)


def not_free() -> str:
    return f'<script type="application/ld+json">{json.dumps({"isAccessibleForFree": False})}</script>'


def test_article_cut_off_by_an_offer_is_paywalled() -> None:
    made = judge(paywalled("en", "Subscribe to continue reading. Already a subscriber? Sign in."))
    assert made.verdict == Verdict.PAYWALLED
    assert "phrase" in made.evidence


def test_masthead_that_asks_to_subscribe_makes_no_short_article_paywalled() -> None:
    offer = "<div>Already a subscriber? Sign in</div>"
    for before, after, verdict in ((offer, "", Verdict.ARTICLE), ("", offer, Verdict.PAYWALLED)):
        made = judge(page(article(before=before, after=after, paragraphs=1)))
        assert made.verdict == verdict, made.evidence


def test_article_that_says_it_is_not_free_and_stops_early_is_paywalled() -> None:
    made = judge(paywalled("de", "Zum Abo", free=not_free()))
    assert made.verdict == Verdict.PAYWALLED
    assert made.evidence["is_accessible_for_free"] is False


@pytest.mark.parametrize(
    ("language", "gate"),
    [
        ("en", "This article is for subscribers only. {Subscribe now} or {log in to continue reading}"),
        ("en", "Subscribe to continue reading. {Start your free trial today}"),
        ("de", "Dieser Artikel ist nur für Abonnenten. {Jetzt Abo abschließen} {Anmelden}"),
    ],
)
def test_gate_with_links_to_its_offer_is_a_gate(language: str, gate: str) -> None:
    made = judge(paywalled(language, gate.replace("{", "<a href='/offer'>").replace("}", "</a>")))
    assert made.verdict == Verdict.PAYWALLED, made.evidence


def test_masthead_is_above_an_article_that_says_a_word_of_the_menu() -> None:
    offer = "<p>Subscribe to continue reading.</p>"
    for word in ("lift", "Menu"):
        made = judge(page(article(before=f"<nav><p>{word}</p></nav>{offer}", paragraphs=1)))
        assert made.verdict == Verdict.ARTICLE, (word, made.evidence)


# What stands beside or in a whole article and makes it no less an article.
NEAR_MISSES: dict[str, dict[str, str]] = {
    "ad-block notice": {"before": "<div class='adblock-notice'><p>Please disable any ad blocker.</p></div>"},
    "ad-block phrase": {"before": "<p>Please enable JS and disable any ad blocker</p>"},
    "cookie banner": {"before": COOKIE_BANNER},
    "cookie text without a class": {
        "before": "<div><p>We value your privacy. We and our partners use cookies.</p></div>"
    },
    "consent platform": {
        "after": f"<div id='onetrust-consent-sdk'>{'<p>' + 'We value your privacy. ' * 40 + '</p>'}</div>"
    },
    "recaptcha": {
        "head": "<script src='https://www.google.com/recaptcha/api.js'></script>",
        "after": "<div class='g-recaptcha'></div>",
    },
    "guard script": {"head": "<script>window._pxAppId = 'PX1'</script>"},
    "noscript": {"after": "<noscript>You need to enable JavaScript to run this app.</noscript>"},
    "sign-in link": {"after": "<p><a href='/login'>Log in to continue</a></p>"},
    "offer under a whole text": {
        "after": "<div class='offer'><p>Already a subscriber? Start your free trial.</p></div>"
    },
    "meter": {"before": "<p>You have 3 free articles remaining this month.</p>"},
    "removed comment": {"after": "<p>This post was removed by a moderator.</p>"},
    "domain advert": {"after": "<p>Buy this domain and a hundred others.</p>"},
}


@pytest.mark.parametrize("name", sorted(NEAR_MISSES))
@pytest.mark.parametrize("language", ["en", "de", "ja"])
def test_whole_article_is_no_wall_beside(name: str, language: str) -> None:
    made = judge(article_page(language, **NEAR_MISSES[name]))
    assert made.verdict == Verdict.ARTICLE, made.evidence
    assert made.text is not None
    assert text_of(language) in made.text


@pytest.mark.parametrize("header", ["x-datadome", "cf-ray", "x-iinfo", "x-cdn"])
def test_whole_article_is_no_wall_with_a_guards_header(header: str) -> None:
    assert judge(article_page(), headers={header: "protected"}).verdict == Verdict.ARTICLE


def test_metered_page_whose_text_is_whole_is_an_article() -> None:
    more = "".join(f"<p>{text}</p>" for text in ARTICLES["de"][1])
    offer = "<div class='offer'><p>Subscribe to continue reading tomorrow.</p></div>"
    body = article(before=MENU, after=offer).replace("</article>", f"{more}</article>")
    made = judge(page(body, head=not_free()))
    assert made.verdict == Verdict.ARTICLE, made.evidence


def long_article(tail: str, *, said: dict[str, object] | None = None) -> bytes:
    """Return a page with 1,300 characters of an article, what comes after them, and what its JSON-LD says."""
    head = f'<script type="application/ld+json">{json.dumps(said)}</script>' if said else ""
    return page(article(before=MENU).replace("</article>", f"<div>{tail}</div></article>"), head=head)


def test_share_that_is_told_goes_before_length() -> None:
    made = judge(long_article("<p>Subscribe to read the rest: you have read 31% of this article.</p>"))
    assert (made.verdict, made.evidence["share"]) == (Verdict.PAYWALLED, 0.31)
    made = judge(long_article("", said={"isAccessibleForFree": False, "wordCount": 2400}))
    assert (made.verdict, made.evidence["share_from"]) == (Verdict.PAYWALLED, "wordCount")


@pytest.mark.parametrize(
    ("tail", "said"),
    [
        ("<p>Subscribe to read tomorrow as well: 50% off, this week only.</p>", None),
        ("<p>Already a subscriber? Sign in</p>", {"wordCount": 2400}),
        ("", {"wordCount": 2400}),
        ("<p>Subscribe to continue reading</p>", {"isAccessibleForFree": False, "wordCount": "251"}),
    ],
)
def test_whole_article_is_none_the_less_whole_beside(tail: str, said: dict[str, object] | None) -> None:
    made = judge(long_article(tail, said=said))
    assert made.verdict == Verdict.ARTICLE, made.evidence


ABOUT = {
    "paywalls": "Papers that ask their readers to “subscribe to continue reading” lose half of them, a study says. ",
    "cookies": "The court found that the words “we use cookies” above a button are no question and no consent at all. ",
    "missing pages": "Whoever meets “404 not found” in a footnote seldom looks further, librarians of the county say. ",
    "robots": "The message “verify you are human” was shown to nine thousand people with a screen reader that day. ",
    "domains": "A sign that says “this domain is for sale” now stands where the town once announced its meetings. ",
    "removed": "“This article has been removed”, the paper wrote, and for a week it told nobody who had asked for it. ",
}


@pytest.mark.parametrize("subject", sorted(ABOUT))
def test_article_about_walls_is_an_article(subject: str) -> None:
    words = f"<p>{ABOUT[subject]}{ARTICLES['en'][1][0]}</p>"
    body = article(before=MENU).replace("</h1>", f"</h1>{words}")
    made = judge(page(body, title=f"What {subject} do to us"))
    assert made.verdict == Verdict.ARTICLE, made.evidence
    assert made.text is not None
    assert ABOUT[subject].strip()[:60] in made.text


@pytest.mark.parametrize(
    "title", ["404 ways to lose a reader", "Error 404: the town that vanished, and who looked for it"]
)
def test_title_that_plays_with_404_is_no_soft_404_on_a_whole_article(title: str) -> None:
    assert judge(page(article(before=MENU), title=title)).verdict == Verdict.ARTICLE


@pytest.mark.parametrize("name", ["ad-block notice", "cookie banner", "consent platform", "recaptcha", "noscript"])
@pytest.mark.parametrize("language", ["en", "fr", "ru", "ja"])
def test_short_article_is_no_wall_beside_what_was_cut(name: str, language: str) -> None:
    beside = NEAR_MISSES[name]
    body = article(language, paragraphs=2, before=MENU + beside.get("before", ""), after=beside.get("after", ""))
    made = judge(page(body, language=language, head=beside.get("head", "")))
    assert made.verdict == Verdict.ARTICLE, made.evidence


@pytest.mark.parametrize("language", ["en", "fr", "ru"])
def test_short_article_with_a_noscript_notice_is_an_article(language: str) -> None:
    body = article(language, paragraphs=2, after="<noscript>Please enable JavaScript to comment.</noscript>" + SCRIPT)
    made = judge(page(MENU + body, language=language))
    assert made.verdict == Verdict.ARTICLE, made.evidence


@pytest.mark.parametrize(
    ("media_type", "body", "verdict"),
    [
        ("image/png", b"\x89PNG\r\n\x1a\n" + bytes(40), Verdict.MEDIA),
        ("video/mp4; codecs=x", b"ftyp" + bytes(40), Verdict.MEDIA),
        ("application/zip", b"PK\x03\x04" + bytes(range(32)) * 9, Verdict.DOCUMENT),
        ("text/plain; charset=utf-8", text_of("en").encode(), Verdict.DOCUMENT),
        ("text/plain", text_of("ru").encode("cp1251"), Verdict.DOCUMENT),
    ],
)
def test_what_is_no_html(media_type: str, body: bytes, verdict: Verdict) -> None:
    made = judge(body, headers={"Content-Type": media_type})
    assert made.verdict == verdict
    assert (made.text is not None) == media_type.startswith("text/plain")


@pytest.mark.parametrize(
    ("markup", "verdict"),
    [
        ("<body class='error404 wp-theme'><p>This boat has sailed.</p></body>", Verdict.SOFT_404),
        ("<section class='error-404'><p>This boat has sailed.</p></section>", Verdict.SOFT_404),
        ("<div class='noarticletext'><p>Write about boats.</p></div>", Verdict.SOFT_404),
        ("<main class='template-404 content'><p>Boats of the week.</p></main>", Verdict.SOFT_404),
        ("<style>.error-404 {}</style><p>This boat has sailed.</p>", Verdict.EMPTY),
        (f"<section class='error-404'>{article()}</section>", Verdict.ARTICLE),
        (f"<div class='spinner'></div>{SCRIPT}", Verdict.JS_REQUIRED),
        (f"{MENU}<div aria-busy='true'>Boats</div>{SCRIPT}", Verdict.JS_REQUIRED),
        (f"{MENU}<div aria-busy='false'>Boats</div>{SCRIPT}", Verdict.EMPTY),
    ],
)
def test_marks_of_missing_pages_and_of_what_is_still_to_come(markup: str, verdict: Verdict) -> None:
    assert extract_page(f"<html><head><title>Boats</title></head>{markup}</html>".encode(), url=URL).verdict == verdict


def test_word_of_a_reader_on_what_was_removed_speaks_for_no_missing_page() -> None:
    frame = "<title>Boats</title><body class='error404'>{}</body>"
    for words, verdict in (
        ("<footer><p>Ada on boats: my last post was removed by a moderator.</p></footer>", Verdict.SOFT_404),
        ("<h1>This post was removed</h1><p>Its writer asked for that.</p>", Verdict.REMOVED),
        ("<p>Article removed</p>", Verdict.REMOVED),
    ):
        assert judge(frame.format(words).encode()).verdict == verdict


def test_headline_that_is_a_link_speaks_for_another_page() -> None:
    stories = "".join(f"<h2><a href='/{n}'>The domain is for sale, says mayor number {n}</a></h2>" for n in range(12))
    assert judge(f"<title>The Quay</title><body>{stories}</body>".encode(), url="https://quay.example/").verdict == (
        Verdict.INDEX
    )
    spoken = "<title>The Quay</title><body><h2>The domain is for sale</h2></body>"
    assert judge(spoken.encode(), url="https://quay.example/").verdict == Verdict.PARKED


def test_phrase_in_something_marked_as_an_article_is_told_of_something_else() -> None:
    told = "<p>The page you are looking for, said the clerk, is the one that the printer ate.</p>"
    assert judge(f"<title>Printer</title><article><h1>Printer</h1>{told}</article>".encode()).verdict != (
        Verdict.SOFT_404
    )
    assert judge(f"<title>Printer</title><div><h1>Printer</h1>{told}</div>".encode()).verdict == Verdict.SOFT_404
