"""Deciding: by a second person, once, on figures that still hold."""

from datetime import timedelta

import pytest
from django.utils import translation

from apps.audit.models import AuditEvent
from apps.core.models import Job
from apps.orders.errors import (
    AlreadyDecided,
    AmountNotRefundable,
    ApprovedByYou,
    ManyCurrencies,
    NotAllowed,
    NothingAsked,
    NothingChosen,
    NotStale,
    OwnerNeeded,
    OwnRequest,
    ReasonMissing,
    RefundRefused,
    RefundStale,
    SecondFactorMissing,
    TotalDiffers,
)
from apps.orders.models import Payment, PaymentEvent, Refund, RefundDecision, RefundRequest
from apps.orders.services.refunds import deciding
from apps.orders.services.refunds.holds import place_hold, release_hold
from apps.orders.services.refunds.requesting import request_refund
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

NOW = cast.NOW
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def shop():
    return cast.make_merchant()


@pytest.fixture
def clerk(shop):
    return cast.operator(shop, name="Lin")


@pytest.fixture
def boss(shop):
    return cast.owner(shop, name="Wang")


@pytest.fixture
def judge(shop):
    return cast.approver(shop, name="Chen")


@pytest.fixture
def payment(shop):
    return cast.make_payment(cast.make_channel(shop), "A10293", 8_000_000)


def ask(payment, by, amount_minor=30000, **fields) -> Refund:
    fields = {"reason_code": "customer_request", "now": NOW, **fields}
    return request_refund(merchant=payment.merchant, payment_id=payment.pk, amount_minor=amount_minor, by=by, **fields)


def do(verb, refund, by, **fields) -> Refund:
    fields = {"now": LATER, **fields}
    return getattr(deciding, verb)(merchant=refund.merchant, refund_id=refund.pk, by=by, **fields)


def everything() -> list:
    models = (Payment, Refund, RefundRequest, RefundDecision, PaymentEvent, AuditEvent, Job)
    return [list(model.objects.order_by("pk").values_list()) for model in models]


def actions() -> list[str]:
    return list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))


def refuses(error, verb, refund, by, **fields):
    before = everything()
    with pytest.raises(error) as refused:
        do(verb, refund, by, **fields)
    assert everything() == before
    return refused.value


def test_one_approval_moves_a_small_refund_on_and_asks_for_it_to_be_carried_out(payment, clerk, judge):
    refund = ask(payment, clerk)

    do("approve_refund", refund, judge, reason=" seen ")

    refund.refresh_from_db()
    decision = RefundDecision.objects.get()
    assert refund.state == "approved"
    assert (decision.verdict, decision.decided_by, decision.role, decision.reason, decision.decided_at, decision.requested_by) == (
        "approve", judge, "approver", "seen", LATER, clerk,
    )  # fmt: skip
    job = Job.objects.get()
    assert (job.kind, job.payload, job.dedupe_key, job.requested_by) == (
        "orders.submit_refund", {"refund_id": refund.pk}, f"refund:{refund.pk}", judge,
    )  # fmt: skip
    event = AuditEvent.objects.order_by("pk").last()
    assert (event.action, event.reason, event.before, event.after) == (
        "refund.approved", "seen", {"state": "requested"}, {"state": "approved"},
    )  # fmt: skip
    assert list(PaymentEvent.objects.order_by("pk").values_list("kind", flat=True)) == ["refund.requested", "refund.approved"]


def test_a_bank_transfer_is_approved_without_a_call_to_anybody(shop, clerk, judge):
    refund = ask(cast.make_payment(cast.make_channel(shop), method="atm"), clerk)

    assert do("approve_refund", refund, judge).state == "approved"
    assert Job.objects.count() == 0


def test_nobody_decides_on_their_own_request_not_even_an_owner(payment, boss):
    refund = ask(payment, boss)

    refuses(OwnRequest, "approve_refund", refund, boss)
    refuses(OwnRequest, "reject_refund", refund, boss, reason="no")
    refuses(OwnRequest, "ask_about_refund", refund, boss, reason="why")


