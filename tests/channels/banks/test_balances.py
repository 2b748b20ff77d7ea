from datetime import date, timedelta
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from apps.channels.banks.balances import Chain, Row, chain

MOVES = st.lists(st.tuples(st.integers(0, 4), st.integers(-5, 5)), min_size=1, max_size=25)


def rows_of(moves, opening=100):
    """Rows in true order: days never fall, each balance follows."""
    moves = sorted(moves, key=lambda move: move[0])
    balances = list(accumulate((amount for _, amount in moves), initial=opening))[1:]
    days = [date(2026, 9, 1) + timedelta(days=day) for day, _ in moves]
    return [Row(at + 2, day, move[1], balance) for at, (day, move, balance) in enumerate(zip(days, moves, balances, strict=True))]


def test_no_balances_give_no_chain():
    assert chain([]) == Chain(None, None, ())
    assert chain([Row(2, date(2026, 9, 1), 5, None)]) == Chain(None, None, ())


def test_rows_without_balance_are_carried():
    day = date(2026, 9, 1)

    assert chain([Row(2, day, 5, None), Row(3, day, 5, 110), Row(4, day, -1, None)]) == Chain(100, 109, ())
    assert chain([Row(2, day, 5, 105), Row(3, day, 5, None), Row(4, day, -1, 104)]) == Chain(100, 104, (4,))


def test_missing_day_breaks_once_where_the_next_begins():
    days = [date(2026, 9, day) for day in (1, 2, 3, 3)]

    found = chain([Row(2, days[0], 10, 110), Row(3, days[1], 10, 120), Row(5, days[3], 1, 142), Row(4, days[2], 1, 141)])

    assert found == Chain(100, 142, (5,))


@given(MOVES, st.randoms(use_true_random=False))
def test_any_order_within_a_day_is_right(moves, chance):
    rows = rows_of(moves)
    shuffled = sorted(rows, key=lambda row: (row.day, chance.random()))

    found = chain(shuffled)

    assert found.breaks == ()
    assert found.closing - found.opening == sum(row.amount for row in rows)


@given(MOVES)
def test_newest_first_is_right(moves):
    rows = rows_of(moves)

    assert chain(rows[::-1]).breaks == ()
    assert (chain(rows).opening, chain(rows).closing, chain(rows).breaks) == (100, rows[-1].balance, ())


@given(st.lists(st.integers(1, 50), min_size=3, max_size=20), st.data())
def test_one_wrong_amount_is_always_noticed(amounts, data):
    rows = rows_of([(at, amount) for at, amount in enumerate(amounts)])
    at = data.draw(st.integers(1, len(rows) - 2))
    wrong = Row(rows[at].row_no, rows[at].day, rows[at].amount + 7, rows[at].balance)

    assert chain([*rows[:at], wrong, *rows[at + 1 :]]).breaks == (wrong.row_no,)
