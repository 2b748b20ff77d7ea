"""Payouts tied by hand to deposits that differ by more than the limit: two people, in the service and in the database."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from apps.settlements.errors import FiguresMoved, NeedsSecondPerson, NoDifferenceYet, NotASigner
from apps.settlements.models import BankMatch, Discrepancy, Payout, SecondSignature
from apps.settlements.services import by_hand, second_signatures
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
LATER = cast.NOW + timedelta(hours=1)
SHAPES = {"one in one": ([900_000], [700_000]), "one in two": ([900_000], [400_000, 300_000]), "two in one": ([900_000, 50_000], [750_000])}


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


def sides(channel, amounts, deposits):
    statement = cast.make_bank_statement(channel.bank_account)
    payouts = [cast.make_payout(channel, f"PO-{at}", amount) for at, amount in enumerate(amounts)]
    return {"payouts": payouts, "bank_lines": [cast.make_bank_line(statement, amount) for amount in deposits]}


def missing(payout) -> Discrepancy:
    """The difference that a payout's page leads to."""
    figures = {"expected_minor": payout.amount_minor, "actual_minor": 0}
    return cast.make_discrepancy(
        payout.channel, "payout_missing_in_bank", subject_type="payout", subject_key=str(payout.pk), payout=payout, **figures
    )


def by(user):
    return {"merchant": user.memberships.get().merchant, "by": user, "now": cast.NOW, "reason": "the bank kept a fee"}


def decide(act, item, user, **said):
    return act(merchant=item.merchant, discrepancy_id=item.pk, by=user, now=LATER, **said)


def state(item) -> tuple[str, str]:
    return Discrepancy.objects.get(pk=item.pk).state, SecondSignature.objects.get().state


@pytest.mark.parametrize("shape", SHAPES)
def test_a_second_person_approves_a_forced_tie_and_undoes_it(channel, lin, boss, shape):
    rows = sides(channel, *SHAPES[shape])
    payout = rows["payouts"][0]
    item = missing(payout)
    with pytest.raises(NeedsSecondPerson):
        by_hand.tie_together(**rows, **by(lin))

    asked = second_signatures.tie(**rows, **by(lin))
    assert (asked.act, asked.discrepancy, asked.payout, asked.amount_minor) == ("tie", item, payout, 200_000)
    assert not BankMatch.objects.exists()
    decide(second_signatures.approve, item, boss)

    payout.refresh_from_db()
    assert (payout.arrived_minor, state(item)) == (700_000, ("resolved", "approved"))
    assert {tie.made_by for tie in BankMatch.objects.all()} == {lin}
    assert Discrepancy.objects.get(pk=item.pk).closed_by == lin
    for part in (decide, lambda *_a, **_r: by_hand.untie_payout(tie=BankMatch.objects.first(), **by(lin))):
        with pytest.raises(NotASigner):
            part(second_signatures.undo, item, lin, reason="wrong bank line")
    decide(second_signatures.undo, item, boss, reason="wrong bank line")
    assert state(item) == ("open", "undone")
    assert not BankMatch.objects.filter(voided_at=None).exists()
    assert Payout.objects.get(pk=payout.pk).arrived_minor is None


@pytest.mark.parametrize("shape", SHAPES)
def test_the_database_refuses_a_forced_tie_of_one_person(channel, lin, shape):
    rows = sides(channel, *SHAPES[shape])
    payout, common = rows["payouts"][0], {"merchant": channel.merchant, "rule": "manual", "made_by": lin}
    parts = [(line, line.amount_minor) for line in rows["bank_lines"]] if len(rows["payouts"]) == 1 else [(rows["bank_lines"][0], 700_000)]

    def write():
        for slot, (line, amount) in reversed([*enumerate(parts)]):
            BankMatch.objects.create(payout=payout, bank_line=line, slot=slot, amount_minor=amount, **common)

    with pytest.raises(IntegrityError, match="forced_tie_without_second_person"), transaction.atomic():
        write()


@pytest.mark.parametrize(("deposits", "limit"), [([800_000], 100_000), ([500_000, 300_000], 100_000), ([1], None)])
def test_within_the_limit_one_person_is_enough(channel, lin, deposits, limit):
    channel.merchant.forced_match_second_above_minor = limit
    channel.merchant.save()
    rows = sides(channel, [900_000], deposits)

    ties = second_signatures.tie(**rows, **by(lin))

    assert sum(tie.amount_minor for tie in ties) == Payout.objects.get().arrived_minor == sum(deposits)


def test_without_a_difference_nobody_can_be_asked(channel, lin):
    with pytest.raises(NoDifferenceYet):
        second_signatures.tie(**sides(channel, [900_000], [700_000]), **by(lin))

    assert not BankMatch.objects.exists()
    assert not SecondSignature.objects.exists()


def test_other_figures_than_were_asked_about_are_not_approved(channel, lin, boss):
    rows = sides(channel, [900_000], [700_000])
    item = missing(rows["payouts"][0])
    second_signatures.tie(item=item, **rows, **by(lin))
    Payout.objects.update(announced_minor=950_000)

    with pytest.raises(FiguresMoved):
        decide(second_signatures.approve, item, boss)
    decide(second_signatures.reject, item, boss, answer="look again")

    assert state(item) == ("open", "rejected")


def test_both_pages_ask_instead_of_tying(client, channel, lin):
    rows = sides(channel, [900_000, 900_000], [700_000])
    [line], items = rows["bank_lines"], [missing(payout) for payout in rows["payouts"]]
    client.force_login(lin, backend="django.contrib.auth.backends.ModelBackend")

    page = client.post(f"/m/qingtian/payouts/{rows['payouts'][0].pk}/tie", {"bank_line": line.pk, "reason": "x"}, follow=True)
    desk = client.post(f"/m/qingtian/discrepancies/{items[1].pk}/match/", {"candidate": f"bank_line:{line.pk}", "reason": "x"}, follow=True)

    assert page.status_code == desk.status_code == 200
    assert not BankMatch.objects.exists()
    assert [one.discrepancy_id for one in SecondSignature.objects.order_by("pk")] == [item.pk for item in items]
    shown = client.get(f"/m/qingtian/discrepancies/{items[0].pk}/").content.decode()
    assert "NT$2,000" in shown
