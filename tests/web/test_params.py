import datetime as dt
import json
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from deskline.errors import InvalidError, TooLargeError
from deskline.web.nesting import Values, read_json, read_pairs
from deskline.web.params import Params, find_zone

SENT_BY_CLIENTS: list[tuple[str, Callable[[bytes], Values], str, Values]] = [
    (
        "PHP list",
        read_pairs,
        "status=open&query=a+b&requester[mail]=t%40t.com&tag[]=sales&page=2&assigned=0",
        {"status": "open", "query": "a b", "requester": {"mail": "t@t.com"}, "tag": ["sales"], "page": "2", "assigned": "0"},
    ),
    (
        "PHP create",
        read_pairs,
        "message=h+i&requester%5Bmail%5D=t%40t.com&requester%5Bname%5D=%C3%93&group%5B0%5D=0&group%5B1%5D=1&x=1",
        {"message": "h i", "requester": {"mail": "t@t.com", "name": "Ó"}, "group": ["0", "1"], "x": "1"},
    ),
    ("PHP tags", read_pairs, "tag%5B0%5D=a+b&tag%5B1%5D=c", {"tag": ["a b", "c"]}),
    ("PHP no tags", read_pairs, "", {}),
    (
        "PHP ranking",
        read_pairs,
        "date_from=2012-01-01&timezone=Europe%2FWarsaw",
        {"date_from": "2012-01-01", "timezone": "Europe/Warsaw"},
    ),
    ("PHP 0.9 with a query", read_pairs, "status=open?callback=x", {"status": "open", "callback": "x"}),
    (
        "Node list",
        read_pairs,
        "status=open&tag%5B0%5D=a&tag%5B1%5D=b%20c&requester%5Bmail%5D=t%40t.com&page=2",
        {"status": "open", "tag": ["a", "b c"], "requester": {"mail": "t@t.com"}, "page": "2"},
    ),
    ("Node odd list", read_pairs, "tag%5B%5D%5B0%5D=a&assigned=0&query=", {"tag": [["a"]], "assigned": "0", "query": ""}),
    (
        "Node create",
        read_pairs,
        "message=h%20i&requester%5Bmail%5D=t%40t.com&requester%5Bname%5D=%C3%93&group%5B0%5D=0&group%5B1%5D=1&source%5Btype%5D=mail",
        {"message": "h i", "requester": {"mail": "t@t.com", "name": "Ó"}, "group": ["0", "1"], "source": {"type": "mail"}},
    ),
    ("Node tags", read_pairs, "tag%5B0%5D=a&tag%5B1%5D=b", {"tag": ["a", "b"]}),
    ("Node delete", read_pairs, "group=0", {"group": "0"}),
    (
        "Ruby create",
        read_json,
        '{"message":"h i","requester":{"mail":"t@t.com","name":"Ó"},"group":[0,1]}',
        {"message": "h i", "requester": {"mail": "t@t.com", "name": "Ó"}, "group": [0, 1]},
    ),
    ("Ruby tags", read_json, '{"tag":["a","b"]}', {"tag": ["a", "b"]}),
    ("Ruby tags in a query", read_pairs, "tag%5B%5D=a+b", {"tag": ["a b"]}),
    ("Ruby no body", read_json, "", {}),
    (
        "C# create",
        read_pairs,
        "message=hi&requester[mail]=t%40t.com&requester[name]=T+T",
        {"message": "hi", "requester": {"mail": "t@t.com", "name": "T T"}},
    ),
    ("C# tags", read_pairs, "tag[]=a&tag[]=b", {"tag": ["a", "b"]}),
    ("C# groups", read_pairs, "agents[0]=a&agents[0]=b", {"agents": ["a", "b"]}),
    ("R chats", read_pairs, "date_from=2015-01-01&page=2&", {"date_from": "2015-01-01", "page": "2"}),
    (
        "the documentation's form, its line breaks become blanks",
        read_pairs,
        "message=test message&  requester[mail]=john.doe@mail.com&  requester[name]=John Doe",
        {"message": "test message", "requester": {"mail": "john.doe@mail.com", "name": "John Doe"}},
    ),
    (
        "the documentation's tags",
        read_pairs,
        "tag[]=sales&tag[]=support&tag[]=feedback",
        {"tag": ["sales", "support", "feedback"]},
    ),
    ("a replayed placeholder", read_pairs, "date_from=%7B%7D&status=%7B%7D", {"date_from": "{}", "status": "{}"}),
]


