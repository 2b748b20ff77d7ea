"""Write-offs and forced matches above the limits: two people, whoever writes and however many at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction

from apps.audit.models import AuditEvent
from apps.core.money import plain
from apps.merchants.models import Merchant, Notification
from apps.settlements.enums import Resolution
from apps.settlements.errors import (
    AlreadyClosed,
    AlreadyWaits,
    FiguresMoved,
    ManyCurrencies,
    NeedsSecondPerson,
    NotASigner,
    NothingWaits,
    OwnRequest,
    ReasonMissing,
    TotalDiffers,
)
from apps.settlements.models import Discrepancy, Match, SecondSignature
from apps.settlements.services import by_hand, second_signatures
from apps.settlements.services.resolve import reopen, resolve
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
NOW = cast.NOW
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def shop():
    return cast.make_merchant()


@pytest.fixture
def channel(shop):
    return cast.make_channel(shop)


@pytest.fixture
def lin(shop):
    return cast.accountant(shop, name="Lin")


@pytest.fixture
def boss(shop):
    return cast.owner(shop, name="Boss")


def make(channel, amount=600_000, **fields) -> Discrepancy:
    return cast.make_discrepancy(channel, "missing_at_provider", expected_minor=amount, actual_minor=0, **fields)


def ask(shop, lin, *items, total=None):
    total = plain(sum(item.expected_minor for item in items), items[0].currency) if total is None else total
    return second_signatures.write_off(merchant=shop, ids=[item.pk for item in items], reason="too old", typed_total=total, by=lin, now=NOW)


def decide(act, shop, item, by, answer="seen"):
    return act(merchant=shop, discrepancy_id=item.pk, answer=answer, by=by, now=LATER)


def state(item) -> str:
    return Discrepancy.objects.get(pk=item.pk).state


def refused(message: str, sql: str) -> None:
    with pytest.raises(IntegrityError, match=message), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


# Write-offs


@pytest.mark.parametrize(("amount", "currency", "waits"), [(500_000, "TWD", False), (500_001, "TWD", True), (5001, "JPY", True)])
def test_what_is_above_the_limit_waits_and_the_rest_is_written_off(shop, channel, lin, amount, currency, waits):
    item = make(channel, amount, currency=currency)

    closed, asked = ask(shop, lin, item)

    assert (len(closed), len(asked), state(item)) == ((0, 1, "open") if waits else (1, 0, "written_off"))


@pytest.mark.parametrize("typed", ["", "6000", "6000.50", "-6000.51", "six thousand"])
def test_several_are_written_off_by_their_typed_sum_or_not_at_all(shop, channel, lin, typed):
    small, large = make(channel, 1), make(channel, 600_050)

    with pytest.raises(TotalDiffers, match=r"6,000\.51"):
        ask(shop, lin, small, large, total=typed)
    assert (state(small), state(large), SecondSignature.objects.count(), AuditEvent.objects.count()) == ("open", "open", 0, 0)

    closed, asked = ask(shop, lin, small, large, total="6000.51")
    assert ([item.pk for item in closed], [row.discrepancy_id for row in asked]) == ([small.pk], [large.pk])


def test_sums_are_of_one_currency(shop, channel, lin):
    with pytest.raises(ManyCurrencies):
        ask(shop, lin, make(channel, 100), make(channel, 100, currency="USD"), total="2")


def test_without_a_limit_nobody_is_asked(shop, channel, lin):
    Merchant.objects.update(write_off_second_above_minor=None)
    shop.refresh_from_db()
    item = make(channel, 10**12)

    assert ask(shop, lin, item)[1] == []
    assert state(item) == "written_off"


def test_a_second_person_approves_and_it_is_written_off_in_the_name_of_who_asked(shop, channel, lin, boss):
    item = make(channel)
    _closed, [asked] = ask(shop, lin, item)
    assert [row.user for row in Notification.objects.filter(kind="signature.waiting")] == [boss]

    decide(second_signatures.approve, shop, item, boss)

    item.refresh_from_db()
    asked.refresh_from_db()
    assert (item.state, item.closed_by, item.reason) == ("written_off", lin, "too old")
    assert (asked.state, asked.decided_by, asked.decided_at, asked.answer) == ("approved", boss, LATER, "seen")
    actions = AuditEvent.objects.order_by("pk").values_list("action", "actor_label")
    assert list(actions) == [
        ("second_signature.asked", "Lin"),
        ("second_signature.approved", "Boss"),
        ("discrepancy.written_off", "Lin"),
    ]
    assert Notification.objects.get(kind="signature.approved").user == lin


def test_a_rejection_needs_a_reason_and_leaves_it_open(shop, channel, lin, boss):
    item = make(channel)
    ask(shop, lin, item)

    with pytest.raises(ReasonMissing):
        decide(second_signatures.reject, shop, item, boss, answer=" ")
    decide(second_signatures.reject, shop, item, boss, answer="claim it first")

    assert (state(item), SecondSignature.objects.get().state) == ("open", "rejected")
    assert Notification.objects.get(kind="signature.rejected").body == "claim it first"
    assert len(ask(shop, lin, item)[1]) == 1  # and may be asked for again


def test_nobody_signs_for_themselves_and_not_every_role_signs(shop, channel, boss):
    item = make(channel)
    ask(shop, boss, item)

    for act in (second_signatures.approve, second_signatures.reject):
        with pytest.raises(OwnRequest):
            decide(act, shop, item, boss)
    for stranger in (cast.accountant(shop), cast.outsider(), cast.former_member(shop, "owner")):
        with pytest.raises(NotASigner):
            decide(second_signatures.approve, shop, item, stranger)

    assert (state(item), SecondSignature.objects.get().state) == ("open", "pending")


def test_one_request_waits_at_a_time_and_who_asked_takes_it_back(shop, channel, lin, boss):
    item, other = make(channel), make(channel)
    ask(shop, lin, item)
    with pytest.raises(AlreadyWaits):
        ask(shop, boss, item, other)
    assert SecondSignature.objects.count() == 1  # all of it or nothing

    with pytest.raises(NothingWaits):
        second_signatures.withdraw(merchant=shop, discrepancy_id=item.pk, by=boss, now=NOW)
    second_signatures.withdraw(merchant=shop, discrepancy_id=item.pk, by=lin, now=NOW)

    with pytest.raises(NothingWaits):
        decide(second_signatures.approve, shop, item, boss)
    assert (state(item), SecondSignature.objects.get().state) == ("open", "withdrawn")


def test_figures_that_moved_since_are_not_approved(shop, channel, lin, boss):
    item = make(channel)
    ask(shop, lin, item)
    Discrepancy.objects.filter(pk=item.pk).update(expected_minor=900_000, difference_minor=-900_000)

    with pytest.raises(FiguresMoved):
        decide(second_signatures.approve, shop, item, boss)

    assert (state(item), SecondSignature.objects.get().state) == ("open", "pending")
    decide(second_signatures.reject, shop, item, boss)


def test_what_closes_another_way_is_no_longer_waited_for(shop, channel, lin, boss):
    item = make(channel)
    ask(shop, lin, item)

    resolve(merchant=shop, ids=[item.pk], resolution=Resolution.CLAIMED, reason="they pay", by=lin, now=NOW)

    assert SecondSignature.objects.get().state == "lapsed"
    with pytest.raises(NothingWaits):
        decide(second_signatures.approve, shop, item, boss)
    with pytest.raises(AlreadyClosed):
        ask(shop, lin, item)


def test_undoing_what_was_approved_takes_a_signer_and_spends_the_approval(shop, channel, lin, boss):
    item = make(channel)
    ask(shop, lin, item)
    decide(second_signatures.approve, shop, item, boss)
    for by in (lin, cast.former_member(shop, "owner")):
        with pytest.raises(NotASigner):
            reopen(merchant=shop, ids=[item.pk], by=by, now=LATER)
        with pytest.raises(NotASigner):
            second_signatures.undo(merchant=shop, discrepancy_id=item.pk, reason="wrong", by=by, now=LATER)

    second_signatures.undo(merchant=shop, discrepancy_id=item.pk, reason="they paid after all", by=boss, now=LATER)

    assert (state(item), SecondSignature.objects.get().state) == ("open", "undone")
    event = AuditEvent.objects.get(action="second_signature.undone")
    assert (event.actor_label, event.reason) == ("Boss", "they paid after all")
    with pytest.raises(NeedsSecondPerson):
        resolve(merchant=shop, ids=[item.pk], resolution=Resolution.WRITTEN_OFF, reason="again", by=lin, now=LATER)


# Forced matches


@pytest.fixture
def sides(channel):
    """A payment of NT$1,280 and a line of NT$3,280: apart by more than NT$1,000."""
    payment = cast.make_payment(channel, "A10293", 128_000)
    line = cast.make_line(cast.make_statement(channel), gross=328_000)
    item = cast.make_discrepancy(channel, "missing_at_provider", payment=payment, expected_minor=128_000, actual_minor=0)
    return item, line, payment


def pair(item, line, payment, by):
    return second_signatures.match(item=item, line=line, ours=payment, reason="same buyer", by=by, now=NOW)


def test_sides_that_differ_little_are_matched_by_one_person(channel, lin, sides):
    item, _line, payment = sides
    near = cast.make_line(cast.make_statement(channel), gross=228_000)

    made = pair(item, near, payment, lin)

    assert (made.rule, state(item), SecondSignature.objects.count()) == ("manual", "resolved", 0)


def test_a_forced_match_takes_two_people_and_is_undone_by_a_signer(shop, lin, boss, sides):
    item, line, payment = sides
    with pytest.raises(NeedsSecondPerson):
        by_hand.match_line(merchant=shop, line=line, ours=payment, reason="same buyer", by=lin, now=NOW)

    asked = pair(item, line, payment, lin)
    assert (asked.amount_minor, Match.objects.count()) == (200_000, 0)
    decide(second_signatures.approve, shop, item, boss)

    made = Match.objects.get()
    assert (made.made_by, made.line, made.payment, state(item)) == (lin, line, payment, "resolved")
    with pytest.raises(NotASigner):
        by_hand.unmatch_line(merchant=shop, match=made, reason="no", by=lin, now=LATER)
    second_signatures.undo(merchant=shop, discrepancy_id=item.pk, reason="another buyer", by=boss, now=LATER)
    made.refresh_from_db()
    asked.refresh_from_db()
    assert (made.voided_by, asked.state, state(item)) == (boss, "undone", "open")


def test_a_match_whose_sides_moved_since_is_not_approved(shop, lin, boss, sides):
    item, line, payment = sides
    pair(item, line, payment, lin)
    type(line).objects.filter(pk=line.pk).update(gross=428_000, net=428_000)

    with pytest.raises(FiguresMoved):
        decide(second_signatures.approve, shop, item, boss)

    assert (Match.objects.count(), state(item)) == (0, "open")


# The database alone


def test_the_database_refuses_what_one_person_does_around_the_service(shop, channel, lin, boss, sides):
    item, (pair_item, line, payment) = make(channel), sides
    close = f"closed_at = opened_at, reason = 'x', closed_by_id = {lin.pk}"
    for how in ("state = 'written_off', resolution = 'written_off'", "state = 'resolved', resolution = 'written_off'"):
        refused("write_off_without_second_person", f"UPDATE settlements_discrepancy SET {how}, {close} WHERE id = {item.pk}")
    with pytest.raises(IntegrityError, match="forced_match_without_second_person"), transaction.atomic():
        Match.objects.create(
            merchant=shop, channel=channel, line=line, payment=payment, rule="manual", amount_minor=line.gross, made_by=lin
        )
    ask(shop, lin, item)
    approve = "UPDATE settlements_secondsignature SET state = 'approved', decided_at = requested_at, decided_by_id = {} WHERE id > 0"

    refused("second_signature_four_eyes", approve.format(f"{lin.pk}") if _make_signer(lin) else "")
    refused("second_signature_by_stranger", approve.format(cast.outsider().pk))
    refused("second_signature_is_kept", "UPDATE settlements_secondsignature SET amount_minor = 1")
    refused("second_signature_is_kept", f"UPDATE settlements_secondsignature SET requested_by_id = {boss.pk}")
    refused("second_signature_is_kept", "DELETE FROM settlements_secondsignature")

    decide(second_signatures.approve, shop, item, boss)
    refused("second_signature_is_kept", "UPDATE settlements_secondsignature SET state = 'pending'")
    assert (state(item), state(pair_item), Match.objects.count()) == ("written_off", "open", 0)


def _make_signer(user) -> bool:
    """So that only the four eyes stand in the way, not the role."""
    return bool(user.memberships.update(role="owner"))


def test_an_approval_counts_for_its_figures_alone(shop, channel, lin, boss):
    item = make(channel)
    ask(shop, lin, item)
    decide(second_signatures.approve, shop, item, boss)
    second_signatures.undo(merchant=shop, discrepancy_id=item.pk, reason="wrong", by=boss, now=LATER)
    close = f"state = 'written_off', closed_at = opened_at, reason = 'x', closed_by_id = {lin.pk}"

    refused("write_off_without_second_person", f"UPDATE settlements_discrepancy SET {close} WHERE id = {item.pk}")


# At once


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_two_signers_and_somebody_who_closes_it_otherwise_come_to_one_end(shop, channel, lin):
    item = make(channel)
    ask(shop, lin, item)
    signers = [cast.approver(shop) for _ in range(4)]
    start = Barrier(len(signers) + 2)

    def run(act) -> str:
        start.wait()
        try:
            act()
        except (NothingWaits, AlreadyClosed) as error:
            return type(error).__name__
        finally:
            connection.close()
        return "done"

    acts = [lambda by=by: decide(second_signatures.approve, shop, item, by) for by in signers]
    acts.append(lambda: decide(second_signatures.reject, shop, item, cast.approver(shop)))
    acts.append(lambda: resolve(merchant=shop, ids=[item.pk], resolution=Resolution.CLAIMED, reason="they pay", by=lin, now=NOW))
    with ThreadPoolExecutor(len(acts)) as pool:
        outcomes = list(pool.map(run, acts))

    item.refresh_from_db()
    signature = SecondSignature.objects.get()
    ends = {"written_off": "approved", "resolved": {"lapsed", "rejected"}}
    assert signature.state == ends[item.state] or signature.state in ends[item.state]
    assert outcomes.count("done") == (2 if (item.state, signature.state) == ("resolved", "rejected") else 1)


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_approving_and_undoing_at_once_never_leaves_an_unsigned_write_off(shop, channel, lin):
    signers = [cast.approver(shop) for _ in range(4)]
    item = make(channel)
    ask(shop, lin, item)
    start = Barrier(len(signers))

    def run(place: int) -> None:
        start.wait()
        try:
            if place % 2:
                decide(second_signatures.approve, shop, item, signers[place])
            else:
                second_signatures.undo(merchant=shop, discrepancy_id=item.pk, reason="no", by=signers[place], now=LATER)
        except NothingWaits:
            pass
        finally:
            connection.close()

    with ThreadPoolExecutor(len(signers)) as pool:
        list(pool.map(run, range(len(signers))))

    assert (state(item), SecondSignature.objects.get().state) in {("written_off", "approved"), ("open", "undone")}
