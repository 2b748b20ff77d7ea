"""What becomes of a payment, written in one place whoever learned it: the provider's answer, its notice, a question.

Everyone may say the same thing again and in any order: the first counts, a repetition changes nothing. Money is never believed by a
word alone: the sum and the currency that the provider states are compared with ours.
"""

from datetime import datetime, timedelta

from apps.channels.cells import key_text
from apps.channels.paying import PayerAction, PaymentAnswer, PaymentOutcome
from apps.channels.services.gateway import gateway_kind
from apps.core import clock
from apps.orders.enums import PaymentState, PaymentTrouble
from apps.orders.models import Payment, PaymentExecution
from apps.orders.services.payments.trail import move, write_step
from apps.orders.services.payments.troubles import late_trouble, raise_trouble

OPEN = frozenset({PaymentState.PENDING, PaymentState.AUTHORIZED})
GRACE = timedelta(hours=1)  # after the deadline: the provider's own clock, and money on its way
OVERDUE = timedelta(days=1)  # a provider that only says "waiting" so long after the deadline has no word for expiry
LOST_AFTER = timedelta(days=1)  # an opening that nobody answered, and that the provider still has not heard of
PAUSES = [timedelta(seconds=seconds) for seconds in (15, 30, 60, 120, 300, 600, 1800, 3600, 4 * 3600)]
HELD_PAUSE = timedelta(days=1)  # an authorization may lapse without a word
LATE_LOOKS = [timedelta(hours=1), timedelta(days=1), timedelta(days=3)]  # after the end, for money whose notice was lost
MOST_ASKS = 250  # questions about one payment: a month of those after its end, where the provider answers none
WRITTEN = (
    "was_answered", "action", "expires_at", "captured_minor", "ask_at", "late_looks", "last_code", "last_message",
    "trouble", "trouble_at", "stated_minor", "stated_currency",
)  # fmt: skip
HAVE_NUMBER = (PaymentOutcome.AUTHORIZED, PaymentOutcome.PAID)
ENDS = {
    PaymentOutcome.DECLINED: PaymentState.FAILED,
    PaymentOutcome.EXPIRED: PaymentState.EXPIRED,
    PaymentOutcome.CANCELLED: PaymentState.CANCELLED,
}


def apply_answer(*, payment: Payment, answer: PaymentAnswer, now: datetime) -> bool:
    """What an answer means for a payment (locked by the caller, with its execution). True when its state changed."""
    was, execution = payment.state, getattr(payment, "execution", None)
    _learn(payment, execution, answer, now)
    if payment.is_captured and answer.outcome not in ENDS:  # said again, or said late
        if execution is not None and execution.ask_at is not None:  # somebody asked all the same, and has the answer
            _plan_next(payment, execution, answer, now)
        return False
    if answer.outcome == PaymentOutcome.PAID:
        _apply_paid(payment, execution, answer, now)
    elif answer.outcome == PaymentOutcome.AUTHORIZED:
        _apply_authorized(payment, answer, now)
    elif answer.outcome in ENDS:
        _apply_end(payment, ENDS[answer.outcome], answer, now)
    elif execution is not None:
        _apply_waiting(payment, execution, answer, now)
    if execution is not None:
        _plan_next(payment, execution, answer, now)
    return payment.state != was


def _learn(payment: Payment, execution: PaymentExecution | None, answer: PaymentAnswer, now: datetime) -> None:
    """The provider's number, of what was opened first and of the payment as soon as there is one; and what the payer has to do."""
    if answer.provider_ref and _is_nearer(payment, answer):
        payment.provider_ref, payment.provider_ref_key = answer.provider_ref[:100], key_text(answer.provider_ref[:100])
        payment.save(update_fields=["provider_ref", "provider_ref_key"])
    if execution is None:
        return
    if answer.outcome not in (PaymentOutcome.UNKNOWN, PaymentOutcome.NOT_FOUND):
        execution.was_answered = True
    action = as_json(answer.action)
    if action and action != execution.action and payment.state == PaymentState.PENDING:
        execution.action = action
        if answer.action.expires_at:
            execution.expires_at = answer.action.expires_at
        write_step(payment, "payment.waiting", now=now, action=str(answer.action.kind), expires_at=execution.expires_at.isoformat())


def _is_nearer(payment: Payment, answer: PaymentAnswer) -> bool:
    """Whether the number told is the payment's own, and ours none, or that of the page, link or order by which it was opened.

    Refunds and statements go by the payment's own. Once the money is here another one is believed only where ours is no payment's: a
    second payment of the same number must not pass for the first.
    """
    if not payment.provider_ref or answer.outcome not in HAVE_NUMBER:
        return not payment.provider_ref
    kind = gateway_kind(payment.channel)
    if kind is None or kind.names_opening(answer.provider_ref):
        return False
    if payment.is_captured:
        return answer.outcome == PaymentOutcome.PAID and kind.names_opening(payment.provider_ref)
    return answer.provider_ref != payment.provider_ref


def as_json(action: PayerAction | None) -> dict:
    """As it is kept and shown to the payer; {} where there is none."""
    if action is None:
        return {}
    expires = action.expires_at.isoformat() if action.expires_at else ""
    said = {"kind": str(action.kind), "url": action.url, "fields": action.fields, "text": action.text, "details": action.details}
    return {name: value for name, value in {**said, "expires_at": expires}.items() if value}


