"""Files in: whole or not at all, once, and back out again."""

from dataclasses import replace
from datetime import timedelta

import pytest

from apps.audit.models import AuditEvent
from apps.channels.contracts import FileRefused, Refusal
from apps.core import files
from apps.settlements.errors import AlreadyWithdrawn, NothingToWithdraw, UnableToImport
from apps.settlements.ingest import lanes, overlap
from apps.settlements.models import BankLine, LineSighting, Statement, StatementLine
from apps.settlements.selectors.files import lines_of
from apps.settlements.services import intake
from apps.settlements.services.intake import import_file, import_files, withdraw_file
from tests import cast
from tests.settlements import stripe_files as f

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
NOW = cast.NOW


@pytest.fixture
def shop():
    return cast.make_merchant()


@pytest.fixture
def stripe(shop):
    return cast.make_channel(
        shop, "stripe", provider="stripe", currency="USD", timezone="UTC", calendar="US", settles="T+2", statements="per_payout"
    )


def bring(owner, data, name="payout_20261118.csv", by=None):
    return import_file(owner=owner, name=name, data=data, by=by, now=NOW)


def live():
    return sorted(StatementLine.objects.filter(is_live=True).values_list("line_ref", "gross", "fee", "net", "ordinal"))


def test_a_file_becomes_lines_and_its_bytes_stay(stripe):
    data = f.report(f.row(1), f.row(2, gross="-4.00", fee="0.00", reporting_category="refund", source_id="re_2"))

    done = bring(stripe, data)

    assert (done.was_seen, done.file.state, done.file.rows_in, done.file.lines_new, done.file.lines_seen) == (False, "posted", 2, 2, 0)
    assert live() == [("txn_1", 1000, -30, 970, 0), ("txn_2", -400, 0, -400, 0)]
    assert files.read(done.file.sha256) == data
    assert list(AuditEvent.objects.values_list("action", flat=True)) == ["file.imported"]


def test_the_same_file_again_is_skipped_under_any_name(stripe):
    first = bring(stripe, f.report(f.row(1)), "payout_20261118 (1).csv")
    again = bring(stripe, f.report(f.row(1)), "payout_20261118.csv")
    third = bring(stripe, f.report(f.row(1)), "payout_20261118.csv")

    assert (again.was_seen, third.was_seen) == (True, True)
    assert Statement.objects.count() == 1
    assert Statement.objects.get(pk=first.file.pk).name == "payout_20261118.csv"  # the shortest name stands
    assert len(live()) == 1


def test_overlapping_exports_in_another_column_order_add_nothing_twice(stripe):
    bring(stripe, f.report(f.row(1), f.row(2)))

    done = bring(stripe, f.report(f.row(2), f.row(3), columns=f.HEADER[::-1]), "payouts_20261118_20261119.csv")

    assert (done.file.lines_new, done.file.lines_seen) == (1, 1)
    assert [ref for ref, *_ in live()] == ["txn_1", "txn_2", "txn_3"]
    assert LineSighting.objects.count() == 1


def test_a_long_file_taken_for_new_still_adds_nothing_twice(stripe, monkeypatch):
    monkeypatch.setattr(overlap, "FEW", 3)
    monkeypatch.setattr(overlap, "PROBES", 2)  # of six rows the first, third and fifth are looked up
    bring(stripe, f.report(f.row(1), f.row(2)))

    done = bring(stripe, f.report(f.row(3), f.row(2), *[f.row(at) for at in range(4, 8)]), "payouts_20261118_20261119.csv")

    assert (done.file.lines_new, done.file.lines_seen) == (5, 1)
    assert [ref for ref, *_ in live()] == [f"txn_{at}" for at in range(1, 8)]
    assert (Statement.objects.count(), LineSighting.objects.count()) == (2, 1)


