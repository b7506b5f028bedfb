"""Requests that nobody should send: strategies for paths, queries, heads and bodies, as bytes. What must come of them the tests say."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, quote_from_bytes

from hypothesis import strategies as st

from deskline.web.v2.routes import ROUTES

# What each parameter likes to hear, so that a request gets deep enough to do harm.
WELCOME: dict[str, list[str]] = {
    "date_from": ["2024-02-29", "1970-01-01", "9999-12-31"],
    "date_to": ["2024-03-01", "1970-01-01", "9999-12-31"],
    "as_of": ["2024-03-01T09:00:00Z", "1970-01-01", "1970-01-01T00:00:00+23:59", "2023-10-29T02:30"],
    "timezone": ["Pacific/Kiritimati", "Pacific/Apia", "America/St_Johns", "Africa/Monrovia", "Etc/GMT+12", "UTC"],
    "group_by": ["hour", "day", "month"],
    "group": ["0", "1", "2147483647"],
    "group[]": ["0", "7"],
    "groups": ["3"],
    "tag": ["vip", "a b"],
    "tag[]": ["vip", "ż"],
    "tagged": ["vip"],
    "agent": ["ann@example.com"],
    "page": ["1", "2", "2147483647"],
    "order": ["asc", "desc"],
    "status": ["open", "solved", "spam", "accepting chats"],
    "assignee": ["ann@example.com", "none", "nobody@example.com"],
    "assigned": ["0", "1"],
    "requester[mail]": ["t@t.com"],
    "requester[name]": ["Ó"],
    "source": ["mail", "lc2"],
    "source[type]": ["chat-window", "mail"],
    "source[url]": ["https://co.com/p"],
    "source_id": ["K600PKZON8"],
    "query": ["parcel", "where is", "parcel OR tax"],
    "callback": ["f", "a.b[0]"],
    "message": ["Hi", "line\r\nline"],
    "subject": ["Parcel"],
    "assignee[id]": ["ann@example.com", "nobody@example.com"],
    "rate": ["good", "bad"],
    "is_private": ["0", "true"],
    "author[type]": ["client", "agent"],
}
SQL = [
    "'; DROP TABLE ticket; --",
    "' OR 1=1 --",
    "\\' OR 1=1",
    "$1",
    "?1",
    ":x",
    "@x",
    "1) UNION SELECT key_hash FROM api_key --",
    "%",
    "_",
]
SEARCH = [
    "*",
    "a*",
    "^a",
    "NEAR(a b)",
    "NEAR(",
    "text:a",
    "col:",
    "-",
    "- a",
    "a AND",
    "OR",
    "NOT",
    "(",
    ")",
    "{text}: a",
    "+",
    '""',
    'a"b',
    '"',
    "²",
]
NUMBERS = ["NaN", "Infinity", "1e999", "-0", "0x10", "1_000", "١٢", "+1", " 1 ", "1.0", "1e3", "-1", "9" * 400, str(2**31), str(2**63)]
DATES = ["0000-00-00", "1969-12-31", "2024-02-30", "10000-01-01", "2024-W01-1", "20240101", "2024-1-1", "2\uff1024-01-01", "{}"]
ZONES = ["../UTC", "/etc/localtime", "localtime", "posixrules", "America", "posix/UTC", "tzdata.zi", "zone.tab", "UTC\0", "__init__", "utc"]
SCRIPTS = ["alert(1)", "a;b", "</script>", "\u2028", "a" * 129, "[]", "__proto__", "CWS\x0fhGQ", "f`x`", "import('x')", "a\r\nX-Evil: 1"]
PATHS = ["..", "../../etc/passwd", "%2e%2e%2f", "....//", ".", "~", "\\", "%", "%zz", "%c0%af", "C:\\", "a/b", "tags", ";a=b"]
ODD_TEXTS = ["", "\0", "a\0b", "\r\n", "\n", "\t", "\x7f", "\x1b[31m", "\ufeff", "\u202e", "\U0010ffff", "İ", "ﬀ", "x" * 300, "x" * 6_000]
LISTS = ['["a"', '["a","b"]', "[[[[", '["\\ud800"]', "[1e999]", '[1,"a",2.5]', '["[\\"b\\"]"]', "{}", '{"a":1}', "[]", "null"]
PIECES = [*SQL, *SEARCH, *NUMBERS, *DATES, *ZONES, *SCRIPTS, *PATHS, *ODD_TEXTS, *LISTS]
NOT_UTF8 = [b"\xff\xfe", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"a\x80"]
METHODS = ["GET", "GET", "GET", "HEAD", "POST", "POST", "PUT", "PUT", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "get", "FOO", "G" * 300]
PUBLIC = ("/healthz", "/readyz", "/metrics")

texts = st.sampled_from(PIECES) | st.text(max_size=12)
raw_values = st.one_of(
    texts.map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.sampled_from(NOT_UTF8),
    st.binary(max_size=8),
)


class Hostile(NamedTuple):
    """A request: a target as it stands in its line, header lines, a body or none, and in chunks of which size it is sent (0: in one)."""

    method: str
    target: str
    headers: tuple[str, ...] = ()
    body: bytes | None = None
    chunk: int = 0

    def raw(self, *more: str) -> bytes:
        """All of it as bytes; the connection ends with the answer."""
        lines = [f"{self.method} {self.target} HTTP/1.1", "Host: localhost", "Connection: close", *self.headers, *more]
        body = self.body or b""
        if self.chunk:
            lines.append("Transfer-Encoding: chunked")
            pieces = [body[start : start + self.chunk] for start in range(0, len(body), self.chunk)]
            body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in [*pieces, b""])
        elif self.body is not None:
            lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join([*lines, "", ""]).encode() + body


# What is wrong with a part of a request: usually nothing, or one wrong part would hide what the others do.
rarely = st.sampled_from([False] * 5 + [True])


@st.composite
def names(draw: st.DrawFn) -> str:
    """A parameter's name: one that means something, perhaps with brackets where none belong."""
    name = draw(st.sampled_from(sorted(WELCOME)))
    if draw(rarely):
        ends = ["[]", "[0]", "[20]", "[21]", "[99999999999999999999]", "[-1]", "[a]", "[][0]", "[", "]", "[a][b][c][d][e][f][g]"]
        return draw(st.sampled_from([name, name, "", "x", "__proto__", " tag "])) + draw(st.sampled_from(ends))
    return name


