"""Three days of a small company, from 10 to 12 January 2014 in UTC, worked out by hand: what every report must count is in its test.

| ticket | source      | groups         | tags | created     | first response   | solved                      | rated                    |
|--------|-------------|----------------|------|-------------|------------------|-----------------------------|--------------------------|
| A      | mail        | General        | vip  | 10th, 08:00 | Ben, after 0.5 h | Ann, 10th 10:00, 2 h        | good, 11th 09:00: Ann    |
| B      | chat-window | Sales          |      | 10th, 23:30 | Ann, after 1.5 h | Ben, 11th 23:30, 24 h       | bad, 12th 00:00: Ben     |
| C      | lc2         | Sales, Support | vip  | 11th, 12:00 | Ann, after 0.8 h | Ann, 12th 12:00, opened by  | good, 12th 17:00; then   |
|        |             |                |      |             |                  | Mary, Ben 12th 16:30 28.5 h | bad, 12th 18:00: Ben     |
| D      | facebook    | General        |      | 12th, 10:00 | a note only      | never                       | never                    |
| E      | mail        | General        | vip  | 10th, 09:00 | in no report: it is spam now    |                             |
| F      | mail        | Support        |      | 10th, 08:10 | never            | by itself, when Ben had it, | good, 12th 20:00: Ben,   |
|        |             |                |      |             |                  | 12th 08:10, 48 h            | who had it               |
"""

from deskline.domain.events import Assigned, Created, Messaged, Person, Rated, Requester, Source, StatusChanged, TicketGroup
from tests.web.v2.companies import ANN, BEN, SALES, SUPPORT, Company, instant

DAYS = {"date_from": "2014-01-10", "date_to": "2014-01-12"}


def live_three_days(company: Company) -> None:
    """Let them have happened."""
    _live_a(company)
    _live_b(company)
    _live_c(company)
    company.created("DDDDD", "2014-01-12T10:00:00Z", source=Source("facebook"))
    company.replied("DDDDD", "2014-01-12T11:00:00Z", private=True)
    _live_e(company)
    _live_f(company)


def _live_a(company: Company) -> None:
    company.created("AAAAA", "2014-01-10T08:00:00Z", tags=("vip",))
    company.replied("AAAAA", "2014-01-10T08:30:00Z", by=BEN)
    company.solved("AAAAA", "2014-01-10T10:00:00Z", by=ANN)
    company.rated("AAAAA", "2014-01-11T09:00:00Z", "good")


def _live_b(company: Company) -> None:
    company.created("BBBBB", "2014-01-10T23:30:00Z", groups=(SALES,), source=Source("chat-window", "https://shop.example"))
    company.replied("BBBBB", "2014-01-11T01:00:00Z", by=ANN)
    company.solved("BBBBB", "2014-01-11T23:30:00Z", by=BEN)
    company.rated("BBBBB", "2014-01-12T00:00:00Z", "bad")


def _live_c(company: Company) -> None:
    company.created("CCCCC", "2014-01-11T12:00:00Z", groups=(SALES, SUPPORT), source=Source("lc2"), tags=("vip",))
    company.replied("CCCCC", "2014-01-11T12:48:00Z", by=ANN)
    company.solved("CCCCC", "2014-01-12T12:00:00Z", by=ANN)
    company.replied("CCCCC", "2014-01-12T13:00:00Z", by_client=True)
    company.solved("CCCCC", "2014-01-12T16:30:00Z", by=BEN)
    company.rated("CCCCC", "2014-01-12T17:00:00Z", "good")
    company.rated("CCCCC", "2014-01-12T18:00:00Z", "bad")


def _live_e(company: Company) -> None:
    company.created("EEEEE", "2014-01-10T09:00:00Z", tags=("vip",))
    company.replied("EEEEE", "2014-01-10T10:00:00Z")
    company.solved("EEEEE", "2014-01-11T10:00:00Z")
    company.rated("EEEEE", "2014-01-12T10:00:00Z", "good")
    company.changed("EEEEE", "2014-01-12T11:00:00Z", status="spam")


def _live_f(company: Company) -> None:
    mary = Person("mary@client.example", "Mary", "client")
    created = instant("2014-01-10T08:10:00Z")
    company.told(
        "FFFFF",
        Created(
            at=created,
            requester=Requester(mary.id, mary.name),
            source=Source("mail"),
            subject="?",
            groups=(TicketGroup(SUPPORT, "Support"),),
        ),
        Messaged(at=created, author=mary, text="?", source=Source("mail")),
        Assigned(at=instant("2014-01-10T09:00:00Z"), to=BEN, by=ANN),
        StatusChanged(at=instant("2014-01-10T09:00:00Z"), previous="open", current="pending", by=ANN),
        StatusChanged(at=instant("2014-01-12T08:10:00Z"), previous="pending", current="solved"),
        Rated(at=instant("2014-01-12T20:00:00Z"), rate="good", by=mary),
    )
