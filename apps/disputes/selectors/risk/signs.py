"""Signs of risk beside a payment, an order or a refund: the watch-list, and alerts that are not closed. Two queries, however many rows."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from apps.core import clock
from apps.core.ui import Chip, Tone
from apps.disputes.enums import RiskSeverity
from apps.disputes.models import Alert
from apps.disputes.models.risk import LIVE
from apps.disputes.selectors.risk.watching import entries_with, keys_of
from apps.merchants.models import Merchant
from apps.orders.models import Order, Payment, Refund

# Groups that speak of a buyer; a payout that is late is nothing against a customer.
GROUPS = {"payer_ip": "ip:%s", "customer_ref": "buyer:%s", "payer_country": "country:%s"}


def signs_of(merchant: Merchant, subject) -> list[Chip]:
    """For `core.signs`: chips in the reader's language, the watch-list first."""
    return signs_of_many(merchant, [subject]).get(subject.pk, [])


def signs_of_many(merchant: Merchant, subjects: Sequence) -> dict[int, list[Chip]]:
    """By primary key, for subjects of one kind."""
    known = [one for one in subjects if isinstance(one, Payment | Order | Refund)]
    keys = {one.pk: keys_of(one) for one in known}
    groups = {one.pk: _groups(one) for one in known}
    entries = entries_with(merchant, set().union(*keys.values()), clock.now())
    alerts = _alerts(merchant, set().union(*groups.values()))
    return {
        one.pk: [
            *(_watched(entry) for entry in entries if (entry.kind, entry.value_key) in keys[one.pk]),
            *(_alerted(alert) for alert in alerts if alert.group_key in groups[one.pk]),
        ]
        for one in known
    }


def _groups(subject: Payment | Order | Refund) -> set[str]:
    payment = subject.payment if isinstance(subject, Refund) else subject
    return {pattern % value for name, pattern in GROUPS.items() if (value := getattr(payment, name, ""))}


def _alerts(merchant: Merchant, groups: set[str]) -> list[Alert]:
    if not groups:
        return []
    return list(Alert.objects.for_merchant(merchant).filter(group_key__in=sorted(groups), state__in=LIVE).order_by("-last_at", "-pk"))


def _watched(entry) -> Chip:
    return Chip(_("On the watch-list: %(value)s") % {"value": entry.value}, Tone.RED, "eye")


def _alerted(alert: Alert) -> Chip:
    return Chip(alert.get_kind_display(), Tone.RED if alert.severity == RiskSeverity.CRITICAL else Tone.AMBER, "alert-triangle")
