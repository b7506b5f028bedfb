"""Files of saved tickets: every form is cut into the same tickets, wherever chunks end, and what is broken costs itself only."""

import gzip
import io
import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskline.web.v2 import history_files
from deskline.web.v2.history_files import Fault, Place, Saved, opened, read_tickets
from tests.web.v2.saved import GOLDEN, saved


class Chopped:
    """A stream that gives few bytes at a time."""

    def __init__(self, content: bytes, most: int = 7) -> None:
        self._inner = io.BytesIO(content)
        self._most = most

    def read1(self, size: int, /) -> bytes:
        """Give a few bytes."""
        return self._inner.read(min(size, self._most))


def read(content: bytes | str, most: int = 1 << 20) -> list[Saved | Fault]:
    raw = content.encode() if isinstance(content, str) else content
    return list(read_tickets(Chopped(raw, most), "file"))


def ids(found: list[Saved | Fault]) -> list[str]:
    """The ids of tickets, and `!` for each fault."""
    return ["!" if isinstance(each, Fault) else json.loads(each.raw)["id"] for each in found]


def a_page(*names: str, **around: Any) -> str:
    return json.dumps(around | {"tickets": [saved(id=name) for name in names]} | {"total": len(names)})


A, B, C = (json.dumps(saved(id=name)) for name in "ABC")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(a_page("A", "B", "C"), id="a page"),
        pytest.param(a_page("A", "B") + a_page("C"), id="pages without anything between them"),
        pytest.param(a_page("A", "B", pages=2, total=3) + "\n" + a_page("C", pages=2), id="pages on lines, keys before"),
        pytest.param(a_page("A", meta={"a": [1, {"tickets": 2}], "b": "}"}, more=[]) + a_page("B", "C"), id="objects before the tickets"),
        pytest.param(f"[{a_page('A')},{a_page('B', 'C')}]", id="a list of pages"),
        pytest.param(f"[{A},{B},{C}]", id="a list"),
        pytest.param(f"[[{A},{B}],[{C}],[]]", id="a list of lists"),
        pytest.param(json.dumps(json.loads(f"[{A},{B},{C}]"), indent=2), id="a list in many lines"),
        pytest.param(json.dumps(json.loads(a_page("A", "B", "C")), indent=1), id="a page in many lines"),
        pytest.param("\n".join(json.dumps(json.loads(each), indent=4) for each in (A, B, C)), id="tickets in many lines"),
        pytest.param(f"{A}\n{B}\n{C}\n", id="one ticket a line"),
        pytest.param(f"{A}\r\n{B}\r\n\r\n{C}", id="lines as Windows ends them"),
        pytest.param(f"\ufeff {A}{B},{C}", id="a byte order mark, and single tickets"),
        pytest.param(f"\x1e{A}\n\x1e{B}\n\x1e{C}\n", id="records of RFC 7464"),
    ],
)
@pytest.mark.parametrize("most", [1, 7, 1 << 20])
def test_every_form_is_read_wherever_chunks_end(content: str, most: int) -> None:
    assert ids(read(content, most)) == ["A", "B", "C"]


def test_nothing_is_read_from_nothing() -> None:
    assert read("[]") == read('{"pages":0,"total":0,"tickets":[]}') == []


@pytest.mark.parametrize("content", ["", "\n \n", "\ufeff", ","])
def test_a_file_with_nothing_in_it_is_told(content: str) -> None:
    (fault,) = read(content)
    assert isinstance(fault, Fault)
    assert fault.reason == "the file is empty"


def test_a_ticket_that_speaks_of_tickets_is_no_page() -> None:
    ticket = json.dumps(saved(tags=["tickets"], odd={"tickets": []}, subject='{"tickets":['))
    assert [each.raw.decode() for each in read(ticket) if isinstance(each, Saved)] == [ticket]


def test_brackets_and_quotes_in_texts_are_text() -> None:
    texts = ["}{][", '"', '\\"', "\\", "\\\\", "{", '"}', "\n", "ü\u2028", ""]
    tickets = [saved(id=str(number), subject=text) for number, text in enumerate(texts)]
    assert [json.loads(each.raw) for each in read(json.dumps({"tickets": tickets}), 3) if isinstance(each, Saved)] == tickets


