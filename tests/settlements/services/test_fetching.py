"""Statements fetched on schedule: which days are asked for, what each answer leaves, and that a day is asked for by one worker alone."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from apps.channels import registry
from apps.channels.fetching import FetchAnswer, FetchedFile, FetchOutcome, StatementHours
from apps.channels.gateways import REFUNDING, CredentialField, GatewayKind, Operation
from apps.channels.models import Channel, ProviderCall, StatementFetch
from apps.channels.services.circuit import FAILURES, note_answer
from apps.channels.services.gateway import enter_credentials
from apps.merchants.models import Notification
from apps.settlements.models import Discrepancy, Statement, StatementLine
from apps.settlements.services.fetching import PATIENCE, days_to_fetch, fetch_day
from apps.settlements.services.reconcile import reconcile
from tests import cast
from tests.settlements.stripe_files import report, row

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_english")]
TAIPEI = ZoneInfo("Asia/Taipei")
NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)  # noon in Taipei
DAY = date(2026, 11, 18)


@pytest.fixture
def _english(settings):
    settings.LANGUAGE_CODE = "en"


class Shelf:
    """A provider's reports by day; `asked` are the questions it was asked."""

    def __init__(self):
        self.says: dict[date, FetchAnswer] = {}
        self.asked: list[date] = []

    def fetch_statement(self, day: date) -> FetchAnswer:
        self.asked.append(day)
        return self.says.get(day, FetchAnswer(FetchOutcome.EMPTY, code="no_bill"))


@pytest.fixture
def shelf(monkeypatch):
    shelf = Shelf()
    hours = StatementHours("Asia/Taipei", time(10), 1)
    operations = REFUNDING | {Operation.FETCH_STATEMENT}
    kind = GatewayKind(lambda _account: shelf, (CredentialField("key", "Key"),), operations=operations, statement_hours=hours)
    known = registry.get("stripe")
    entry = type(known)(**{name: getattr(known, name) for name in known.__slots__} | {"gateway": kind})
    monkeypatch.setitem(registry.PROVIDERS, "stripe", entry)
    return shelf


@pytest.fixture
def channel(shelf):
    shop = cast.make_merchant()
    channel = cast.make_channel(shop, provider="stripe", currency="USD", timezone="Asia/Taipei")
    enter_credentials(channel=channel, values={"key": "right"}, is_live=False, by=cast.owner(shop), now=NOW)
    Channel.objects.filter(pk=channel.pk).update(created_at=datetime(2026, 11, 17, tzinfo=TAIPEI))
    return Channel.objects.select_related("merchant").get(pk=channel.pk)


def due(now=NOW) -> list[date]:
    return [day for _channel, day in days_to_fetch(now=now)]


def test_days_are_asked_for_from_the_channel_s_first_until_the_newest_that_is_ready(channel):
    assert due() == [date(2026, 11, 17), date(2026, 11, 18), date(2026, 11, 19)]
    assert due(datetime(2026, 11, 20, 9, 59, tzinfo=TAIPEI)) == [date(2026, 11, 17), date(2026, 11, 18)]


def test_a_day_brought_in_by_hand_a_channel_that_is_off_and_practice_are_not_asked_for(channel):
    for lists, day in (("trades", DAY), ("payouts", date(2026, 11, 17)), ("movements", date(2026, 11, 19))):
        Statement.objects.create(
            merchant=channel.merchant, channel=channel, name=f"{lists} by hand", sha256=lists[0] * 64, size=1, first_day=day, last_day=day,
            state="posted", lists=lists, created_at=NOW,
        )  # fmt: skip
    assert due() == [date(2026, 11, 17), date(2026, 11, 19)]

    Channel.objects.update(is_on=False)
    assert due() == []


