"""Telling people of alerts: their inbox, a letter, and the shop's own systems. Quiet hours were taken into account when it was due."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.functional import lazy

from apps.disputes.models import Alert
from apps.disputes.models.risk import LIVE
from apps.disputes.selectors.risk.words import channel_labels, sentence
from apps.merchants.models import Membership, Merchant, User
from apps.merchants.services.notify import notify
from apps.orders.enums import EventType
from apps.orders.services.webhooks import send_event


def due_alerts(now: datetime):
    """Live alerts that people are to be told of by now, of all merchants."""
    return Alert.objects.filter(tell_at__lte=now, state__in=LIVE)


def tell_due(*, merchant: Merchant, now: datetime) -> int:
    """Tells of every alert that is due, each once, and returns how many. Safe to repeat and to run twice at once."""
    told = 0
    for pk in due_alerts(now).filter(merchant=merchant).order_by("tell_at", "pk").values_list("pk", flat=True):
        told += _tell(merchant, pk, now)
    return told


def _tell(merchant: Merchant, pk: int, now: datetime) -> bool:
    with transaction.atomic():
        alert = due_alerts(now).select_for_update(of=("self",)).select_related("rule").filter(pk=pk).first()
        if alert is None:
            return False
        is_first = alert.told_at is None
        alert.told_at, alert.tell_at = now, None
        alert.save(update_fields=["told_at", "tell_at"])
        channels = channel_labels(merchant)
        notify(
            merchant=merchant,
            users=people_of(alert),
            kind="risk.alert",
            title=lazy(alert.get_kind_display, str)(),
            body=lazy(lambda: sentence(alert.kind, alert.facts, alert.currency, channels), str)(),
            href=reverse("disputes:alert", args=[merchant.slug, alert.pk]),
            severity=alert.severity,
            group_key=f"alert:{alert.pk}",
            now=now,
        )
        if is_first:
            send_event(merchant=merchant, type=EventType.ALERT_OPENED, payload={"alert": payload_of(alert)}, now=now)
    return True


def people_of(alert: Alert) -> list[User]:
    """Members with one of the rule's roles, and those it names."""
    rule = alert.rule
    members = Membership.objects.for_merchant(alert.merchant_id).active()
    members = members.filter(Q(role__in=rule.tell_roles) | Q(user_id__in=rule.tell_people))
    return [one.user for one in members.select_related("user").order_by("user_id")]


def payload_of(alert: Alert) -> dict:
    """What the shop's own systems are told: figures, and no buyer."""
    return {
        "id": alert.pk,
        "kind": str(alert.kind),
        "severity": str(alert.severity),
        "findings": alert.found,
        "rows": alert.rows,
        "amount_minor": alert.amount_minor,
        "currency": alert.currency,
        "first_at": alert.first_at.isoformat(),
        "last_at": alert.last_at.isoformat(),
        "opened_at": alert.opened_at.isoformat(),
    }
