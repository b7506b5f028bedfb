"""/custom_fields and /custom_fields/<key>, and `custom_fields` of tickets"""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from deskline.domain import custom_fields
from deskline.domain.custom_fields import CustomField
from deskline.storage import custom_fields as stored
from tests.web.v2.companies import Company

FORM = "application/x-www-form-urlencoded"
FIELDS: tuple[dict[str, Any], ...] = (
    {"key": "order_number", "name": "Order number", "type": "text"},
    {"key": "amount", "name": "Amount", "type": "number"},
    {"key": "due", "name": "Due", "type": "date"},
    {"key": "paid", "name": "Paid", "type": "checkbox"},
    {"key": "area", "name": "Area", "type": "choice", "choices": ["Orders", "Returns"]},
)
ANN = {"id": "ann@example.com", "name": "Ann Owner"}


def answered(company: Company, method: str, path: str, **options: Any) -> Any:
    answer = company.request(method, path, **options)
    assert answer.status_code == 200, answer.text
    return answer.json()


def set_to(desk: Company, **values: Any) -> dict[str, Any]:
    """Change fields of AAAAA; answers those that it has then."""
    shown: dict[str, Any] = answered(desk, "PUT", "/tickets/AAAAA", json={"custom_fields": values}).get("custom_fields", {})
    return shown


@pytest.fixture
def desk(company: Company) -> Company:
    """A company with a field of each type and one ticket."""
    for field in FIELDS:
        answered(company, "POST", "/custom_fields", json=field)
    company.created("AAAAA", "2024-03-09T08:00:00Z")
    return company


# Definitions


def test_it_works(company: Company) -> None:
    assert company.get("/custom_fields").text == "[]"
    began = int(time.time())
    shown = answered(
        company, "POST", "/custom_fields", json={"key": "area", "name": "Area", "type": "choice", "choices": ["Returns", "Orders"]}
    )
    assert list(shown) == ["key", "name", "type", "choices", "creation_date", "created_by"]
    assert began <= shown["creation_date"] <= time.time()
    expected = {
        "key": "area",
        "name": "Area",
        "type": "choice",
        "choices": ["Returns", "Orders"],
        "creation_date": shown["creation_date"],
        "created_by": "ann@example.com",
    }
    assert shown == expected == company.json("/custom_fields/area") == company.json("/Custom_Fields/AREA")
    form = "key=paid&name=Paid?&type=checkbox"
    paid = company.post("/custom_fields", content=form, headers={"Content-Type": FORM}).json()
    assert (paid["key"], paid["type"], "choices" in paid) == ("paid", "checkbox", False)
    assert company.json("/custom_fields") == [expected, paid]
    assert answered(company, "PUT", "/custom_fields/area", json={"name": "Area"}) == expected
    changed = answered(company, "PUT", "/custom_fields/area", data={"name": "Part", "choices[]": ["Orders", "Parcels", "Orders"]})
    assert changed == expected | {"name": "Part", "choices": ["Orders", "Parcels"]} == company.json("/custom_fields/area")
    assert answered(company, "PUT", "/custom_fields/area", json=changed | {"name": "Area"})["name"] == "Area", "all of it may be sent back"
    assert answered(company, "DELETE", "/custom_fields/area") == {"result": "custom field removed successfully"}
    assert company.json("/custom_fields") == [paid]
    for method, body in (("GET", None), ("PUT", {"name": 5 * ["x"]}), ("DELETE", None)):
        answer = company.request(method, "/custom_fields/area", json=body)
        assert (answer.status_code, answer.json()["error"]) == (404, "There is no custom field 'area' here.")


KEYS = "accepted: small letters, digits and _ behind a letter, such as order_number"
BLANK = "name: is blank; accepted: a text with letters"
TYPES = "accepted: text, number, date, checkbox, choice"


