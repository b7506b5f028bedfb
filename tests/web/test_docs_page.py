"""The documentation page: whole, well-formed, and of nothing that a strict policy would refuse or that is elsewhere."""

import base64
import hashlib
import json
from html import escape
from html.parser import HTMLParser
from typing import Final

from deskline.web.openapi.pages import POLICY, show_page
from tests.web.described import document

VOID: Final = {"meta", "br", "link", "img", "input", "hr"}


class Page(HTMLParser):
    """Reads a page: its elements with their attributes, what is open at the end, and its style."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.style = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "style":
            self.style += data


TEXT: Final = show_page(document())
PAGE: Final = Page(TEXT)


def test_every_operation_and_schema_is_there() -> None:
    for path, methods in document()["paths"].items():
        for operation in methods.values():
            assert f'<section id="{operation["operationId"]}">' in TEXT
            assert escape(path) in TEXT
            assert all(f"<code>{escape(each['name'])}</code>" in TEXT for each in operation["parameters"] if each.get("in") == "query")
    assert all(f'<section id="schema-{name}">' in TEXT for name in document()["components"]["schemas"])


def test_it_is_well_formed() -> None:
    assert PAGE.open == []
    ids = [attributes["id"] for _, attributes in PAGE.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_links_lead_to_places_of_the_page_and_to_the_document() -> None:
    ids = {f"#{attributes['id']}" for _, attributes in PAGE.elements if "id" in attributes}
    links = {attributes["href"] for tag, attributes in PAGE.elements if tag == "a"}
    assert links - ids == {"openapi.json"}


def test_nothing_is_loaded_and_nothing_runs() -> None:
    assert not {tag for tag, _ in PAGE.elements} & {"script", "link", "img", "iframe", "object", "embed", "form", "base", "svg", "video"}
    names = {name for _, attributes in PAGE.elements for name in attributes}
    assert not {name for name in names if name.startswith("on") or name in {"src", "srcset", "style"}}
    assert not [word for word in ("url(", "@import", "http:", "https:") if word in PAGE.style]


def test_the_policy_lets_in_this_style_and_nothing_else() -> None:
    own = base64.b64encode(hashlib.sha256(PAGE.style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{own}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'" == POLICY


def test_what_it_shows_is_text() -> None:
    evil = "<script>alert('`1`')</script>"
    changed = json.loads(json.dumps(document()).replace("List tickets", evil).replace("Whose days; ", "&amp;<b "))
    shown = show_page(changed)
    assert "<script" not in shown
    assert "&lt;script&gt;alert('<code>1</code>')&lt;/script&gt;." in shown
    assert "&amp;amp;&lt;b " in shown
    assert Page(shown).open == []
