"""The engine alone: frames with exact figures, and what is found in them."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from apps.disputes.rules import frames
from apps.disputes.rules.engine import RULES, find
from apps.disputes.rules.frames import Span
from apps.disputes.rules.kinds import Kind
from apps.disputes.rules.settings import PRESETS, Settings, preset

UNTIL = datetime(2026, 11, 20, 2, tzinfo=UTC)
SPAN = Span(UNTIL - timedelta(days=30), UNTIL, "Asia/Taipei")
TODAY = date(2026, 11, 20)


def frame(schema, rows):
    return pl.DataFrame(rows, schema=schema, orient="row")


def days_before(count, values):
    """Refund rows of the `count` days before today, the same every day."""
    return [("TWD", TODAY - timedelta(days=ago), *values) for ago in range(1, count + 1)]


def test_every_kind_has_a_preset_and_a_rule():
    assert set(PRESETS) == set(RULES) == set(Kind)


@pytest.mark.parametrize("kind", list(Kind))
def test_nothing_is_found_in_nothing(kind):
    assert find(preset(kind, "TWD"), pl.DataFrame(schema=RULES[kind][1]), SPAN) == []


def test_single_difference_fires_at_its_limit_either_way_and_not_below():
    rows = [(1, 7, "fee_mismatch", UNTIL, -50000, "TWD", 50000), (2, 7, "fee_mismatch", UNTIL, 49999, "TWD", 50000)]
    rows.append((3, 7, "fee_mismatch", UNTIL, 60000, "TWD", 50000))
    rows.append((4, 7, "fee_mismatch", UNTIL - timedelta(days=31), 60000, "TWD", 50000))

    found = find(preset(Kind.SINGLE_DIFFERENCE, "TWD"), frame(frames.DIFFERENCES, rows), SPAN)

    assert [(one.key, one.amount_minor, one.group) for one in found] == [("1", 50000, "channel:7:TWD"), ("3", 60000, "channel:7:TWD")]
    assert found[0].evidence == {"rows": "differences", "id": 1}


@pytest.mark.parametrize(("refunds", "fires"), [(20, True), (14, False)])
def test_refund_rate_needs_to_be_surely_above(refunds, fires):
    """14 of 100 may be chance (Wilson's lower end is 8.5 percent); 20 of 100 are not (13.2)."""
    rows = [("TWD", TODAY, 100, refunds, refunds * 1000)]

    found = find(preset(Kind.REFUND_RATE, "TWD"), frame(frames.REFUND_DAYS, rows), SPAN)

    assert [(one.count, one.amount_minor, one.facts["rate"]) for one in found] == ([(20, 20000, 200000)] if fires else [])


def test_refund_rate_with_few_refunds_is_silent():
    rows = [("TWD", TODAY, 12, 9, 9000)]

    assert find(preset(Kind.REFUND_RATE, "TWD"), frame(frames.REFUND_DAYS, rows), SPAN) == []


@pytest.mark.parametrize(("refunds", "fires"), [(7, False), (8, False), (13, False), (14, True)])
def test_refund_surge_is_several_times_the_weekday_and_more_than_chance(refunds, fires):
    """Normal is 4: three and a half times is 14, and four deviations of chance (2) above it are 12."""
    rows = [*days_before(60, (50, 4, 4000)), ("TWD", TODAY, 50, refunds, refunds * 1000)]
    settings = Settings(Kind.REFUND_SURGE, 350, floor=8)

    found = find(settings, frame(frames.REFUND_DAYS, rows), SPAN)

    assert [(one.key, one.count, one.facts["normal"]) for one in found] == ([("TWD:2026-11-20", 14, 40)] if fires else [])


def test_a_loud_weekday_is_normal_on_that_weekday_only():
    """Fridays have 30 refunds: today, a Friday, 30 are normal, and yesterday they were not."""
    rows = [("TWD", TODAY - timedelta(days=ago), 100, 30 if ago % 7 == 0 else 2, 100) for ago in range(60)]
    rows[1] = ("TWD", TODAY - timedelta(days=1), 100, 30, 100)

    found = find(preset(Kind.REFUND_SURGE, "TWD"), frame(frames.REFUND_DAYS, rows), Span(UNTIL - timedelta(days=3), UNTIL, "Asia/Taipei"))

    assert [one.key for one in found] == ["TWD:2026-11-19"]


def test_one_odd_week_does_not_change_what_is_normal():
    rows = [*days_before(60, (50, 2, 100)), ("TWD", TODAY, 50, 9, 900)]
    rows[6] = ("TWD", TODAY - timedelta(days=7), 50, 400, 100)  # last Friday

    found = find(preset(Kind.REFUND_SURGE, "TWD"), frame(frames.REFUND_DAYS, rows), SPAN)

    assert [one.key for one in found] == ["TWD:2026-11-13", "TWD:2026-11-20"]


def test_a_burst_is_known_by_the_moment_the_limit_was_reached():
    hit = int(datetime(2026, 11, 19, 6, tzinfo=UTC).timestamp() * 1_000_000)
    rows = [("198.51.100.23", "TWD", hit - 600_000_000, hit + 60_000_000, hit, 9, 10, 1, 980000)]

    (one,) = find(preset(Kind.IP_VELOCITY, "TWD"), frame(frames.BURSTS, rows), SPAN)

    assert (one.key, one.group) == ("198.51.100.23:TWD:2026-11-19T06:00:00+00:00", "ip:198.51.100.23")
    assert (one.count, one.amount_minor, one.facts["peak"]) == (10, 980000, 9)
    assert one.evidence == {
        "rows": "payments", "ip": "198.51.100.23", "currency": "TWD", "since": "2026-11-19T05:50:00+00:00",
        "until": "2026-11-19T06:01:00+00:00",
    }  # fmt: skip


def test_the_evidence_of_a_narrow_rule_is_as_narrow():
    hit = int(datetime(2026, 11, 19, 6, tzinfo=UTC).timestamp() * 1_000_000)
    rows = [("C1", "TWD", hit, hit, hit, 9, 9, 0, 9)]

    (one,) = find(Settings(Kind.BUYER_VELOCITY, 5, window=60, channel_id=3, method="atm"), frame(frames.BURSTS, rows), SPAN)

    assert (one.evidence["channel"], one.evidence["method"], one.evidence["buyer"]) == (3, "atm", "C1")


def test_unusual_country_needs_enough_to_look_back_on():
    home = [(7, "TWD", "TW", TODAY - timedelta(days=ago), 2, 2000) for ago in range(1, 56)]
    abroad = [(7, "TWD", "BR", TODAY, 3, 3000)]
    rule = preset(Kind.UNUSUAL_COUNTRY, "TWD")

    found = find(rule, frame(frames.COUNTRY_DAYS, home + abroad), SPAN)
    few = find(rule, frame(frames.COUNTRY_DAYS, home[:40] + abroad), SPAN)
    seen = find(rule, frame(frames.COUNTRY_DAYS, [*home, (7, "TWD", "BR", TODAY - timedelta(days=50), 1, 1000), *abroad]), SPAN)
    allowed = find(
        Settings(rule.kind, rule.threshold, rule.window, rule.floor, countries=("BR",)), frame(frames.COUNTRY_DAYS, home + abroad), SPAN
    )

    assert [(one.key, one.count, one.facts["of"], one.facts["before"]) for one in found] == [("7:TWD:BR:2026-11-20", 3, 110, 0)]
    assert few == []  # 80 payments before
    assert seen == []  # one in 111 is no longer unusual
    assert allowed == []


def test_failure_rate_is_above_what_this_method_has_and_quiet_hours_do_not_fire():
    start = datetime(2026, 10, 1, tzinfo=UTC)
    hours = [(7, "credit_card", "TWD", start + timedelta(hours=n), 20, 1, 1000) for n in range(49 * 24)]
    last = hours[-1][3]
    hours[-1] = (7, "credit_card", "TWD", last, 40, 30, 30000)
    quiet = [(7, "atm", "TWD", start + timedelta(days=n), 1, 0, 0) for n in range(49)] + [(7, "atm", "TWD", last, 2, 2, 200)]

    found = find(preset(Kind.FAILURE_RATE, "TWD"), frame(frames.ATTEMPT_HOURS, hours + quiet), SPAN)

    assert [(one.facts["method"], one.count, one.facts["attempts"], one.facts["normal"]) for one in found] == [
        ("credit_card", 35, 140, 50000)
    ]
    assert found[0].at == last.replace(tzinfo=None).replace(tzinfo=UTC) - timedelta(hours=8)


def test_fee_ratio_tells_a_rise_and_keeps_silent_about_a_fall():
    def rows(last):
        return [
            (7, "credit_card", "TWD", TODAY - timedelta(days=ago), 10, 1_000_000, last if ago < 7 else 27_500) for ago in range(60)
        ]  # fmt: skip

    def found(last):
        return find(preset(Kind.FEE_RATIO, "TWD"), frame(frames.FEE_DAYS, rows(last)), SPAN)

    assert found(20_000) == []
    assert found(30_000) == []  # nine percent more
    rise = found(36_000)
    assert rise[-1].facts["ratio"] == 36_000
    assert (rise[-1].facts["normal"], rise[-1].amount_minor) == (27_500, 8_500)


@pytest.mark.parametrize(("late", "fires"), [(1, False), (2, True)])
def test_payout_late_counts_open_days(late, fires):
    rows = [(5, 7, "TWD", TODAY - timedelta(days=4), TODAY - timedelta(days=1), late, False, 900000)]

    found = find(preset(Kind.PAYOUT_LATE, "TWD"), frame(frames.PAYOUTS, rows), SPAN)

    assert [(one.key, one.amount_minor) for one in found] == ([("5", 900000)] if fires else [])


def test_the_order_of_rows_makes_no_difference():
    rows = [*days_before(60, (50, 2, 100)), ("TWD", TODAY, 50, 20, 900)]
    rule = preset(Kind.REFUND_SURGE, "TWD")

    assert find(rule, frame(frames.REFUND_DAYS, rows), SPAN) == find(rule, frame(frames.REFUND_DAYS, rows[::-1]), SPAN) != []