@pytest.mark.parametrize(
    ("wrong", "problems"),
    [
        ({"key": ""}, ["key: is missing; accepted: a text of at most 50 characters"]),
        ({"key": "Area"}, [f"key: 'Area' is no key; {KEYS}"]),
        ({"key": "2nd"}, [f"key: '2nd' is no key; {KEYS}"]),
        ({"key": "a[b]"}, [f"key: 'a[b]' is no key; {KEYS}"]),
        ({"key": 51 * "a"}, ["key: 51 characters; accepted: at most 50 characters"]),
        ({"name": None}, ["name: is missing; accepted: a text of at most 250 characters"]),
        ({"name": " "}, [BLANK]),
        ({"name": 251 * "a"}, ["name: 251 characters; accepted: at most 250 characters"]),
        ({"type": None}, [f"type: is missing; {TYPES}"]),
        ({"type": "money"}, [f"type: 'money' is not one of them; {TYPES}"]),
        ({"choices": []}, ["choices: are missing; accepted: 1 to 200 texts, of which a ticket has one"]),
        ({"choices": [" "]}, ["choices: are missing; accepted: 1 to 200 texts, of which a ticket has one"]),
        ({"choices": [str(n) for n in range(201)]}, ["choices: 201 values; accepted: at most 200 values"]),
        ({"choices": [251 * "a"]}, ["choices: 251 characters; accepted: at most 250 characters"]),
        ({"type": "text"}, ["choices: a text field has none; accepted: choices with the type choice only"]),
        ({"key": "A", "name": " ", "type": "x"}, [f"key: 'A' is no key; {KEYS}", BLANK, f"type: 'x' is not one of them; {TYPES}"]),
    ],
)
def test_definitions_that_are_refused(company: Company, wrong: dict[str, Any], problems: list[str]) -> None:
    whole = {"key": "area", "name": "Area", "type": "choice", "choices": ["Orders"]}
    assert company.refused("/custom_fields", method="POST", json=whole | wrong) == problems
    assert company.json("/custom_fields") == []


@pytest.mark.parametrize(
    ("key", "body", "problem"),
    [
        ("area", {}, "name, choices: nothing to change; accepted: at least one of them"),
        ("area", {"type": "choice"}, "name, choices: nothing to change; accepted: at least one of them"),
        ("area", {"name": "\t"}, "name: is blank; accepted: a text with letters"),
        ("area", {"choices": []}, "choices: are missing; accepted: 1 to 200 texts, of which a ticket has one"),
        (
            "area",
            {"type": "text", "name": "A"},
            "type: cannot be changed, as tickets tell values of it; accepted: choice; or a new custom field",
        ),
        (
            "area",
            {"key": "zone", "name": "A"},
            "key: cannot be changed, as tickets tell values of it; accepted: area; or a new custom field",
        ),
        ("paid", {"choices": ["yes"]}, "choices: a checkbox field has none; accepted: choices with the type choice only"),
    ],
)
def test_changes_that_are_refused(desk: Company, key: str, body: dict[str, Any], problem: str) -> None:
    before = desk.json("/custom_fields")
    assert desk.refused(f"/custom_fields/{key}", method="PUT", json=body) == [problem]
    assert desk.json("/custom_fields") == before


def test_a_key_is_taken_once_and_keeps_its_type(desk: Company) -> None:
    taken = desk.post("/custom_fields", json=FIELDS[0])
    words = "This account has a custom field 'order_number' already; change that, or choose another key."
    assert (taken.status_code, taken.json()["error"]) == (409, words)
    desk.request("DELETE", "/custom_fields/amount")
    other = desk.post("/custom_fields", json={"key": "amount", "name": "Amount", "type": "text"})
    words = "The key 'amount' was that of a number field, and tickets may tell its values; choose another key, or that type."
    assert (other.status_code, other.json()["error"]) == (409, words)
    again = answered(desk, "POST", "/custom_fields", json={"key": "amount", "name": "Sum", "type": "number"})
    assert again == desk.json("/custom_fields/amount")
    assert again["name"] == "Sum"


def test_who_may(desk: Company) -> None:
    """Ben looks after nothing; he reads fields and fills them in."""
    for method, path, what in (
        ("POST", "/custom_fields", "made"),
        ("PUT", "/custom_fields/area", "changed"),
        ("DELETE", "/custom_fields/area", "deleted"),
    ):
        answer = desk.request(method, path, json={"key": "b", "name": "B", "type": "text"}, ben=True)
        words = f"Custom fields are {what} by an owner or an administrator of the account; ben@example.com is neither."
        assert (answer.status_code, answer.json()["error"]) == (403, words)
    assert len(answered(desk, "GET", "/custom_fields", ben=True)) == len(FIELDS)
    assert answered(desk, "PUT", "/tickets/AAAAA", json={"custom_fields": {"paid": True}}, ben=True)["custom_fields"] == {"paid": True}


