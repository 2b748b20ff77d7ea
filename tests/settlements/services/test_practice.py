"""The loop of a practice shop: paid, listed by the simulator with the fees of the plan, fetched or brought in by hand, reconciled."""

from datetime import date, timedelta

import pytest
import time_machine

from apps.channels.contracts import FileRefused, Refusal, Reject, StatementFile
from apps.channels.gateways import RefundCall
from apps.channels.models import ProviderCall, StatementFetch
from apps.channels.registry import parse_statement, recognise
from apps.channels.services.gateway import gateway_for
from apps.core import clock
from apps.orders.services.payments.practice import NotPractice, play, start_practice
from apps.settlements.models import Discrepancy, Match, Statement, StatementLine
from apps.settlements.services.practice import fetch_practice_day, practice_file
from apps.settlements.services.reconcile import reconcile
from apps.settlements.services.uploads import receive_upload
from tests import cast

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(cast.NOW, tick=False):
        yield


@pytest.fixture
def channel():
    channel = cast.make_channel(cast.make_merchant(is_practice=True))
    channel.fee_rules.create(
        merchant=channel.merchant, methods_key="credit_card", methods=["credit_card"], percent_ppm=27500, valid_from=date(2026, 1, 1),
        refund_fee="return",
    )  # fmt: skip
    return channel


@pytest.fixture
def owner(channel):
    return cast.owner(channel.merchant)


def paid(channel, owner, *whats, amount=128000, method="credit_card"):
    payment = start_practice(channel=channel, method=method, amount_minor=amount, opening="success", by=owner, now=clock.now())
    for what in whats or ["pay"]:
        payment = play(merchant=channel.merchant, payment_id=payment.pk, what=what, by=owner, now=clock.now())
    return payment


def fetch(channel, owner):
    return fetch_practice_day(channel=channel, day=TODAY, by=owner, now=cast.NOW)


def lines() -> list[tuple]:
    return list(StatementLine.objects.filter(is_live=True).order_by("pk").values_list("kind", "merchant_ref", "gross", "fee", "net"))


def file_of(channel) -> StatementFile:
    [file] = practice_file(channel=channel, day=TODAY).files
    return StatementFile(file.name, file.data, channel.timezone, channel.currency, practice_account=channel.public_id)


def test_what_was_paid_is_listed_fetched_and_reconciled(channel, owner):
    payment, late = paid(channel, owner), paid(channel, owner, "expire", "pay", amount=50000)
    paid(channel, owner, "decline")

    fetched = fetch(channel, owner)
    reconcile(merchant=channel.merchant, now=cast.NOW)

    assert (fetched.state, fetched.files, ProviderCall.objects.filter(operation="fetch_statement").count()) == ("fetched", 1, 1)
    assert lines() == [("payment", payment.merchant_ref, 128000, -3520, 124480), ("payment", late.merchant_ref, 50000, -1375, 48625)]
    assert set(Match.objects.filter(voided_at=None).values_list("payment", "line__provider_ref")) == {
        (payment.pk, payment.provider_ref), (late.pk, late.provider_ref),
    }  # fmt: skip
    assert list(Discrepancy.objects.values_list("payment", "kind")) == [(late.pk, "status_mismatch")]


@pytest.mark.postgres
def test_practice_goes_on_after_its_statement_and_nothing_counts_twice(channel, owner):
    first = paid(channel, owner)
    fetch(channel, owner)
    second = paid(channel, owner, amount=1000)

    again, same = fetch(channel, owner), fetch(channel, owner)

    assert [line[1] for line in lines()] == [first.merchant_ref, second.merchant_ref]
    assert (again.asks, same.asks, Statement.objects.count(), StatementFetch.objects.count()) == (2, 3, 2, 1)