def test_roles_without_the_right_are_refused(payment, shop, clerk):
    refund = ask(payment, clerk)
    outsiders = [cast.viewer(shop), cast.outsider(), cast.staff()]

    for person in (cast.accountant(shop), cast.operator(shop), *outsiders):
        refuses(NotAllowed, "approve_refund", refund, person)
        refuses(NotAllowed, "reject_refund", refund, person, reason="no")
        refuses(NotAllowed, "ask_about_refund", refund, person, reason="why")
    for person in (cast.approver(shop), *outsiders):
        refuses(NotAllowed, "withdraw_refund", refund, person)
        refuses(NotAllowed, "answer_refund", refund, person, reason="so")
    for person in outsiders:
        refuses(NotAllowed, "review_again", refund, person)


def test_a_refund_of_another_merchant_or_of_the_books_is_not_there(payment, clerk, judge):
    other = cast.make_merchant("second", name="Second")
    refund, books = ask(payment, clerk), cast.make_refund(payment, amount_minor=1, state="requested")
    before = everything()

    with pytest.raises(Refund.DoesNotExist):
        deciding.approve_refund(merchant=other, refund_id=refund.pk, by=cast.owner(other), now=LATER)
    with pytest.raises(Refund.DoesNotExist):
        do("approve_refund", books, judge)

    assert everything()[0:1] + everything()[3:] == before[0:1] + before[3:]


def test_above_the_limit_two_different_people_approve(payment, clerk, judge, shop):
    refund, factor = ask(payment, clerk, 1_000_001), {"mfa_at": LATER - timedelta(minutes=1)}

    assert do("approve_refund", refund, judge, **factor).state == "requested"
    assert Job.objects.count() == 0
    refuses(ApprovedByYou, "approve_refund", refund, judge, **factor)
    assert do("approve_refund", refund, cast.approver(shop), **factor).state == "approved"

    assert actions() == ["refund.requested", "refund.approval_given", "refund.approved"]
    assert Job.objects.count() == 1


def test_above_the_other_limit_one_of_them_is_an_owner(payment, clerk, judge, boss, shop):
    factor = {"mfa_at": LATER}
    refund = ask(payment, clerk, 5_000_001)
    do("approve_refund", refund, judge, **factor)

    refuses(OwnerNeeded, "approve_refund", refund, cast.approver(shop), **factor)
    assert do("approve_refund", refund, boss, **factor).state == "approved"

    second = ask(payment, clerk, 2_000_000)
    do("approve_refund", second, boss, **factor)
    assert do("approve_refund", second, judge, **factor).state == "approved"


@pytest.mark.parametrize("mfa_at", [None, LATER - timedelta(minutes=10, seconds=1), LATER + timedelta(seconds=1)])
def test_above_a_limit_a_fresh_second_factor_is_needed(shop, payment, clerk, judge, mfa_at):
    shop.refund_mfa_above_minor = 0
    shop.save()
    refund = ask(payment, clerk)

    refuses(SecondFactorMissing, "approve_refund", refund, judge, mfa_at=mfa_at)
    assert do("approve_refund", refund, judge, mfa_at=LATER - timedelta(minutes=10)).state == "approved"
    assert RefundDecision.objects.get().mfa_at == LATER - timedelta(minutes=10)


@pytest.mark.parametrize(
    ("first", "state"), [("approve_refund", "approved"), ("reject_refund", "rejected"), ("withdraw_refund", "withdrawn")]
)
def test_what_is_decided_is_not_decided_again_and_everybody_is_told(payment, clerk, judge, boss, first, state):
    refund = ask(payment, clerk)
    do(first, refund, clerk if first == "withdraw_refund" else judge, reason="so")

    for verb in ("approve_refund", "reject_refund", "ask_about_refund", "withdraw_refund", "answer_refund", "review_again"):
        with translation.override("en"):
            error = refuses(AlreadyDecided, verb, refund, boss, reason="again")
        assert error.state == state
        assert f"({state})" in error.message


