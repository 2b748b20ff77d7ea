import csv
import io
from datetime import date

import pytest
from hypothesis import given

from apps.channels.banks.mapped_csv import parse
from apps.channels.contracts import BANK_SCHEMA, FileRefused, Refusal, Reject, Rejection, StatementFile
from tests.channels.banks.files import CATHAY, MUTATIONS, SEEDS, cathay, mutated


def plain(rows, header="Date,Label,Amount,Balance", money="EUR", **mapping):
    """An English export in UTF-8 without preamble."""
    base = {"date": "Date", "date_format": "%Y-%m-%d", "amount": "Amount", "balance": "Balance", "memo": "Label"}
    return StatementFile("bank.csv", "\n".join([header, *rows, ""]).encode(), "UTC", money, "", {**base, **mapping})


def refusal(file):
    with pytest.raises(FileRefused) as refused:
        parse(file)
    return refused.value.code, refused.value.params


def test_big5_statement_with_preamble_and_footer():
    bank = parse(cathay())

    assert dict(bank.lines.schema) == BANK_SCHEMA
    assert bank.lines.drop("row_hash").rows() == [
        (4, date(2026, 9, 3), date(2026, 9, 3), "TWD", -1_200_000, 29_800_000, "699000022", "轉帳支出 房租"),
        (5, date(2026, 9, 14), date(2026, 9, 14), "TWD", 352_000, 30_152_000, "710000026", "跨行轉入 王小明 匯款"),
        (6, date(2026, 9, 14), date(2026, 9, 14), "TWD", 352_000, 30_504_000, "710000025", "跨行轉入 王小明 匯款"),
        (7, date(2026, 9, 15), date(2026, 9, 15), "TWD", 4_855_200, 35_359_200, "711000003", "跨行轉入 綠界科技撥款 ECP20260915"),
    ]
    assert (bank.opening, bank.closing, bank.breaks, bank.rows_in, bank.account) == (31_000_000, 35_359_200, (), 4, "****1234")
    assert [(total.stated, total.computed) for total in bank.totals] == [(-1_200_000, -1_200_000), (5_559_200, 5_559_200)]
    assert (bank.first_day, bank.last_day) == (date(2026, 9, 1), date(2026, 9, 30))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_another_encoding_is_believed_when_the_header_proves_it(encoding):
    assert parse(cathay(written=encoding)).lines.equals(parse(cathay()).lines)


def test_rows_are_known_by_their_cells_in_any_column_order_and_by_their_balance():
    lines = CATHAY.splitlines()
    rows = list(csv.reader(lines[2:-1]))
    turned = io.StringIO()
    csv.writer(turned).writerows([*([line] for line in lines[:2]), *(row[::-1] for row in rows)])

    hashes = parse(cathay()).lines["row_hash"]

    assert hashes.n_unique() == 4
    assert parse(cathay(turned.getvalue(), footer_starts="")).lines["row_hash"].to_list() == hashes.to_list()


def test_newest_first_and_shuffled_days_are_no_breaks():
    rows = ["2026-09-01,a,10.00,110.00", "2026-09-02,b,5.00,115.00", "2026-09-02,c,-3.00,112.00", "2026-09-03,d,1.00,113.00"]
    orders = [rows, rows[::-1], [rows[0], rows[2], rows[1], rows[3]], [rows[3], rows[1], rows[2], rows[0]]]

    found = [parse(plain(order)) for order in orders]

    assert [(bank.opening, bank.closing, bank.breaks) for bank in found] == [(10_000, 11_300, ())] * 4


def test_balance_that_does_not_follow_is_flagged_with_its_row():
    bank = parse(plain(["2026-09-01,a,10.00,110.00", "2026-09-02,b,5.00,116.00", "2026-09-03,c,1.00,117.00"]))

    assert (bank.breaks, bank.lines.height, bank.opening, bank.closing) == ((3,), 3, 10_000, 11_700)


