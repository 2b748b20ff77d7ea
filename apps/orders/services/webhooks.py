"""Telling the merchant's own systems: an event becomes one delivery for each address that wants it, sent by a job.

    send_event(merchant=shop, type="refund.succeeded", payload={"refund": …}, now=now)

Signatures follow Standard Webhooks (https://www.standardwebhooks.com): `webhook-id`, `webhook-timestamp`, `webhook-signature`.
"""

import json
import secrets
from base64 import b64encode
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from apps.audit.services import record
from apps.core.ids import new_public_id
from apps.core.jobs.services import enqueue
from apps.merchants.models import Merchant, User
from apps.orders.enums import DeliveryState, EventType, WebhookJob
from apps.orders.errors import AddressTwice
from apps.orders.models import WebhookDelivery, WebhookEndpoint

SECRET_BYTES = 32
BOTH_SECRETS = timedelta(hours=24)


def send_event(*, merchant: Merchant, type: str, payload: dict, now: datetime) -> list[WebhookDelivery]:
    """Queues the event in the caller's transaction for every active address of the merchant that wants its type.

    :raises ValueError: for a type that is not one of `EventType`.
    """
    wanted = EventType(type)
    endpoints = [one for one in WebhookEndpoint.objects.for_merchant(merchant).filter(is_active=True).order_by("pk") if wanted in one.types]
    if not endpoints:
        return []
    event_id = new_public_id("evt")
    return _queue(merchant, endpoints, event_id, wanted, payload, now)


def _queue(merchant: Merchant, endpoints: list[WebhookEndpoint], event_id: str, type: str, payload: dict, now: datetime):
    values = {"type": str(type), "timestamp": now.isoformat(), "data": {"merchant": merchant.slug, **payload}}
    body = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    fields = {"merchant": merchant, "event_id": event_id, "type": str(type), "body": body, "next_at": now, "created_at": now}
    made = WebhookDelivery.objects.bulk_create(WebhookDelivery(endpoint=endpoint, **fields) for endpoint in endpoints)
    ring(merchant_id=merchant.pk, now=now)
    return made


def ring(*, merchant_id: int, now: datetime) -> None:
    """A job that sends what is due for the merchant; one that waits already is enough."""
    enqueue(kind=WebhookJob.DELIVER, merchant_id=merchant_id, dedupe_key="webhooks", now=now)


def new_secret() -> str:
    return f"whsec_{b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"


@transaction.atomic
def add_endpoint(*, merchant: Merchant, url: str, types: Iterable[str], by: User, now: datetime) -> WebhookEndpoint:
    """A new address with a secret of its own. The form has checked the address. :raises AddressTwice: nothing changed."""
    Merchant.objects.select_for_update(of=("self",)).get(pk=merchant.pk)
    if WebhookEndpoint.objects.for_merchant(merchant).filter(url=url).exists():
        raise AddressTwice
    fields = {"url": url, "types": sorted(EventType(one).value for one in types)}
    endpoint = WebhookEndpoint.objects.create(merchant=merchant, secret=new_secret(), created_at=now, created_by=by, **fields)
    record(merchant_id=merchant.pk, action="webhook.added", subject=endpoint, by=by, now=now, after={**fields, "url": str(endpoint)})
    return endpoint


@transaction.atomic
def change_endpoint(*, merchant: Merchant, endpoint_id: int, types: Iterable[str], is_active: bool, by: User, now: datetime):
    """What it is told, and whether. Switching on forgets past failures; what waited while it was off goes out then."""
    endpoint = _locked(merchant, endpoint_id)
    before = {"types": endpoint.types, "is_active": endpoint.is_active}
    after = {"types": sorted(EventType(one).value for one in types), "is_active": is_active}
    if before == after:
        return endpoint
    endpoint.types, endpoint.is_active = after["types"], is_active
    if is_active:
        endpoint.failures, endpoint.disabled_at = 0, None
    endpoint.save(update_fields=["types", "is_active", "failures", "disabled_at"])
    record(merchant_id=merchant.pk, action="webhook.changed", subject=endpoint, by=by, now=now, before=before, after=after)
    if is_active:
        ring(merchant_id=merchant.pk, now=now)
    return endpoint


@transaction.atomic
def rotate_secret(*, merchant: Merchant, endpoint_id: int, by: User, now: datetime) -> WebhookEndpoint:
    """A new secret; for a day messages are signed with both."""
    endpoint = _locked(merchant, endpoint_id)
    endpoint.previous_secret, endpoint.previous_until, endpoint.secret = endpoint.secret, now + BOTH_SECRETS, new_secret()
    endpoint.save(update_fields=["secret", "previous_secret", "previous_until"])
    record(merchant_id=merchant.pk, action="webhook.secret_changed", subject=endpoint, by=by, now=now)
    return endpoint


@transaction.atomic
def remove_endpoint(*, merchant: Merchant, endpoint_id: int, by: User, now: datetime) -> None:
    endpoint = _locked(merchant, endpoint_id)
    record(merchant_id=merchant.pk, action="webhook.removed", subject=endpoint, by=by, now=now)
    endpoint.delete()


@transaction.atomic
def send_test(*, merchant: Merchant, endpoint_id: int, by: User, now: datetime) -> WebhookDelivery:
    """A message of type `test` to this address alone, also while it is switched off for all else."""
    endpoint = _locked(merchant, endpoint_id)
    return _queue(merchant, [endpoint], new_public_id("evt"), EventType.TEST, {"asked_by": str(by)}, now)[0]


@transaction.atomic
def resend(*, merchant: Merchant, delivery_id: int, by: User, now: datetime) -> WebhookDelivery:
    """Sends the same message under the same number again, from the first attempt."""
    rows = WebhookDelivery.objects.for_merchant(merchant).select_for_update(of=("self",))
    delivery = rows.get(pk=delivery_id)
    delivery.state, delivery.attempts, delivery.next_at = DeliveryState.WAITING, 0, now
    delivery.save(update_fields=["state", "attempts", "next_at"])
    record(merchant_id=merchant.pk, action="webhook.sent_again", subject=delivery, by=by, now=now)
    ring(merchant_id=merchant.pk, now=now)
    return delivery


def _locked(merchant: Merchant, endpoint_id: int) -> WebhookEndpoint:
    """:raises WebhookEndpoint.DoesNotExist: also for another merchant's."""
    return WebhookEndpoint.objects.for_merchant(merchant).select_for_update(of=("self",)).get(pk=endpoint_id)