def test_files_one_after_the_other_come_to_the_same_as_each_by_itself(stripe, tmp_path):
    contents = {
        "a_20261118.csv": f.report(f.row(1), f.row(2)),
        "b_20261119.csv": f.report(f.row(3, net="1.00")),
        "c_20261118.csv": f.report(f.row(1), f.row(2)),
        "d_20261120.csv": f.report(f.row(2), f.row(4)),
    }
    for name, data in contents.items():
        (tmp_path / name).write_bytes(data)

    came = list(import_files(files=[(stripe, tmp_path / name) for name in contents], by=None, now=NOW))

    assert [getattr(one, "was_seen", "refused") for one in came] == [False, "refused", True, False]
    assert came[1].code == "bad_rows"
    assert [(one.file.lines_new, one.file.lines_seen) for one in (came[0], came[3])] == [(2, 0), (1, 1)]
    assert [ref for ref, *_ in live()] == ["txn_1", "txn_2", "txn_4"]


def test_a_file_read_before_the_account_was_known_is_read_again(shop, tmp_path, monkeypatch):
    channel = cast.make_channel(shop, "stripe", provider="stripe", currency="USD", timezone="UTC", calendar="US", statements="per_payout")
    parse, asked = lanes.parse_statement, []

    def named(provider, file):
        asked.append((file.name, file.account))
        if file.account not in ("", file.name[0]):
            raise FileRefused(Refusal.OTHER_ACCOUNT, expected=file.account, found=file.name[0])
        return replace(parse(provider, file), account=file.name[0])

    monkeypatch.setattr(lanes, "parse_statement", named)
    for at, name in enumerate(("a_20261118.csv", "b_20261119.csv")):
        (tmp_path / name).write_bytes(f.report(f.row(at)))

    first, second = import_files(files=[(channel, path) for path in sorted(tmp_path.iterdir())], by=None, now=NOW)

    assert (first.file.lines_new, second.code) == (1, "other_account")
    assert asked == [("a_20261118.csv", ""), ("b_20261119.csv", ""), ("b_20261119.csv", "a")]
    assert StatementLine.objects.count() == 1


def test_true_twins_inside_one_file_are_both_kept(stripe):
    bring(stripe, f.report(f.row(1), f.row(1)))
    done = bring(stripe, f.report(f.row(1), f.row(1), f.row(2)), "payouts_20261118_20261119.csv")

    assert (done.file.lines_new, done.file.lines_seen) == (1, 2)
    assert [(ref, ordinal) for ref, *_, ordinal in live()] == [("txn_1", 0), ("txn_1", 1), ("txn_2", 0)]


def test_one_bad_row_refuses_the_file_and_names_the_row(stripe):
    with pytest.raises(UnableToImport) as caught:
        bring(stripe, f.report(f.row(1), f.row(2) | {"gross": "ten"}))

    assert [(r.row_no, r.column, r.value) for r in caught.value.rejections] == [(3, "gross", "ten")]
    assert (StatementLine.objects.count(), Statement.objects.get().state, Statement.objects.get().refusal) == (0, "rejected", "bad_rows")


def test_a_refused_file_brought_again_is_on_record_once(stripe):
    for _ in range(2):
        with pytest.raises(UnableToImport):
            bring(stripe, b"not,a,statement\n1,2,3\n")

    assert Statement.objects.count() == 1


def test_withdrawing_takes_the_lines_back_and_leaves_shared_rows_to_the_other_file(stripe, shop):
    lin = cast.accountant(shop)
    first = bring(stripe, f.report(f.row(1), f.row(2)), by=lin)
    other = bring(stripe, f.report(f.row(2), f.row(3)), "payouts_20261118_20261119.csv", by=lin)

    withdraw_file(file=first.file, reason="wrong account", by=lin, now=NOW + timedelta(hours=1))

    assert [ref for ref, *_ in live()] == ["txn_2", "txn_3"]
    assert StatementLine.objects.get(line_ref="txn_2").statement_id == other.file.pk
    assert StatementLine.objects.get(line_ref="txn_1").is_live is False
    gone = Statement.objects.get(pk=first.file.pk)
    assert (gone.state, gone.withdrawn_by, gone.withdrawn_reason) == ("withdrawn", lin, "wrong account")
    assert AuditEvent.objects.filter(action="file.withdrawn", reason="wrong account").count() == 1


