from dataclasses import replace
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.channels.fees import FeeError, FeeTerms, expected_fee, explain, returned_fee, rule_for, terms_from, with_expected_fee
from apps.core.money import MAX_MINOR

DAY = date(2026, 1, 1)
CARD = {"methods": ["credit_card"], "percent": "2.75", "fixed": "0", "minimum": "5", "cap": "", "tolerance": "1", "unit": "1"}
AMOUNTS = st.integers(0, 10_000_000)
TERMS = st.builds(
    FeeTerms,
    methods=st.just(("*",)),
    ppm=st.integers(0, 1_000_000),
    valid_from=st.just(DAY),
    fixed=AMOUNTS,
    minimum=st.none() | AMOUNTS,
    cap=st.none() | AMOUNTS,
    rounding=st.sampled_from(["half_up", "half_even", "up", "down"]),
    unit=st.sampled_from([1, 5, 100, 1000]),
)
RULES = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "up": ROUND_UP, "down": ROUND_DOWN}


def terms(**changes):
    return terms_from({**CARD, "valid_from": DAY, **changes}, "TWD")


@pytest.mark.parametrize(
    ("changes", "gross", "fee"),
    [
        ({}, 128_000, 3_500),  # NT$1,280 at 2.75 % is 35.2: NT$35
        ({}, 10_000, 500),  # at least NT$5
        ({"percent": "1", "minimum": "10", "cap": "26"}, 300_000, 2_600),
        ({"percent": "1", "minimum": "30", "cap": "26"}, 100, 2_600),  # the cap comes after the minimum
        ({"percent": "3.15", "fixed": "5", "minimum": ""}, 100_000, 3_700),  # 36.5
        ({"percent": "3.15", "fixed": "5", "minimum": "", "rounding": "half_even"}, 100_000, 3_600),
        ({"percent": "3.15", "fixed": "5", "minimum": "", "rounding": "down"}, 100_000, 3_600),
        ({"percent": "0.0001", "minimum": "", "rounding": "up"}, 100, 100),
        ({}, 0, 500),
        ({}, -128_000, -3_500),
    ],
)
def test_expected_fee_in_taiwan_dollars(changes, gross, fee):
    assert expected_fee(terms(**changes), gross) == fee


def test_expected_fee_in_cents():
    stripe = terms_from({"percent": "2.9", "fixed": "0.30", "unit": "0.01", "rounding": "half_up"}, "USD")

    assert expected_fee(stripe, 10_000) == 320
    assert expected_fee(stripe, 5_000) == 175
    assert expected_fee(terms_from({"percent": "100", "unit": "0.01"}, "USD"), MAX_MINOR) == MAX_MINOR


def test_explain_names_each_step():
    steps = explain(terms(percent="2.75", minimum="", unit="0.01"), 10_000)

    assert [(step.code, step.term, step.after) for step in steps] == [
        ("percent", Decimal("2.75"), Decimal(275)),
        ("rounding", Decimal(1), Decimal(275)),
    ]
    steps = explain(terms(fixed="3", cap="4"), 1_234)
    assert [(step.code, step.term, step.after) for step in steps] == [
        ("percent", Decimal("2.75"), Decimal("33.935")),
        ("fixed", Decimal(300), Decimal("333.935")),
        ("minimum", Decimal(500), Decimal(500)),
        ("cap", Decimal(400), Decimal(400)),
        ("rounding", Decimal(100), Decimal(400)),
    ]


def test_rule_for_prefers_the_named_method_then_the_latest_date():
    named = FeeTerms(("credit_card", "apple_pay"), 29_000, DAY)
    later = replace(named, ppm=27_000, valid_from=date(2026, 9, 16))
    rest = FeeTerms(("*",), 22_000, date(2026, 9, 20))
    plan = [later, named, rest]

    assert rule_for(plan, "apple_pay", date(2026, 9, 15)) is named
    assert rule_for(plan, "apple_pay", date(2026, 9, 16)) is later
    assert rule_for(plan, "apple_pay", date(2026, 9, 30)) is later  # named, though `*` is newer
    assert rule_for(plan, "upi", date(2026, 9, 30)) is rest
    assert rule_for(plan, "", date(2026, 9, 30)) is rest
    assert rule_for(plan, "upi", date(2026, 9, 19)) is None
    assert rule_for([rest, replace(named, valid_from=date(2027, 1, 1))], "credit_card", date(2026, 9, 30)) is rest