def test_an_account_has_so_many(company: Company) -> None:
    assert (custom_fields.MOST, custom_fields.MOST_EVER) == (100, 1_000)

    async def fill(tx: Any) -> None:
        for number in range(1_000):
            gone = None if number < 100 else 1
            await stored.save_field(tx, CustomField(key=f"f{number}", name="F", type="text", created_at=number, deleted_at=gone))

    company.past("2020-01-01T00:00:00Z", fill)
    one_more = {"key": "one_more", "name": "One more", "type": "text"}
    refused = company.post("/custom_fields", json=one_more)
    words = "This account has 100 custom fields, as many as there may be; delete some that nobody uses."
    assert (refused.status_code, refused.json()["error"]) == (409, words)
    company.request("DELETE", "/custom_fields/f0")
    refused = company.post("/custom_fields", json=one_more)
    words = "This account has used 1,000 keys, as many as there may be; make a field again that was deleted."
    assert (refused.status_code, refused.json()["error"]) == (409, words)
    assert company.post("/custom_fields", json=one_more | {"key": "f500"}).status_code == 200


# Fields of tickets


def test_a_change_is_an_event_for_each_field(desk: Company) -> None:
    before = desk.json("/tickets/AAAAA")
    assert "custom_fields" not in before
    asked = {"order_number": "K-4711", "amount": 12.5, "due": "2024-02-29", "paid": False, "area": "Orders"}
    after = answered(desk, "PUT", "/tickets/AAAAA", json={"custom_fields": asked})
    now = after["modified"]
    names = {field["key"]: field["name"] for field in FIELDS}
    told = [
        {"date": now, "key": key, "name": names[key], "current": value, "previous": None, "type": "custom_field_changed", "author": ANN}
        for key, value in asked.items()
    ]
    assert after == before | {"events": before["events"] + told, "modified": now, "custom_fields": asked} == desk.json("/tickets/AAAAA")
    assert list(after["custom_fields"]) == sorted(asked)
    assert answered(desk, "PUT", "/tickets/AAAAA", json={"custom_fields": asked}) == after, "nothing changes"
    later = answered(desk, "PUT", "/tickets/AAAAA", json={"custom_fields": {"amount": 13, "paid": None, "due": "2024-02-29"}})
    differs = [(event["key"], event["previous"], event["current"]) for event in later["events"][len(after["events"]) :]]
    assert differs == [("amount", 12.5, 13), ("paid", False, None)]
    assert later["custom_fields"] == {"amount": 13, "area": "Orders", "due": "2024-02-29", "order_number": "K-4711"}
    assert "custom_fields" not in answered(desk, "PUT", "/tickets/AAAAA", json={"custom_fields": dict.fromkeys(asked)})


def test_a_new_ticket_has_them_from_the_beginning(desk: Company) -> None:
    body = {"message": "Hi", "requester": {"mail": "joe@x.com"}, "custom_fields": {"area": "Returns", "paid": True, "amount": None}}
    ticket = answered(desk, "POST", "/tickets", json=body | {"assignee": {"id": "ben@example.com"}})
    assert ticket["custom_fields"] == {"area": "Returns", "paid": True}
    assert [event["type"] for event in ticket["events"]] == ["message", *2 * ["custom_field_changed"], "assignee_changed"]
    assert {event["date"] for event in ticket["events"]} == {ticket["date"]}
    plain = answered(desk, "POST", "/tickets", json=body | {"custom_fields": {"area": None}})
    assert "custom_fields" not in plain
    assert len(plain["events"]) == 1