def test_footer_that_differs_is_stated_and_the_rows_are_read():
    bank = parse(cathay(CATHAY.replace('合計,,,"12,000"', '合計,,,"12,001"')))

    assert bank.lines.height == 4
    assert [(total.name, total.agrees) for total in bank.totals] == [("合計 支出金額", False), ("合計 存入金額", True)]
    spoiled = parse(cathay(CATHAY.replace('合計,,,"12,000"', "合計,,,=SUM(D4)")))
    assert [(total.stated, total.agrees) for total in spoiled.totals] == [(0, False), (5_559_200, True)]


def test_mark_inverse_sign_and_european_figures():
    marked = plain(["2026-09-01,a,33.50,-23.50,D", '2026-09-01,b,"-1,533.50","1,510.00",C'], "Date,Label,Amount,Balance,DC", mark="DC")
    inverse = plain(["2026-09-01,a,33.50,"], sign="inverse")
    european = plain(
        ['2026-09-01;a;"1.533,50";"2.000,00"', "2026-09-01;b;-1,5;1.998,50"], "Date;Label;Amount;Balance", delimiter=";", decimal=","
    )

    assert parse(marked).lines["amount"].to_list() == [-3_350, 153_350]
    assert parse(inverse).lines["amount"].to_list() == [-3_350]
    assert parse(european).lines["amount"].to_list() == [153_350, -150]
    code, params = refusal(plain(["2026-09-01;a;1.50;"], "Date;Label;Amount;Balance", delimiter=";", decimal=","))
    assert (code, params["rejections"]) == (Refusal.BAD_ROWS, (Rejection(2, Reject.BAD_AMOUNT, "Amount", "1.50"),))


def test_years_of_the_republic():
    assert parse(plain(["115/09/03,a,1.00,"], date_format="%K/%m/%d")).lines["booked_on"].to_list() == [date(2026, 9, 3)]


def test_cells_padded_with_blanks_and_tabs_and_a_trailing_comma():
    bank = parse(plain(['2026-09-01     \t,"a        \t","1,234.50   \t","    \t",', "", " "], money="CNY"))

    assert bank.lines.select("amount", "balance", "memo").rows() == [(123_450, None, "a")]


def test_each_bad_row_is_rejected_once_and_counted():
    rows = [
        "2026-09-01,good,1.00,1.00",
        "2026-13-01,day,1.00,1.00",
        "2026-09-01,digits,1.001,1.00",
        "2026-09-01,text,x,y",
        "2026-09-01,formula,=SUM(A1:A2),1.00",
        f"2026-09-01,huge,{'9' * 15},1.00",
        "2026-09-01,blank,,1.00",
        "2026-09-01,short,1.00",
        "2026-09-01,wide,1.00,1.00,more",
        "0226-09-01,century,1.00,1.00",
    ]

    bank = parse(plain(rows))

    assert [(found.row_no, found.code) for found in bank.rejections] == [
        (3, Reject.BAD_TIME), (4, Reject.EXCESS_DIGITS), (5, Reject.BAD_AMOUNT), (6, Reject.FORMULA), (7, Reject.TOO_LARGE),
        (8, Reject.MISSING_VALUE), (9, Reject.COLUMN_COUNT), (10, Reject.COLUMN_COUNT), (11, Reject.BAD_TIME),
    ]  # fmt: skip
    assert (bank.rows_in, bank.lines.height) == (10, 1)


def test_empty_export_has_no_lines_and_the_days_of_its_name():
    bank = parse(cathay("\n".join(CATHAY.splitlines()[:3])))

    assert (bank.lines.height, bank.rows_in, bank.opening, bank.closing) == (0, 0, None, None)
    assert (bank.first_day, bank.last_day) == (date(2026, 9, 1), date(2026, 9, 30))