@pytest.mark.parametrize(("read", "sent", "values"), [case[1:] for case in SENT_BY_CLIENTS], ids=[case[0] for case in SENT_BY_CLIENTS])
def test_what_the_clients_send_is_read(read: Callable[[bytes], Values], sent: str, values: Values) -> None:
    assert read(sent.encode()) == values


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("tag=a&tag=b", {"tag": ["a", "b"]}),
        ("tag=a&tag=b&tag=c", {"tag": ["a", "b", "c"]}),
        ("tag[]=a&tag%5B1%5D=c", {"tag": ["a", "c"]}),
        ("tag=a&tag[]=b", {"tag": ["a", "b"]}),
        ("tag[1]=b&tag[0]=a", {"tag": ["a", "b"]}),
        ("tag[5]=a&tag[]=b", {"tag": ["a", "b"]}),
        ("tag[20]=a", {"tag": ["a"]}),
        ("tag[21]=a", {"tag": {"21": "a"}}),
        ("a[b]=c", {"a": {"b": "c"}}),
        ("a[b]=c&a[b]=d", {"a": {"b": ["c", "d"]}}),
        ("a[b]=1&a[b][c]=2", {"a": {"b": {"0": "1", "c": "2"}}}),
        ("a[b][c][d][e][f][g][h]=x", {"a": {"b": {"c": {"d": {"e": {"f": {"[g][h]": "x"}}}}}}}),
        ("a[b=1", {"a[b": "1"}),
        ("a]=1", {"a]": "1"}),
        ("[a]=1", {"a": "1"}),
        ("=1", {"": "1"}),
        ("a", {"a": ""}),
        ("a==b", {"a": "=b"}),
        ("100%=50%&x=%zz", {"100%": "50%", "x": "%zz"}),
        ("&&a=1&&", {"a": "1"}),
        ("q=what?", {"q": "what?"}),
    ],
)
def test_names_are_nested_as_the_original_nests_them(query: str, values: Values) -> None:
    assert read_pairs(query.encode()) == values


def test_names_with_brackets_are_nested_in_json_too() -> None:
    assert read_json(b'{"tag[]":["a","b"],"requester[mail]":"t@t.com","page":2}') == {
        "tag": [["a", "b"]],
        "requester": {"mail": "t@t.com"},
        "page": 2,
    }


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        (b"tag=%ff", "tag: not valid UTF-8; accepted: text in UTF-8"),
        (b"tag=\xff", "tag: not valid UTF-8; accepted: text in UTF-8"),
        (b"requester[mail]=%ED%A0%80", "requester[mail]: not valid UTF-8; accepted: text in UTF-8"),
        (b"%ff=1", "\\xff: the name is not valid UTF-8; accepted: UTF-8"),
        (b"message=a%00b", "message: a NUL character; accepted: text without NUL"),
        (b"message=a\0b", "message: a NUL character; accepted: text without NUL"),
        (b"a%00b%0d%0ac=1", "a\\x00b\\r\\nc: a NUL character; accepted: text without NUL"),
        (b"x" * 300 + b"=1", "x" * 60 + "…: the name is too long; accepted: at most 256 characters"),
    ],
)
def test_what_is_no_text_is_refused_by_name(query: bytes, problem: str) -> None:
    with pytest.raises(InvalidError) as refusal:
        read_pairs(query)
    assert refusal.value.problems == (problem,)


