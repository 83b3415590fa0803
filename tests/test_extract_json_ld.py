from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml.html import HtmlElement, document_fromstring

from extract.json_ld import json_ld_of, texts, types_of, values


def tree_of(*scripts: str, kind: str = "application/ld+json") -> HtmlElement:
    marked = "".join(f'<script type="{kind}">{script}</script>' for script in scripts)
    return document_fromstring(f"<html><head>{marked}</head><body><p>Words</p></body></html>")


def nodes_of(*given_values: Any) -> list[dict[str, Any]]:
    return json_ld_of(tree_of(*(json.dumps(value) for value in given_values)))


def test_objects_lists_and_graphs_are_nodes_in_the_order_of_the_page() -> None:
    found = nodes_of({"name": "one"}, [{"name": "two"}, {"@graph": [{"name": "three"}, [{"name": "four"}]]}])
    assert [node["name"] for node in found if "name" in node] == ["one", "two", "three", "four"]


def test_main_entity_is_a_node_and_a_part_is_none() -> None:
    found = nodes_of({"@type": "WebPage", "mainEntity": {"@type": "Article"}, "hasPart": {"@type": "Comment"}})
    assert [types_of(node) for node in found] == [{"webpage"}, {"article"}]


def test_reference_is_the_node_that_it_names() -> None:
    person = {"@id": "#ada", "@type": "Person", "name": "Ada Weir"}
    article = nodes_of({"@graph": [{"@type": "Article", "author": [{"@id": "#ada"}, {"@id": "#gone"}]}, person]})[1]
    assert texts(values(article, "author")[0], "name") == ["Ada Weir"]
    assert values(article, "author")[1] == {"@id": "#gone"}


def test_nodes_that_refer_to_each_other_make_no_circle() -> None:
    first, second = nodes_of([{"@id": "1", "x": {"@id": "2"}}, {"@id": "2", "x": {"@id": "1"}}])
    assert first["x"] == {"@id": "2", "x": {"@id": "1"}}
    assert json.dumps([first, second])


@pytest.mark.parametrize(
    "script",
    [
        '<!-- {"name": "Lock"} -->',
        '//<![CDATA[\n{"name": "Lock"}\n//]]>',
        '{"name": "Lock",}',
        '{"tags": ["a", "b", ], "name": "Lock"}',
        '{"name": "Lock"};',
        '{"name": "Lock"}{"name": "Weir"}',
        '{"text": "It\\\'s open", "name": "Lock"}',
        '{"text": "two\nlines\tof it", "name": "Lock"}',
        '\ufeff{"name": "Lock"}',
        '{"headline": "The "old" lock is "shut"", "name": "Lock"}',
    ],
)
def test_common_faults_are_read(script: str) -> None:
    assert texts(json_ld_of(tree_of(script))[0], "name") == ["Lock"]


@pytest.mark.parametrize(
    "script", ["", "{", "Lock", '{"name": Lock}', "[" * 100_000, '{"a":' * 50_000, "7", "null", '"x"']
)
def test_what_is_no_object_is_left_out(script: str) -> None:
    assert json_ld_of(tree_of(script)) == []


def test_good_script_after_a_broken_one_is_read() -> None:
    assert json_ld_of(tree_of("{", '{"name": "Lock"}')) == [{"name": "Lock"}]


def test_script_of_another_type_is_none() -> None:
    assert json_ld_of(tree_of('{"name": "Lock"}', kind="application/json")) == []
    assert json_ld_of(tree_of('{"name": "Lock"}', kind="Application/LD+JSON; charset=utf-8"))


def test_values_are_taken_as_they_are_whatever_their_type() -> None:
    node = {
        "@type": ["https://schema.org/NewsArticle", "schema:Report", 7],
        "name": {"@value": "Lock", "@language": "en"},
    }
    assert types_of(node) == {"newsarticle", "report"}
    assert texts(node, "name") == ["Lock"]
    assert values(node, "gone") == []
    assert texts({"name": [None, 3, {}, [], " ", "Weir"]}, "name") == ["Weir"]


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["@id", "@graph", "@type", "mainEntity", "author", "name"]), inner, max_size=5
        )
    ),
    max_leaves=20,
)


@settings(deadline=None, max_examples=150)
@given(value=_JSON, cut=st.integers(0, 400))
def test_anything_gives_a_list_of_objects(value: Any, cut: int) -> None:
    script = json.dumps(value)
    for text in (script, script[:cut], script[cut:]):
        tree = tree_of("")
        tree.find(".//script").text = text
        assert all(isinstance(node, dict) for node in json_ld_of(tree))


@pytest.mark.parametrize(
    "script",
    [
        json.dumps([{"@id": "x", "name": "Lock", "parts": [{"@id": "x"}] * 20_000}] * 3),
        json.dumps([{"@id": str(number), "author": {"@id": "0"}} for number in range(20_000)]),
        '{"a": "' + "," * 500_000 + '", }',
        "{" + " " * 1_000_000 + ",",
        "{}" * 300_000,
        "\\" * 1_000_000,
        '{"a": "' + 'x" y ' * 200_000 + '"}',
        "\n" * 500_000 + "//" + "\n" * 500_000,
    ],
)
def test_a_megabyte_takes_no_time(script: str) -> None:
    tree = tree_of(script)
    started = time.process_time()
    json_ld_of(tree)
    assert time.process_time() - started < 3
