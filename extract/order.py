"""The order in which pages put things, for text that has nothing else to tell by.

Notices and names of menus stand first, then the article, then teasers, then what a site asks of those who comment,
the comments, the form for one more, and the footer.
"""

from __future__ import annotations

import re
from operator import itemgetter
from typing import TYPE_CHECKING

from archive.words import NoticeKind
from extract.phrases import fold_words, load_table
from extract.survey import Cut, is_prose, prose_chars

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from extract.markup import Block
    from extract.phrases import Phrase
    from extract.survey import Survey

_TABLE = "pasted.toml"
_KINDS = {
    "comments-heading": NoticeKind.FORM,
    "comment-form": NoticeKind.FORM,
    "field": NoticeKind.FORM,
    "discussion-rules": NoticeKind.FORM,
    "sign-off": NoticeKind.NAVIGATION,
    "teaser": NoticeKind.RELATED,
    "policies": NoticeKind.COOKIE,
}
_AFTER_A_NOTICE = frozenset({"field", "sign-off"})
"""Groups that say nothing by themselves: they count behind a notice."""
_ELLIPSIS = re.compile(r"(?:…|\.\.\.)[\])]?(?=[^….]*$)")

SENTENCE_END = re.compile(r"[.!?…:;。！？؟।][\"'”’»)\]]*$")
"""Behind what a sentence ends with, no line goes on with it."""
_MIN_ARTICLE = 250
"""Characters of running text that must stand above comments or a form: else they are no end of an article."""
_GRAM = 8
"""Words in a row that nobody says twice by chance."""
_MAX_WORDS = 50_000
_ADDRESS = re.compile(r"@\w")
_NAME = 60
"""What a block that is no sentence counts against the stretch of text that it stands in, in characters."""
_NOTICE = 30
"""What a notice counts against it."""


def in_order(page: Survey) -> tuple[list[int], list[int]]:
    """Cut from *page* what `pasted.toml` knows; return the numbers of the article's blocks, and of the comments'."""
    groups = _cut(page)
    left = [order for order, _ in page.left()]
    form = _first(page, groups, {"comment-form"})
    end = len(page.blocks) if form is None else form
    begin = _comments_begin(page, groups, end, has_form=form is not None)
    article = _stretch(page, [order for order in left if order < begin])
    comments = [order for order in left if begin <= order < end]
    page.taken.update(comments)
    return article, comments


def _cut(page: Survey) -> dict[int, str]:
    """Cut the blocks that the table knows; return the group of each, also of those that were cut as notices before."""
    groups: dict[int, str] = {}
    for order, block in enumerate(page.blocks):
        phrase = _known(block.text, behind_a_notice=order - 1 in page.taken)
        if phrase is None:
            continue
        groups[order] = phrase.group
        if order not in page.taken:
            rule = f"phrase:{phrase.language}:{phrase.phrase}"
            page.cuts.append(Cut(_KINDS[phrase.group], rule, block.text, order))
            page.taken.add(order)
    return groups


def _known(text: str, *, behind_a_notice: bool) -> Phrase | None:
    """Return the phrase that a block is; of a teaser, the invitation behind the ellipsis at which it is cut off."""
    table = load_table(_TABLE)
    cut_off = _ELLIPSIS.search(text)
    invitation = table.find(text[cut_off.end() :]) if cut_off else None
    if invitation and invitation.group == "teaser":
        return invitation
    found = (phrase for phrase in table.find_all(text) if behind_a_notice or phrase.group not in _AFTER_A_NOTICE)
    return next(found, None)


def _first(page: Survey, groups: dict[int, str], wanted: Iterable[str]) -> int | None:
    """Return the first block of the *wanted* groups that has an article above it."""
    return next((order for order in _of(groups, wanted) if _prose_before(page, order) >= _MIN_ARTICLE), None)


def _of(groups: dict[int, str], wanted: Iterable[str]) -> list[int]:
    return [order for order, group in sorted(groups.items()) if group in wanted]


def _prose_before(page: Survey, end: int) -> int:
    return prose_chars(block for order, block in page.left() if order < end)


def _comments_begin(page: Survey, groups: dict[int, str], end: int, *, has_form: bool) -> int:
    """Return where the comments begin, *end* where there are none: behind what announces them, or by what they say."""
    announced = _first(page, groups, {"discussion-rules", "comments-heading"})
    if announced is not None and announced < end:
        return announced
    return _first_answer(page, end) if has_form else end


def _first_answer(page: Survey, end: int) -> int:
    """Return the first block before *end* that answers the article by quoting it, where readers speak to each other.

    An article doesn't say the same eight words twice, but for what it puts in large letters: so somebody below must
    be spoken to by name as well. What leads in to the quotation belongs to it.
    """
    above: set[tuple[str, ...]] = set()
    answer, words = end, 0
    for order, block in page.left():
        said = fold_words(block.text).split()
        words += len(said)
        if order >= end or words > _MAX_WORDS:
            return end
        if answer < end and _ADDRESS.match(block.text):
            break
        if answer == end:
            grams = {tuple(said[start : start + _GRAM]) for start in range(len(said) - _GRAM + 1)}
            answer = order if above & grams else end
            above |= grams
    else:
        return end
    while answer > 0 and page.blocks[answer - 1].text.endswith(":"):
        answer -= 1
    return answer


def _stretch(page: Survey, orders: Sequence[int]) -> list[int]:
    """Return the stretch of *orders* that has the most text in it for what else it has.

    Sentences count by their length; names, as menus and lists of links have them, and notices count against it.
    """
    best = (0, 0, 0)
    begin = total = 0
    for index, order in enumerate(orders):
        notices = order - orders[index - 1] - 1 if index else 0
        total -= _NOTICE * notices
        if total <= 0:
            begin, total = index, 0
        block = page.blocks[order]
        total += -_NAME if _is_name(block) else block.weight
        best = max(best, (total, begin, index + 1), key=itemgetter(0))
    return list(orders[best[1] : best[2]])


def _is_name(block: Block) -> bool:
    """Tell whether *block* is neither running text nor a sentence."""
    return not is_prose(block) and SENTENCE_END.search(block.text) is None