def test_many_channels_are_looked_at_with_as_many_queries_as_one_each_by_its_own_rows(channel, django_assert_num_queries):
    others = []
    for number in range(4):
        other = cast.make_channel(cast.make_merchant(f"shop-{number}"), provider="stripe", currency="USD", timezone="Asia/Taipei")
        Channel.objects.filter(pk=other.pk).update(created_at=channel.created_at, credentials=channel.credentials)
        others.append(other)
    by_hand, leased, failing, whole = others
    posted = {"sha256": "a" * 64, "size": 1, "state": "posted", "created_at": NOW}
    Statement.objects.create(merchant=by_hand.merchant, channel=by_hand, name="one", first_day=DAY, last_day=DAY, **posted)
    month = {"first_day": date(2026, 10, 1), "last_day": date(2026, 11, 18)}
    Statement.objects.create(merchant=whole.merchant, channel=whole, name="month", **month, **posted)
    StatementFetch.objects.create(merchant=leased.merchant, channel=leased, day=DAY, ask_at=NOW + timedelta(minutes=5))
    for _time in range(FAILURES):
        note_answer(channel=failing, reached=False, code="timeout", now=NOW)

    with django_assert_num_queries(4):
        found = days_to_fetch(now=NOW)

    first, last = date(2026, 11, 17), date(2026, 11, 19)
    assert [(one.pk, day) for one, day in found] == [
        (channel.pk, first), (channel.pk, DAY), (channel.pk, last),
        (by_hand.pk, first), (by_hand.pk, last),
        (leased.pk, first), (leased.pk, last),
        (whole.pk, last),
    ]  # fmt: skip


def test_an_empty_day_is_a_statement_without_rows_and_no_gap(channel, shelf):
    for _channel, day in days_to_fetch(now=NOW):
        fetch_day(channel=channel, day=day, now=NOW)

    reconcile(merchant=channel.merchant, as_of=date(2026, 12, 15), by=None, now=NOW)

    assert list(Statement.objects.order_by("first_day").values_list("first_day", "rows_in", "state")) == [
        (date(2026, 11, 17), 0, "posted"), (DAY, 0, "posted"), (date(2026, 11, 19), 0, "posted"),
    ]  # fmt: skip
    assert Discrepancy.objects.filter(kind="statement_gap", business_date__lte=date(2026, 11, 19)).count() == 0
    assert due() == []


def test_a_fetched_file_is_posted_as_one_brought_in_by_hand(channel, shelf):
    data = report(row(1, day=DAY))
    shelf.says[DAY] = FetchAnswer(FetchOutcome.FETCHED, (FetchedFile("stripe-20261118.csv", data),))

    fetch = fetch_day(channel=channel, day=DAY, now=NOW)
    again = fetch_day(channel=channel, day=DAY, now=NOW + timedelta(hours=1))

    assert (fetch.state, fetch.files, again.state, shelf.asked) == ("fetched", 1, "fetched", [DAY])
    assert (StatementLine.objects.count(), Statement.objects.get().created_by) == (1, None)


def test_a_file_that_cannot_be_read_leaves_nothing_is_told_and_tried_again_a_day_later(channel, shelf):
    shelf.says[DAY] = FetchAnswer(FetchOutcome.FETCHED, (FetchedFile("x.csv", b"not,a,statement\n1,2,3\n"),))

    fetch = fetch_day(channel=channel, day=DAY, now=NOW)

    assert (fetch.state, StatementLine.objects.count(), Statement.objects.filter(state="posted").count()) == ("refused", 0, 0)
    assert (fetch.ask_at - StatementFetch.objects.get().ask_at, bool(fetch.message)) == (timedelta(), True)
    assert list(Notification.objects.values_list("kind", "count")) == [("channel.statement_not_fetched", 1)]


def test_one_that_is_not_ready_is_asked_for_with_longer_pauses_and_told_after_five(channel, shelf):
    shelf.says[DAY] = FetchAnswer(FetchOutcome.NOT_READY, code="not_ready")
    told = []
    for _time in range(PATIENCE):
        StatementFetch.objects.update(ask_at=NOW)
        fetch_day(channel=channel, day=DAY, now=NOW)
        told.append(Notification.objects.count())

    assert told == [0, 0, 0, 0, 1]
    assert StatementFetch.objects.values_list("state", "asks", "code").get() == ("waiting", 5, "not_ready")


def test_a_day_under_way_is_not_asked_for_by_a_second_worker(channel, shelf):
    StatementFetch.objects.create(merchant=channel.merchant, channel=channel, day=DAY, ask_at=NOW + timedelta(minutes=5))

    fetch_day(channel=channel, day=DAY, now=NOW)

    assert (shelf.asked, ProviderCall.objects.count(), DAY in due()) == ([], 0, False)


def test_while_the_breaker_is_open_nothing_is_asked(channel, shelf):
    for _time in range(FAILURES):
        note_answer(channel=channel, reached=False, code="timeout", now=NOW)

    assert due() == []
    fetch_day(channel=channel, day=DAY, now=NOW)
    assert (shelf.asked, ProviderCall.objects.count()) == ([], 0)
