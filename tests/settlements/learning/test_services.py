"""Training, switching and what happens by itself; and that no pass hears of any of it."""

import json
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, transaction

from apps.audit.models import AuditEvent
from apps.core import clock
from apps.core.jobs.services import enqueue
from apps.core.models import Job
from apps.merchants.models import Notification
from apps.settlements.errors import NotBetter, OldVersion, SwitchedAlready
from apps.settlements.models import BankLineLabel, BankMatch, Discrepancy, LearnedModel, Match, Payout
from apps.settlements.selectors import past_payments
from apps.settlements.selectors.past_days import past_channels
from apps.settlements.services.reconcile import reconcile
from apps.settlements.services.switching import switch_off, switch_on
from apps.settlements.services.teaching import train
from apps.settlements.tasks import watch
from tests import cast
from tests.settlements.learning.past import difference, make_model, sell

pytestmark = pytest.mark.postgres
PASS_TABLES = (Match, BankMatch, Payout, Discrepancy)


def events() -> list[tuple]:
    rows = AuditEvent.objects.filter(action__startswith="learned_model").order_by("pk")
    return [(row.action, row.actor_id != "", row.reason, row.after["version"]) for row in rows]


def test_a_habit_is_learned_by_the_job_switched_on_and_says_where_to_look(shop, ecpay, lin, run_jobs):
    sell(ecpay, 400, habit=True)
    enqueue(kind="settlements.learn", merchant_id=shop.pk, by=lin, dedupe_key="learn")
    [job] = run_jobs()
    one = LearnedModel.objects.get(kind="risk_day")

    assert (job.state, job.result) == ("done", {"risk_day": 1, "risk_payment": 1, "memo_type": 0})
    assert (one.version, one.is_on, one.passes, one.trained_by) == (1, False, True, lin)
    assert one.trained_to < date.fromisoformat(one.figures["held"]["first"])
    switch_on(merchant=shop, model_id=one.pk, by=lin, now=cast.NOW)
    run_again = enqueue(kind="settlements.reconcile", merchant_id=shop.pk)
    run_jobs()
    one.refresh_from_db()

    assert run_again.kind == "settlements.reconcile"
    assert [(row["day"], row["channel"]) for row in one.advice] == [("2026-11-13", ecpay.pk)]  # the one Friday that is not over yet
    assert one.advice[0]["why"][0][0] in ("channel_weekday", "weekday")
    assert [event[:2] for event in events()] == [("learned_model.trained", True)] * 2 + [("learned_model.switched_on", True)]


def test_the_same_past_again_is_no_new_version(shop, ecpay):
    sell(ecpay, 120, habit=True)
    first = train(merchant=shop, kind="risk_day", by=None, now=cast.NOW)
    later = cast.NOW + timedelta(minutes=5)
    again = train(merchant=shop, kind="risk_day", by=None, now=later)

    assert (again.pk, again.fingerprint, again.measured_at) == (first.pk, first.fingerprint, later)
    assert LearnedModel.objects.filter(kind="risk_day").count() == 1


def test_a_model_that_is_on_goes_off_when_held_back_days_turn_out_otherwise(shop, ecpay, lin):
    """The older days teach the same model; the differences of the newer ones cleared by themselves after all."""
    sell(ecpay, 400, habit=True)
    one = train(merchant=shop, kind="risk_day", by=None, now=cast.NOW)
    switch_on(merchant=shop, model_id=one.pk, by=lin, now=cast.NOW)
    newer = Discrepancy.objects.filter(business_date__gte=one.figures["held"]["first"])
    newer.update(state="cleared", resolution="", reason="")

    again = train(merchant=shop, kind="risk_day", by=None, now=cast.NOW)

    assert (again.pk, again.is_on, again.passes, again.figures["held"]["positives"]) == (one.pk, False, False, 0)
    assert events()[-1] == ("learned_model.switched_off", False, "no_better", 1)


def test_what_does_not_pass_is_old_or_on_cannot_be_switched_on(shop, lin):
    poor = make_model(shop, passes=False)
    with pytest.raises(NotBetter):
        switch_on(merchant=shop, model_id=poor.pk, by=lin, now=cast.NOW)
    older = make_model(shop, "risk_payment")
    newer = make_model(shop, "risk_payment", version=2)
    with pytest.raises(OldVersion):
        switch_on(merchant=shop, model_id=older.pk, by=lin, now=cast.NOW)
    switch_on(merchant=shop, model_id=newer.pk, by=lin, now=cast.NOW)
    with pytest.raises(SwitchedAlready):
        switch_on(merchant=shop, model_id=newer.pk, by=lin, now=cast.NOW)
    switch_off(merchant=shop, model_id=newer.pk, by=lin, now=cast.NOW)
    with pytest.raises(SwitchedAlready):
        switch_off(merchant=shop, model_id=newer.pk, by=lin, now=cast.NOW)

    assert LearnedModel.objects.filter(is_on=True).count() == 0
    assert [event[0] for event in events()] == ["learned_model.switched_on", "learned_model.switched_off"]


