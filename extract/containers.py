"""Containers that are not the article, known by the words in their class, id and role.

They are cut from the tree before extraction, and kept as notices. The table names general words and
consent platforms, never a site. Cutting is careful: a container that holds prose or the page's heading stays,
because class names lie (`paywall` is often the wrapper of the article itself).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archive.words import NoticeKind
from extract.kept import Answers
from extract.named import TAGS, is_custom

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

    from extract.markup import Reading
    from extract.named import Names

_CUTTABLE = TAGS - {"article"}
_DIALOG_CHARS = 3000
"""Text above which what is called a consent dialog is not taken for one where it is the whole page."""
_MAX_REFUSED = 20
"""Containers that were not cut, one in the other, below which no more are looked at: each look reads all of it."""
_PARAGRAPH = 80
"""Characters outside links from which a paragraph counts as prose."""


@dataclass(frozen=True, slots=True)
class ContainerRule:
    """Words that make an element a container of one kind of notice."""

    kind: NoticeKind
    rule: str
    words: str
    """A regular expression over a name as `extract.named.WORDS` has it."""
    max_share: float = 0.3
    """It is not cut where it holds more of the page's text than this."""
    max_prose: int = 250
    """It is not cut where its paragraphs hold more characters outside links than this."""


_THING = "(?:banner|bar|bubble|box|notice|popup|pop-up|modal|overlay|dialog|layer|message|msg|hint|info|wrapper)"

RULES: tuple[ContainerRule, ...] = (
    ContainerRule(
        NoticeKind.COOKIE,
        "consent-platform",
        "onetrust|didomi|usercentrics|uc-banner|cybot-?cookiebot|cookiebot|qc-cmp2?|sp-message-container|truste"
        "|trustarc|borlabs-?cookie|cmplz|cookie-law-info|cli-modal|iubenda|klaro|osano|termly|cookieyes|cky|"
        "moove-gdpr|fc-consent|evidon|cc-window|cc-banner|tarteaucitron|axeptio|appconsent|cmpbox|eupopup|"
        "cookiefirst|cookie-?script|cookiehub|hs-eu-cookie|cookieconsent|cookie-consent",
        max_share=0.9,
        max_prose=20_000,
    ),
    ContainerRule(
        NoticeKind.COOKIE,
        "cookie-words",
        f"(?:cookies?|consent|gdpr|dsgvo|rgpd|lgpd|privacy)-?{_THING}|cookie-?(?:law|policy|disclaimer|accept)"
        f"|{_THING}-?cookies?|cmp-?{_THING}",
        max_share=0.6,
        max_prose=3_000,
    ),
    ContainerRule(
        NoticeKind.AD_BLOCK,
        "ad-block-words",
        f"ad-?block(?:er|ing)?-?(?:{_THING}|detected|wall|detection|alert|warning)?|anti-?ad-?block",
        max_prose=1_000,
    ),
    ContainerRule(
        NoticeKind.PAYWALL,
        "paywall-words",
        f"(?:paywall|regwall|piano|subscri(?:be|ption)|premium|membership)-?(?:{_THING}|offers?|promo|prompt|cta|teaser"
        "|barrier|gate|upsell)",
        max_prose=800,
    ),
    ContainerRule(
        NoticeKind.NEWSLETTER,
        "newsletter-words",
        "newsletters?|mailing-?list|mailchimp|mc-embed|mc4wp|email-?sign-?up|sign-?up-?form|subscribe-?form"
        "|subscribe-?widget|jetpack-subscri[a-z-]+|email-?capture|optin-?(?:form|box)",
        max_prose=500,
    ),
    ContainerRule(
        NoticeKind.ADVERT,
        "advert-words",
        "advert(?:s|isement|ising|orial)?|ads?-?(?:slot|unit|container|wrapper|box|banner|label|placeholder|space|zone)"
        "|(?:banner|google|dfp|gpt|leaderboard)-?ads?|adsbygoogle|sponsored?(?:-?(?:content|links?|posts?|by))?"
        "|taboola|outbrain|plista|promoted|promo-?(?:box|banner|block)|affiliate-?(?:box|notice|disclosure|links?|text|hint|hinweis)|werbung"
        "|anzeige|publicidad|publicite|publicidade",
        max_prose=400,
    ),
    ContainerRule(
        NoticeKind.SHARING,
        "sharing-words",
        "shar(?:e|ing|ers?)-?(?:buttons?|bar|bars|tools?|links?|icons?|box|block|list|this|post|article|widget|count|menu"
        "|social|wrapper|container)|social-?(?:shar(?:e|ing)|buttons?|bar|icons?|links?|media|networks?|list|follow"
        "|menu|tools?)|add-?to-?any|a2a-kit|addthis[a-z-]*|sharedaddy|sd-sharing|shariff|sharethis|share-?this"
        "|heateor[a-z-]*|essb[a-z-]*|post-?shar(?:e|ing)|article-?shar(?:e|ing)|entry-?share|sociable|follow-?us",
        max_prose=150,
    ),
    ContainerRule(
        NoticeKind.RELATED,
        "related-words",
        "related(?:-?(?:posts?|articles?|stor(?:y|ies)|content|links?|news|items?|topics?|reading|entries|section|list"
        "|videos?|wrapper|container|widget))?|jp-relatedposts|yarpp[a-z-]*|recommend(?:ed|ations?)(?:-?[a-z]+)?"
        "|more-?(?:stories|articles|news|from|on|posts|like-this|to-read)|most-?(?:read|popular|viewed|shared|commented)"
        "|also-?(?:read|like)|read-?(?:also|next)|you-?(?:may|might)(?:-?also)?-?like|see-?also|next-?(?:post|article)"
        "|prev-?next|trending|popular-?(?:posts?|articles?|stories)|latest-?(?:posts?|articles?|news|stories)"
        "|recent-?(?:posts?|articles?|comments|entries)|similar-?(?:posts?|articles?)|inline-?teasers?|teaser-?(?:list|block|box|group)|read-?more-?(?:box|block|list|section)?|upsell|box-upsell|snippet-?(?:-?article)|article-?promo|siehe-auch|lire-aussi|zum-thema",
        max_prose=600,
        max_share=0.5,
    ),
    ContainerRule(
        NoticeKind.FORM,
        "form-words",
        "comment-?(?:form|respond|reply)|respond|login-?(?:form|box|modal)|search-?(?:form|box|bar)|contact-?form"
        "|feedback-?form|wpcf7|survey|captcha",
        max_prose=300,
    ),
    ContainerRule(
        NoticeKind.LEGAL,
        "legal-words",
        "copyright(?:-?(?:notice|text|info|line))?|disclaimer|legal-?(?:notice|text|info)|terms-?of-?(?:use|service)"
        "|reprints?|rights-?reserved|licen[cs]e-?(?:notice|info|box)",
        max_prose=400,
    ),
    ContainerRule(
        NoticeKind.NAVIGATION,
        "navigation-words",
        "bread-?crumbs?|pagination|pager|page-?nav(?:igation)?|post-?nav(?:igation)?|nav-?links|site-?(?:nav|navigation|menu"
        "|header|footer)|main-?(?:nav|navigation|menu)|nav-?(?:bar|menu|list)|skip-?(?:link|nav|to-content)"
        "|screen-reader-(?:shortcut|skip)|back-?to-?top|language-?(?:switcher|selector)|tag-?(?:list|links|cloud)"
        "|post-?tags|entry-?tags|article-?tags|cat-?links|toolbar|print-?(?:link|button|header|footer)|app-?(?:stores?|banner|download)|estimated-read-time|reading-?time|read-?time",
        max_prose=200,
    ),
)