@st.composite
def pairs(draw: st.DrawFn) -> tuple[str, bytes]:
    """A parameter, usually with a value that is welcome."""
    name = draw(names())
    welcome = WELCOME.get(name)
    if welcome and not draw(rarely):
        return name, draw(st.sampled_from(welcome)).encode()
    return name, draw(raw_values)


@st.composite
def encoded(draw: st.DrawFn) -> str:
    """Parameters as a query or a form spells them, whole or half encoded, with stray separators."""
    parts = draw(st.lists(pairs(), min_size=draw(st.integers(0, 4)), max_size=6))
    safe = draw(st.sampled_from(["", "[]", "[]@:/,;!*'()"]))
    separator = draw(st.sampled_from(["&&", ";", "&=&"])) if draw(rarely) else "&"
    return separator.join(f"{quote(name, safe=safe)}={quote_from_bytes(value, safe=safe)}" for name, value in parts)


BEN = "ben@example.com"  # an agent there
NOBODY = "nobody@example.com"  # whose key may be made anew, and whose tickets a job may take at any time


@st.composite
def paths(draw: st.DrawFn, ids: list[str], routes: Sequence[str], login: str = NOBODY) -> str:
    """A route's path with an id of a ticket or something else in it, or a path that nearly is one."""
    path = draw(st.sampled_from(routes))
    for name in ("{ticket_id}", "{login}", "{group_id}"):
        if name in path:
            known = {"{ticket_id}": ids, "{login}": [login], "{group_id}": ["0", "1"]}[name]
            value = draw(raw_values) if draw(rarely) else draw(st.sampled_from(known)).encode()
            path = path.replace(name, quote_from_bytes(value, safe=draw(st.sampled_from(["", "/@+"]))))
    twist = draw(st.sampled_from(["/", "//", "/..", "/%00", "/%2f", "%20", ".json", "/x"])) if draw(rarely) else ""
    before = draw(st.sampled_from(["/v2", "/V2", "//", "/v1", "/v2/v2"])) if draw(rarely) else ""
    return before + path + twist


