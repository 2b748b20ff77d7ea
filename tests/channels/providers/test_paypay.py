"""PayPay's reconciliation files, with and without pre-authorisation."""

from datetime import date

import pytest

from apps.channels.contracts import FileRefused, Refusal
from apps.channels.providers.paypay import statement
from tests.channels.providers import bills, bills_asia
from tests.channels.providers.bills_asia import PAYPAY_ROWS, PREAUTH_ROWS


def parse(data=None, kind="paypay", **changes):
    return statement.parse(bills.file_of(kind, data, **changes))


def refusal(data, **changes):
    with pytest.raises(FileRefused) as caught:
        parse(data, **changes)
    return caught.value


def test_sales_refunds_and_what_failed():
    parsed = parse()

    assert (parsed.layout, parsed.account, parsed.first_day, parsed.last_day) == (
        "recon", "958667152543465472", date(2026, 9, 1), date(2026, 9, 1),
    )  # fmt: skip
    assert parsed.lines.select("kind", "provider_ref", "merchant_ref", "refund_ref", "gross", "fee", "net").rows() == [
        ("payment", "04620000000000000001", "QT260901-1", "", 1200, 0, 1200),
        ("payment", "04620000000000000002", "QT260901-2", "", 3480, 0, 3480),
        ("payment", "04620000000000000003", "QT260901-3", "", 0, 0, 0),
        ("refund", "04620000000000000001", "QT260901-1", "", -200, 0, -200),
    ]
    assert str(parsed.lines["occurred_at"][0]) == "2026-09-01 01:00:00+00:00"


def test_absolute_amounts_take_their_sign_from_the_status():
    assert parse(kind="paypay/preauth").lines.select("kind", "merchant_ref", "refund_ref", "gross").rows() == [
        ("payment", "QT260901-8", "", 0),  # held, not taken
        ("payment", "CAP260901-8", "", 4800),
        ("refund", "", "RF260901-8", -300),
    ]


@pytest.mark.parametrize("state", ["CANCELED", "EXPIRED", "FAILED"])
def test_what_was_never_taken_moves_nothing(state):
    row = PREAUTH_ROWS[1].replace("COMPLETED", state)

    assert parse(bills_asia.paypay_preauth((row,)), "paypay/preauth").lines["gross"].to_list() == [0]


def test_a_refund_is_negative_however_it_is_written_and_a_failed_one_is_nothing():
    positive, failed = PAYPAY_ROWS[3].replace("-200", "200"), PAYPAY_ROWS[3].replace("返金完了", "返金失敗")

    assert parse(bills_asia.paypay((positive, failed))).lines.select("kind", "gross").rows() == [("refund", -200), ("refund", 0)]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("取引完了", "取引保留", ("unknown_type", "取引ステータス")),
        ("1200", "1200.5", ("excess_digits", "取引金額")),
        (",1200,", ",-1200,", ("bad_amount", "取引金額")),
        ("2026/09/01 10:00:00", "昨日", ("bad_time", "取引日時")),
        ("04620000000000000001", "", ("missing_value", "決済番号")),
    ],
)
def test_rows_that_make_no_sense_are_rejected(old, new, fault):
    found = parse(bills_asia.paypay((PAYPAY_ROWS[0].replace(old, new),))).rejections

    assert [(one.row_no, str(one.code), one.column) for one in found] == [(2, *fault)]


def test_the_days_stand_in_the_name_also_with_a_time_behind_them():
    named = parse(name="transaction_958667152543465472_20260901000000_20260902235959.csv")

    assert (named.first_day, named.last_day) == (date(2026, 9, 1), date(2026, 9, 2))
    assert parse(name="download.csv").first_day == date(2026, 9, 1)
    assert refusal(bills_asia.paypay(()), name="download.csv").code == Refusal.NO_DAY
    assert parse(bills_asia.paypay(())).rows_in == 0


def test_other_layouts_and_accounts_are_named():
    other = PAYPAY_ROWS[0].replace("958667152543465472", "111")

    assert refusal(bills_asia.paypay(columns=bills_asia.PAYPAY_COLUMNS.replace("取引金額", "金額"))).params["missing"] == ["取引金額"]
    assert refusal(bills_asia.paypay((other, PAYPAY_ROWS[1]))).params == {"expected": "111", "found": "958667152543465472"}
    assert refusal(None, account="111").code == Refusal.OTHER_ACCOUNT
