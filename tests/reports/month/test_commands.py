"""close_month and check_books as people type them."""

import json
from contextlib import suppress
from datetime import date

import pytest
from django.core.management import CommandError, call_command
from python_calamine import CalamineWorkbook

from apps.core import files
from apps.reports.models import DailyFigure, MonthClose
from apps.reports.services import month_work
from apps.settlements.models import BankMatch, Discrepancy, Match, Payout, StatementLine
from tests import cast
from tests.reports.small_month import NOW, OCTOBER, line_of, make_small_month

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pdf_tools")]


@pytest.fixture
def world():
    return make_small_month()


def close_month(capsys, folder, *options) -> dict:
    call_command("close_month", "--merchant", "qingtian", "--month", "2026-10", "--output", str(folder), "--json", *options)
    return json.loads(capsys.readouterr().out)


def test_close_month_writes_both_files_and_says_the_figures(world, capsys, tmp_path):
    told = close_month(capsys, tmp_path / "out", "--language", "en")

    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["qingtian-2026-10.pdf", "qingtian-2026-10.xlsx"]
    assert (told["state"], len(told["figures_sha256"])) == ("complete", 64)
    assert told["totals"]["TWD"] == {
        "opening": "972.50",
        "sales": "2800.00",
        "refunds": "-500.00",
        "fees": "-82.00",
        "disputes": "-300.00",
        "adjustments": "11.00",
        "payouts": "2416.50",
        "closing": "485.00",
        "missing": "0.00",
    }
    summary = CalamineWorkbook.from_path(told["xlsx"]).get_sheet_by_index(0).to_python(skip_empty_area=False)
    assert summary[4][3:] == [972.5, 2800, -500, -82, -300, 11, 2416.5, 485, 0, 0]
    assert not MonthClose.objects.exists()


def test_close_month_refuses_open_differences_and_writes_nothing(world, capsys, tmp_path):
    cast.make_discrepancy(world.ecpay, order_no="A10293", business_date=date(2026, 10, 5))

    with pytest.raises(CommandError, match="A10293"):
        close_month(capsys, tmp_path / "out")

    assert not (tmp_path / "out").exists()
    told = close_month(capsys, tmp_path / "out", "--draft")
    assert (told["state"], told["figures_sha256"]) == ("draft", "")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["qingtian-2026-10-draft.pdf", "qingtian-2026-10-draft.xlsx"]


def test_close_month_refuses_a_prepared_month_in_which_a_difference_opened_since(world, capsys, tmp_path):
    made = {"merchant": world.shop, "month": OCTOBER, "language": "en", "now": NOW}
    month_work.work_on_month(action="prepare", by=cast.accountant(world.shop), **made)
    assert close_month(capsys, tmp_path / "before")["state"] == "complete"
    cast.make_discrepancy(world.ecpay, order_no="A10293", business_date=date(2026, 10, 5))

    with pytest.raises(CommandError, match="A10293"):
        close_month(capsys, tmp_path / "after")

    assert not (tmp_path / "after").exists()


def test_close_month_hands_out_a_closed_month_as_it_was_closed(world, capsys, tmp_path):
    made = {"merchant": world.shop, "month": OCTOBER, "language": "en", "now": NOW}
    month_work.work_on_month(action="prepare", by=cast.accountant(world.shop), **made)
    close = month_work.work_on_month(action="approve", by=cast.owner(world.shop), **made)
    line_of(world.ecpay, date(2026, 10, 30), gross=4000)

    told = close_month(capsys, tmp_path)

    assert (told["state"], told["figures_sha256"]) == ("approved", close.figures_sha256)
    assert (tmp_path / "qingtian-2026-10.pdf").read_bytes() == files.read(close.pdf_path)
    assert (tmp_path / "qingtian-2026-10.xlsx").read_bytes() == files.read(close.xlsx_path)


@pytest.mark.parametrize(
    ("merchant", "month", "wrong"), [("nobody", "2026-10", "no merchant nobody"), ("qingtian", "2026-13", "2026-13 is no month")]
)
def test_close_month_names_what_it_does_not_know(world, tmp_path, merchant, month, wrong):
    with pytest.raises(CommandError, match=wrong):
        call_command("close_month", "--merchant", merchant, "--month", month, "--output", str(tmp_path))


def proofs_of(capsys) -> dict[str, dict]:
    with suppress(CommandError):
        call_command("check_books", "--merchant", "qingtian", "--json")
    return {proof["code"]: proof for proof in json.loads(capsys.readouterr().out)["proofs"]}


