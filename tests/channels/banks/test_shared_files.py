"""Real and practice bank files beside the checkout: what each gives, to the cent."""

import json
import tomllib
from collections import Counter
from decimal import Decimal

import pytest

from apps.channels.banks.registry import FORMATS, parse_bank
from apps.channels.contracts import FileRefused, Refusal, StatementFile
from apps.core.money import from_minor

OCA = {"date": "Date", "date_format": "%m/%d/%Y", "amount": "Amount", "memo": ["Label", "Partner Name"], "reference": "Bank Account"}
CMB = {"date": "记账日期", "amount": "交易金额", "balance": "联机余额", "currency": "货币", "memo": ["交易摘要", "对手信息", "客户摘要"]}
ICBC = {
    "skip_rows": 6, "date": "记账日期", "value_date": "交易日期", "debit": "记账金额(支出)", "credit": "记账金额(收入)", "balance": "余额",
    "currency": "记账币种", "memo": ["摘要", "交易场所"], "footer_starts": "合计",
}  # fmt: skip
# file, currency, mapping, lines, rejections, sum, opening, closing, breaks, whether each total agrees
CSV_FILES = [
    ("bank-csv/balance.csv", "USD", {**OCA, "balance": "Balance"}, 2, 0, 150_000, 1_000, 151_000, (), []),
    ("bank-csv/debit_credit.csv", "USD", {**OCA, "balance": "Balance", "mark": "D/C"}, 2, 0, 150_000, 1_000, 151_000, (), []),
    ("bank-csv/multi_currency.csv", "USD", {**OCA, "currency": "Currency"}, 1, 1, -3_350, None, None, (), []),
    ("bank-csv/sample_statement_en.csv", "USD", {**OCA, "currency": "Currency"}, 1, 1, -3_350, None, None, (), []),
    ("bank-cn/cmb-debit.csv", "CNY", CMB, 5, 0, -77_914, 3_766, 8_122, (4, 5, 6), []),
    ("bank-cn/icbc-credit.csv", "CNY", ICBC, 9, 0, 425_788, -1_601_328, -372_862, (11, 12, 13, 14), [False, False]),
]
# file, account, currency, lines, opening, closing, breaks, whether each statement's balances agree
MT940_FILES = [
    ("betterplace__sepa_mt9401.sta", "50880050/0194774600888", "EUR", 7, -123_471_836, -123_762_823, (), [True]),
    ("jejik__abnamro.sta", "", "EUR", 10, 323_628, 184_975, (35,), [False, False]),
    ("jejik__ing.sta", "", "EUR", 7, 0, 347, (), [False]),
    ("jejik__rabobank-iban.sta", "", "EUR", 4, 100_000, 93_000, (), [True, True]),
    ("mBank__mt940.sta", "", "PLN", 3, 40, 43, (), [True]),
    ("self-provided__raiffeisen-cmi.sta", "", "HUF", 7, 2_517_063_710, 2_528_168_760, (), [False]),
    ("self-provided__transaction_details_wrapped.sta", "", "EUR", 1, 120_000, 119_400, (), [True]),
]
# file, currency, lines, sum, opening, closing, breaks, whether each statement's balances agree
CAMT_FILES = [
    ("camt053.v2.five.decimals.xml", "EUR", 1, 885, 1_815, 2_705, (), [False]),
    ("camt053.v2.multi.statement.xml", "EUR", 2, 185, 1_815, 2_000, (), [True, True]),
    ("camt053.v8.xml", "EUR", 1, 885, 1_815, None, (74,), []),  # its closing balance is in SEK
    ("oca-test-camt053.xml", "EUR", 4, -1_299, 1_556_827, 1_512_112, (), [False]),
    ("oca-test-camt053-no-ntry.xml", "CHF", 0, 0, 152_076, 152_076, (), [True]),
    ("camt054.v2.xml", "SEK", 1, -20_000_000, None, None, (), []),  # a notice: no balances, not final
]
# file, currency, lines, sum, closing
OFX_FILES = [
    ("anzcc.ofx", "AUD", 1, -550, -12_345),
    ("bank_medium.ofx", "CAD", 3, -34_527, 38_234),
    ("checking.ofx", "USD", 3, -5_950, 10_099),
    ("stmtrs.ofx", "USD", 2, -50_000, 20_029),
    ("suncorp.ofx", "AUD", 1, -1_685, 123_412),
]
# file, currency, lines, sum, opening, closing, totals, names of those that differ
BAI2_FILES = [
    ("citi_example.bai2", "GBP", 1, 1, 10_000, 10_000, 9, ["010 + 16 = 015 (2015-07-15)"]),
    ("nwb_example.bai2", "GBP", 5, -2_676, 36_521, 33_845, 13, []),
    ("moov-sample1.txt", "CAD", 17, 0, None, None, 18, []),
]
# file, format of its account, currency, code and parameters of the refusal
REFUSED = [
    ("ofx/test_qif.qif", "ofx", "USD", Refusal.UNREADABLE_FORMAT, {"found": "QIF", "reason": "qif", "wanted": "OFX"}),
    ("camt/camt053.v8.xml", "camt053", "SEK", Refusal.OTHER_CURRENCY, {"expected": "SEK", "found": "EUR"}),
    ("ofx/stmtrs.ofx", "camt053", "USD", Refusal.OTHER_FORMAT, {"found": "OFX", "wanted": "camt.053"}),
    ("bai2/nwb_example.bai2", "mt940", "GBP", Refusal.OTHER_FORMAT, {"found": "BAI2", "wanted": "MT940"}),
    ("mt940/mBank__mt940.sta", "csv", "PLN", Refusal.OTHER_FORMAT, {"found": "MT940", "wanted": "CSV"}),
]


