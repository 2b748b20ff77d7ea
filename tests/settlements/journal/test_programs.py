"""An exported month in the eyes of real accounting programs: hledger, Ledger and beancount, and the columns the others ask for."""

import csv
import io
import json
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.core.money import plain, to_minor
from apps.settlements.ledger.accounts import Type
from apps.settlements.ledger.formats.book import Account, Book, Entry, Line
from apps.settlements.ledger.formats.registry import FORMATS
from apps.settlements.selectors.journal import accounts_of, balances
from apps.settlements.selectors.journal_book import named_accounts
from apps.settlements.services.journal import post_journal
from tests import cast
from tests.reports.small_month import NOW, OCTOBER, make_small_month
from tests.strictness import skip_or_fail

pytestmark = pytest.mark.django_db


def program(name: str) -> str:
    """Beside this Python, else on the path."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if not found:
        skip_or_fail(f"{name} is not installed: bin/test does that")
    return found


def accepts(name: str, file: Path) -> bool:
    """Whether the program takes the file without a word against it."""
    arguments = {
        "hledger": ["-f", str(file), "check", "--strict"],
        "ledger": ["-f", str(file), "--strict", "--pedantic", "balance"],
        "bean-check": ["--no-cache", str(file)],
    }
    done = subprocess.run([program(name), *arguments[name]], capture_output=True, text=True, timeout=120)
    return done.returncode == 0 and not done.stderr.strip()


@pytest.fixture
def world():
    made = make_small_month()
    post_journal(merchant=made.shop, now=NOW)
    return made


def export(tmp_path: Path, format: str, month: str = "2026-10", *more: str) -> Path:
    file = tmp_path / f"{month}.{FORMATS[format].suffix}"
    call_command("export_journal", "--merchant", "qingtian", "--month", month, "--format", format, "--output", str(file), *more)
    return file


READERS = [("hledger", "hledger"), ("ledger", "hledger"), ("bean-check", "beancount")]


@pytest.mark.parametrize(("name", "format"), READERS)
def test_every_month_is_accepted_unchanged(world, tmp_path, name, format):
    for month in ("2026-09", "2026-10", "2026-11", "2026-12"):
        assert accepts(name, export(tmp_path, format, month)), month


@pytest.mark.parametrize(("name", "format"), READERS)
def test_one_cell_altered_by_a_cent_is_found(world, tmp_path, name, format):
    file = export(tmp_path, format)
    text = file.read_text(encoding="utf-8")
    start = text.index("OPEN")
    amounts = list(re.finditer(r"(-?\d+\.\d\d)(?= (?:TWD|USD|~))(?! TWD =)", text[start:]))
    assert len(amounts) > 40

    for found in amounts[:: max(len(amounts) // 8, 1)]:  # opening balances, postings and assertions
        other = plain(to_minor(found[1], "TWD") + 1, "TWD")
        file.write_text(text[: start + found.start(1)] + other + text[start + found.end(1) :], encoding="utf-8")
        assert not accepts(name, file), found[0]


def test_two_cells_that_keep_an_entry_even_are_found_by_the_balances(world, tmp_path):
    file = export(tmp_path, "hledger")
    text = file.read_text(encoding="utf-8")
    for old, new in (
        ("Bank:Cathay-twd  1444.00", "Bank:Cathay-twd  1444.01"),
        ("In-transit:Ecpay  -1445.00", "In-transit:Ecpay  -1445.01"),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")

    assert not accepts("hledger", file)


def test_hledger_counts_the_same_balances_to_the_cent(world, tmp_path):
    file = export(tmp_path, "hledger")
    out = subprocess.run(
        [program("hledger"), "-f", str(file), "balance", "--flat", "-E", "-O", "csv", "--layout=bare"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    counted = {(name, currency): amount for name, currency, amount in list(csv.reader(io.StringIO(out)))[1:] if name != "total"}

    names = named_accounts(accounts_of(world.shop), {})
    ours = {(names[one.account.pk].name, one.currency): plain(one.minor, one.currency) for one in balances(world.shop, at=OCTOBER.last)}
    assert {key: amount for key, amount in counted.items() if float(amount)} == {
        key: amount for key, amount in ours.items() if float(amount)
    }
    assert counted["Assets:Bank:Cathay-twd", "TWD"] == "2416.50"


def test_currencies_without_cents_and_with_three_digits_are_written_as_they_are(tmp_path):
    """Yen have no point and dinars three digits; names of accounts may come from the shop."""
    entries = []
    accounts = {
        currency: (Account("Assets:Bank:X", Type.ASSET, currency), Account("Income:Sales:X", Type.INCOME, currency))
        for currency in ("JPY", "KWD")
    }
    lines = []
    for number, (currency, (bank, sales)) in enumerate(accounts.items()):
        entries.append(Entry(f"J{number}", date(2026, 10, 2), f'"; {currency} | x', "lines:1", [Line(bank, 1234), Line(sales, -1234)]))
        lines += [Line(bank, 1234), Line(sales, -1234)]
    book = Book("a;b", date(2026, 10, 1), date(2026, 10, 31), [one for pair in accounts.values() for one in pair], entries, [], lines)
    for name, format in READERS:
        file = tmp_path / f"{name}.txt"
        file.write_text("".join(FORMATS[format].write(Book(**{**vars(book), "entries": iter(entries)}))), encoding="utf-8")
        assert accepts(name, file), file.read_text(encoding="utf-8")


def test_quickbooks_online_gets_a_journal_in_each_currency_that_balances(world, tmp_path):
    rows = list(csv.DictReader(io.StringIO(export(tmp_path, "quickbooks").read_text(encoding="utf-8"))))

    sums: dict[str, int] = {}
    for row in rows:
        assert bool(row["Debits"]) != bool(row["Credits"])
        signed = to_minor(row["Debits"], row["Currency"]) if row["Debits"] else -to_minor(row["Credits"], row["Currency"])
        sums[row["JournalNo"]] = sums.get(row["JournalNo"], 0) + signed
    assert set(sums.values()) == {0}
    assert list(rows[0])[:6] == ["JournalNo", "JournalDate", "AccountName", "Debits", "Credits", "Description"]
    assert {row["JournalDate"][:2] for row in rows} == {"10"}
    assert [row for row in rows if row["JournalNo"].startswith("OPEN")] == []


def test_xero_gets_debits_positive_under_its_own_account_codes(world, tmp_path):
    mapping = tmp_path / "accounts.csv"
    mapping.write_text("account,name\nAssets:Bank:Cathay-twd,090\nAssets:In-transit:Ecpay,611\n", encoding="utf-8")

    rows = list(csv.DictReader(io.StringIO(export(tmp_path, "xero", "2026-10", "--accounts", str(mapping)).read_text(encoding="utf-8"))))

    arrived = [row for row in rows if row["Description"] == "Payout arrived, ecpay" and row["*Date"] == "06/10/2026"]
    assert [(row["*AccountCode"], row["*Amount"], row["*TaxRate"]) for row in arrived] == [
        ("090", "1444.00", "Tax Exempt"),
        ("611", "-1445.00", "Tax Exempt"),
        ("Liabilities:Suspense-bank:Ecpay", "1.00", "Tax Exempt"),
    ]


def test_quickbooks_desktop_gets_transactions_that_sum_to_zero(world, tmp_path):
    data = export(tmp_path, "quickbooks_iif", "2026-10", "--opening").read_bytes().decode()

    assert data.count("\r\n") == data.count("\n")
    cells = [line.split("\t") for line in data.split("\r\n") if line]
    total, ended = 0, 0
    for row in cells:
        if row[0] in ("TRNS", "SPL"):
            assert row[2] == "GENERAL JOURNAL"
            total += round(float(row[5]) * 100)
        elif row[0] == "ENDTRNS":
            assert total == 0
            ended += 1
    assert ended == sum(row[0] == "TRNS" for row in cells) > 10
    assert cells[-1] == ["ENDTRNS"]
    assert next(row[6] for row in cells if row[0] == "TRNS") == "OPEN-2026-10"


def test_no_text_of_ours_runs_in_a_spreadsheet(tmp_path):
    bank, sales = Account("=HYPERLINK(1)", Type.ASSET, "TWD"), Account("@sum", Type.INCOME, "TWD")
    entry = Entry("J1", date(2026, 10, 2), "+cmd|' /C calc'!A0", "x", [Line(bank, 100), Line(sales, -100)])
    book = {"merchant": "x", "first": date(2026, 10, 1), "last": date(2026, 10, 31), "accounts": [bank, sales]}
    for format in ("quickbooks", "xero"):
        text = "".join(FORMATS[format].write(Book(**book, entries=[entry])))
        cells = [cell for row in list(csv.reader(io.StringIO(text)))[1:] for cell in row]
        assert [cell for cell in cells if cell[:1] in ("=", "+", "@")] == []
        assert "'=HYPERLINK(1)" in cells


def test_the_command_tells_what_it_did_for_machines(world, tmp_path, capsys):
    call_command(
        "export_journal", "--merchant", "qingtian", "--month", "2026-10", "--format", "xero", "--output", str(tmp_path / "x"), "--json"
    )

    told = json.loads(capsys.readouterr().out)
    assert (told["month"], told["format"], told["posted"], told["reversed"]) == ("2026-10", "xero", 0, 0)
    assert told["entries"] > 10


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"--merchant": "nobody"}, "no merchant nobody"),
        ({"--month": "2026-13"}, "2026-13 is no month"),
        ({"--accounts": "/nowhere/x.csv"}, "No such file"),
        ({"--output": "/nowhere/x.csv"}, "No such file"),
    ],
)
def test_the_command_names_what_is_wrong_and_writes_nothing(world, tmp_path, change, wrong):
    said = {"--merchant": "qingtian", "--month": "2026-10", "--format": "xero", "--output": str(tmp_path / "x.csv")} | change

    with pytest.raises(CommandError, match=wrong):
        call_command("export_journal", *[part for pair in said.items() for part in pair])

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("konto,name\n", "first line"),
        ("account,name\nAssets:Bank\n", "line 2"),
        ("account,name\nA,1\nA,2\n", "line 3"),
        ("account,name\nA,x;y\n", "line 2"),
    ],
)
def test_a_mapping_that_cannot_be_read_is_refused_with_its_line(tmp_path, text, wrong):
    cast.make_merchant()
    mapping = tmp_path / "accounts.csv"
    mapping.write_text(text, encoding="utf-8")

    with pytest.raises(CommandError, match=wrong):
        export(tmp_path, "xero", "2026-10", "--accounts", str(mapping))


def test_an_empty_shop_exports_an_empty_month(tmp_path):
    cast.make_merchant()

    for name, format in READERS:
        assert accepts(name, export(tmp_path, format))
