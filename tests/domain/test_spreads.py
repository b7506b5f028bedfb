import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskline.domain.reports import hours
from deskline.domain.spreads import Spread, spread

SECONDS = st.lists(st.integers(0, 400_000_000), min_size=1, max_size=60)


def test_nothing_is_spread_of_nothing() -> None:
    assert spread([]) == Spread(None, None)


@pytest.mark.parametrize(
    ("seconds", "median", "p90"),
    [
        ([7_200], 2, 2),
        ([7_200, 3_600], 1.5, 2),
        ([3_600 * n for n in range(1, 11)], 5.5, 9),  # nine of ten are not above 9
        ([3_600 * n for n in range(1, 12)], 6, 10),  # nine of eleven would be too few
        ([35, 36], 0.01, 0.01),  # 35.5 s are 0.986 hundredths
    ],
)
def test_worked_out_by_hand(seconds: list[int], median: float, p90: float) -> None:
    assert spread(seconds) == Spread(median, p90)


@given(SECONDS)
def test_any_durations(seconds: list[int]) -> None:
    found = spread(seconds)
    assert found.median_hours == hours(int(statistics.median(seconds) * 2), 2)
    ranked = [each for each in seconds if sum(other <= each for other in seconds) * 10 >= 9 * len(seconds)]
    assert found.p90_hours == hours(min(ranked), 1)