def test_a_thousand_parameters_are_read_and_one_more_is_too_many() -> None:
    thousand = "&".join(f"p{n}=1" for n in range(1_000))
    assert len(read_pairs(thousand.encode() + b"&")) == 1_000
    with pytest.raises(TooLargeError, match="More than 1,000 parameters"):
        read_pairs(thousand.encode() + b"&x=1")


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"[1]", 'body: the JSON is not an object; accepted: an object, such as {"message":"Hello"}'),
        (b'"x"', 'body: the JSON is not an object; accepted: an object, such as {"message":"Hello"}'),
        (b"null", 'body: the JSON is not an object; accepted: an object, such as {"message":"Hello"}'),
        (b'{"a":1', "body: not valid JSON (Input data was truncated); accepted: a JSON object in UTF-8"),
        (b"\xff", "body: not valid JSON (JSON is malformed: invalid character (byte 0)); accepted: a JSON object in UTF-8"),
        (
            b'{"a":1,\xff:2}',
            "body: not valid JSON (JSON is malformed: object keys must be strings (byte 7)); accepted: a JSON object in UTF-8",
        ),
        (b'{"a":1,"subject":"\\ud800"}', "subject: not valid Unicode; accepted: text in UTF-8, without lone surrogates"),
        (b'{"a":1,"requester":{"name":"\xff"}}', "requester: not valid Unicode; accepted: text in UTF-8, without lone surrogates"),
        (b'{"\\udc00":1}', "\\udc00: not valid Unicode; accepted: text in UTF-8, without lone surrogates"),
        (b'{"a":' * 21 + b"1" + b"}" * 21, "body: the JSON is nested too deeply; accepted: at most 20 levels"),
        (b'{"a":' + b"[" * 100_000, "body: the JSON is nested too deeply; accepted: at most 20 levels"),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(body: bytes, problem: str) -> None:
    with pytest.raises(InvalidError) as refusal:
        read_json(body)
    assert refusal.value.problems == (problem,)


def test_twenty_levels_of_json_are_read() -> None:
    assert read_json(b'{"a":' * 20 + b"1" + b"}" * 20)


def query(text: str) -> Params:
    return Params(read_pairs(text.encode()), json_texts=True)


def body(values: object) -> Params:
    return Params(read_json(json.dumps(values).encode()))


def problems(params: Params) -> tuple[str, ...]:
    with pytest.raises(InvalidError) as refusal:
        params.check()
    return refusal.value.problems


def test_all_problems_are_raised_together() -> None:
    params = query("page=x&status=odd&date_from=yesterday&assigned=maybe&timezone=Mars/Base&requester[mail]=" + "m" * 300)
    assert params.text("message", required=True, limit=100) == ""
    assert params.whole("page", 1, 1_000, default=1) == 1
    assert params.choice("status", ("open", "solved")) is None
    assert params.day("date_from") is None
    assert params.flag("assigned") is None
    assert params.zone("timezone") is None
    assert params.mapping("requester").text("mail", limit=255) is None
    params.refuse("date_to", "before date_from", "a later day")
    assert problems(params) == (
        "message: is missing; accepted: a text of at most 100 characters",
        "page: 'x' is not a whole number; accepted: a whole number from 1 to 1000",
        "status: 'odd' is not one of them; accepted: open, solved",
        "date_from: 'yesterday' is not such a date; accepted: YYYY-MM-DD, from 1970-01-01 to 9999-12-31",
        "assigned: 'maybe' is not a truth value; accepted: 0, 1, true, false",
        "timezone: 'Mars/Base' is not a known time zone; accepted: an IANA name such as Europe/Warsaw or UTC",
        "requester[mail]: 300 characters; accepted: at most 255 characters",
        "date_to: before date_from; accepted: a later day",
    )


@pytest.mark.parametrize(
    "params", [query(""), query("p=&p[]=&p[]="), body({"p": None}), body({"p": []}), body({"p": {}}), body({"p": [None]})]
)
def test_empty_is_absent(params: Params) -> None:
    assert params.text("p") is None
    assert params.texts("p") == []
    assert params.whole("p", 0, 9, default=5) == 5
    assert params.wholes("p", 0, 9) == []
    assert params.choice("p", ("a",)) is None
    assert params.flag("p") is None
    assert params.day("p") is None
    assert params.zone("p") is None
    params.check()


def test_sent_empty_can_be_told_from_absent() -> None:
    assert query("p=").given("p")
    assert body({"p": None}).given("p")
    assert not query("").given("p")


