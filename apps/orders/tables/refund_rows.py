"""A request as one row of the review queue: the amount first, then what for, who asked, which order, and what to notice."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from apps.core.due import length_text
from apps.core.figures import day_text, money_text, when_text
from apps.core.ui import Chip
from apps.merchants.models import User
from apps.orders.enums import RefundState, Verdict
from apps.orders.models import Refund
from apps.orders.selectors.refund_detail import Standing, standing_of
from apps.orders.selectors.refund_progress import Progress, next_query_at, progress_of, state_chip
from apps.orders.selectors.refund_warnings import Around, warnings_of


@dataclass(frozen=True, slots=True)
class Row:
    """`end` and `below` stand at the right; `lock` says why its reader cannot decide; `may_choose` gives it a check box."""

    refund: Refund
    href: str
    title: str
    who: str
    order: str
    chips: list[Chip]
    lock: str
    progress: Progress | None
    end: str
    below: str
    is_waiting: bool
    may_choose: bool


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the queue with its rows; `count` is how many there are in all."""

    key: str
    title: str
    note: str
    rows: list[Row]
    count: int


def title_of(refund: Refund) -> str:
    """The reason, and whether it is the whole payment."""
    is_whole = refund.amount_minor == refund.request.figures["payment_amount_minor"]
    part = _("whole payment") if is_whole else _("part of the payment")
    return f"{refund.request.get_reason_code_display()} · {part}"


def order_line(refund: Refund) -> str:
    """Channel, method, order and what was paid when."""
    payment = refund.payment
    paid = _("paid %(day)s %(amount)s") % {
        "day": day_text(payment.business_date) if payment.business_date else "—",
        "amount": money_text(payment.amount_minor, payment.currency),
    }
    return f"{refund.channel.label} · {payment.method_label}　{payment.order.order_no}　{paid}"


def rows_of(
    refunds: Sequence[Refund], known: Around, *, user: User, role: str, approvers: Iterable[User], now: datetime, href: Callable
) -> list[Row]:
    """`href(refund)` is the address of its page, the filter included."""
    people = list(approvers)
    return [_row(refund, known, standing_of(refund, user, role, people), user, now, href(refund)) for refund in refunds]


def _row(refund: Refund, known: Around, standing: Standing, user: User, now: datetime, href: str) -> Row:
    is_waiting = refund.state == RefundState.REQUESTED
    end, below = _waited(refund, now) if is_waiting else _went(refund)
    chips = _chips(refund, standing, known) if is_waiting else _result(refund)
    return Row(
        refund=refund,
        href=href,
        title=title_of(refund),
        who=_who(refund, user),
        order=order_line(refund),
        chips=chips,
        lock=standing.why_not if is_waiting and (standing.is_own or standing.can_reject) else "",
        progress=progress_of(refund),
        end=end,
        below=below,
        is_waiting=is_waiting,
        may_choose=is_waiting and standing.can_approve and not refund.request.stale_at,
    )


def _chips(refund: Refund, standing: Standing, known: Around) -> list[Chip]:
    request, chips = refund.request, warnings_of(refund, known)
    if request.asked_at:
        chips.append(Chip(_("question open"), "amber", "help-circle"))
    if standing.needed > 1:
        given = _("%(given)s of %(needed)s approvals") % {"given": len(standing.given), "needed": standing.needed}
        chips.append(Chip(given, "neutral", "users"))
    if request.needs_owner:
        chips.append(Chip(_("needs an owner"), "neutral", "user-check"))
    if request.needs_mfa:
        chips.append(Chip(_("second factor"), "neutral", "lock"))
    return chips


def _result(refund: Refund) -> list[Chip]:
    """How it ended; that a result is not known is said by the progress line."""
    chip = state_chip(refund)
    return [chip] if chip and refund.state != RefundState.UNKNOWN else []


def _who(refund: Refund, user: User) -> str:
    """Who asked, or once it was decided who approved last, and when."""
    approved = [one for one in refund.decisions.all() if one.verdict == Verdict.APPROVE]
    if approved and refund.state != RefundState.REQUESTED:
        last = approved[-1]
        return _("approved by %(who)s, %(when)s") % {"who": last.decided_by, "when": when_text(last.decided_at)}
    if refund.request.requested_by_id == user.pk:
        return _("requested by you, %(when)s") % {"when": when_text(refund.requested_at)}
    return _("requested by %(who)s, %(when)s") % {"who": refund.request.requested_by, "when": when_text(refund.requested_at)}


def _waited(refund: Refund, now: datetime) -> tuple[str, str]:
    return _("waiting %(time)s") % {"time": length_text(now - refund.requested_at, exact=False)}, ""


def _went(refund: Refund) -> tuple[str, str]:
    """When it was done, and the provider's number; of an unknown result, when it is asked about next."""
    if asked_at := next_query_at(refund):
        return _("asking"), _("next look %(moment)s") % {"moment": when_text(asked_at)}
    moment = refund.refunded_at
    if moment is None and refund.decisions.all():
        moment = list(refund.decisions.all())[-1].decided_at
    return when_text(moment), refund.provider_refund_ref
