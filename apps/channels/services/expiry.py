"""When a channel's certificates end: read from what was entered, shown on its card, and told in time."""

from datetime import datetime

from cryptography import x509
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from apps.channels.gateways import GatewayKind
from apps.channels.models import Channel
from apps.merchants.enums import NoticeSeverity
from apps.merchants.selectors import members_with
from apps.merchants.services.notify import notify

MARKS = (30, 7, 1, 0)  # days before
ENDS = "channel.certificate_ends"


def earliest_end(kind: GatewayKind, values: dict[str, str]) -> datetime | None:
    """The first moment at which a certificate among the credentials is no longer valid; None where there is none that can be read."""
    ends = []
    for field in kind.credentials:
        text = values.get(field.name, "")
        if field.is_pem and "BEGIN CERTIFICATE" in text:
            try:
                ends += [one.not_valid_after_utc for one in x509.load_pem_x509_certificates(text.encode())]
            except ValueError:  # the provider's own test of the connection tells what is wrong with it
                continue
    return min(ends, default=None)


def remind_of_certificates(*, now: datetime) -> int:
    """Tells shops of certificates that end in 30, 7 or 1 days, or have ended; each mark once. Returns how many were told."""
    told = 0
    for channel in Channel.objects.filter(certificate_ends_at__isnull=False, is_on=True).select_related("merchant").order_by("pk"):
        days = (channel.certificate_ends_at - now).days
        mark = min((mark for mark in MARKS if days <= mark), default=None)
        if mark is None or (channel.certificate_reminded is not None and channel.certificate_reminded <= mark):
            continue
        rows = Channel.objects.filter(pk=channel.pk, certificate_reminded=channel.certificate_reminded)
        if rows.update(certificate_reminded=mark):
            _tell(channel, mark, now)
            told += 1
    return told


def _tell(channel: Channel, mark: int, now: datetime) -> None:
    title = _("{channel}: a certificate ends on {day}") if mark else _("{channel}: a certificate has ended ({day})")
    notify(
        merchant=channel.merchant,
        users=members_with(channel.merchant, "edit_channels"),
        kind=ENDS,
        title=format_lazy(title, channel=channel.label, day=channel.certificate_ends_at.date().isoformat()),
        body=_("Get a new one in the provider's console and enter it; calls fail from that day on."),
        href=reverse("channels:credentials", args=[channel.merchant.slug, channel.code]),
        severity=NoticeSeverity.NORMAL if mark > 1 else NoticeSeverity.HIGH,
        group_key=f"certificate:{channel.public_id}",
        now=now,
    )