@pytest.mark.parametrize(
    "params",
    [
        query("tag=a&tag=b"),
        query("tag[]=a&tag[]=&tag[]=b"),
        query("tag[0]=a&tag[1]=b"),
        query("tag[][0]=a&tag[][0]=b"),
        query("tag[21]=a&tag[100]=b"),
        query('tag=["a", "b"]'),
        body({"tag": ["a", "b"]}),
        body({"tag": ["a", None, "b", ""]}),
        body({"tag[]": ["a", "b"]}),
        body({"tag": {"0": "a", "1": "b"}}),
    ],
)
def test_a_list_is_read_from_every_form_of_it(params: Params) -> None:
    assert params.texts("tag") == ["a", "b"]
    params.check()


def test_a_scalar_is_a_list_of_one() -> None:
    assert query("tag=a").texts("tag") == ["a"]
    assert body({"tag": 5}).texts("tag") == ["5"]
    assert body({"tag": '["a"]'}).texts("tag") == ['["a"]']
    assert query("tag=[a").texts("tag") == ["[a"]


@pytest.mark.parametrize("tag", [{"name": "a"}, [{"name": "a"}], [True], {"0": {"x": 1}}])
def test_a_list_of_other_things_is_refused(tag: object) -> None:
    params = body({"tag": tag})
    assert params.texts("tag") == []
    assert problems(params)[0].startswith("tag: ")


def test_a_list_has_bounds() -> None:
    params = query("tag[]=a&tag[]=b&tag[]=ccc")
    assert params.texts("tag", limit=2) == []
    assert params.texts("tag", count=2) == []
    assert problems(params) == ("tag: 3 characters; accepted: at most 2 characters", "tag: 3 values; accepted: at most 2 values")


def test_numbers_in_a_list_are_cast() -> None:
    assert query("group[0]=0&group[1]=1").wholes("group", 0, 99) == [0, 1]
    assert body({"group": [0, "1"]}).wholes("group", 0, 99) == [0, 1]
    assert body({"group": 7}).wholes("group", 0, 99) == [7]
    for group in (["x"], [100], [True], {"id": 5}, [1.5]):
        params = body({"group": group})
        assert params.wholes("group", 0, 99) == []
        assert problems(params)[0].startswith("group: ")


def test_one_value_in_brackets_is_one_value_and_two_are_refused() -> None:
    assert query("status[]=open").choice("status", ("open",)) == "open"
    params = query("status=open&status=solved")
    assert params.choice("status", ("open", "solved")) is None
    assert problems(params) == ("status: 2 values; accepted: one value",)


@pytest.mark.parametrize("value", ["1.5", "1e3", "0x1", "٣", "1_000", "--1", True, 2.5, 10**30, {"a": 1}, "9" * 30], ids=repr)
def test_a_whole_number_is_digits(value: object) -> None:
    params = body({"page": value})
    assert params.whole("page", 1, 10**9) is None


@pytest.mark.parametrize("value", ["7", " 7 ", 7, 7.0, ["7"]], ids=repr)
def test_a_whole_number_is_read(value: object) -> None:
    assert body({"page": value}).whole("page", 1, 10) == 7


def test_a_number_serves_as_a_text() -> None:
    assert body({"subject": 5}).text("subject") == "5"
    assert body({"subject": 5.0}).text("subject") == "5"
    assert body({"subject": 5.25}).text("subject") == "5.25"
    params = body({"subject": True})
    assert params.text("subject") is None
    assert problems(params) == ("subject: true is not a text; accepted: a text",)


@pytest.mark.parametrize(
    ("value", "flag"), [("0", False), ("1", True), ("false", False), ("true", True), (0, False), (1, True), (True, True)], ids=repr
)
def test_a_flag_is_read(value: object, flag: bool) -> None:
    assert body({"assigned": value}).flag("assigned") is flag


@pytest.mark.parametrize(
    "day", ["2019-02-29", "1969-12-31", "0000-01-01", "2019-1-1", "20190101", "2019-W01-1", "{}", "٢٠١٩-01-01", "10000-01-01"]
)
def test_a_day_that_is_none_is_refused(day: str) -> None:
    params = body({"date_from": day})
    assert params.day("date_from") is None
    assert problems(params)[0].startswith("date_from: ")


def test_a_day_is_read() -> None:
    assert query("d=1970-01-01").day("d") == dt.date(1970, 1, 1)
    assert query("d=9999-12-31").day("d") == dt.date(9999, 12, 31)


