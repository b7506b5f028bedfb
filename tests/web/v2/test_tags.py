"""GET /tags"""

from tests.web.v2.companies import Company


def test_it_works(company: Company) -> None:
    company.created("AAAAA", "2024-03-09T08:00:00Z")
    company.created("BBBBB", "2024-03-09T08:00:00Z")
    company.tagged("AAAAA", "2014-06-17T07:10:14Z", "support", "sales")
    company.tagged("BBBBB", "2014-06-17T07:10:15Z", "sales")
    company.tagged("AAAAA", "2014-06-17T07:10:16Z", "sales")
    answer = company.get("/tags")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.json() == [
        {
            "name": "sales",
            "author": "ann@example.com",
            "creation_date": 1402989014,
            "count": {"inChats": 0, "inTickets": 2},
            "group": 0,
        },
        {
            "name": "support",
            "author": "ann@example.com",
            "creation_date": 1402989014,
            "count": {"inChats": 0, "inTickets": 0},
            "group": 0,
        },
    ]


def test_no_tags(company: Company) -> None:
    assert company.get("/tags").text == "[]"


def test_group(company: Company) -> None:
    company.created("AAAAA", "2024-03-09T08:00:00Z")
    company.tagged("AAAAA", "2024-03-09T09:00:00Z", "sales")
    assert [tag["name"] for tag in company.json("/tags", group="0")] == ["sales"]
    assert company.json("/tags", group="1") == []


def test_a_group_that_is_no_id(company: Company) -> None:
    assert company.refused("/tags?group=sales") == ["group: 'sales' is not a whole number; accepted: a whole number from 0 to 2147483647"]