@st.composite
def queried(draw: st.DrawFn, ids: list[str]) -> Hostile:
    """A request that reads, with any query."""
    reading = [route.path for route in ROUTES if route.method == "GET"] + list(PUBLIC)
    return Hostile(draw(st.sampled_from(["GET", "GET", "GET", "HEAD"])), f"{draw(paths(ids, reading, BEN))}?{draw(encoded())}")


leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    texts,
    st.sampled_from(sorted({value for values in WELCOME.values() for value in values})),
)
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=6)


@st.composite
def objects(draw: st.DrawFn) -> dict[str, Any]:
    """A JSON object with the names of parameters, nested as clients nest them, and values welcome or not."""
    shape: dict[str, Any] = {}
    for name in [*draw(st.sampled_from([[], ["message", "requester[mail]"]])), *draw(st.lists(names(), max_size=4))]:
        welcome = WELCOME.get(name)
        value: Any = draw(st.sampled_from(welcome)) if welcome and not draw(rarely) else draw(values)
        outer, bracket, inner = name.partition("[")
        if bracket and inner.rstrip("]") and isinstance(shape.get(outer), dict):
            shape[outer][inner.rstrip("]")] = value
        elif bracket and inner.rstrip("]") and draw(st.booleans()):
            shape[outer] = {inner.rstrip("]"): value}
        else:
            shape[name] = value
    return shape


JSON_TEXTS = [
    b'{"message":NaN}',
    b'{"message":1e999,"requester":{"mail":1e999}}',
    b'{"group":-1e999}',
    b'{"group":1e400}',
    b'{"group":[1E3,1.5,-0]}',
    b'{"group":' + b"9" * 5_000 + b"}",
    b'{"message":"\\ud800","requester":{"mail":"a@b"}}',
    b'{"message":"\\udc00\\ud800"}',
    b'{"\\ud800":1}',
    b'{"message":"a\\u0000b","requester":{"mail":"a@b"}}',
    b'{"tag":["a\\u0000"]}',
    b'{"message":"\x01"}',
    b'{"message":"\xff"}',
    b'{"message":"a","message":"b","requester":{"mail":"a@b"},"requester":[]}',
    b'{"tag":' * 10_000,
    b"[" * 10_000,
    b"[" * 10_000 + b"]" * 10_000,
    b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    b'{"message":' + b"[" * 21 + b"]" * 21 + b"}",
    b'\xef\xbb\xbf{"message":"a"}',
    '{"message":"a"}'.encode("utf-16"),
    b'{"message":"a"}{}',
    b'{"message":"a",}',
    b"{'message':'a'}",
    b"null",
    b"1",
    b'"message=a"',
    b"\0",
    b"",
    b" ",
    b"[]",
    b"{",
    b'{"requester":[{"mail":"a@b"}],"message":[["a"]]}',
    b'{"requester":{"mail":{"mail":"a@b"}},"message":{"0":"a"}}',
    b'{"requester[mail]":"a@b","requester":{"mail":"c@d"},"message":"x"}',
    b'{"requester[mail]":"a@b","requester":"c@d","message":"x"}',
    b'{"tag[]":["a"],"tag":{"b":1},"tag[0]":{"c":[]}}',
    b'{"status":{"0":"open"},"assignee":{"id":null},"group":{"0":1,"1":"2"}}',
]
FORM_TEXTS = [
    b"&" * 10_000,
    b"a=1&" * 10_000,
    b"tag[]=a&" * 10_000,
    b"&".join(b"tag[%d]=a" % number for number in range(900)),
    b"tag" + b"[a]" * 10_000 + b"=1",
    b"tag" + b"[" * 10_000,
    b"a[0]=1&a=2&a[b]=3&a[]=4&a[0][0]=5",
    b"message=%00&requester[mail]=a@b",
    b"message=%ff",
    b"%ff=1",
    b"message=a?callback=x",
    b"=&==&=a&a",
]
KINDS = [
    "application/json",
    "application/x-www-form-urlencoded",
    "application/json; charset=utf-16",
    "text/plain",
    "multipart/form-data",
    "x",
    "json",
]