def _apply_paid(payment: Payment, execution: PaymentExecution | None, answer: PaymentAnswer, now: datetime) -> None:
    wanted = execution.wanted_minor if execution and execution.wanted_minor else payment.amount_minor
    if answer.amount_minor is None or not answer.currency:
        return  # without a sum it proves nothing: it is asked about
    if answer.currency != payment.currency:
        raise_trouble(payment, PaymentTrouble.CURRENCY, answer, now)
    elif answer.amount_minor != wanted:
        raise_trouble(payment, PaymentTrouble.AMOUNT, answer, now)
    elif payment.state in (PaymentState.FAILED, PaymentState.CANCELLED):
        raise_trouble(payment, PaymentTrouble.AFTER_END, answer, now)
    else:
        was_late = payment.state == PaymentState.EXPIRED
        _take(payment, execution, answer, now)
        if was_late:
            raise_trouble(payment, late_trouble(payment), answer, now)


def _take(payment: Payment, execution: PaymentExecution | None, answer: PaymentAnswer, now: datetime) -> None:
    """The money is there. Of a part that was taken of an authorization, the payment is that part from now on."""
    payment.paid_at = answer.paid_at or now
    payment.business_date = clock.local_date(payment.paid_at, payment.channel.timezone)
    held, payment.amount_minor = payment.amount_minor, answer.amount_minor
    if execution is not None:
        execution.captured_minor, execution.action = answer.amount_minor, {}
        if execution.trouble:  # the provider corrected itself
            execution.trouble, execution.trouble_at, execution.stated_minor, execution.stated_currency = "", None, None, ""
    fields = ["paid_at", "business_date", "amount_minor"]
    of_held = held if held != payment.amount_minor else None
    move(payment, PaymentState.PAID, *fields, now=now, provider_ref=payment.provider_ref, code=answer.code, authorized_minor=of_held)


def _apply_authorized(payment: Payment, answer: PaymentAnswer, now: datetime) -> None:
    if payment.state != PaymentState.PENDING:
        return
    if answer.amount_minor is not None and (answer.amount_minor, answer.currency) != (payment.amount_minor, payment.currency):
        trouble = PaymentTrouble.AMOUNT if answer.currency == payment.currency else PaymentTrouble.CURRENCY
        raise_trouble(payment, trouble, answer, now)
        return
    move(payment, PaymentState.AUTHORIZED, now=now, provider_ref=payment.provider_ref, code=answer.code)


def _apply_end(payment: Payment, state: PaymentState, answer: PaymentAnswer, now: datetime) -> None:
    """An end without money. Of a payment whose money is here it is a contradiction: on record, and nothing changes."""
    if payment.is_captured:
        write_step(
            payment, "payment.contradiction", now=now, after={"said": str(answer.outcome), "code": answer.code}, said=str(answer.outcome)
        )
    elif payment.state in OPEN:
        move(payment, state, now=now, code=answer.code, message=answer.message[:300])


def _apply_waiting(payment: Payment, execution: PaymentExecution, answer: PaymentAnswer, now: datetime) -> None:
    """PENDING, APPROVED, NOT_FOUND, UNKNOWN: an end only where the deadline is over and the provider agrees, or has never heard of it."""
    if payment.state not in OPEN or execution.trouble:
        return
    agrees = answer.outcome == PaymentOutcome.NOT_FOUND and now >= execution.expires_at + GRACE
    agrees |= answer.outcome == PaymentOutcome.PENDING and now >= execution.expires_at + OVERDUE
    if agrees and payment.state == PaymentState.PENDING:
        move(payment, PaymentState.EXPIRED, now=now, code=answer.code, message=answer.message[:300])
    elif answer.outcome == PaymentOutcome.NOT_FOUND and not execution.was_answered and now >= execution.started_at + LOST_AFTER:
        move(payment, PaymentState.FAILED, now=now, code="lost", message=answer.message[:300])


def _plan_next(payment: Payment, execution: PaymentExecution, answer: PaymentAnswer, now: datetime) -> None:
    execution.last_code, execution.last_message = answer.code[:60], answer.message[:300]
    execution.ask_at = _next_question(payment, execution, answer, now)
    execution.save(update_fields=WRITTEN)


def _next_question(payment: Payment, execution: PaymentExecution, answer: PaymentAnswer, now: datetime) -> datetime | None:
    if payment.state == PaymentState.EXPIRED or (payment.state == PaymentState.FAILED and not execution.was_answered):
        return None if execution.trouble else _next_late_look(execution, answer, now)
    if payment.state not in OPEN or execution.trouble:
        return None
    if payment.state == PaymentState.AUTHORIZED and not execution.captures_at_once and execution.wanted_minor is None:
        return now + HELD_PAUSE
    if answer.outcome == PaymentOutcome.APPROVED and execution.asks < len(PAUSES):
        return now  # the payer agreed, and it lapses when nobody takes it
    planned = now + PAUSES[min(execution.asks, len(PAUSES) - 1)]
    return min(planned, execution.expires_at + GRACE) if now < execution.expires_at + GRACE else planned


def _next_late_look(execution: PaymentExecution, answer: PaymentAnswer, now: datetime) -> datetime | None:
    """Of a payment that ended without money: each look that was answered is followed by the next, one that was not by itself."""
    if execution.late_looks >= len(LATE_LOOKS):
        return None
    if answer.outcome == PaymentOutcome.UNKNOWN:
        return now + PAUSES[-1] if execution.asks < MOST_ASKS else None
    return now + LATE_LOOKS[execution.late_looks]