def test_forms(desk: Company) -> None:
    form = "custom_fields[order_number]=0042&custom_fields%5Bamount%5D=-3.50&custom_fields[paid]=1&custom_fields[due]=0987-01-01"
    ticket = desk.put("/tickets/AAAAA", content=form, headers={"Content-Type": FORM}).json()
    assert ticket["custom_fields"] == {"amount": -3.5, "due": "0987-01-01", "order_number": "0042", "paid": True}
    form = "custom_fields[order_number]=&custom_fields[amount]=7.00&custom_fields[paid]=false"
    ticket = desk.put("/tickets/AAAAA", content=form, headers={"Content-Type": FORM}).json()
    assert ticket["custom_fields"] == {"amount": 7, "due": "0987-01-01", "paid": False}
    form = "message=Hi&requester[mail]=joe@x.com&custom_fields[area]=Orders"
    assert desk.post("/tickets", content=form, headers={"Content-Type": FORM}).json()["custom_fields"] == {"area": "Orders"}


def test_many_at_once(desk: Company) -> None:
    desk.created("BBBBB", "2024-03-09T09:00:00Z")
    set_to(desk, area="Orders")
    results = answered(desk, "PUT", "/tickets", json={"ids": ["AAAAA", "BBBBB", "NEVER"], "custom_fields": {"area": "Orders"}})["results"]
    assert [(each["status"], each["changed"]) for each in results] == [(200, False), (200, True), (404, False)]
    assert desk.json("/tickets/BBBBB")["custom_fields"] == {"area": "Orders"}
    refused = desk.refused("/tickets", method="PUT", json={"ids": ["AAAAA"], "custom_fields": {"area": "x"}, "status": "solved"})
    assert refused == ["custom_fields[area]: 'x' is no value of this choice field; accepted: Orders, Returns, or null"]
    assert desk.json("/tickets/AAAAA")["status"] == "open"


TEXTS = "accepted: a text of at most 1,000 characters, or null"
NUMBERS = "accepted: a number such as 12 or 12.5, from -1,000,000,000,000,000 to 1,000,000,000,000,000, or null"


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("amount", "a lot", f"'a lot' is no value of this number field; {NUMBERS}"),
        ("amount", True, f"true is no value of this number field; {NUMBERS}"),
        ("amount", 1e16, f"'1e+16' is no value of this number field; {NUMBERS}"),
        ("amount", 10**30, f"'{10**30}' is no value of this number field; {NUMBERS}"),
        ("amount", "1e3", f"'1e3' is no value of this number field; {NUMBERS}"),
        ("amount", "\u0663", f"'\u0663' is no value of this number field; {NUMBERS}"),
        ("amount", [1, 2], "2 values; accepted: one value"),
        ("amount", {"is": 1}, "an object; accepted: one value"),
        ("due", "2023-02-29", "'2023-02-29' is no value of this date field; accepted: a day, YYYY-MM-DD, or null"),
        ("due", "29.02.2024", "'29.02.2024' is no value of this date field; accepted: a day, YYYY-MM-DD, or null"),
        ("due", 20240229, "'20240229' is no value of this date field; accepted: a day, YYYY-MM-DD, or null"),
        ("paid", "yes", "'yes' is no value of this checkbox field; accepted: true, false, 1, 0, or null"),
        ("paid", 2, "'2' is no value of this checkbox field; accepted: true, false, 1, 0, or null"),
        ("area", "orders", "'orders' is no value of this choice field; accepted: Orders, Returns, or null"),
        ("order_number", True, f"true is no value of this text field; {TEXTS}"),
        ("order_number", 1_001 * "a", f"'{60 * 'a'}…' is no value of this text field; {TEXTS}"),
        ("order_number", "a\0b", f"'a\\x00b' is no value of this text field; {TEXTS}"),
        ("Area", "Orders", "there is no such field in this account; accepted: a key that GET /custom_fields lists"),
        ("none", None, "there is no such field in this account; accepted: a key that GET /custom_fields lists"),
    ],
)
def test_values_that_are_refused(desk: Company, key: str, value: Any, said: str) -> None:
    before = desk.json("/tickets/AAAAA")
    problem = f"custom_fields[{key}]: {said}"
    assert desk.refused("/tickets/AAAAA", method="PUT", json={"status": "solved", "custom_fields": {key: value}}) == [problem]
    assert desk.json("/tickets/AAAAA") == before
    new = {"message": "Hi", "requester": {"mail": "joe@x.com"}, "custom_fields": {key: value}}
    assert desk.refused("/tickets", method="POST", json=new) == [problem]


