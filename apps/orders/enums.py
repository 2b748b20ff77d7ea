"""States of payments and refunds as the shop's books know them."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class PaymentState(models.TextChoices):
    """Values equal the words of payments.csv."""

    PENDING = "pending", _("pending")
    AUTHORIZED = "authorized", _("authorized")
    PAID = "paid", _("paid")
    PARTIALLY_REFUNDED = "partially_refunded", _("partially refunded")
    REFUNDED = "refunded", _("refunded")
    FAILED = "failed", _("failed")
    EXPIRED = "expired", _("expired")
    CANCELLED = "cancelled", _("cancelled")


class PaymentTrouble(models.TextChoices):
    """What a person has to judge of a payment taken here: its provider says something that our books must not simply follow."""

    LATE = "late", _("paid after it had expired")
    TWICE = "twice", _("paid late, when the order was paid otherwise")
    AFTER_END = "after_end", _("paid, though it had failed or was cancelled")
    AMOUNT = "amount", _("another amount was paid")
    CURRENCY = "currency", _("another currency was paid")


class RefundState(models.TextChoices):
    """Values equal the words of refunds.csv."""

    REQUESTED = "requested", _("requested")
    APPROVED = "approved", _("approved")
    REJECTED = "rejected", _("rejected")
    WITHDRAWN = "withdrawn", _("withdrawn")
    SUBMITTING = "submitting", _("submitting")
    UNKNOWN = "unknown", _("result being confirmed")
    SUCCEEDED = "succeeded", _("succeeded")
    FAILED = "failed", _("failed")


class BookJob(models.TextChoices):
    """Kinds of background job on a file of the books."""

    CHECK = "orders.check_books", _("check of a file of the books")
    IMPORT = "orders.import_books", _("import of a file of the books")


class ReasonCode(models.TextChoices):
    """Why money goes back, as the person who asks says it."""

    CUSTOMER_REQUEST = "customer_request", _("customer request")
    DUPLICATE = "duplicate", _("paid twice")
    OUT_OF_STOCK = "out_of_stock", _("out of stock")
    FRAUD = "fraud", _("fraud")
    PRICE_ADJUSTMENT = "price_adjustment", _("price adjustment")
    OTHER = "other", _("other reason")


class RefundRoute(models.TextChoices):
    """How the money goes back: through the provider, or by our own transfer where the method cannot give any back."""

    PROVIDER = "provider", _("through the provider")
    BANK_TRANSFER = "bank_transfer", _("by bank transfer")


class Verdict(models.TextChoices):
    """What can be said on a request for a refund."""

    APPROVE = "approve", _("approved")
    REJECT = "reject", _("rejected")
    ASK = "ask", _("asked for information")
    ANSWER = "answer", _("answered")
    WITHDRAW = "withdraw", _("withdrawn")
    REVIEW_AGAIN = "review_again", _("looked at again")


class HoldKind(models.TextChoices):
    """What keeps money of a payment from being refunded."""

    DISPUTE = "dispute", _("dispute")


class TransferFormat(models.TextChoices):
    """The file that a bank takes for many transfers at once."""

    MAPPED = "csv", _("CSV in the bank's own layout")
    PAIN001 = "pain001", _("SEPA pain.001")


class TransferState(models.TextChoices):
    """What became of one transfer in a batch."""

    SENT = "sent", _("handed to the bank")
    PAID = "paid", _("paid")
    RETURNED = "returned", _("returned by the bank")


class RefundJob(models.TextChoices):
    """Kinds of background job on a refund."""

    SUBMIT = "orders.submit_refund", _("submission of a refund")
    ASK = "orders.ask_refund", _("question about a refund")
    CHECK_REQUESTS = "orders.check_refund_requests", _("check of a file of refund requests")
    REQUEST = "orders.request_refunds", _("requests for refunds from a file")
    MAIL_PAYEE_LINK = "orders.mail_payee_link", _("e-mail that asks a buyer for an account")


class Opening(models.TextChoices):
    """How the simulator takes the start of a practice payment."""

    SUCCESS = "success", _("takes it")
    DECLINE = "decline", _("refuses it at once")
    TIMEOUT_BEFORE = "timeout_before", _("time-out: never hears of it")
    TIMEOUT_AFTER = "timeout_after", _("time-out: takes it, but its answer is lost")
    SLOW = "slow", _("is slow: tells the result only to the second question")


class Play(models.TextChoices):
    """What the payer, the clock or a stranger does with a practice payment."""

    PAY = "pay", _("The payer pays")
    PAY_TWICE = "pay_twice", _("Pays; the notice comes twice")
    PAY_DISORDER = "pay_disorder", _("Pays; notices in the wrong order")
    PAY_LOST = "pay_lost", _("Pays; the notice is lost")
    PAY_OTHER = "pay_other", _("Pays another amount")
    DECLINE = "decline", _("The bank declines")
    FORGED = "forged", _("A forged notice says paid")
    EXPIRE = "expire", _("The deadline passes")
    ASK = "ask", _("Ask the provider now")
    REFUND_FAILS = "refund_fails", pgettext_lazy("next refund", "Fails")
    REFUND_SLOW = "refund_slow", pgettext_lazy("next refund", "Is slow")
    REFUND_LOST = "refund_lost", pgettext_lazy("next refund", "Is paid, but the answer is lost")
    REFUND_TWICE = "refund_twice", pgettext_lazy("next refund", "Its notice comes twice")
    REFUND_DISORDER = "refund_disorder", pgettext_lazy("next refund", "Its notices come in the wrong order")


class PaymentJob(models.TextChoices):
    """Kinds of background job on a payment."""

    ASK = "orders.ask_payment", _("question about a payment")


class StorefrontJob(models.TextChoices):
    """Kinds of background job on a storefront."""

    READ = "orders.read_storefront", _("reading of a storefront's orders")


class EventType(models.TextChoices):
    """What addresses of the merchant can be told. `test` is sent by hand alone."""

    REFUND_REQUESTED = "refund.requested", _("A refund was requested")
    REFUND_APPROVED = "refund.approved", _("A refund was approved")
    REFUND_SUCCEEDED = "refund.succeeded", _("A refund was paid")
    REFUND_FAILED = "refund.failed", _("A refund failed")
    PAYMENT_PAID = "payment.paid", _("A payment was paid")
    PAYMENT_FAILED = "payment.failed", _("A payment failed")
    PAYMENT_EXPIRED = "payment.expired", _("A payment expired")
    DISPUTE_OPENED = "dispute.opened", _("A dispute was opened")
    DISPUTE_DUE = "dispute.due", _("A dispute is due soon")
    DISPUTE_CLOSED = "dispute.closed", _("A dispute was closed")
    ALERT_OPENED = "alert.opened", _("An alert was raised")
    TEST = "test", _("Test")


class DeliveryState(models.TextChoices):
    """Where a message to an address of the merchant stands."""

    WAITING = "waiting", _("waiting")
    SENT = "sent", pgettext_lazy("message", "sent")
    FAILED = "failed", _("failed")


class WebhookJob(models.TextChoices):
    """Kinds of background job that send messages."""

    DELIVER = "orders.deliver_webhooks", _("messages to your own systems")
