from deskline.domain.reports import rank
from deskline.web.v2.wire_reports import show_ranking


def test_a_score_without_fraction_is_a_whole_number() -> None:
    assert (
        repr(show_ranking(rank([("a@co.com", 0, 1)]))) == "{'ranking': [{'good': 0, 'bad': 1, 'total': 1, 'score': 0, 'name': 'a@co.com'}]}"
    )


def test_any_other_score_stays_as_it_is() -> None:
    assert show_ranking(rank([("a@co.com", 2502, 426)]))["ranking"][0]["score"] == 0.8361489669658251