@pytest.fixture
def sound(world):
    """The small month with a case for its dispute and a match for its refund, as a reconciliation leaves it."""
    lines = StatementLine.objects.filter(channel=world.ecpay)
    dispute, refund = lines.get(kind="dispute"), lines.get(kind="refund")
    cast.make_discrepancy(world.ecpay, "dispute_missing_in_books", line=dispute, subject_key=str(dispute.pk), business_date=NOW.date())
    ours = world.shop.refunds.get()
    Match.objects.create(merchant=world.shop, channel=world.ecpay, line=refund, refund=ours, rule="merchant_ref", amount_minor=-50000)
    return world


def test_check_books_proves_a_sound_month(sound, capsys):
    call_command("check_books", "--merchant", "qingtian")

    out = capsys.readouterr().out
    assert [line[:4].strip() for line in out.splitlines()] == ["ok"] * 10


def test_check_books_names_the_place_of_each_fault(sound, capsys):
    stray = line_of(sound.ecpay, date(2026, 10, 5), gross=100)
    Payout.objects.filter(ref="po_1").update(lines_net_minor=1)
    other = cast.make_merchant("other")
    Match.objects.filter(line__merchant_ref="B1").update(payment=cast.make_payment(cast.make_channel(other, "x")))

    proofs = proofs_of(capsys)

    assert {code: proof["failed"] for code, proof in proofs.items()} == {
        "references": 1,
        "pairs": 0,
        "lines": 1,
        "payouts": 2,
        "certificates": 2,
        "closed_months": 0,
        "journal_sums": 0,
        "journal_current": 0,
        "journal_certificate": 1,  # the pair with another merchant's payment: the journal takes no payment but our own
        "figures": 0,
    }
    assert proofs["lines"]["faults"] == [f"line {stray.pk} is neither matched nor a discrepancy"]
    assert proofs["payouts"]["faults"] == [
        "ecpay payout 2026-10-06: stored 1445.00 TWD, its lines 1446.00",
        "stripe payout po_1: stored 0.01 USD, its lines 115.95",
    ]
    with pytest.raises(CommandError):
        call_command("check_books", "--merchant", "qingtian")


def test_check_books_finds_a_daily_figure_that_is_not_what_its_rows_come_to(sound, capsys):
    assert proofs_of(capsys)["figures"]["failed"] == 0
    figure = DailyFigure.objects.filter(channel=sound.ecpay).order_by("pk").first()
    DailyFigure.objects.filter(pk=figure.pk).update(amount_minor=figure.amount_minor + 1)

    proof = proofs_of(capsys)["figures"]

    stored, should = (figure.count, figure.amount_minor + 1), (figure.count, figure.amount_minor)
    place = f"ecpay {figure.currency} {figure.day} {figure.term}"
    assert (proof["failed"], proof["faults"]) == (1, [f"{place}: stored {stored}, its rows come to {should}"])


def test_check_books_finds_ties_by_hand_that_the_database_never_looked_at(sound, capsys):
    statement = cast.make_bank_statement(cast.make_bank_account(sound.shop, "other"))
    payout, line = Payout.objects.get(ref="po_1"), cast.make_bank_line(statement, 100)
    BankMatch.objects.create(merchant=sound.shop, payout=payout, bank_line=line, slot=1, amount_minor=100, rule="manual")

    proof = proofs_of(capsys)["pairs"]

    assert (proof["failed"], proof["faults"]) == (1, [f"payout {payout.pk} is tied by hand without a first part"])


@pytest.mark.parametrize("name", ["payment", "line"])
def test_check_books_finds_a_discrepancy_that_names_another_merchants_row(sound, capsys, name):
    elsewhere = cast.make_channel(cast.make_merchant("other"), "x")
    row = cast.make_payment(elsewhere) if name == "payment" else line_of(elsewhere, date(2026, 10, 5), gross=100)
    item = cast.make_discrepancy(sound.ecpay, "fee_mismatch", subject_key="astray", business_date=NOW.date(), **{name: row})

    proof = proofs_of(capsys)["references"]

    assert (proof["failed"], proof["faults"]) == (1, [f"discrepancy {item.pk} names a row that is gone or another merchant's"])


def test_check_books_finds_a_closed_month_that_was_touched(sound, capsys):
    Discrepancy.objects.filter(kind="dispute_missing_in_books").update(business_date=date(2026, 11, 2))
    made = {"merchant": sound.shop, "month": OCTOBER, "language": "en", "now": NOW}
    month_work.work_on_month(action="prepare", by=cast.accountant(sound.shop), **made)
    close = month_work.work_on_month(action="approve", by=cast.owner(sound.shop), **made)
    MonthClose.objects.update(figures={**close.figures, "month": "2026-09"})

    assert proofs_of(capsys)["closed_months"]["faults"] == ["2026-10: the figures do not have the hash that was signed"]
