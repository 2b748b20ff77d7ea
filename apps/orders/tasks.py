"""Files of the books as jobs: the check before anything is written, and the writing."""

from datetime import timedelta

from celery import shared_task
from django.utils.translation import gettext as _

from apps.channels.models import Channel
from apps.channels.services.circuit import CircuitOpen
from apps.core import clock, files
from apps.core.jobs.registry import job
from apps.core.secrets import decrypt
from apps.merchants.models import Merchant
from apps.orders.enums import BookJob, PaymentJob, RefundJob, StorefrontJob, WebhookJob
from apps.orders.errors import ProviderRests, RefundMoveIllegal, TurnNotCome
from apps.orders.models import RefundPayee
from apps.orders.services.notices.doing import do_waiting
from apps.orders.services.notices.practice import deliver_notices
from apps.orders.services.payments.calling import ask_about as ask_about_payment
from apps.orders.services.payments.sweeping import ring_payments
from apps.orders.services.refunds.bulk import preview_requests, request_from_file, summary
from apps.orders.services.refunds.calling import ask_about, submit_refund
from apps.orders.services.refunds.payees import mail_link
from apps.orders.services.refunds.sweeping import ring_refunds
from apps.orders.services.storefronts.reading import read_storefront, ring_storefronts
from apps.orders.services.uploads import check_upload, write_upload
from apps.orders.services.webhook_sending import deliver_due, merchants_with_due
from apps.orders.services.webhooks import ring


@job(BookJob.CHECK, queue="imports", limit=timedelta(minutes=10))
def check_books(job, progress) -> dict:
    """payload: kind, name, sha256."""
    progress(10, _("Checking every row"))
    return check_upload(merchant=Merchant.objects.get(pk=job.merchant_id), payload=job.payload)


@job(BookJob.IMPORT, queue="imports", limit=timedelta(minutes=30))
def import_books(job, progress) -> dict:
    """payload: kind, name, sha256, keep_good. Safe to repeat: a file that is in is not looked at again."""
    merchant = Merchant.objects.get(pk=job.merchant_id)
    return write_upload(merchant=merchant, payload=job.payload, by=job.requested_by, now=clock.now(), progress=progress)


@job(RefundJob.MAIL_PAYEE_LINK, limit=timedelta(minutes=2))
def mail_payee_link(job, progress) -> dict:
    """payload: payee_id, link (encrypted). Twice is two equal letters."""
    payee = RefundPayee.objects.for_merchant(job.merchant_id).select_related("merchant", "asked_by", "refund__payment__order")
    mail_link(payee.get(pk=job.payload["payee_id"]), decrypt(job.payload["link"]))
    return {}


@job(RefundJob.CHECK_REQUESTS, queue="imports", limit=timedelta(minutes=10))
def check_refund_requests(job, progress) -> dict:
    """payload: name, sha256."""
    progress(10, _("Checking every row"))
    merchant, data = Merchant.objects.get(pk=job.merchant_id), files.read(job.payload["sha256"])
    return summary(preview_requests(merchant=merchant, name=job.payload["name"], data=data, now=clock.now()))


@job(RefundJob.REQUEST, queue="imports", limit=timedelta(minutes=20))
def request_refunds(job, progress) -> dict:
    """payload: name, sha256, keep_good. Safe to repeat: a row that asked already does not ask again."""
    merchant, data = Merchant.objects.get(pk=job.merchant_id), files.read(job.payload["sha256"])
    report = request_from_file(
        merchant=merchant,
        name=job.payload["name"],
        data=data,
        by=job.requested_by,
        now=clock.now(),
        keep_good=job.payload["keep_good"],
        progress=progress,
    )
    return summary(report)


@job(WebhookJob.DELIVER, limit=timedelta(minutes=20))
def deliver_webhooks(job, progress) -> dict:
    """Sends what is due to the merchant's own systems."""
    return deliver_due(merchant=Merchant.objects.get(pk=job.merchant_id), now=clock.now(), progress=progress)


@shared_task(name="orders.ring_webhooks", max_retries=0)
def ring_webhooks() -> None:
    """Every minute by the schedule: messages whose next attempt has come."""
    now = clock.now()
    for merchant_id in merchants_with_due(now):
        ring(merchant_id=merchant_id, now=now)


@job(RefundJob.SUBMIT, limit=timedelta(minutes=5))
def submit(job, progress) -> dict:
    """payload: refund_id. Twice is harmless: a refund that was submitted is not submitted again, but asked about by the schedule."""
    merchant = Merchant.objects.get(pk=job.merchant_id)
    try:
        refund = submit_refund(merchant=merchant, refund_id=job.payload["refund_id"], now=clock.now())
    except RefundMoveIllegal:
        return {"state": "submitted before"}
    except TurnNotCome:  # the schedule rings again
        return {"state": "waits its turn"}
    except ProviderRests:
        return {"state": "waits until the provider has closed its books"}
    except CircuitOpen:
        return {"state": "waits until the provider answers again"}
    deliver_notices(refund.channel)
    return {"state": refund.state}


@job(RefundJob.ASK, limit=timedelta(minutes=5))
def ask(job, progress) -> dict:
    """payload: refund_id."""
    merchant = Merchant.objects.get(pk=job.merchant_id)
    refund = ask_about(merchant=merchant, refund_id=job.payload["refund_id"], now=clock.now())
    deliver_notices(refund.channel)
    return {"state": refund.state}


@shared_task(name="orders.ring_refunds", max_retries=0)
def ring_for_refunds() -> None:
    """Every ten seconds by the schedule: refunds that have to be asked about, and approved ones that nobody took."""
    ring_refunds(now=clock.now())


@job(PaymentJob.ASK, limit=timedelta(minutes=5))
def ask_payment(job, progress) -> dict:
    """payload: payment_id."""
    merchant = Merchant.objects.get(pk=job.merchant_id)
    payment = ask_about_payment(merchant=merchant, payment_id=job.payload["payment_id"], now=clock.now())
    deliver_notices(payment.channel)
    return {"state": payment.state}


@shared_task(name="orders.ring_payments", max_retries=0)
def ring_for_payments() -> None:
    """Every ten seconds by the schedule: payments that have to be asked about."""
    ring_payments(now=clock.now())


@shared_task(name="orders.do_notices", max_retries=0)
def do_notices() -> None:
    """Rung by the door when notices were kept, and every ten seconds by the schedule: for those that nobody was told of, or that failed."""
    do_waiting(now=clock.now())


@job(StorefrontJob.READ, queue="imports", limit=timedelta(minutes=30))
def read_orders(job, progress) -> dict:
    """payload: channel_id. Safe to repeat: what is in the books is not taken in again."""
    channel = Channel.objects.for_merchant(job.merchant_id).select_related("merchant").get(pk=job.payload["channel_id"])
    return {"orders": read_storefront(channel=channel, now=clock.now())}


@shared_task(name="orders.ring_storefronts", max_retries=0)
def ring_for_storefronts() -> None:
    """Every minute by the schedule: storefronts whose orders are to be read."""
    ring_storefronts(now=clock.now())
