"""One request as its page tells it: what was frozen and what is true now, who may decide, the buyer, and refunds like this one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.figures import cash_text, count_text, money_text, names_text
from apps.core.panels import Pair
from apps.merchants.access import RIGHTS
from apps.merchants.enums import Role
from apps.merchants.models import Merchant, User
from apps.orders.enums import RefundState, Verdict
from apps.orders.models import Payment, Refund, RefundDecision
from apps.orders.selectors.refund_desk import requests_of
from apps.orders.selectors.refundable import Refundable
from apps.orders.states import CAPTURED, HOLDS_MONEY

BUYER_PAYMENTS_WITHIN = timedelta(days=90)
SIMILAR = 5
SHOWN_OF_BUYER = 5


@dataclass(frozen=True, slots=True)
class Standing:
    """What one person can do with a request that waits, and why not more. `given` approvals count in the present round only."""

    given: list[RefundDecision]
    needed: int
    is_own: bool
    can_approve: bool
    can_reject: bool
    why_not: str = ""

    @property
    def is_last(self) -> bool:
        """Whether one more approval sends the refund."""
        return len(self.given) + 1 >= self.needed


@dataclass(frozen=True, slots=True)
class Buyer:
    """What is known of who paid. Payments of the last 90 days; refunds of all time, this one left out. Amounts by currency."""

    name: str
    payments: int
    paid: list[tuple[str, int]]
    refunds: list[Refund]
    refund_count: int


def standing_of(refund: Refund, user: User, role: str, approvers: Iterable[User]) -> Standing:
    """`approvers` are those who may approve here. Reads the prefetched decisions, no query."""
    request, rights = refund.request, RIGHTS[role]
    given = [one for one in refund.decisions.all() if one.round == request.round and one.verdict == Verdict.APPROVE]
    is_own, may = request.requested_by_id == user.pk, "approve_refund" in rights
    is_last = len(given) + 1 >= request.approvals_needed
    others = names_text(one for one in approvers if one.pk not in {request.requested_by_id, *(row.decided_by_id for row in given)})
    why_not = ""
    if is_own and others:
        why_not = _("You asked for this refund yourself, so somebody else has to decide it: %(names)s.")
    elif is_own:
        why_not = _("You asked for this refund yourself, and nobody else here may decide it. Give somebody that role first.")
    elif not may:
        why_not = _("Your role does not allow approving refunds. These people can: %(names)s.") if others else ""
    elif any(one.decided_by_id == user.pk for one in given):
        why_not = _("You have approved this refund already; a second person has to: %(names)s.")
    elif request.needs_owner and is_last and Role.OWNER not in {role, *(one.role for one in given)}:
        why_not = _("A refund of this amount needs the approval of an owner, and only one approval is left.")
    decides = may and not is_own
    return Standing(given, request.approvals_needed, is_own, decides and not why_not, decides, why_not % {"names": others or "—"})


def tier_words(refund: Refund, merchant: Merchant) -> list[str]:
    """Why more than one approval, an owner or a second factor is asked; empty for a small amount."""
    request, words = refund.request, []
    if request.approvals_needed > 1:
        words.append(_("Above %(limit)s two people approve.") % {"limit": _limit(merchant, merchant.refund_second_approver_above_minor)})
    if request.needs_owner:
        words.append(_("Above %(limit)s one of them is an owner.") % {"limit": _limit(merchant, merchant.refund_owner_above_minor)})
    if request.needs_mfa:
        words.append(_("Above %(limit)s the second factor is asked for.") % {"limit": _limit(merchant, merchant.refund_mfa_above_minor)})
    return words


def _limit(merchant: Merchant, minor: int | None) -> str:
    """The limit as it is now; it may have been lifted since the request was made."""
    return "—" if minor is None else cash_text(minor, merchant.currency)


def then_and_now(refund: Refund, payment: Payment, room: Refundable) -> list[Pair]:
    """The frozen figures beside those of this moment, differences marked. `room` leaves this refund out."""
    frozen, currency = refund.request.figures, payment.currency
    rows = [
        (_("Payment"), frozen["payment_amount_minor"], payment.amount_minor),
        (_("Order total"), frozen["order_total_minor"], payment.order_total_minor),
        (_("Refunded"), frozen["refunded_minor"], room.refunded_minor),
        (_("Other refunds under way"), frozen["in_flight_minor"], room.in_flight_minor),
        (_("Held back"), frozen["held_minor"], room.held_minor),
        (_("Left after this refund"), frozen["balance_after_minor"], room.balance_minor - refund.amount_minor),
    ]
    pairs = [Pair(label, money_text(then, currency), money_text(now, currency), then != now) for label, then, now in rows]
    states = dict(Payment._meta.get_field("state").flatchoices)
    was, is_now = str(states.get(frozen["payment_state"], frozen["payment_state"])), payment.get_state_display()
    pairs.append(Pair(_("Status of the payment"), was, is_now, frozen["payment_state"] != payment.state))
    routes = dict(refund.request._meta.get_field("route").flatchoices)
    pairs.append(Pair(_("The money goes back"), str(routes[frozen["route"]]), str(routes[room.route]), frozen["route"] != room.route))
    refs = frozen["provider_ref"], payment.provider_ref
    pairs.append(Pair(_("Provider's reference"), refs[0] or _("none"), refs[1] or _("none"), refs[0] != refs[1], is_identifier=True))
    return pairs


def fee_sentence(refund: Refund) -> str:
    """What the refund does to the channel's fee, by the plan on the day of the request."""
    frozen, currency = refund.request.figures, refund.currency
    if frozen["fee_policy"] == "unknown":
        return _("No fee plan is in force for this payment, so what becomes of the fee is not known.")
    kept = frozen["fee_plan_minor"] - frozen["fee_returned_minor"]
    names = {"fee": cash_text(frozen["fee_plan_minor"], currency), "back": cash_text(frozen["fee_returned_minor"], currency)}
    names["kept"] = cash_text(kept, currency)
    if frozen["fee_returned_minor"] == 0:
        return _("The fee of %(fee)s is not given back.") % names
    if kept <= 0:
        return _("The fee of %(fee)s is given back.") % names
    return _("Of the fee of %(fee)s, %(back)s is given back and %(kept)s is kept.") % names


