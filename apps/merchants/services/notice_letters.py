"""Letters about what stands in an inbox: plain text and simple HTML, in the reader's language."""

from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from apps.merchants.enums import LetterChoice
from apps.merchants.models import Membership, Notification


def site_address(path: str) -> str:
    """The absolute address of a path of this site, for those who are not on it."""
    return settings.SITE_URL.rstrip("/") + path


def send_notice_letter(*, notification_id: int, now: datetime) -> bool:
    """Writes to the reader once, unless they read it meanwhile, left the merchant or want no letters."""
    row = Notification.objects.select_related("merchant", "user").filter(pk=notification_id, read_at=None, mailed_at=None).first()
    if row is None or not _still_wanted(row):
        return False
    with translation.override(row.user.language):
        _letter(row).send()
    Notification.objects.filter(pk=row.pk).update(mailed_at=now)
    return True


def _still_wanted(row: Notification) -> bool:
    is_member = Membership.objects.for_merchant(row.merchant_id).active().filter(user_id=row.user_id).exists()
    return is_member and row.user.letters != LetterChoice.OFF


def _letter(row: Notification) -> EmailMultiAlternatives:
    inbox_open = reverse("merchants:inbox_open", args=[row.merchant.slug])
    context = {
        "row": row,
        "address": site_address(f"{inbox_open}?id={row.pk}"),
        "profile": site_address(reverse("merchants:profile")),
    }
    subject = f"{row.merchant.name}: {row.title}"
    text = render_to_string("merchants/mail/notice.txt", context)
    letter = EmailMultiAlternatives(" ".join(subject.split()), text, None, [row.user.email])
    letter.attach_alternative(render_to_string("merchants/mail/notice.html", context), "text/html")
    return letter