@pytest.mark.parametrize(
    ("name", "currency", "mapping", "lines", "rejected", "total", "opening", "closing", "breaks", "agree"),
    CSV_FILES,
    ids=lambda value: None,
)
def test_sample_csv(shared_folder, name, currency, mapping, lines, rejected, total, opening, closing, breaks, agree):
    data = (shared_folder / "samples" / name).read_bytes()

    bank = parse_bank("csv", StatementFile(name, data, "UTC", currency, "", mapping))

    assert (bank.lines.height, len(bank.rejections), sum(bank.lines["amount"])) == (lines, rejected, total)
    assert (bank.opening, bank.closing, bank.breaks) == (opening, closing, breaks)
    assert [each.agrees for each in bank.totals] == agree


def test_sample_of_another_account_is_refused(shared_folder):
    data = (shared_folder / "samples/bank-cn/icbc-credit.csv").read_bytes()

    with pytest.raises(FileRefused) as refused:
        parse_bank("csv", StatementFile("icbc.csv", data, "UTC", "CNY", "****9999", ICBC))

    assert refused.value.code == Refusal.OTHER_ACCOUNT


@pytest.mark.parametrize(
    ("name", "account", "currency", "lines", "opening", "closing", "breaks", "agree"), MT940_FILES, ids=lambda value: None
)
def test_sample_mt940(shared_folder, name, account, currency, lines, opening, closing, breaks, agree):
    data = (shared_folder / "samples/mt940" / name).read_bytes()

    bank = parse_bank("mt940", StatementFile(name, data, "UTC", currency, account, {}))

    assert (bank.lines.height, bank.rejections, bank.opening, bank.closing, bank.breaks) == (lines, (), opening, closing, breaks)
    assert [each.agrees for each in bank.totals] == agree


def test_every_statement_of_a_file_of_26_accounts_ties(shared_folder):
    data = (shared_folder / "samples/mt940/betterplace__sepa_mt9401.sta").read_bytes()
    accounts = {line[4:].strip().decode() for line in data.splitlines() if line.startswith(b":25:")}

    banks = [parse_bank("mt940", StatementFile("b.sta", data, "UTC", "EUR", account, {})) for account in accounts]

    assert sum(bank.lines.height for bank in banks) == 97
    assert all(total.agrees for bank in banks for total in bank.totals)


@pytest.mark.parametrize(
    ("name", "currency", "lines", "total", "opening", "closing", "breaks", "agree"), CAMT_FILES, ids=lambda value: None
)
def test_sample_camt(shared_folder, name, currency, lines, total, opening, closing, breaks, agree):
    data = (shared_folder / "samples/camt" / name).read_bytes()

    bank = parse_bank("camt053", StatementFile(name, data, "UTC", currency, "", {}))

    assert (bank.lines.height, sum(bank.lines["amount"]), bank.rejections, bank.notes) == (lines, total, (), ())
    assert (bank.opening, bank.closing, bank.breaks) == (opening, closing, breaks)
    assert [each.agrees for each in bank.totals] == agree
    assert bank.is_final == name.startswith(("camt053", "oca"))