def test_all_that_is_wrong_is_told_at_once(desk: Company) -> None:
    assert desk.refused("/tickets/AAAAA", method="PUT", json={"custom_fields": {"paid": "x", "area": "Orders", "due": "x"}}) == [
        "custom_fields[paid]: 'x' is no value of this checkbox field; accepted: true, false, 1, 0, or null",
        "custom_fields[due]: 'x' is no value of this date field; accepted: a day, YYYY-MM-DD, or null",
    ]
    assert desk.refused("/tickets/AAAAA", method="PUT", json={"custom_fields": "x"}) == [
        "custom_fields: 'x' has no fields; accepted: fields, as in custom_fields[…]"
    ]
    assert desk.refused("/tickets/AAAAA", method="PUT", json={"custom_fields": dict.fromkeys(map(str, range(101)))}) == [
        "custom_fields: 101 values; accepted: at most 100 values"
    ]
    assert desk.refused("/tickets/AAAAA", method="PUT", json={"custom_fields": {257 * "a": 1, "b\n": 2}}) == [
        f"custom_fields: '{60 * 'a'}…' is no key; accepted: printable keys of at most 256 characters",
        "custom_fields: 'b\\n' is no key; accepted: printable keys of at most 256 characters",
    ]
    assert "nothing to change" in desk.refused("/tickets/AAAAA", method="PUT", json={"custom_fields": {}})[0]


def test_what_a_number_is_as_a_text_and_at_its_ends(desk: Company) -> None:
    assert set_to(desk, order_number=4711, amount=-(10**15)) == {"amount": -(10**15), "order_number": "4711"}
    assert set_to(desk, amount=0.1)["amount"] == 0.1
    assert set_to(desk, amount=0)["amount"] == 0
    assert set_to(desk, amount=" +5 ")["amount"] == 5


def test_a_deleted_field_stays_readable_until_it_is_cleared(desk: Company) -> None:
    before = answered(desk, "PUT", "/tickets/AAAAA", json={"custom_fields": {"area": "Orders"}})
    desk.request("DELETE", "/custom_fields/area")
    assert desk.json("/tickets/AAAAA") == before
    assert desk.refused("/tickets/AAAAA", method="PUT", json={"custom_fields": {"area": "Returns"}}) == [
        "custom_fields[area]: the field was deleted; accepted: null, to take its value from the ticket"
    ]
    after = answered(desk, "PUT", "/tickets/AAAAA", json={"custom_fields": {"area": None}})
    assert "custom_fields" not in after
    assert (after["events"][-1]["name"], after["events"][-1]["previous"], after["events"][-1]["current"]) == ("Area", "Orders", None)


def test_events_keep_the_name_and_the_choice_of_then(desk: Company) -> None:
    set_to(desk, area="Orders")
    answered(desk, "PUT", "/custom_fields/area", json={"name": "Part", "choices": ["Returns"]})
    assert desk.json("/tickets/AAAAA")["custom_fields"] == {"area": "Orders"}
    set_to(desk, area="Returns")
    assert [event["name"] for event in desk.json("/tickets/AAAAA")["events"][1:]] == ["Area", "Part"]


def test_the_past_has_the_values_of_then(desk: Company) -> None:
    fields = custom_fields.Setting("area", "Area", "Orders"), custom_fields.Setting("amount", "Amount", 5)
    desk.changed("AAAAA", "2024-03-10T08:00:00Z", custom_fields=fields)
    desk.changed("AAAAA", "2024-03-11T08:00:00Z", custom_fields=(custom_fields.Setting("area", "Area", None),))
    values = {
        day: desk.json("/tickets/AAAAA", as_of=f"{day}T09:00:00Z").get("custom_fields")
        for day in ("2024-03-09", "2024-03-10", "2024-03-11")
    }
    assert values == {"2024-03-09": None, "2024-03-10": {"amount": 5, "area": "Orders"}, "2024-03-11": {"amount": 5}}
    (listed,) = desk.json("/tickets", as_of="2024-03-10T09:00:00Z")["tickets"]
    assert listed["custom_fields"] == {"amount": 5, "area": "Orders"}