def test_rejecting_needs_a_reason_and_frees_the_money(payment, clerk, judge):
    refund = ask(payment, clerk, 8_000_000)

    refuses(ReasonMissing, "reject_refund", refund, judge, reason="  ")
    do("reject_refund", refund, judge, reason="The goods came back used.")

    refund.refresh_from_db()
    assert (refund.state, RefundDecision.objects.get().reason) == ("rejected", "The goods came back used.")
    assert ask(payment, clerk, 8_000_000).state == "requested"


def test_a_question_waits_for_its_answer(payment, clerk, judge):
    refund = ask(payment, clerk)
    refuses(NothingAsked, "answer_refund", refund, clerk, reason="so")
    refuses(ReasonMissing, "ask_about_refund", refund, judge)

    asked = do("ask_about_refund", refund, judge, reason="Which item?")
    assert asked.request.asked_at == LATER
    answered = do("answer_refund", refund, clerk, reason="The lamp.")
    assert answered.request.asked_at is None
    do("ask_about_refund", refund, judge, reason="Really?")
    do("approve_refund", refund, judge)

    assert RefundRequest.objects.get().asked_at is None
    assert list(RefundDecision.objects.order_by("pk").values_list("verdict", "reason")) == [
        ("ask", "Which item?"),
        ("answer", "The lamp."),
        ("ask", "Really?"),
        ("approve", ""),
    ]
    assert actions() == ["refund.requested", "refund.asked", "refund.answered", "refund.asked", "refund.approved"]


def change_amount(payment, *_):
    Payment.objects.filter(pk=payment.pk).update(amount_minor=9_000_000)


def change_order(payment, *_):
    Payment.objects.filter(pk=payment.pk).update(order_total_minor=1)


def other_number(payment, *_):
    Payment.objects.filter(pk=payment.pk).update(provider_ref="OTHER")


def dispute(payment, *_):
    where = {"merchant": payment.merchant, "payment_id": payment.pk, "kind": "dispute"}
    place_hold(**where, key="dp_1", label="DP-1", amount_minor=1000, now=NOW)


def books_refund(payment, *_):
    cast.make_refund(payment, amount_minor=100)


def desk_refund(payment, clerk, judge):
    do("approve_refund", ask(payment, clerk, 100), judge)


def too_late(payment, *_):
    moment = NOW - timedelta(days=366)
    Payment.objects.filter(pk=payment.pk).update(paid_at=moment)
    payment.channel.provider = "wechat"
    payment.channel.save()


@pytest.mark.parametrize(
    ("happens", "code"),
    [
        (change_amount, "payment_changed"),
        (change_order, "payment_changed"),
        (other_number, "payment_changed"),
        (dispute, "held"),
        (books_refund, "refunded_elsewhere"),
        (desk_refund, "refunded_elsewhere"),
        (too_late, "route_changed"),
    ],
)
def test_what_changed_since_the_request_makes_it_stale_until_somebody_looks_again(payment, clerk, judge, happens, code):
    refund = ask(payment, clerk)
    happens(payment, clerk, judge)
    jobs = Job.objects.count()

    with pytest.raises(RefundStale) as stale:
        do("approve_refund", refund, judge)

    request = RefundRequest.objects.get(refund=refund)
    assert (stale.value.code, request.stale_reason, request.stale_at) == (code, code, LATER)
    assert Refund.objects.get(pk=refund.pk).state == "requested"
    event = AuditEvent.objects.order_by("pk").last()
    assert (event.action, event.actor_id, event.after) == ("refund.stale", "", {"why": code})
    assert RefundDecision.objects.filter(refund=refund).count() == 0
    assert Job.objects.count() == jobs
    assert refuses(RefundStale, "approve_refund", refund, judge).code == code

    again = do("review_again", refund, clerk, reason="checked").request
    assert (again.round, again.stale_at, again.stale_reason) == (2, None, "")
    refuses(NotStale, "review_again", refund, clerk)
    assert do("approve_refund", refund, judge).state == "approved"