def test_places_are_told() -> None:
    found = read(f'{{"tickets":[\n{A},\n\n{B}]}}\n{C}')
    assert [each.place for each in found] == [Place("file", 2, 1), Place("file", 4, 2), Place("file", 5, 3)]
    assert str(found[1].place) == "file, line 4, ticket 2"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(f"{A}\n<html>oops</html>\n{B}\n", ["A", "!", "B"], id="another language"),
        pytest.param(f'{A}\n{B[:-30]}\n{C}\n{{"id":"D"}}', ["A", "!", "C", "D"], id="a line torn off"),
        pytest.param(f'{A}\n{{"id":"B","subject":"x\n{C}\n', ["A", "!", "C"], id="a line torn off in a text"),
        pytest.param(f'{A}\n{{"id":"B","x":{{"y":[\n{C}\n', ["A", "!", "C"], id="a line torn off in a list"),
        pytest.param(f'{A}\n{{"id":"B"}}}}\n{C}\n', ["A", "B", "!", "C"], id="a bracket too many"),
        pytest.param(f"[{A},null,17,{C}]", ["A", "!", "!", "C"], id="values that are no objects"),
        pytest.param(f'[{A},"text",{C}]\n{B}', ["A", "!", "B"], id="a text in a list"),
        pytest.param(f"[{A},{B[:50]}", ["A", "!"], id="the end of the file in a ticket of a list"),
        pytest.param(f'{{"tickets":[{A},', ["A", "!"], id="the end of the file in a page"),
        pytest.param(f'{{"tickets":[{A}],"total":', ["A", "!"], id="the end of the file behind the tickets"),
        pytest.param(f'{{"tickets":[{A},{B[:50]}\n{{"tickets":[{C}]}}', ["A", "!", "C"], id="a page torn off"),
        pytest.param(f'{{"tickets":[\n{A},\n{B[:50]},\n{C}\n],"total":3}}', ["A", "!", "C"], id="a ticket torn off in a page of lines"),
        pytest.param("[" * 100, ["!"], id="brackets only"),
        pytest.param('{"a":' * 100, ["!"], id="objects only"),
    ],
)
@pytest.mark.parametrize("most", [5, 1 << 20])
def test_what_is_broken_is_told_and_the_rest_is_read(content: str, expected: list[str], most: int) -> None:
    assert ids(read(content, most)) == expected


def test_a_ticket_in_balanced_brackets_is_left_to_whoever_reads_it() -> None:
    broken = '{"id":"A",,"x":[}}'
    assert [each.raw.decode() for each in read(f"[{broken},{B}]") if isinstance(each, Saved)] == [broken, B]


def test_a_ticket_beyond_the_bound_is_told_and_the_rest_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_files, "LARGEST_TICKET", 10_000)
    monkeypatch.setattr(history_files, "CHUNK", 1_000)
    large = json.dumps(saved(id="B", subject="x" * 20_000))
    assert ids(read(f"{A}\n{large}\n{C}", 1_000)) == ["A", "!", "C"]


def test_a_compressed_file_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(a_page("A", "B").encode()) + gzip.compress(A.encode()))
    with opened(str(path)) as (_, stream):
        assert ids(list(read_tickets(stream, "a.gz"))) == ["A", "B", "A"]


@pytest.mark.parametrize("cut", ["torn off", "spoiled"])
def test_a_broken_compressed_file_is_told(tmp_path: Path, cut: str) -> None:
    path = tmp_path / "a.gz"
    packed = bytearray(gzip.compress("\n".join(f'{{"id":"{number}"}}' for number in range(100_000)).encode()))
    if cut == "spoiled":
        packed[len(packed) // 2] ^= 0xFF
    path.write_bytes(packed if cut == "spoiled" else packed[: len(packed) // 2])
    with opened(str(path)) as (_, stream):
        found = list(read_tickets(stream, "a.gz"))
    assert len(found) > 10
    assert any(isinstance(each, Fault) and "cannot be read further" in each.reason for each in found[-2:])


@given(st.binary(max_size=300) | st.text(alphabet='{}[]",:\\\n ab', max_size=60).map(str.encode), st.integers(1, 40))
def test_any_bytes_come_to_an_end(content: bytes, most: int) -> None:
    found = read(content, most)
    assert len(found) <= len(content) + 1


@given(st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=9) | st.lists(st.integers()), max_size=3), max_size=5), st.data())
def test_any_objects_are_found_again(objects: list[dict[str, Any]], data: st.DataObject) -> None:
    objects = [{"id": str(number)} | each for number, each in enumerate(objects)]
    indent = data.draw(st.none() | st.integers(0, 2))
    form = data.draw(st.sampled_from(["page", "list", "lines"]))
    whole = {"page": {"pages": 1, "tickets": objects, "total": 1}, "list": objects}.get(form)
    content = json.dumps(whole, indent=indent) if whole is not None else ("\n".join(json.dumps(each) for each in objects) or "[]")
    found = read(content, data.draw(st.integers(1, 60)))
    assert [json.loads(each.raw) if isinstance(each, Saved) else each for each in found] == objects


def test_a_file_full_of_torn_lines_takes_no_longer_than_its_size() -> None:
    torn = '{"id":"A","x":{"y":"z"\n' * 20_000
    assert ids(read(torn)) == ["!"] * 20_000


class Endless:
    """A page of very many tickets that is never in one piece."""

    def __init__(self, tickets: int) -> None:
        self._parts = self._content(tickets)

    def _content(self, tickets: int) -> Iterator[bytes]:
        yield b'{"tickets":['
        piece = json.dumps(GOLDEN).encode() + b","
        for _ in range(tickets // 500):
            yield piece * 500
        yield b"]}"

    def read1(self, size: int, /) -> bytes:
        """Give a piece that is about as long as was asked for."""
        return next(self._parts, b"")


def test_memory_does_not_grow_with_the_file() -> None:
    tracemalloc.start()
    try:
        assert sum(isinstance(each, Saved) for each in read_tickets(Endless(20_000), "file")) == 20_000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 << 20  # the file is 36 MB