def test_tickets_are_found_by_them(desk: Company) -> None:
    set_to(desk, order_number="K-4711 für Zoë", amount=12, area="Returns", paid=True)
    assert [desk.ids(query=words) for words in ("4711", "fur zoe", "12", "returns", "true")] == [*4 * [["AAAAA"]], []]
    set_to(desk, order_number=None)
    assert desk.ids(query="4711") == []
    assert desk.ids(query="4711", as_of="2024-03-10T00:00:00Z") == []


def test_lists_are_narrowed_by_them(desk: Company) -> None:
    for ticket_id in ("BBBBB", "CCCCC", "DDDDD"):
        desk.created(ticket_id, "2024-03-10T08:00:00Z")
    put = {"AAAAA": {"area": "Orders", "paid": True, "amount": 5}, "BBBBB": {"area": "Orders", "paid": False, "amount": 5.5}}
    for ticket_id, values in (put | {"CCCCC": {"area": "Returns", "order_number": "a=b, ü", "due": "2024-02-29"}}).items():
        answered(desk, "PUT", f"/tickets/{ticket_id}", json={"custom_fields": values})

    def found(**values: str) -> list[str]:
        return desk.ids(**{f"custom_fields[{key}]": value for key, value in values.items()})

    assert found(area="Orders") == ["BBBBB", "AAAAA"]
    assert [found(paid="1"), found(paid="false"), found(paid="true", area="Returns")] == [["AAAAA"], ["BBBBB"], []]
    assert [found(amount="5.0"), found(amount="5.50"), found(amount="6")] == [["AAAAA"], ["BBBBB"], []]
    assert [found(order_number="a=b, ü"), found(due="2024-02-29"), found(order_number="a")] == [["CCCCC"], ["CCCCC"], []]
    assert found(area="") == desk.ids(), "an empty value is none, as everywhere"
    assert desk.ids(**{"custom_fields[area]": "Orders", "status": "open", "order": "asc"}) == ["AAAAA", "BBBBB"]
    desk.post("/tickets/AAAAA/messages", json={"message": "Hello"})
    assert found(area="Orders") == ["AAAAA", "BBBBB"], "in the order of the last message"
    desk.request("DELETE", "/tickets/AAAAA")
    assert found(area="Orders") == ["BBBBB"]
    desk.request("POST", "/tickets/AAAAA/restore")
    page = desk.get("/tickets", params={"custom_fields[area]": "Orders", "cursor": "start"})
    assert (page.json()["total"], "custom_fields[area]=Orders" in page.headers["link"].replace("%5B", "[").replace("%5D", "]")) == (2, True)
    set_to(desk, area=None)
    assert found(area="Orders") == ["BBBBB"]
    answered(desk, "PUT", "/custom_fields/area", json={"choices": ["Parcels"]})
    assert found(area="Returns") == ["CCCCC"], "what a ticket has is found, whether or not there is such a choice"
    desk.request("DELETE", "/custom_fields/area")
    assert found(area="Orders") == ["BBBBB"]


def test_lists_of_the_past_are_narrowed_by_the_values_of_then(desk: Company) -> None:
    for day, value in (("10", "Orders"), ("11", "Returns"), ("12", None)):
        desk.changed("AAAAA", f"2024-03-{day}T08:00:00Z", custom_fields=(custom_fields.Setting("area", "Area", value),))
    found = {
        day: [desk.ids(as_of=f"2024-03-{day}T09:00:00Z", **{"custom_fields[area]": area}) for area in ("Orders", "Returns")]
        for day in ("09", "10", "11", "12")
    }
    assert found == {"09": [[], []], "10": [["AAAAA"], []], "11": [[], ["AAAAA"]], "12": [[], []]}


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("zone", "x", "there is no such field in this account; accepted: a key that GET /custom_fields lists"),
        ("amount", "x", f"'x' is no value of this number field; {NUMBERS.removesuffix(', or null')}"),
        ("due", "x", "'x' is no value of this date field; accepted: a day, YYYY-MM-DD"),
        ("paid", "x", "'x' is no value of this checkbox field; accepted: true, false, 1, 0"),
        ("order_number", 401 * "x", f"'{60 * 'x'}…' is no value of this text field; accepted: a text of at most 400 characters"),
    ],
)  # fmt: skip
def test_filters_that_are_refused(desk: Company, key: str, value: str, said: str) -> None:
    assert desk.refused("/tickets", params={f"custom_fields[{key}]": value}) == [f"custom_fields[{key}]: {said}"]
    assert desk.refused("/tickets", params={"custom_fields": value}) == [
        f"custom_fields: '{value[:60]}{'…' if len(value) > 60 else ''}' has no fields; accepted: fields, as in custom_fields[…]"
    ]


