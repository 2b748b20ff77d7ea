"""Suggestions in the database: found after a pass, confirmed, declined, taken back, and what is learned."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from apps.audit.models import AuditEvent
from apps.settlements.errors import AlreadyDecided, AlreadyMatched, NeedsSecondPerson, UnableToMatch
from apps.settlements.models import BankMatch, Discrepancy, LearnedSign, Match, Suggestion
from apps.settlements.selectors.suggestion_words import words_of
from apps.settlements.services.by_hand import match_together
from apps.settlements.services.learning import forget_sign
from apps.settlements.services.reconcile import reconcile
from apps.settlements.services.suggesting import refresh_suggestions
from apps.settlements.services.suggestions import confirm_suggestion, decline_suggestion, take_back
from tests import cast

pytestmark = pytest.mark.postgres


def stray(channel, gross=128000, **fields):
    """A statement line that a pass left over, with its difference."""
    line = cast.make_line(cast.make_statement(channel, day=date(2026, 11, 17)), gross=gross, **fields)
    item = cast.make_discrepancy(
        channel, "missing_in_books", expected_minor=0, actual_minor=gross, subject_type="line", subject_key=str(line.pk), line=line
    )
    return line, item


def only() -> Suggestion:
    return Suggestion.objects.get()


def refresh(shop):
    return refresh_suggestions(merchant=shop, now=cast.NOW)


def test_a_mistyped_number_is_found_told_in_words_and_found_once(shop, ecpay):
    payment = cast.make_payment(ecpay, "A10293777", 128000, merchant_ref="A10293777")
    line, _item = stray(ecpay, merchant_ref="A10239777", provider_ref="")

    counts, again = refresh(shop), refresh(shop)

    one = only()
    assert (counts, again) == ({"suggested": 1}, {"suggested": 1})
    assert (one.kind, one.theirs, one.ours, one.is_ambiguous, one.state) == ("payment", [line.pk], [payment.pk], False, "open")
    assert one.score_ppm > 900_000
    assert "number off by 1 character" in words_of(one.evidence, one.currency)
    assert "same amount" in words_of(one.evidence, one.currency)


def test_confirming_pairs_by_hand_closes_and_can_be_taken_back(shop, ecpay, lin):
    payment = cast.make_payment(ecpay, "A10293777", 128000, merchant_ref="A10293777")
    line, item = stray(ecpay, merchant_ref="A10239777", provider_ref="")
    refresh(shop)

    confirm_suggestion(merchant=shop, suggestion_id=only().pk, by=lin, now=cast.NOW)
    pair, closed = Match.objects.get(), Discrepancy.objects.get(pk=item.pk)
    with pytest.raises(AlreadyDecided):
        confirm_suggestion(merchant=shop, suggestion_id=only().pk, by=lin, now=cast.NOW)
    take_back(merchant=shop, suggestion_id=only().pk, by=lin, now=cast.NOW + timedelta(seconds=5))

    assert (pair.line_id, pair.payment_id, pair.rule, pair.made_by) == (line.pk, payment.pk, "manual", lin)
    assert (closed.state, closed.resolution) == ("resolved", "matched")
    assert closed.reason.startswith("Suggested: ")
    assert Match.objects.get().voided_at is not None
    assert (Discrepancy.objects.get(pk=item.pk).state, only().state) == ("open", "open")
    refresh(shop)
    assert only().state == "open"
    assert [name for name in AuditEvent.objects.values_list("action", flat=True) if name.startswith("suggestion")] == [
        "suggestion.confirmed",
        "suggestion.taken_back",
    ]


def test_one_line_for_several_payments_is_kept_part_by_part_and_undone_as_one(shop, ecpay, lin):
    first = cast.make_payment(ecpay, "A10293777", 80000, merchant_ref="A10293777", customer_ref="C1")
    second = cast.make_payment(ecpay, "A10293778", 48000, merchant_ref="A10293778", customer_ref="C1")
    line, item = stray(ecpay, merchant_ref="A1029377", provider_ref="")
    sides = f"payment:{line.pk}|{first.pk},{second.pk}"
    Suggestion.objects.create(
        merchant=shop, channel=ecpay, kind="payment", sides=sides, currency="TWD", amount_minor=128000, score_ppm=900_000,
        is_ambiguous=False, found_at=cast.NOW,
    )  # fmt: skip

    confirm_suggestion(merchant=shop, suggestion_id=only().pk, by=lin, now=cast.NOW)
    made = list(Match.objects.order_by("line_slot").values_list("payment_id", "line_slot", "slot", "amount_minor", "rule"))
    closed = Discrepancy.objects.get(pk=item.pk)
    reconcile(merchant=shop, as_of=cast.TODAY, now=cast.NOW)
    standing = Match.objects.filter(voided_at=None).count()
    take_back(merchant=shop, suggestion_id=only().pk, by=lin, now=cast.NOW + timedelta(seconds=5))

    assert made == [(first.pk, 0, 0, 80000, "manual"), (second.pk, 1, 0, 48000, "manual")]
    assert (closed.state, closed.resolution, standing) == ("resolved", "matched", 2)
    assert Discrepancy.objects.filter(kind="amount_mismatch").count() == 0
    assert Match.objects.filter(voided_at=None).count() == 0
    assert AuditEvent.objects.get(action="match.undone").after == {"parts": 2}
    assert only().state == "open"


def test_a_line_and_payments_that_are_too_far_apart_are_not_paired_at_once(shop, ecpay, lin):
    shop.forced_match_second_above_minor = 10_000
    shop.save(update_fields=["forced_match_second_above_minor"])
    payments = [cast.make_payment(ecpay, f"A1029377{at}", 60000, merchant_ref=f"A1029377{at}") for at in range(2)]
    line, _item = stray(ecpay, gross=140000)

    with pytest.raises(NeedsSecondPerson):
        match_together(merchant=shop, line=line, ours=payments, reason="one order", by=lin, now=cast.NOW)
    rows = [Match(merchant=shop, channel=ecpay, line=line, rule="manual", line_slot=slot, amount_minor=70000) for slot in (1, 0)]
    for row, payment in zip(rows, payments, strict=True):
        row.payment = payment
    with pytest.raises(IntegrityError), transaction.atomic():  # nor past the service
        Match.objects.bulk_create(rows)

    assert Match.objects.count() == 0


def test_what_was_declined_is_never_suggested_again(shop, ecpay, lin):
    cast.make_payment(ecpay, "A10293777", 128000, merchant_ref="A10293777")
    stray(ecpay, merchant_ref="A10239777", provider_ref="")
    refresh(shop)

    decline_suggestion(merchant=shop, suggestion_id=only().pk, by=lin, now=cast.NOW)

    assert refresh(shop) == {"suggested": 0}
    assert only().state == "declined"
    assert Match.objects.count() == 0


def test_a_refusal_changes_nothing(shop, ecpay, lin):
    payment = cast.make_payment(ecpay, "A10293777", 128000, merchant_ref="A10293777")
    stray(ecpay, merchant_ref="A10239777", provider_ref="")
    refresh(shop)
    other = cast.make_line(cast.make_statement(ecpay, day=date(2026, 11, 18)), payment=payment)
    Match.objects.create(merchant=shop, channel=ecpay, line=other, payment=payment, rule="merchant_ref", amount_minor=1)

    with pytest.raises(AlreadyMatched):
        confirm_suggestion(merchant=shop, suggestion_id=only().pk, by=lin, now=cast.NOW)
    with pytest.raises(UnableToMatch):
        take_back(merchant=shop, suggestion_id=only().pk, by=lin, now=cast.NOW)

    assert (only().state, Match.objects.count(), AuditEvent.objects.count()) == ("open", 1, 0)
    assert refresh(shop) == {"suggested": 0}
    assert Suggestion.objects.count() == 0


def test_a_confirmed_deposit_teaches_its_word_and_gap_until_somebody_removes_them(shop, ecpay, lin):
    statement = cast.make_bank_statement(ecpay.bank_account)
    first = cast.make_payout(ecpay, "2026-11-20", 8642700, is_named=False)
    cast.make_bank_line(statement, 8641200, memo="SINOPAC 0071")
    refresh(shop)

    confirm_suggestion(merchant=shop, suggestion_id=only().pk, by=lin, now=cast.NOW)

    first.refresh_from_db()
    assert (first.arrived_minor, BankMatch.objects.get().rule) == (8641200, "manual")
    assert list(LearnedSign.objects.order_by("sign").values_list("sign", "value", "confirmed_count")) == [
        ("gap", "-1500", 1),
        ("word", "sinopac", 1),
    ]
    cast.make_payout(ecpay, "2026-11-21", 5000000, is_named=False)
    cast.make_bank_line(statement, 4998500, memo="SINOPAC 0072")
    refresh(shop)
    learned = Suggestion.objects.get(state="open")
    assert {(part["part"], part["grade"]) for part in learned.evidence} >= {("sign", "learned"), ("amount", "learned")}
    forget_sign(merchant=shop, sign_id=LearnedSign.objects.get(sign="word").pk, by=lin, now=cast.NOW)
    refresh(shop)
    assert "sign" not in {part["part"] for part in Suggestion.objects.get(state="open").evidence}


def test_other_merchants_rows_are_not_looked_at(shop, ecpay):
    other = cast.make_channel(cast.make_merchant("other"))
    cast.make_payment(other, "A10293777", 128000, merchant_ref="A10293777")
    stray(ecpay, merchant_ref="A10239777", provider_ref="")

    assert refresh(shop) == {"suggested": 0}


def test_one_deposit_for_three_payouts_is_confirmed_and_taken_back_as_a_whole(shop, ecpay, lin):
    days = (date(2026, 11, 17), date(2026, 11, 18), date(2026, 11, 19))
    amounts = (1234500, 2345600, 3456700)
    payouts = [cast.make_payout(ecpay, f"PO-{day:%m%d}", amount, due_on=day) for day, amount in zip(days, amounts, strict=True)]
    deposit = cast.make_bank_line(cast.make_bank_statement(ecpay.bank_account, day=days[-1]), sum(amounts), memo="ECPAY")
    refresh(shop)

    one = only()
    confirm_suggestion(merchant=shop, suggestion_id=one.pk, by=lin, now=cast.NOW)
    made = BankMatch.objects.filter(voided_at=None)
    parts = sorted(made.values_list("payout_id", "bank_line_id", "amount_minor"))
    take_back(merchant=shop, suggestion_id=one.pk, by=lin, now=cast.NOW)

    assert (one.theirs, one.ours) == ([deposit.pk], [payout.pk for payout in payouts])
    assert parts == [(payout.pk, deposit.pk, amount) for payout, amount in zip(payouts, amounts, strict=True)]
    assert not made.exists()
    assert only().state == "open"
