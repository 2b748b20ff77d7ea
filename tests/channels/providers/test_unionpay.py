"""UnionPay's fixed-width files: bytes are counted, lines that are too long or too short are told by their number."""

import json
from datetime import date

import pytest

from apps.channels.contracts import FileRefused, Refusal
from apps.channels.providers.unionpay import layouts, statement
from tests.channels.providers import bills, bills_asia
from tests.channels.providers.bills_asia import ZM_ROWS, zm, zm_line, zme

NAME = "INN26091688ZM_777290058110097"


def parse(data=None, kind="unionpay", **changes):
    return statement.parse(bills.file_of(kind, data, **changes))


def refusal(data, **changes):
    with pytest.raises(FileRefused) as caught:
        parse(data, **changes)
    return caught.value


def faults(data, **changes):
    return [(one.row_no, str(one.code), one.column) for one in parse(data, **changes).rejections]


def row(number=0, **changes):
    names = ("kind", "query", "order", "time", "amount", "fee", "settled", "of_query", "of_order")
    return tuple({**dict(zip(names, ZM_ROWS[number], strict=True)), **changes}.values())


def test_trades_and_refunds():
    parsed = parse()

    assert (parsed.layout, parsed.lists, parsed.account, parsed.first_day) == ("zm", "trades", "777290058110097", date(2026, 9, 16))
    assert parsed.lines.select(
        "kind", "provider_ref", "merchant_ref", "provider_refund_ref", "refund_ref", "gross", "fee", "net"
    ).rows() == [
        ("payment", "202609161537239842921", "QT2609161", "", "", 10000, -60, 9940),
        ("payment", "202609152330119842922", "QT2609152", "", "", 28984, -174, 28810),
        ("refund", "202609021111119842900", "QT26090211", "202609161601009842923", "RF260902R1", -7722, 46, -7676),
    ]
    # 23:30 of the evening before is settled with this day.
    assert parsed.lines["business_date"].unique().to_list() == [date(2026, 9, 16)]
    assert str(parsed.lines["occurred_at"][1]) == "2026-09-15 15:30:11+00:00"


def test_errors_are_disputes_and_what_comes_back_of_them():
    parsed = parse(kind="unionpay/errors")

    assert (parsed.layout, parsed.lists) == ("zme", "errors")
    assert parsed.lines.select("kind", "provider_refund_ref", "gross", "net").rows() == [
        ("dispute", "0820101500-000777", -5000, -5000),
        ("dispute_reversal", "0811091500-000555", 1200, 1200),
    ]


@pytest.mark.parametrize(("gap", "spare"), [(b" ", 0), (b" ", 1), (b"", 0), (b"", 1), (b"|", 0)])
def test_with_and_without_a_byte_between_the_fields(gap, spare):
    assert parse(zm(gap=gap, spare=spare)).lines["net"].to_list() == [9940, 28810, -7676]


@pytest.mark.parametrize("change", [lambda line: line[:-1], lambda line: line + b"  ", lambda line: line.rstrip()])
def test_one_wrong_width_refuses_the_line_by_its_number(change):
    lines = [zm_line(*one) for one in ZM_ROWS]

    assert faults(b"\n".join([lines[0], change(lines[1]), lines[2]])) == [(2, "wrong_width", "")]
    assert faults(change(lines[0])) == [(1, "wrong_width", "")]


def test_a_field_that_grew_cannot_hide_behind_one_that_shrank():
    line = zm_line(*ZM_ROWS[0])
    at = line.index(b"QT2609161")
    moved = line[: at - 1] + line[at:]  # one byte less before the order number …
    moved = moved[: at + 40] + b"X" + moved[at + 40 :]  # … and one more behind it

    assert len(moved) == len(line)
    assert faults(b"\r\n".join([moved, zm_line(*ZM_ROWS[1])])) == [(1, "wrong_width", "")]


def test_chinese_counts_two_bytes_so_utf8_does_not_fit():
    again = zm().decode("gb18030").encode()

    assert faults(again) == [(number, "wrong_width", "") for number in (1, 2, 3)]
    assert refusal(again, name="renamed_20260916.txt").code == Refusal.OTHER_LAYOUT
    assert bills_asia.SHOP in statement.text(NAME, zm())


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"kind": "99"}, ("unknown_type", "交易类型")),
        ({"query": " " * 14}, ("missing_value", "查询流水号")),
        ({"fee": "E000000000060"}, ("bad_amount", "商户手续费")),
        ({"settled": "C000000009941"}, ("net_differs", "结算金额")),
        ({"settled": "D000000009940"}, ("net_differs", "结算金额")),
        ({"time": "0931153723"}, ("bad_time", "交易传输时间")),
    ],
)
def test_fields_that_make_no_sense_are_rejected(changes, fault):
    assert faults(zm((ZM_ROWS[1], row(0, **changes)))) == [(2, *fault)]


def test_a_hold_moves_nothing_and_a_sale_undone_is_a_refund():
    rows = (
        row(kind="02", fee="C000000000000", settled="C000000000000"),
        row(kind="31", fee="C000000000060", settled="D000000009940", of_query="202609161537239842921", of_order="QT2609161"),
    )

    assert parse(zm(rows)).lines.select("kind", "gross", "fee", "net").rows() == [("payment", 0, 0, 0), ("refund", -10000, 60, -9940)]


def test_the_year_comes_from_the_day_of_the_file():
    turn = (row(time="1231233500"), row(time="0101080000"))

    parsed = parse(zm(turn), name="INN27010188ZM_777290058110097")

    assert [str(at)[:16] for at in parsed.lines["occurred_at"]] == ["2026-12-31 15:35", "2027-01-01 00:00"]


def test_trades_and_errors_come_in_one_archive():
    packed = bills_asia.archive({NAME: zm(), "INN26091688ZME_777290058110097": zme(), "INN26091688ZM_SUM_777290058110097": b"sum"})

    parsed = parse(packed, name="unionpay.zip")

    assert statement.recognise("unionpay.zip", packed) == "zm_zip"
    assert (parsed.layout, parsed.lists, parsed.first_day) == ("zm_zme", "trades", date(2026, 9, 16))
    assert parsed.lines.select("row_no", "kind").rows()[2:] == [(3, "refund"), (4, "dispute"), (5, "dispute_reversal")]
    assert statement.text("unionpay.zip", packed).split("\n")[3].startswith("E74")
    assert refusal(bills_asia.archive({"INN26091688ZM_SUM_1": b"x"}), name="a.zip").code == Refusal.NO_DETAIL


def test_day_and_account_are_in_the_name():
    assert refusal(zm(), name="download.txt").code == Refusal.NO_DAY
    assert parse(zm(), name="unionpay_20260916.txt").account == "777290058110097"
    assert refusal(None, account="777290058167151").code == Refusal.OTHER_ACCOUNT


def test_widths_are_the_published_ones(shared_folder):
    folder = shared_folder / "samples/unionpay"
    zm_fields, zme_widths = (json.loads((folder / f"{name}_layout.json").read_text("utf-8")) for name in ("zm", "zme"))

    assert [(one["name"], one["width"]) for one in zm_fields["fields"]] == list(layouts.ZM)
    assert [width for _, width in layouts.ZME] == zme_widths["widths"]