def test_two_requests_one_after_the_other_do_not_spoil_each_other(payment, clerk, judge):
    first, second = ask(payment, clerk, 1000), ask(payment, clerk, 2000)

    assert do("approve_refund", second, judge).state == "approved"  # it knew of the first
    with pytest.raises(RefundStale):
        do("approve_refund", first, judge)  # it did not know of the second, which is now on its way


def test_a_request_made_while_another_waited_does_not_spoil_it(payment, clerk, judge):
    first = ask(payment, clerk, 1000)
    ask(payment, clerk, 2000)

    assert do("approve_refund", first, judge).state == "approved"


def test_approvals_given_before_a_change_do_not_count(payment, clerk, judge, shop):
    factor = {"mfa_at": LATER}
    refund, second = ask(payment, clerk, 2_000_000), cast.approver(shop)
    do("approve_refund", refund, judge, **factor)
    cast.make_refund(payment, amount_minor=100)
    with pytest.raises(RefundStale):
        do("approve_refund", refund, second, **factor)
    do("review_again", refund, clerk)

    assert do("approve_refund", refund, second, **factor).state == "requested"
    assert do("approve_refund", refund, judge, **factor).state == "approved"
    assert list(RefundDecision.objects.filter(verdict="approve").order_by("pk").values_list("round", flat=True)) == [1, 2, 2]


def test_looking_again_refuses_what_the_payment_does_not_allow_any_more(payment, clerk, judge):
    refund = ask(payment, clerk, 7_000_000)
    where = {"merchant": payment.merchant, "payment_id": payment.pk, "kind": "dispute", "key": "dp_1"}
    place_hold(**where, label="DP-1", amount_minor=8_000_000, now=NOW)
    with pytest.raises(RefundStale):
        do("approve_refund", refund, judge, mfa_at=LATER)

    refuses(RefundRefused, "review_again", refund, judge)
    place_hold(**where, label="DP-1", amount_minor=1_500_000, now=NOW)
    refuses(AmountNotRefundable, "review_again", refund, judge)
    release_hold(**where, now=NOW)
    assert do("review_again", refund, judge).request.round == 2


def test_many_are_approved_when_their_total_is_typed(payment, clerk, judge, boss):
    small, large, own = ask(payment, clerk, 1000), ask(payment, clerk, 2_000_000), ask(payment, boss, 300)
    chosen = {"merchant": payment.merchant, "refund_ids": [own.pk, small.pk, large.pk, small.pk], "by": boss, "now": LATER}

    before = everything()
    with translation.override("en"), pytest.raises(TotalDiffers, match=r"NT\$20,013, not NT\$20,012"):
        deciding.approve_refunds(**chosen, typed_total_minor=2_001_200)
    assert everything() == before

    outcome = deciding.approve_refunds(**chosen, typed_total_minor=2_001_300)

    assert [row.pk for row in outcome.approved] == [small.pk]
    assert [(row.pk, type(error)) for row, error in outcome.refused] == [(large.pk, SecondFactorMissing), (own.pk, OwnRequest)]
    assert list(Refund.objects.order_by("pk").values_list("state", flat=True)) == ["approved", "requested", "requested"]


def test_choosing_nothing_strangers_or_two_currencies_approves_nothing(payment, clerk, judge, shop):
    yen = ask(cast.make_payment(cast.make_channel(shop, "stripe", currency="JPY")), clerk, 100)
    other = cast.make_merchant("second", name="Second")
    foreign = ask(cast.make_payment(cast.make_channel(other)), cast.operator(other), 100)
    twd = ask(payment, clerk, 100)
    before = everything()

    for ids, error in (([], NothingChosen), ([yen.pk, twd.pk], ManyCurrencies), ([twd.pk, foreign.pk], Refund.DoesNotExist)):
        with pytest.raises(error):
            deciding.approve_refunds(merchant=shop, refund_ids=ids, typed_total_minor=200, by=judge, now=LATER)
    with pytest.raises(NotAllowed):
        deciding.approve_refunds(merchant=shop, refund_ids=[twd.pk], typed_total_minor=100, by=clerk, now=LATER)

    assert everything() == before