@st.composite
def written(draw: st.DrawFn, ids: list[str]) -> Hostile:
    """A request that writes, with any body."""
    route = draw(st.sampled_from([route for route in ROUTES if route.method != "GET"]))
    target = draw(paths(ids, [route.path]))
    body = draw(
        st.one_of(
            *[objects().map(lambda value: json.dumps(value).encode())] * 2,
            objects().map(lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")),
            *[encoded().map(str.encode)] * 2,
            encoded().map(lambda form: b"message=Hi&requester[mail]=t%40t.com&" + form.encode()),
            st.sampled_from(JSON_TEXTS),
            st.sampled_from(FORM_TEXTS),
            st.binary(max_size=40),
        )
    )
    looks_like_json = body[:1] in {b"{", b"["}
    kind = draw(st.sampled_from(KINDS)) if draw(rarely) else KINDS[0 if looks_like_json else 1]
    chunk = draw(st.sampled_from([1 if len(body) < 1_000 else 1_000, 7_000])) if draw(rarely) else 0
    query = draw(st.sampled_from(["?callback=f", "?message=Hi&requester[mail]=t@t.com"])) if draw(rarely) else ""
    return Hostile(route.method, target + query, (f"Content-Type: {kind}",), body, chunk)


HEADERS = {
    "X-API-Version": ["2", "1", "{}", "3", "", "2" * 1_000],
    "Authorization": [
        "Basic",
        "Basic ",
        "Basic :",
        "Basic a",
        "Basic YQ==",
        "Basic //79",
        "Basic a:b",
        "Bearer x",
        "Digest x",
        "Basic " + "a" * 9_000,
    ],
    "Origin": [
        "null",
        "http://[",
        "http://[::1",
        "http://a]b",
        "https://localhost",
        "http://localhost:x",
        "//",
        "http://½",
        "http://localhost:99999",
    ],
    "Host": ["", "a b", "[", "localhost:x", "x" * 1_000],
    "Sec-Fetch-Site": ["cross-site", "same-origin", "x"],
    "X-Request-Id": ["", "x" * 9_000, "a\tb", '"', "é", "../../etc/passwd"],
    "If-None-Match": ["*", "W/", '"', ",,,", 'W/"a", "b"', "x" * 9_000],
    "X-Forwarded-Proto": ["http", "https", "https,http", "", ","],
    "X-Forwarded-For": ["::1", "x", "1.2.3.4, 5.6.7.8"],
    "Content-Encoding": ["gzip", "identity", "br", ""],
    "Content-Type": ["application/json", "x", "", "application/json; charset=\\"],
    "Expect": ["100-continue", "200-ok"],
    "Accept": ["text/html", "*/*;q=x"],
    "Cookie": ["callback=f; session=x", "a" * 9_000],
    "Range": ["bytes=0-1", "bytes=-"],
    "Upgrade": ["websocket", "h2c"],
    "X-HTTP-Method-Override": ["DELETE"],
    "Transfer-Encoding": ["gzip", "identity", "chunked, chunked"],
}


@st.composite
def headed(draw: st.DrawFn, ids: list[str]) -> Hostile:
    """A request with any method and any headers, some of them twice."""
    chosen = draw(st.lists(st.sampled_from(sorted(HEADERS)), min_size=1, max_size=3))
    headers = tuple(f"{name}: {draw(st.sampled_from(HEADERS[name]))}" for name in chosen)
    body = draw(st.sampled_from([None, None, b"", b"message=Hi", b'{"message":"Hi","requester":{"mail":"t@t.com"}}']))
    every = [route.path for route in ROUTES] + list(PUBLIC)
    target = draw(paths(ids, every)) + draw(
        st.sampled_from(["", "?callback=f", "?callback=alert(1)", "?callback=%0d%0aX-Evil:1", "?", "??callback=f"])
    )
    return Hostile(draw(st.sampled_from(METHODS)), target, headers, body)