def buyer_of(refund: Refund, now: datetime) -> Buyer | None:
    """None when the books do not name the buyer. Three queries; payments are read by the index of the newest."""
    name = refund.payment.customer_ref
    if not name:
        return None
    merchant = refund.merchant_id
    payments = Payment.objects.for_merchant(merchant).filter(
        placed_at__gte=now - BUYER_PAYMENTS_WITHIN, customer_ref=name, state__in=CAPTURED
    )
    sums = list(payments.order_by("currency").values_list("currency").annotate(n=Count("pk"), total=Sum("amount_minor")))
    refunds = Refund.objects.for_merchant(merchant).filter(payment__customer_ref=name, state__in=HOLDS_MONEY).exclude(pk=refund.pk)
    shown = refunds.select_related("payment__order", "request").order_by("-requested_at", "-pk")
    count = refunds.count()
    return Buyer(name, sum(n for _c, n, _t in sums), [(code, total) for code, _n, total in sums], list(shown[:SHOWN_OF_BUYER]), count)


def buyer_sentence(buyer: Buyer) -> str:
    """Payments and refunds of the buyer in one line."""
    sums = names_text(cash_text(total, code) for code, total in buyer.paid) or "0"
    paid = ngettext("%(n)s payment in 90 days, %(sum)s", "%(n)s payments in 90 days, %(sum)s", buyer.payments)
    back = ngettext("%(n)s other refund", "%(n)s other refunds", buyer.refund_count)
    return f"{paid % {'n': count_text(buyer.payments), 'sum': sums}} · {back % {'n': count_text(buyer.refund_count)}}"


def similar_to(refund: Refund) -> list[Refund]:
    """The latest decided requests with the same reason in the same channel, or of nearly the same amount (a tenth more or less)."""
    near = Q(amount_minor__gte=refund.amount_minor * 9 // 10, amount_minor__lte=refund.amount_minor * 11 // 10, currency=refund.currency)
    alike = Q(request__reason_code=refund.request.reason_code, channel_id=refund.channel_id) | near
    rows = requests_of(refund.merchant).filter(alike).exclude(pk=refund.pk).exclude(state=RefundState.REQUESTED)
    return list(rows.order_by("-requested_at", "-pk")[:SIMILAR])


def detail_of(merchant: Merchant) -> QuerySet[Refund]:
    """The rows of which one is shown, with what its page needs beside them."""
    return (
        requests_of(merchant)
        .select_related("payment__channel", "payment__order__storefront", "merchant")
        .prefetch_related("attachments__added_by")
    )