def test_the_tables_themselves_refuse_a_poor_model_that_is_on_and_a_second_one(shop):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_model(shop, passes=False, is_on=True)
    make_model(shop, is_on=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_model(shop, version=2, is_on=True)


def test_a_model_that_no_longer_beats_the_guess_goes_off_by_itself_and_says_so(shop, ecpay, lin):
    """It likes Fridays, and Mondays are what differs now."""
    rows = sell(ecpay, 300, habit=False)
    Discrepancy.objects.bulk_create(difference(row) for row in rows if row.business_date.weekday() == 0)
    old = make_model(shop, is_on=True)

    new = train(merchant=shop, kind="risk_day", by=None, now=cast.NOW)

    old.refresh_from_db()
    assert (old.is_on, old.passes, old.switched_by) == (False, False, None)
    assert (new.version, new.passes, new.is_on) == (2, True, True)  # the better one takes its place
    assert events() == [
        ("learned_model.trained", False, "", 2), ("learned_model.switched_off", False, "", 1), ("learned_model.switched_on", False, "", 2)
    ]  # fmt: skip


def test_without_a_better_one_it_just_goes_off_and_people_are_told(shop, ecpay, lin):
    sell(ecpay, 100, habit=False)
    old = make_model(shop, is_on=True)

    assert train(merchant=shop, kind="risk_day", by=None, now=cast.NOW) is None

    old.refresh_from_db()
    assert (old.is_on, old.passes) == (False, False)
    assert events() == [("learned_model.switched_off", False, "no_better", 1)]
    assert [(row.kind, row.user) for row in Notification.objects.all()] == [("learned_model.off", lin)]


def test_of_payments_without_a_difference_a_sample_stands_for_all(shop, ecpay, monkeypatch):
    monkeypatch.setattr(past_payments, "MOST_HARMLESS", 40)
    rows = sell(ecpay, 120, habit=True)
    settled = [row for row in rows if row.business_date <= past_channels(shop, cast.TODAY)[0].settled_to]
    fridays = [row for row in settled if row.business_date.weekday() == 4]

    frame, firsts = past_payments.payment_history(shop, past_channels(shop, cast.TODAY), cast.TODAY)

    assert frame.filter(frame["is_positive"]).height == len(fridays)
    assert frame["weight"].unique().sort().to_list() == [1.0, 3.0]
    assert abs(frame["weight"].sum() - len(settled)) <= 5
    assert firsts.rows() == [(ecpay.pk, "credit_card", rows[0].business_date)]


def passed(merchant) -> bytes:
    """What a pass makes of the same facts, without the keys that a database gives; nothing of it stays."""
    with transaction.atomic():
        reconcile(merchant=merchant, now=cast.NOW)
        rows = [list(table.objects.order_by("pk").values()) for table in PASS_TABLES]
        transaction.set_rollback(True)
    for row in (row for each in rows for row in each):
        is_payout = row.pop("id") and row.get("subject_type") == "payout"
        for name in ("payout_id", *(["subject_key"] if is_payout else [])):
            row.pop(name, None)
    return json.dumps(rows, cls=DjangoJSONEncoder).encode()


def test_a_pass_gives_the_same_bytes_whether_models_are_on_or_off(shop, ecpay, lin):
    days = [cast.TODAY - timedelta(days=ago) for ago in (14, 11, 4)]
    for number, day in enumerate(days):
        paid = cast.make_payment(ecpay, f"A{number}", 128_000, placed_at=clock.start_of_day(day, ecpay.timezone, hour=12))
        cast.make_line(cast.make_statement(ecpay, day=day), merchant_ref=paid.merchant_ref, gross=128_000 + 100 * number, fee=-3_500)
    cast.make_payment(ecpay, "A9", 70_000, placed_at=clock.start_of_day(days[0], ecpay.timezone, hour=12))
    line = cast.make_bank_line(cast.make_bank_statement(ecpay.bank_account), amount_minor=124_500, booked_on=cast.TODAY - timedelta(days=3))
    off = passed(shop)

    for kind in ("risk_day", "risk_payment", "memo_type"):
        make_model(shop, kind, is_on=True, advice=[{"channel": ecpay.pk, "day": str(days[0]), "ppm": 900_000, "why": []}])
    BankLineLabel.objects.create(merchant=shop, bank_line=line, kind="sale", decided_at=cast.NOW, decided_by=lin)

    assert passed(shop) == off
    matches, _ties, _payouts, differences = json.loads(off)
    assert len(matches) == 3  # there was something to pair and to find
    assert {row["kind"] for row in differences} >= {"amount_mismatch", "missing_at_provider"}


def test_the_command_prints_figures_and_writes_nothing(shop, ecpay):
    sell(ecpay, 120, habit=True)
    out = StringIO()

    call_command("evaluate_learning", merchant=shop.slug, stdout=out)

    report = json.loads(out.getvalue())
    assert (report["merchant"], report["as_of"]) == ("qingtian", "2026-11-20")
    assert report["models"]["memo_type"] == {"rows": 0, "version_on": None, "passes": False, "why": "too_little"}
    assert report["models"]["risk_day"]["figures"]["held"]["positives"] == 4
    assert LearnedModel.objects.count() == AuditEvent.objects.count() == 0


def test_it_trains_on_sunday_at_four_in_the_shop_s_own_zone_once(shop, monkeypatch):
    for minute in (0, 59):
        monkeypatch.setattr(clock, "now", lambda at=minute: datetime(2026, 11, 21, 20, at, tzinfo=UTC))  # Sunday 04:00 and 04:59 in Taipei
        watch()
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 21, 21, 0, tzinfo=UTC))
    watch()

    assert list(Job.objects.filter(kind="settlements.learn").values_list("dedupe_key", flat=True)) == ["week:2026-11-22"]


def test_pages_never_load_scikit_learn_nor_scipy():
    """Their import takes a second and 90 MB; the web process, with every address resolved, does without."""
    code = (
        "import sys, django; django.setup(); from django.urls import get_resolver; get_resolver().url_patterns; "
        "import apps.settlements.tasks, config.wsgi; sys.exit(bool({'sklearn', 'scipy'} & set(sys.modules)))"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_label_is_one_of_the_types(shop, ecpay):
    line = cast.make_bank_line(cast.make_bank_statement(ecpay.bank_account))
    with pytest.raises(IntegrityError), transaction.atomic():
        BankLineLabel.objects.create(merchant=shop, bank_line=line, kind="nonsense", decided_at=cast.NOW)