def test_a_file_that_took_over_rows_is_withdrawn_with_them(stripe):
    first = bring(stripe, f.report(f.row(1), f.row(2)))
    other = bring(stripe, f.report(f.row(2), f.row(3)), "payouts_20261118_20261119.csv")
    withdraw_file(file=first.file, reason="wrong account", by=None, now=NOW)
    assert sorted(lines_of(Statement.objects.get(pk=other.file.pk)).values_list("line_ref", flat=True)) == ["txn_2", "txn_3"]

    withdraw_file(file=other.file, reason="wrong account", by=None, now=NOW)

    assert live() == []
    assert LineSighting.objects.count() == 0


@pytest.mark.parametrize("long", [2, 3])
def test_the_rows_of_a_file_are_found_by_its_span_whatever_their_order_in_the_table(stripe, monkeypatch, long):
    monkeypatch.setattr(intake, "LONG", long)  # three rows are a long file, or not
    bring(stripe, f.report(f.row(8)), "payout_20261117.csv")
    file = bring(stripe, f.report(f.row(3), f.row(1), f.row(2))).file
    bring(stripe, f.report(f.row(9)), "payout_20261119.csv")

    held = list(lines_of(file).order_by("pk").values_list("pk", "line_ref", "row_no", "row_hash"))

    assert [row[0] for row in held] == [file.lines_from, file.lines_from + 1, file.lines_to]
    assert sorted(row[1:3] for row in held) == [("txn_1", 3), ("txn_2", 4), ("txn_3", 2)]
    by_row, by_hash = sorted(held, key=lambda row: row[2]), sorted(held, key=lambda row: row[3])
    assert held == (by_hash if long == 2 else by_row)


def test_a_withdrawn_file_can_come_again(stripe):
    first = bring(stripe, f.report(f.row(1)))
    withdraw_file(file=first.file, reason="x", by=None, now=NOW)

    again = bring(stripe, f.report(f.row(1)))

    assert (again.was_seen, again.file.lines_new) == (False, 1)
    assert len(live()) == 1


def test_withdrawing_twice_or_what_was_refused_is_refused(stripe):
    first = bring(stripe, f.report(f.row(1)))
    withdraw_file(file=first.file, reason="x", by=None, now=NOW)
    with pytest.raises(AlreadyWithdrawn):
        withdraw_file(file=first.file, reason="y", by=None, now=NOW)
    with pytest.raises(UnableToImport):
        bring(stripe, b"not,a,statement\n1,2,3\n")

    with pytest.raises(NothingToWithdraw):
        withdraw_file(file=Statement.objects.get(state="rejected"), reason="x", by=None, now=NOW)


def test_bank_lines_overlap_and_twins_alike(shop):
    account = cast.make_bank_account(shop, mapping=f.BANK_MAPPING)
    rows = [("2026-11-18", "500.00", "ECPAY"), ("2026-11-18", "500.00", "ECPAY"), ("2026-11-19", "-20.00", "fee")]

    bring(account, f.bank(*rows), "bank_20261118_20261119.csv")
    again = bring(account, f.bank(*rows, ("2026-11-20", "7.00", "interest")), "bank_20261118_20261120.csv")

    assert (again.file.lines_new, again.file.lines_seen) == (1, 3)
    assert sorted(BankLine.objects.values_list("amount_minor", flat=True)) == [-2000, 700, 50000, 50000]


WEEK, WEDNESDAY = "TradeNoAio_20261116_20261120.csv", "TradeNoAio_20261118.csv"
ECPAY_ROW = "=2026-11-16 23:10:05,=NY1A1,=2611162310000001,ATM櫃員機,=1000,=1%,=10,=0,=0,=0,=990,未撥款\r\n"


@pytest.mark.parametrize("names", [(WEEK, WEDNESDAY), (WEDNESDAY, WEEK)])
def test_a_row_is_dated_by_the_day_file_whether_it_comes_before_or_after_the_week(shop, names):
    ecpay = cast.make_channel(shop, "ecpay", provider="ecpay", currency="TWD", settles="T+7")
    head = "訂單日期,廠商訂單編號,綠界訂單編號,付款方式,交易金額,手續費率(每筆),手續費,處理費,交易手續費,平台手續費,應收款項(淨額),撥款狀態"

    for name in names:
        bring(ecpay, f"{head}\r\n{ECPAY_ROW}".encode(), name)

    assert [day.isoformat() for day in StatementLine.objects.values_list("business_date", flat=True)] == ["2026-11-18"]