def _whole_words(*words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![^-])(?:{'|'.join(words)})(?![^-])")


_COMPILED = tuple((rule, _whole_words(rule.words)) for rule in RULES)
_ANY = _whole_words(*(rule.words for rule in RULES))


@dataclass(frozen=True, slots=True)
class Container:
    """An element to be cut from the tree."""

    element: HtmlElement
    kind: NoticeKind
    rule: str


def find_containers(names: Names, reading: Reading, page_chars: int) -> Iterator[Container]:
    """Yield the outermost containers of a page in document order; *reading* is its visible text, of *page_chars*."""
    found: set[HtmlElement] = set()
    refused: set[HtmlElement] = set()
    for element, own in names.named:
        rules = _RULES_FOR[own]
        if not rules or not (element.tag in _CUTTABLE or is_custom(element.tag)):
            continue
        ancestors = set(element.iterancestors())
        if not found.isdisjoint(ancestors) or len(refused & ancestors) >= _MAX_REFUSED:
            continue
        if element in names.around_article:
            refused.add(element)
        elif container := next(filter(None, (_judge(element, rule, reading, page_chars) for rule in rules)), None):
            found.add(element)
            yield container
        else:
            refused.add(element)


def _rules_for(names: str) -> tuple[ContainerRule, ...]:
    """Return the rules that the words of an element's *names* speak for."""
    return tuple(RULES[place] for place in sorted({place for name in names.split() for place in _RULES_OF[name]}))


def _rules_of(name: str) -> tuple[int, ...]:
    """Return the places in the table of the rules that one name speaks for."""
    if not _ANY.search(name):
        return ()
    return tuple(place for place, (_, pattern) in enumerate(_COMPILED) if pattern.search(name))


_RULES_FOR = Answers(_rules_for)
_RULES_OF = Answers(_rules_of, 1 << 14)


def _judge(element: HtmlElement, rule: ContainerRule, reading: Reading, page_chars: int) -> Container | None:
    """Return *element* as a container if nothing in it speaks for the article."""
    is_safe = _is_safe(element, rule, reading, page_chars)
    return Container(element, rule.kind, f"container:{rule.rule}") if is_safe else None


def _is_safe(element: HtmlElement, rule: ContainerRule, reading: Reading, page_chars: int) -> bool:
    """Return whether *element* may be cut under *rule*."""
    text = reading.text_of(element)
    if len(text) > rule.max_share * page_chars and not _is_only_consent(element, rule, text):
        return False
    return _prose(element) <= rule.max_prose


def _is_only_consent(element: HtmlElement, rule: ContainerRule, text: str) -> bool:
    """Return whether this is a consent dialog on a page that has nothing else, and no wrapper of the page."""
    is_dialog = rule.rule == "consent-platform" and len(text) <= _DIALOG_CHARS
    return is_dialog and not any(True for _ in element.iter("article", "main", "nav"))


def _prose(element: HtmlElement) -> int:
    """Return how many characters outside links the longer paragraphs of *element* hold."""
    total = 0
    for paragraph in element.iter("p"):
        text = paragraph.text_content()
        outside = len(text) - sum(len(link.text_content()) for link in paragraph.iter("a"))
        total += outside if outside >= _PARAGRAPH else 0
    return total
