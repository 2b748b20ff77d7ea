"""Which change of the plan explains a charged fee: one test a cause, then many fees seen together."""

from dataclasses import replace
from datetime import date

import pytest

from apps.channels.fee_causes import CauseKind, Change, ChargedFee, causes_of, common_causes
from apps.channels.fees import FeeTerms, expected_fee

DAY = date(2026, 11, 16)
CARD = FeeTerms(("credit_card",), 27_500, date(2026, 6, 1), minimum=500, cap=50_000, tolerance=100, unit=100)
OLD_CARD = FeeTerms(("credit_card",), 30_000, date(2026, 1, 1), minimum=500, unit=100)
FOREIGN = FeeTerms(("unionpay",), 35_000, date(2026, 1, 1), unit=100)
OTHERS = FeeTerms(("*",), 20_000, date(2026, 1, 1), fixed=1_000, unit=100)
PLAN = (CARD, OLD_CARD, FOREIGN, OTHERS)
GROSSES = (41_700, 99_900, 128_000, 133_300, 250_100, 377_700, 512_300, 640_900)


def charged(amount: int, gross: int = 128_000, **more) -> ChargedFee:
    return ChargedFee(amount, gross, "credit_card", DAY, **more)


def likeliest(fee: ChargedFee, terms=PLAN) -> tuple[Change, ...]:
    return causes_of(fee, terms, "TWD")[0].changes


def test_the_planned_fee_needs_no_cause():
    assert expected_fee(CARD, 128_000) == 3_500

    assert causes_of(charged(3_500), PLAN, "TWD") == []


def test_a_method_without_terms_has_no_cause():
    assert causes_of(ChargedFee(100, 1_000, "atm", DAY), (CARD,), "TWD") == []


@pytest.mark.parametrize(
    ("fee", "changes"),
    [
        pytest.param(charged(0), [Change(CauseKind.NOT_CHARGED)], id="nothing charged"),
        pytest.param(charged(7_000), [Change(CauseKind.TWICE)], id="charged twice"),
        pytest.param(charged(4_500), [Change(CauseKind.METHOD, terms=FOREIGN)], id="another card type"),
        pytest.param(charged(3_800), [Change(CauseKind.VERSION, terms=OLD_CARD)], id="the terms before"),
        # 3.5 % of 1,280 is 45, and 5 % on top 47.25.
        pytest.param(charged(4_725), [Change(CauseKind.METHOD, terms=FOREIGN), Change(CauseKind.TAX, 50_000)], id="card type and tax"),
        pytest.param(charged(36_750, 1_272_700), [Change(CauseKind.TAX, 50_000)], id="tax on top"),
        pytest.param(charged(300, 10_000), [Change(CauseKind.MINIMUM)], id="minimum not applied"),
        pytest.param(charged(55_000, 2_000_000), [Change(CauseKind.CAP)], id="cap not applied"),
        pytest.param(charged(3_521, 128_037), [Change(CauseKind.ROUNDING, 1, "half_up")], id="not rounded to dollars"),
        pytest.param(charged(4_100), [Change(CauseKind.RATE, 32_000)], id="another rate"),
    ],
)
def test_a_figure_names_its_likeliest_cause(fee, changes):
    assert likeliest(fee) == tuple(changes)


def test_the_fixed_part_can_be_missing_or_another():
    terms = (replace(OTHERS, fixed=3_000),)

    assert likeliest(charged(2_600), terms) == (Change(CauseKind.FIXED),)
    assert (Change(CauseKind.FIXED, 4_000),) in [cause.changes for cause in causes_of(charged(6_600), terms, "TWD")]


def test_the_fee_of_a_refunded_part_was_given_back():
    terms = (replace(CARD, unit=1),)

    assert likeliest(charged(1_760, refunded=64_000), terms) == (Change(CauseKind.REFUND_FEE, 1_760),)
    assert CauseKind.REFUND_FEE not in {cause.kind for cause in causes_of(charged(1_760), terms, "TWD")}


def test_causes_come_in_the_same_order_whatever_the_order_of_the_terms():
    fee = charged(4_700)

    assert causes_of(fee, PLAN, "TWD") == causes_of(fee, PLAN[::-1], "TWD")


@pytest.mark.parametrize(
    ("applied", "changes"),
    [
        pytest.param(replace(CARD, ppm=29_500), [Change(CauseKind.RATE, 29_500)], id="rate"),
        pytest.param(replace(CARD, fixed=700), [Change(CauseKind.FIXED, 700)], id="fixed part"),
        pytest.param(replace(CARD, minimum=20_000), [Change(CauseKind.MINIMUM, 20_000)], id="minimum"),
        pytest.param(FOREIGN, [Change(CauseKind.METHOD, terms=FOREIGN)], id="card type"),
    ],
)
def test_many_fees_seen_together_agree_on_one_cause(applied, changes):
    fees = [charged(expected_fee(applied, gross), gross) for gross in GROSSES]

    assert {cause.changes for cause in common_causes(fees, PLAN, "TWD")} == {tuple(changes)}


def test_a_fee_that_fits_nothing_has_no_cause_among_others_that_do():
    odd = ChargedFee(5_000, 128_000, "atm", DAY)

    causes = common_causes([charged(7_000), odd], (CARD,), "TWD")

    assert [cause and cause.kind for cause in causes] == [CauseKind.TWICE, None]


def test_what_fits_any_figure_needs_company():
    terms = (replace(CARD, unit=1),)
    alone, company = [charged(4_561)], [charged(4_561, gross) for gross in (128_000, 131_000, 90_000)]

    assert common_causes(alone, terms, "TWD") == [None]
    assert {cause.changes for cause in common_causes(company, terms, "TWD")} == {(Change(CauseKind.MINIMUM, 4_561),)}