@pytest.mark.parametrize(("rounding", "back"), [("half_up", 1_800), ("half_even", 1_800), ("up", 1_800), ("down", 1_700)])
def test_returned_fee_is_pro_rata_and_rounded(rounding, back):
    rule = terms(refund_fee="return", rounding=rounding)

    assert returned_fee(3_500, 64_000, 128_000, rule) == back  # half of NT$35
    assert returned_fee(3_500, -128_000, 128_000, rule) == 3_500
    assert returned_fee(3_500, 64_000, 128_000, terms()) == 0


def test_returned_fee_of_nothing_captured_is_an_error():
    with pytest.raises(ValueError, match="captured"):
        returned_fee(100, 100, 0, terms(refund_fee="return"))


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"percent": "2.75001"}, "percent", "excess_digits"),
        ({"percent": "abc"}, "percent", "bad_amount"),
        ({"percent": "101"}, "percent", "bad_value"),
        ({"percent": "-1"}, "percent", "bad_value"),
        ({"fixed": "0.001"}, "fixed", "excess_digits"),
        ({"minimum": "-5"}, "minimum", "bad_value"),
        ({"cap": "x"}, "cap", "bad_amount"),
        ({"unit": "0"}, "unit", "bad_value"),
        ({"rounding": "nearest"}, "rounding", "bad_value"),
        ({"refund_fee": "half"}, "refund_fee", "bad_value"),
    ],
)
def test_terms_that_cannot_be_used_name_their_key(changes, field, code):
    with pytest.raises(FeeError) as refused:
        terms(**changes)

    assert (refused.value.field, refused.value.code) == (field, code)


def test_frame_gets_the_rule_of_each_row():
    plan = [terms(), terms(percent="2", minimum="", valid_from=date(2026, 9, 16)), terms(methods=["atm"], percent="1", cap="26")]
    frame = pl.DataFrame(
        {
            "method": ["credit_card", "credit_card", "atm", "upi", None],
            "business_date": [date(2026, 9, 15), date(2026, 9, 16), date(2026, 9, 16), date(2026, 9, 16), None],
            "gross": [128_000, 128_000, 500_000, 500_000, 100],
        }
    )

    found = with_expected_fee(frame, plan)

    assert found["expected_fee"].to_list() == [3_500, 2_600, 2_600, None, None]
    assert found["tolerance"].to_list() == [100, 100, 100, None, None]
    assert found.columns == ["method", "business_date", "gross", "tolerance", "expected_fee"]


@given(TERMS, st.lists(st.integers(-MAX_MINOR, MAX_MINOR) | st.integers(-100_000, 100_000), min_size=1, max_size=20))
def test_frame_and_scalar_agree_to_the_unit(rule, grosses):
    frame = pl.DataFrame({"method": "x", "business_date": DAY, "gross": grosses})

    assert with_expected_fee(frame, [rule])["expected_fee"].to_list() == [expected_fee(rule, gross) for gross in grosses]


@given(TERMS, st.integers(0, MAX_MINOR))
def test_scalar_agrees_with_decimals(rule, gross):
    exact = Decimal(gross) * rule.ppm / 1_000_000 + rule.fixed
    exact = exact if rule.minimum is None else max(exact, Decimal(rule.minimum))
    exact = exact if rule.cap is None else min(exact, Decimal(rule.cap))

    assert expected_fee(rule, gross) == int((exact / rule.unit).quantize(Decimal(1), rounding=RULES[rule.rounding])) * rule.unit
    assert explain(rule, gross)[-1].after == expected_fee(rule, gross)
