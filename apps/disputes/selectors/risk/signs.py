"""Signs of risk beside a payment, an order or a refund: the watch-list, and alerts that are not closed. Two queries, whatever the row."""

from django.utils.translation import gettext as _

from apps.core import clock
from apps.core.ui import Chip, Tone
from apps.disputes.models import Alert
from apps.disputes.models.risk import LIVE
from apps.disputes.selectors.risk.watching import entries_for
from apps.merchants.models import Merchant
from apps.orders.models import Order, Payment, Refund

# Kinds that speak of a buyer or a payment; a payout that is late is nothing against a customer.
GROUPS = {"payer_ip": "ip:%s", "customer_ref": "buyer:%s", "payer_country": "country:%s"}


def signs_of(merchant: Merchant, subject) -> list[Chip]:
    """For `core.signs`: chips in the reader's language, the watch-list first."""
    if not isinstance(subject, Payment | Order | Refund):
        return []
    chips = [
        Chip(_("On the watch-list: %(value)s") % {"value": entry.value}, Tone.RED, "eye")
        for entry in entries_for(merchant, subject, clock.now())
    ]
    payment = subject.payment if isinstance(subject, Refund) else subject
    groups = [pattern % value for name, pattern in GROUPS.items() if (value := getattr(payment, name, ""))]
    alerts = Alert.objects.for_merchant(merchant).filter(group_key__in=groups, state__in=LIVE).order_by("-last_at", "-pk") if groups else []
    return chips + [
        Chip(alert.get_kind_display(), Tone.RED if alert.severity == "critical" else Tone.AMBER, "alert-triangle") for alert in alerts
    ]
