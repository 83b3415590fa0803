"""`extract.article.expressions`: trafilatura's expressions find here what they find in XPath."""

from __future__ import annotations

import pytest
from lxml.etree import XPath
from trafilatura.xpaths import BODY_XPATH, OVERALL_DISCARD_XPATH, TEASER_DISCARD_XPATH

from bench.verdict_pages import load_pages
from extract.article.expressions import Expressions
from extract.markup import parse

ALL = (*BODY_XPATH, *OVERALL_DISCARD_XPATH, *TEASER_DISCARD_XPATH)
WORDS = """
<body><div id="cookie-x" class="a"><p class="cookie"></p></div><div class="a" id="cookie-x"><main></main></div>
<section class="Post-Teaser"></section><span id="teAser"></span><div class="page-Content" id="Main-content"></div>
<div role="article"></div><p role="Navigation"></p><a style="display: none"></a><b aria-hidden="true"></b>
<div class="post"></div><div class="posts"></div><section itemprop="articleBody"></section><div class="FullText"></div>
<div id="reply-1" class="x"></div><div class="x" id="reply-1"></div><i style="hidden" id="y"></i><div class="">
<i id="y" style="hidden"></i><article></article><div data-lp-replacement-content></div><div class="main"></div></div>
"""


def pages() -> list[str]:
    return [WORDS, *(page.body.decode("utf-8", "replace") for part in "ab" for page in load_pages(part))]


def test_what_is_found_is_what_xpath_finds() -> None:
    expressions, compared = Expressions(ALL), 0
    for markup in pages():
        tree = parse(markup)
        if tree is None:
            continue
        for expression, found in zip(ALL, expressions.find(tree), strict=True):
            wanted = expression(tree)
            # Those of BODY_XPATH are only asked for the first.
            assert (found[:1] if expression in BODY_XPATH else found) == (
                wanted[:1] if expression in BODY_XPATH else wanted
            )
            compared += bool(wanted)
    assert compared > len(ALL)


@pytest.mark.parametrize(
    "path",
    [".//div[count(p) > 3]", ".//div[@class='a' and @id='b']", "//div", ".//p/a[@id]", ".//div[@class='a'][@id='b']",
     ".//*[self::div or @class='x']", ".//*", ".//div[self::p]", ".//*[not(@id)]", ".//*[self::p][self::div]"],
)  # fmt: skip
def test_expression_that_asks_for_more_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="tags and attributes"):
        Expressions([XPath(path)])