@pytest.mark.parametrize(("name", "currency", "lines", "total", "closing"), OFX_FILES, ids=lambda value: None)
def test_sample_ofx(shared_folder, name, currency, lines, total, closing):
    data = (shared_folder / "samples/ofx" / name).read_bytes()

    bank = parse_bank("ofx", StatementFile(name, data, "UTC", currency, "", {}))

    assert (bank.lines.height, sum(bank.lines["amount"]), bank.opening, bank.closing) == (lines, total, None, closing)
    assert (bank.rejections, bank.breaks, bank.totals, bank.notes) == ((), (), (), ())


@pytest.mark.parametrize(
    ("name", "currency", "lines", "total", "opening", "closing", "totals", "wrong"), BAI2_FILES, ids=lambda value: None
)
def test_sample_bai2(shared_folder, name, currency, lines, total, opening, closing, totals, wrong):
    data = (shared_folder / "samples/bai2" / name).read_bytes()

    bank = parse_bank("bai2", StatementFile(name, data, "UTC", currency, "", {}))

    assert (bank.lines.height, sum(bank.lines["amount"]), bank.opening, bank.closing) == (lines, total, opening, closing)
    assert (len(bank.totals), [each.name for each in bank.totals if not each.agrees]) == (totals, wrong)
    assert (bank.rejections, bank.breaks, bank.notes) == ((), (), ())


@pytest.mark.parametrize(("name", "format", "currency", "code", "params"), REFUSED, ids=lambda value: None)
def test_sample_that_is_refused_says_why(shared_folder, name, format, currency, code, params):
    with pytest.raises(FileRefused) as refused:
        parse_bank(format, StatementFile(name, (shared_folder / "samples" / name).read_bytes(), "UTC", currency, "", {"date": "D"}))

    assert (refused.value.code, refused.value.params) == (code, params)


def test_every_sample_of_a_bank_is_told(shared_folder):
    told = {name for name, *_ in CSV_FILES} | {name for name, *_ in REFUSED}
    for folder, files in (("mt940", MT940_FILES), ("camt", CAMT_FILES), ("ofx", OFX_FILES), ("bai2", BAI2_FILES)):
        told |= {f"{folder}/{name}" for name, *_ in files}
    folders = ("bai2", "bank-cn", "bank-csv", "camt", "mt940", "ofx")

    assert told == {
        f"{folder}/{path.name}" for folder in folders for path in (shared_folder / "samples" / folder).iterdir() if path.suffix != ".md"
    }


@pytest.mark.parametrize("world", ["clean", "basic", "rich"])
def test_worlds_give_the_lines_and_balances_of_their_facts(shared_folder, world):
    folder = shared_folder / "worlds" / world
    told = json.loads((folder / "facts.json").read_text())["bank"]
    accounts = tomllib.loads((folder / "drop/merchant.toml").read_text())["bank_accounts"]

    found = {}
    for account in [account for account in accounts if account["format"] in FORMATS]:
        rows: dict[tuple[int, int], int] = {}
        banks = [_read(path, account) for path in sorted((folder / "drop/bank" / account["code"]).iterdir())]
        for bank in banks:
            seen: Counter[int] = Counter()
            for row_hash, amount in bank.lines.select("row_hash", "amount").iter_rows():
                rows[row_hash, seen[row_hash]] = amount
                seen[row_hash] += 1
        assert not any(bank.breaks or bank.rejections for bank in banks)
        assert all(total.agrees for bank in banks for total in bank.totals)
        figures = (banks[0].opening, banks[0].opening + sum(rows.values()))
        found[account["code"]] = (len(rows), *(Decimal(from_minor(each, account["currency"])) for each in figures))

    assert found == {code: (told[code]["lines"], Decimal(told[code]["opening"]), Decimal(told[code]["closing"])) for code in found}
    assert len(found) == len(told)


def _read(path, account):
    file = StatementFile(path.name, path.read_bytes(), "UTC", account["currency"], account["account_no"], account.get("csv", {}))
    return parse_bank(account["format"], file)
