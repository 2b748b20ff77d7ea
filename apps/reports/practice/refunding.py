"""Requests for refunds of the practice shop at every stage, made through the services of the product. Sample data, in the shop's language.

They begin after reconciliation and concern payments that are settled and without a difference, so the answer key stays what it is.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from apps.merchants.enums import Role
from apps.merchants.models import Merchant, User
from apps.orders.enums import PaymentState, ReasonCode
from apps.orders.models import Payment, PaymentHold, Refund
from apps.orders.services.refunds.deciding import approve_refund, ask_about_refund, reject_refund
from apps.orders.services.refunds.requesting import request_refund
from apps.settlements.models import Discrepancy

SMALLEST, LARGEST = 60_000, 600_000  # of the payments chosen: below the limits that ask for more eyes


@dataclass(frozen=True, slots=True)
class Story:
    """`share` is what of the payment goes back, in percent; `hours` how long ago it was asked; `then` what an approver did."""

    reason: ReasonCode
    note: str
    hours: int
    share: int = 100
    method: str = "credit_card"
    by: Role = Role.OPERATOR
    then: str = ""
    words: str = ""
    to_customer: str = ""


STORIES = (
    Story(ReasonCode.CUSTOMER_REQUEST, "七天內退貨，商品已收回、完好。", 20, to_customer="退款將於七個工作天內退回原信用卡。"),
    Story(ReasonCode.PRICE_ADJUSTMENT, "活動價少折了一成，補差額。", 5, share=10, by=Role.ACCOUNTANT),
    Story(ReasonCode.OUT_OF_STOCK, "茶海缺貨，客人不等了。", 30, share=50),
    Story(ReasonCode.OTHER, "杯子到貨時有裂痕，照片在客服信箱。", 27, then="ask", words="請附上照片，是外箱還是杯身？"),
    Story(ReasonCode.CUSTOMER_REQUEST, "改買另一組。", 50, method="atm", then="approve"),
    Story(ReasonCode.CUSTOMER_REQUEST, "客人說沒收到。", 74, then="reject", words="物流顯示已簽收，請先向物流查件。"),
    Story(ReasonCode.CUSTOMER_REQUEST, "退回其中一件。", 49, share=50, then="approve"),
)


def ask_for_refunds(shop: Merchant, users: dict[str, User], now: datetime) -> int:
    """Asks for those whose payments can be found; returns how many. What was approved is carried out by the worker, at the simulator."""
    taken: set[int] = set()
    for story in STORIES:
        payment = _payment(shop, story.method, now - timedelta(hours=story.hours), taken)
        if payment is None:
            continue
        taken.add(payment.pk)
        asked_at = now - timedelta(hours=story.hours)
        amount = max(100, payment.amount_minor * story.share // 10_000 * 100)
        refund = request_refund(
            merchant=shop,
            payment_id=payment.pk,
            amount_minor=amount,
            reason_code=story.reason,
            note=story.note,
            customer_note=story.to_customer,
            by=users[story.by],
            now=asked_at,
        )
        _decide(shop, refund, story, users[Role.APPROVER], asked_at + timedelta(hours=2))
    return len(taken)


def _decide(shop: Merchant, refund: Refund, story: Story, by: User, now: datetime) -> None:
    acts = {"approve": approve_refund, "reject": reject_refund, "ask": ask_about_refund}
    if story.then:
        acts[story.then](merchant=shop, refund_id=refund.pk, by=by, now=now, reason=story.words)


def _payment(shop: Merchant, method: str, before: datetime, taken: set[int]) -> Payment | None:
    """The newest of its kind that nothing else is told of."""
    mine = {"payment": OuterRef("pk"), "merchant": shop}
    rows = Payment.objects.for_merchant(shop).filter(
        method=method, currency=shop.currency, state=PaymentState.PAID, paid_at__lt=before, amount_minor__range=(SMALLEST, LARGEST)
    )
    quiet = rows.exclude(pk__in=taken).exclude(
        Exists(Discrepancy.objects.filter(**mine)) | Exists(PaymentHold.objects.filter(**mine)) | Exists(Refund.objects.filter(**mine))
    )
    return quiet.order_by("-paid_at", "pk").first()