def test_a_list_is_narrowed_by_some_fields_at_most(desk: Company) -> None:
    assert desk.refused("/tickets", params={f"custom_fields[f{number}]": "x" for number in range(11)}) == [
        "custom_fields: 11 values; accepted: at most 10 values"
    ]


def test_two_who_fill_in_fields_at_once_lose_nothing(desk: Company) -> None:
    with ThreadPoolExecutor(4) as pool:
        asked = [("order_number", str(number)) if number % 2 else ("amount", number) for number in range(40)]
        assert all(pool.map(lambda each: set_to(desk, **dict([each])), asked))
    ticket = desk.json("/tickets/AAAAA")
    told = [event for event in ticket["events"] if event["type"] == "custom_field_changed"]
    assert len(told) == 40
    for key in ("order_number", "amount"):
        chain = [(event["previous"], event["current"]) for event in told if event["key"] == key]
        assert [previous for previous, _ in chain] == [None, *(current for _, current in chain[:-1])]
        assert ticket["custom_fields"][key] == chain[-1][1]


def test_long_texts_are_kept_and_no_list_is_narrowed_by_them(desk: Company) -> None:
    assert set_to(desk, order_number=400 * "😀") == {"order_number": 400 * "😀"}
    assert desk.ids(**{"custom_fields[order_number]": 400 * "😀"}) == ["AAAAA"]
    assert set_to(desk, order_number=1_000 * "😀") == {"order_number": 1_000 * "😀"}
    assert desk.ids(**{"custom_fields[order_number]": 400 * "😀"}) == []


def test_they_are_told_in_the_feed_and_go_through_the_trash_and_a_merge(desk: Company) -> None:
    since = desk.json("/changes", since="now")["next"]
    ticket = answered(desk, "PUT", "/tickets/AAAAA", json={"custom_fields": {"area": "Orders"}})
    (change,) = desk.json("/changes", since=since)["changes"]
    assert (change["ticket_id"], change["event"]) == ("AAAAA", ticket["events"][-1])
    desk.request("DELETE", "/tickets/AAAAA")
    assert desk.json("/tickets/AAAAA")["custom_fields"] == {"area": "Orders"}
    assert answered(desk, "POST", "/tickets/AAAAA/restore")["custom_fields"] == {"area": "Orders"}
    desk.created("BBBBB", "2024-03-09T09:00:00Z")
    assert "custom_fields" not in answered(desk, "POST", "/tickets/AAAAA/merge", json={"into": "BBBBB"}), "nothing but messages goes over"
    assert answered(desk, "POST", "/tickets/AAAAA/unmerge")["custom_fields"] == {"area": "Orders"}
    split = answered(desk, "POST", "/tickets/AAAAA/split", json={"message": 1})
    assert "custom_fields" not in split


def test_values_are_the_same_in_the_form_of_the_documentation(documented: Company) -> None:
    answered(documented, "POST", "/custom_fields", json=FIELDS[2])
    documented.created("AAAAA", "2024-03-09T08:00:00Z")
    ticket = documented.put("/tickets/AAAAA", json={"custom_fields": {"due": "2024-02-29"}}).json()
    assert ticket["custom_fields"] == {"due": "2024-02-29"}
    assert isinstance(ticket["events"][-1]["date"], int)
    assert ticket["events"][-1]["current"] == "2024-02-29"


def test_other_companies_have_their_own(desk: Company, found_live: Any) -> None:
    other = found_live()
    assert other.json("/custom_fields") == []
    other.created("AAAAA", "2024-03-09T08:00:00Z")
    assert "there is no such field" in other.refused("/tickets/AAAAA", method="PUT", json={"custom_fields": {"area": "Orders"}})[0]
