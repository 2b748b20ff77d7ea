"""A few disputes of the practice shop in several states, made through the services of the product. Sample data, in the shop's language.

They begin after reconciliation and concern payments without a difference, so the answer key of the world stays what it is.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from apps.disputes.enums import DisputeState, EvidenceType, Origin
from apps.disputes.services.evidence import add_evidence
from apps.disputes.services.handling import add_note, give_to
from apps.disputes.services.moving import move_dispute
from apps.disputes.services.opening import open_dispute
from apps.merchants.enums import Role
from apps.merchants.models import Merchant, User
from apps.orders.models import Payment, PaymentHold, Refund
from apps.settlements.models import Discrepancy

FEE_MINOR = {"TWD": 45000, "USD": 1500, "CNY": 10000}
OLD_ENOUGH = timedelta(days=12)  # a dispute comes days after its payment


@dataclass(frozen=True, slots=True)
class Story:
    """`opened` and `due` are days from now; `path` the states it went through, one every five days."""

    reason: str
    opened: int
    due: int
    path: tuple[DisputeState, ...] = ()
    kind: str = "chargeback"
    note: str = ""
    papers: tuple[tuple[EvidenceType, str, str], ...] = ()


STORIES = (
    Story(
        "10.4", -6, 3, note="收單行來電，持卡人否認交易。", papers=(
            (EvidenceType.ORDER, "訂單確認信.txt", "親愛的顧客您好，您的訂單已成立，我們會在兩個工作天內出貨。\n"),
            (EvidenceType.DELIVERY, "簽收紀錄.txt", "黑貓宅急便　本人簽收\n"),
        ),
    ),
    Story("4853", -3, 9, note="客人說收到的顏色不對。"),
    Story("product_not_received", -2, 6, kind="inquiry"),
    Story("13.1", -25, -11, (DisputeState.UNDER_REVIEW,), note="已附物流簽收證明。"),
    Story("duplicate", -60, -46, (DisputeState.UNDER_REVIEW, DisputeState.WON), note="兩張訂單、兩個包裹。"),
    Story("fraudulent", -55, -41, (DisputeState.UNDER_REVIEW, DisputeState.LOST)),
)  # fmt: skip


def dispute_some(shop: Merchant, users: dict[str, User], now: datetime) -> int:
    """Opens the disputes whose payments can be found; returns how many."""
    accountant, operator = users[Role.ACCOUNTANT], users[Role.OPERATOR]
    taken: set[int] = set()
    for story in STORIES:
        opened_at = now + timedelta(days=story.opened)
        payment = _payment(shop, opened_at - OLD_ENOUGH, taken)
        if payment is None:
            continue
        taken.add(payment.pk)
        _tell(shop, payment, story, opened_at, now, accountant, operator)
    return len(taken)


def _payment(shop: Merchant, before: datetime, taken: set[int]) -> Payment | None:
    """The latest card payment before a moment that nothing else is told about."""
    about = Discrepancy.objects.filter(payment_id=OuterRef("pk"))
    free = Payment.objects.for_merchant(shop).filter(
        ~Exists(about),
        ~Exists(Refund.objects.filter(payment_id=OuterRef("pk"))),
        ~Exists(PaymentHold.objects.filter(payment_id=OuterRef("pk"))),
        state="paid",
        method="credit_card",
        paid_at__lt=before,
        amount_minor__gt=0,
    )
    return free.exclude(pk__in=taken).select_related("channel").order_by("-paid_at", "pk").first()


def _tell(shop: Merchant, payment: Payment, story: Story, opened_at: datetime, now: datetime, accountant: User, operator: User) -> None:
    dispute = open_dispute(
        merchant=shop,
        channel=payment.channel,
        payment=payment,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        opened_at=opened_at,
        origin=Origin.HAND,
        by=operator,
        now=opened_at,
        kind=story.kind,
        reason_code=story.reason,
        provider_dispute_ref=f"du_{payment.channel.code}_{payment.pk}",
        fee_minor=None if story.kind == "inquiry" else FEE_MINOR.get(payment.currency),
        evidence_due_at=now + timedelta(days=story.due),
    )
    for kind, name, text in story.papers:
        add_evidence(
            merchant=shop, dispute_id=dispute.pk, type=kind, name=name, data=f"{text}{payment.merchant_ref}\n".encode(), by=operator,
            now=opened_at + timedelta(days=1),
        )  # fmt: skip
    if story.note:
        add_note(merchant=shop, dispute_id=dispute.pk, text=story.note, by=operator, now=opened_at + timedelta(days=1))
    if story.kind != "inquiry":
        give_to(merchant=shop, dispute_id=dispute.pk, owner=accountant, by=accountant, now=opened_at + timedelta(days=2))
    for number, to in enumerate(story.path, start=1):
        move_dispute(merchant=shop, dispute_id=dispute.pk, to=to, by=accountant, now=opened_at + timedelta(days=5 * number))
