"""What a page is by its shape: an article, a list of links, a shell for scripts, nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archive.words import Verdict
from extract.markup import weight
from extract.verdict.decision import SHORT_ARTICLE, SOME_TEXT, WHOLE_ARTICLE, sure

if TYPE_CHECKING:
    from extract.facts import Facts
    from extract.verdict.decision import Decision

_INDEX_LINKS = 0.5
_INDEX_BLOCKS = 10
_INDEX_STORIES = 2
_MENU_SHARE = 0.5
_NOSCRIPT = 600
"""Characters for readers without scripts from which they are a page, as an unclosed `noscript` makes them."""
_MARKED_STORY = 200
_STUB = 20
_MUCH_PROSE = 700
_TEASERS = 3
_MANY_BLOCKS = 15
_STORY_LINK = 18
"""Weight of a link's words from which it may be a headline, and no item of a menu."""
_STORY_LINKS = 5
_LINE = 200
_LINES_SHARE = 0.6
# What stands where scripts will put something (WAI-ARIA 1.2, aria-busy).
_BUSY = re.compile(r"""\baria-busy=["']?true|\bclass=["'](?:[^"']*\s)?(?:spinner|loader|loading)(?:\s[^"']*)?["']""")


def whole_article(facts: Facts) -> Decision | None:
    """Find an article that no notice beside it makes a wall."""
    if facts.weight < WHOLE_ARTICLE or _is_index(facts):
        return None
    return Verdict.ARTICLE, {
        "rule": "article",
        "weight": facts.weight,
        "confidence": sure(0.98, facts.weight, WHOLE_ARTICLE),
    }


def index(facts: Facts) -> Decision | None:
    """Find a list of other pages."""
    if not _is_index(facts):
        return None
    total = max(1, facts.page.chars)
    links = sum(block.link_chars for block in facts.page.blocks) / total
    return Verdict.INDEX, {
        "rule": "links",
        "is_home": facts.is_home,
        "blocks": len(facts.left),
        "own_weight": facts.own_weight,
        "link_share": round(links, 2),
        "confidence": 0.9 if facts.is_home else sure(0.95, links, _INDEX_LINKS),
    }


def _is_index(facts: Facts) -> bool:
    """Tell whether the page is a list of others: mostly links, or a home page that is no article by its own word."""
    if facts.weight < WHOLE_ARTICLE and facts.prose < WHOLE_ARTICLE and _is_list(facts):
        return True
    if len(facts.left) < _INDEX_BLOCKS:
        return False
    mostly_links = _is_mostly_links(facts)
    if facts.is_home:
        stories = max(facts.head.articles, facts.head.headlines)
        return (mostly_links or stories > _INDEX_STORIES) and facts.head.open_graph_type != "article"
    limit = _MARKED_STORY if facts.is_marked_article else WHOLE_ARTICLE
    return mostly_links and facts.own_weight < limit and facts.prose < WHOLE_ARTICLE


def _is_mostly_links(facts: Facts) -> bool:
    """Tell whether half of the text is links, and more of them than a site's frame has around each page."""
    links = sum(block.link_chars for block in facts.page.blocks)
    if not links or links < _INDEX_LINKS * facts.page.chars:
        return False
    stories = sum(block.weight >= _STORY_LINK and block.link_share >= _INDEX_LINKS for block in facts.left)
    return stories >= _STORY_LINKS or len(facts.left) >= _MANY_BLOCKS


def _is_list(facts: Facts) -> bool:
    """Tell whether the page is teasers under headlines that are links, or lines that begin with one, as boards have."""
    if facts.is_marked_article:
        return False
    if min(facts.head.articles, facts.head.headlines) >= _TEASERS:
        return True
    lines = [block.text for block in facts.left if block.link_chars >= _STORY_LINK and len(block.text) < _LINE]
    total = sum(block.weight for block in facts.left)
    return len(lines) >= _STORY_LINKS and sum(map(weight, lines)) >= _LINES_SHARE * total


def script_shell(facts: Facts) -> Decision | None:
    """Find a page that only its scripts would fill."""
    menu = sum(block.link_chars for block in facts.page.blocks)
    if len(facts.head.noscript) >= _NOSCRIPT or _is_stub(facts) or facts.weight >= SHORT_ARTICLE:
        return None
    if facts.page.chars < SOME_TEXT and facts.head.scripts and menu <= _MENU_SHARE * facts.page.chars:
        evidence = {"rule": "script-shell", "chars": facts.page.chars, "scripts": facts.head.scripts}
        return Verdict.JS_REQUIRED, {**evidence, "confidence": sure(0.92, facts.page.chars, SOME_TEXT)}
    return None


def _is_stub(facts: Facts) -> bool:
    """Tell whether the markup says that the little text there is is an article."""
    return facts.is_marked_article and facts.weight >= _STUB


def nothing(facts: Facts) -> Decision | None:
    """Find no visible text at all."""
    if facts.page.chars == 0 and len(facts.head.noscript) < _NOSCRIPT and facts.weight < SHORT_ARTICLE:
        return Verdict.EMPTY, {"rule": "no-visible-text", "confidence": 0.97}
    return None


def short_article(facts: Facts) -> Decision | None:
    """Find some text, on a page that is nothing else."""
    if facts.weight >= SHORT_ARTICLE:
        confidence = sure(0.93, facts.weight, SHORT_ARTICLE)
        return Verdict.ARTICLE, {"rule": "short-article", "weight": facts.weight, "confidence": confidence}
    if facts.weight >= SOME_TEXT and (facts.is_marked_article or facts.prose >= _MUCH_PROSE):
        confidence = sure(0.85, facts.weight, SOME_TEXT)
        return Verdict.ARTICLE, {"rule": "marked-article", "weight": facts.weight, "confidence": confidence}
    return None


def waiting(facts: Facts) -> Decision | None:
    """Find a frame whose scripts have not put anything into it yet, and that says so."""
    if facts.own_text < SOME_TEXT and facts.head.scripts and (busy := _BUSY.search(facts.markup)):
        return Verdict.JS_REQUIRED, {"rule": "waiting", "mark": busy[0], "confidence": 0.8}
    return None


def almost_nothing(facts: Facts) -> Decision | None:
    """Find a frame without a text in it."""
    if facts.weight < SOME_TEXT and facts.prose == 0 and not _is_stub(facts) and len(facts.head.noscript) < _NOSCRIPT:
        evidence = {"rule": "no-article", "weight": facts.weight, "chars": facts.page.chars}
        return Verdict.EMPTY, {**evidence, "confidence": sure(0.9, facts.weight, SOME_TEXT)}
    return None
