"""Asking a buyer where a refund should be paid: a link that works once, an answer that only the payment file reads."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from apps.audit.services import record
from apps.core.errors import HezhangError
from apps.core.jobs.services import enqueue
from apps.core.secrets import encrypt
from apps.merchants.models import Merchant, User
from apps.orders.enums import RefundJob, RefundRoute, RefundState
from apps.orders.models import RefundPayee
from apps.orders.services.refunds.payee_accounts import PayeeAccount
from apps.orders.services.refunds.trail import lock_refund

LINK_LIVES = timedelta(days=14)
ASKABLE = frozenset({RefundState.REQUESTED, RefundState.APPROVED})


class AccountNotNeeded(HezhangError):
    """The refund goes back through the provider, is over, or is already in a file for the bank."""

    message = _("No bank account is needed for this refund any more.")


class LinkInvalid(HezhangError):
    """Unknown, too old, used, or of a refund that needs no account; the buyer reads the same sentence for all of them."""

    message = _("This link is no longer valid. Ask the shop for a new one.")


@dataclass(frozen=True, slots=True)
class Asked:
    """The link's secret half exists here and in what the buyer gets, nowhere else."""

    payee: RefundPayee
    token: str


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def ask_for_account(*, merchant: Merchant, refund_id: int, email: str = "", by: User, now: datetime) -> Asked:
    """A fresh link for the buyer; an earlier one dies, and an account given through it is forgotten.

    :raises Refund.DoesNotExist: also for another merchant's. :raises AccountNotNeeded: nothing to ask.
    """
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        _payment, refund = lock_refund(merchant, refund_id)
        if not hasattr(refund, "request") or refund.request.route != RefundRoute.BANK_TRANSFER or refund.state not in ASKABLE:
            raise AccountNotNeeded
        values = {"link_sha256": _hash(token), "sent_to": email, "asked_by": by, "asked_at": now, "expires_at": now + LINK_LIVES}
        values |= {"merchant": merchant, "filled_at": None, "account": "", "label": ""}
        payee, _new = RefundPayee.objects.update_or_create(refund=refund, defaults=values)
        after = {"sent_to": email, "expires_at": payee.expires_at.isoformat()}
        record(merchant_id=merchant.pk, action="refund.account_asked", subject=refund, by=by, now=now, after=after)
    return Asked(payee, token)


def payee_of_link(token: str, now: datetime) -> RefundPayee:
    """The question behind a link, with refund, order and merchant loaded. :raises LinkInvalid: see there."""
    rows = RefundPayee.objects.select_related("merchant", "refund__request", "refund__payment__order")
    payee = rows.filter(link_sha256=_hash(token), filled_at=None, expires_at__gt=now).first()
    if payee is None or payee.refund.state not in ASKABLE:
        raise LinkInvalid
    return payee


def give_account(*, token: str, account: PayeeAccount, now: datetime) -> RefundPayee:
    """Keeps the buyer's answer; the link is used up. :raises LinkInvalid: when somebody was faster or it is too late."""
    with transaction.atomic():
        payee = payee_of_link(token, now)
        lock_refund(payee.merchant, payee.refund_id)  # two answers at once wait for each other
        payee = payee_of_link(token, now)
        payee.account, payee.label, payee.filled_at = account.dumped(), account.label, now
        payee.save(update_fields=["account", "label", "filled_at"])
        record(
            merchant_id=payee.merchant_id,
            action="refund.account_given",
            subject=payee.refund,
            by=None,
            now=now,
            after={"account": account.label},
        )
    return payee


def send_link(*, payee: RefundPayee, link: str, by: User) -> None:
    """Has the link mailed to the buyer by a job; the job's row holds it encrypted."""
    payload = {"payee_id": payee.pk, "link": encrypt(link)}
    enqueue(kind=RefundJob.MAIL_PAYEE_LINK, merchant_id=payee.merchant_id, payload=payload, by=by)


def mail_link(payee: RefundPayee, link: str) -> None:
    """Writes to the buyer in the language of the person who asked, the shop's own."""
    with translation.override(payee.asked_by.language):
        words = {"payee": payee, "refund": payee.refund, "order": payee.refund.payment.order, "link": link}
        subject = _("Your refund from %(shop)s: where should it be paid?") % {"shop": payee.merchant.name}
        send_mail(str(subject), render_to_string("orders/mail/payee_link.txt", words), None, [payee.sent_to])