@pytest.mark.parametrize(
    "name",
    [
        *("../etc/passwd", "/etc/localtime", "Europe/../Europe/Warsaw", "Europe\\Warsaw", "Europe//Warsaw", ".", "UTC\n"),
        *("posix/UTC", "right/UTC", "localtime", "America", "tzdata.zi", "leapseconds", "zone.tab", "Factory"),
        *("europe/warsaw ", "Mars/Phobos", "a" * 61),
    ],
)
def test_a_zone_is_a_name_and_never_a_path(name: str) -> None:
    assert find_zone(name) is None
    params = body({"timezone": name})
    assert params.zone("timezone") is None
    assert problems(params)


@pytest.mark.parametrize("name", ["UTC", "Europe/Warsaw", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "Asia/Kolkata"])
def test_a_zone_is_found(name: str) -> None:
    zone = body({"timezone": name}).zone("timezone")
    assert zone is not None
    assert zone.key == name


def test_fields_of_something_without_fields_are_refused() -> None:
    params = query("requester=john")
    assert params.mapping("requester").text("mail") is None
    assert problems(params) == ("requester: 'john' has no fields; accepted: fields, as in requester[…]",)


def test_a_long_bad_value_is_quoted_shortened_and_escaped() -> None:
    params = body({"status": "\r\n\x1b" + "a" * 10_000})
    assert params.choice("status", ("open",)) is None
    assert problems(params) == ("status: '\\r\\n\\x1b" + "a" * 57 + "…' is not one of them; accepted: open",)


NAMES = ("message", "tag", "page", "status", "assigned", "date_from", "timezone", "requester", "a", "")
READERS: list[Callable[[Params, str], object]] = [
    lambda params, name: params.text(name, required=True, limit=50),
    lambda params, name: params.texts(name, limit=50, count=5),
    lambda params, name: params.whole(name, 1, 100),
    lambda params, name: params.wholes(name, 1, 100, count=5),
    lambda params, name: params.choice(name, ("open", "solved")),
    lambda params, name: params.flag(name),
    lambda params, name: params.day(name),
    lambda params, name: params.zone(name),
    lambda params, name: params.mapping(name).text("mail", required=True),
]


def read_all(params: Params) -> None:
    """Read everything as everything; only problems may come of it."""
    for name in NAMES:
        for reader in READERS:
            reader(params, name)
    params.check()


PIECES = st.sampled_from(
    [name.encode() for name in NAMES] + [b"=", b"&", b"[", b"]", b"[]", b"[0]", b"[21]", b"%5B", b"%5D", b"+", b"?callback="]
)
PAIRS = st.lists(PIECES | st.binary(max_size=4), max_size=30).map(b"".join)
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=4), children, max_size=4),
    max_leaves=20,
)


def refusal_of(call: Callable[[], object]) -> tuple[str, ...]:
    """The problems a call is refused for, none where it is not; any other exception is the test's failure."""
    try:
        call()
    except InvalidError as refusal:
        return refusal.problems
    return ()


def assert_spoken(problems: tuple[str, ...]) -> None:
    assert all(problem.isprintable() and "; accepted: " in problem and len(problem) < 500 for problem in problems)


@given(PAIRS)
@example(b"[]=1&[]=2&=3")
@example(b"a[]=1&a=2&a[b]=3&a[0]=4&a[b][]=5")
def test_no_query_or_form_does_worse_than_being_refused(raw: bytes) -> None:
    assert_spoken(refusal_of(lambda: read_all(Params(read_pairs(raw), json_texts=True))))


@given(st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=6), TREES, max_size=6).map(lambda tree: json.dumps(tree).encode()))
def test_no_json_does_worse_than_being_refused(raw: bytes) -> None:
    assert_spoken(refusal_of(lambda: read_all(Params(read_json(raw)))))


@given(st.binary(max_size=40) | st.text(alphabet='{}[]",:\\ud8c0\0a1 ', max_size=40).map(str.encode))
def test_no_bytes_do_worse_than_being_refused(raw: bytes) -> None:
    assert_spoken(refusal_of(lambda: read_all(Params(read_pairs(raw)))))
    assert_spoken(refusal_of(lambda: read_all(Params(read_json(raw)))))