def test_period_is_the_preambles_when_the_name_is_the_day_of_the_download():
    bank = parse(cathay(name="export_20261020.csv"))

    assert (bank.first_day, bank.last_day) == (date(2026, 9, 1), date(2026, 9, 30))


def test_currency_column_is_compared():
    header = "Date,Label,Currency,Amount,Balance"
    named = parse(plain(["2026-09-01,a,人民币 \t,1.00,"], header, money="CNY", currency="Currency"))
    mixed = parse(plain(["2026-09-01,a,EUR,1.00,", "2026-09-01,b,USD,2.00,"], header, currency="Currency"))

    assert named.lines["amount"].to_list() == [100]
    assert mixed.lines["amount"].to_list() == [100]
    assert [(found.row_no, found.code, found.value) for found in mixed.rejections] == [(3, Reject.BAD_CURRENCY, "USD")]
    code, params = refusal(plain(["2026-09-01,b,USD,2.00,"], header, currency="Currency"))
    assert (code, params) == (Refusal.OTHER_CURRENCY, {"expected": "EUR", "found": "USD"})


def test_refusals_name_what_was_found():
    assert refusal(cathay(b" \n")) == (Refusal.EMPTY, {})
    assert refusal(cathay(account="****9999")) == (Refusal.OTHER_ACCOUNT, {"expected": "****9999", "found": "****1234"})
    assert refusal(cathay(currency="CNY")) == (Refusal.OTHER_CURRENCY, {"expected": "CNY", "found": "TWD"})
    code, params = refusal(cathay(CATHAY.replace("餘額", "結餘")))
    assert (code, params["missing"], params["unknown"]) == (Refusal.OTHER_LAYOUT, ["餘額"], ["交易時間", "結餘"])
    assert refusal(cathay(CATHAY.encode("cp950") + b"\xff\xff"))[0] == Refusal.ENCODING
    assert refusal(cathay(CATHAY.replace("交易時間", "餘額")))[0] == Refusal.BAD_FORMAT
    assert refusal(cathay(CATHAY.replace("房租", '"房租')))[0] == Refusal.BAD_FORMAT
    assert refusal(cathay("\n".join(CATHAY.splitlines()[:6]))) == (Refusal.CUT_SHORT, {"row": 6, "wanted": "合計"})
    lines = CATHAY.splitlines()
    lines[2], lines[3] = lines[3], lines[2]
    assert refusal(cathay("\n".join(lines))) == (Refusal.BAD_FORMAT, {"row": 3, "reason": "a row above the header"})
    assert refusal(cathay("\n".join(CATHAY.splitlines()[2:3]), name="x.csv"))[0] == Refusal.NO_DAY


@pytest.mark.parametrize(
    "mapping", [{"date": ""}, {"debit": ""}, {"amount": "餘額"}, {"delimiter": "||"}, {"encoding": "klingon"}, {"skip_rows": -1}]
)
def test_mapping_that_cannot_be_used_is_refused(mapping):
    assert refusal(cathay(**mapping))[0] == Refusal.NO_MAPPING


def test_a_hundred_thousand_rows_tie():
    rows = [f'2026-09-{1 + at // 4000:02d},payment {at},"1,234.50","{(at + 1) * 1234.5:,.2f}"' for at in range(100_000)]
    file = plain(rows)

    bank = parse(file)

    assert (bank.lines.height, bank.breaks, bank.closing) == (100_000, (), 12_345_000_000)


@MUTATIONS
@given(SEEDS)
def test_injured_files_are_refused_flagged_or_consistent(seed):
    file = cathay(mutated(CATHAY.encode("cp950"), seed))

    try:
        bank = parse(file)
    except FileRefused:
        return

    assert bank.rows_in == bank.lines.height + len(bank.rejections)
    flagged = (
        bank.rejections or bank.breaks or not all(total.agrees for total in bank.totals) or not bank.lines["balance"].is_not_null().any()
    )
    assert flagged or bank.opening + sum(bank.lines["amount"]) == bank.closing