def test_days_on_which_nobody_practised_are_no_gap(channel, owner):
    paid(channel, owner)
    fetch(channel, owner)
    later = cast.NOW + timedelta(days=4)  # Tuesday; a weekend and a Monday lie between
    with time_machine.travel(later, tick=False):
        paid(channel, owner)
        fetch_practice_day(channel=channel, day=later.date(), by=owner, now=later)
    after = later + timedelta(days=3)

    reconcile(merchant=channel.merchant, now=after)

    posted = Statement.objects.filter(state="posted").order_by("first_day")
    assert [(one.first_day.day, one.layout) for one in posted] == [
        (20, "practice_day"), (21, "empty_day"), (22, "empty_day"), (23, "empty_day"), (24, "practice_day"),
    ]  # fmt: skip
    assert list(Discrepancy.objects.values_list("kind", "business_date")) == []


def test_a_refund_gives_its_part_of_the_fee_back_where_the_plan_says_so(channel, owner):
    payment = paid(channel, owner)
    numbers = ("rf_9", "RF-9", payment.provider_ref, payment.merchant_ref)
    gateway_for(channel).refund(RefundCall(*numbers, 32000, 128000, 0, "TWD", "credit_card"))

    fetch(channel, owner)

    assert lines()[1] == ("refund", payment.merchant_ref, -32000, 880, -31120)


def test_the_file_is_found_by_its_first_line_and_taken_in_by_hand(channel, owner):
    paid(channel, owner)
    twin = cast.make_channel(channel.merchant, "a-second", provider="ecpay", label="second")
    file = file_of(channel)

    preview = receive_upload(merchant=channel.merchant, name="anything.csv", data=file.data, by=owner, now=cast.NOW)

    assert (preview.channel, preview.state, preview.rows_in, preview.layout) == (channel, "parsed", 1, "practice_day")
    assert (preview.first_day, preview.last_day, all(total["stated"] == total["computed"] for total in preview.totals)) == (
        TODAY,
        TODAY,
        True,
    )
    assert twin.provider == channel.provider
    assert recognise("x", file.data) == [("ecpay", "practice_day")]


def test_a_real_shop_takes_no_practice_file(channel, owner):
    paid(channel, owner)
    real = cast.make_channel(cast.make_merchant("real"))

    taken = receive_upload(merchant=real.merchant, name="a.csv", data=file_of(channel).data, by=None, now=cast.NOW)

    assert (taken.state, taken.refusal, StatementLine.objects.count()) == ("rejected", "practice", 0)
    for act in (
        lambda: fetch_practice_day(channel=real, day=TODAY, by=owner, now=cast.NOW),
        lambda: practice_file(channel=real, day=TODAY),
    ):
        with pytest.raises(NotPractice):
            act()
    assert not StatementFetch.objects.exists()


def broken(channel, change) -> StatementFile:
    file = file_of(channel)
    return StatementFile(file.name, change(file.data), file.timezone, file.currency, practice_account=file.practice_account)


def test_a_damaged_file_is_refused_as_a_whole_and_a_damaged_row_by_its_number(channel, owner):
    paid(channel, owner)

    with pytest.raises(FileRefused) as cut:
        parse_statement("ecpay", broken(channel, lambda data: data.rpartition(b"end")[0]))
    with pytest.raises(FileRefused) as foreign:
        parse_statement("ecpay", broken(channel, lambda data: data.replace(channel.public_id.encode(), b"ch_other")))
    parsed = parse_statement("ecpay", broken(channel, lambda data: data.replace(b",1244.80\n", b",1244.81\n", 1)))

    assert (cut.value.code, foreign.value.code) == (Refusal.CUT_SHORT, Refusal.OTHER_ACCOUNT)
    assert [(one.row_no, one.code, one.column) for one in parsed.rejections] == [(3, Reject.NET_DIFFERS, "net")]
    assert [total.agrees for total in parsed.totals] == [False, False, False, False]


def test_a_day_without_anything_is_an_empty_statement(channel, owner):
    assert fetch(channel, owner).state == "empty"
    assert practice_file(channel=channel, day=TODAY).files == ()
    assert gateway_for(channel).fetch_statement(TODAY - timedelta(days=1)).outcome == "empty"
