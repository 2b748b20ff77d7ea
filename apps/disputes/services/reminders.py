"""Nobody misses a deadline for not having been told: reminders 7, 3 and 1 days before, and the owner of the shop once it has passed."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.functional import lazy
from django.utils.translation import gettext as _

from apps.core.figures import cash_text
from apps.disputes.enums import EventKind
from apps.disputes.models import Dispute, DisputeReminder
from apps.disputes.selectors.clocks import MARKS, OVERDUE, mark_of
from apps.disputes.selectors.people import owners_of, people_for
from apps.disputes.services.events import tell
from apps.disputes.states import WAITS_FOR_US
from apps.merchants.services.notify import notify


def remind(*, now: datetime) -> int:
    """Sends every reminder that is due, each once, and returns how many. Safe to repeat and to run twice at once."""
    waiting = Dispute.objects.filter(state__in=sorted(WAITS_FOR_US), evidence_due_at__lte=now + timedelta(days=max(MARKS)))
    sent = 0
    for pk in waiting.order_by("evidence_due_at", "pk").values_list("pk", flat=True):
        sent += _remind(pk, now)
    return sent


def tell_opened(dispute: Dispute, *, now: datetime) -> None:
    """People hear of a dispute that came by itself, in the caller's transaction."""

    def title() -> str:
        return _("A new dispute: %(number)s") % {"number": dispute}

    notify(
        merchant=dispute.merchant,
        users=people_for(dispute.merchant),
        kind="dispute.opened",
        title=lazy(title, str)(),
        body=_body(dispute),
        href=reverse("disputes:case", args=[dispute.merchant.slug, dispute.public_id]),
        severity="high",
        group_key=f"dispute:{dispute.public_id}:opened",
        now=now,
    )


def _remind(pk: int, now: datetime) -> bool:
    with transaction.atomic():
        dispute = Dispute.objects.select_for_update(of=("self",)).select_related("merchant", "channel", "owner").get(pk=pk)
        mark = mark_of(dispute.evidence_due_at, now) if dispute.waits_for_us and dispute.evidence_due_at else None
        if mark is None or _was_sent(dispute, mark):
            return False
        try:
            with transaction.atomic():
                key = {"dispute": dispute, "due_at": dispute.evidence_due_at, "mark": mark}
                DisputeReminder.objects.create(merchant_id=dispute.merchant_id, sent_at=now, **key)
        except IntegrityError:
            return False
        people = _people(dispute, mark)
        tell(dispute, EventKind.REMINDED, by=None, now=now, audited=mark == OVERDUE, mark=mark, people=[str(one) for one in people])
        notify(
            merchant=dispute.merchant,
            users=people,
            kind="dispute.overdue" if mark == OVERDUE else "dispute.due",
            title=_title(dispute, mark),
            body=_body(dispute),
            href=reverse("disputes:case", args=[dispute.merchant.slug, dispute.public_id]),
            severity="critical" if mark == OVERDUE else "high" if mark == min(MARKS) else "normal",
            group_key=f"dispute:{dispute.public_id}:{mark}",
            now=now,
        )
    return True


def _was_sent(dispute: Dispute, mark: int) -> bool:
    """This reminder or a later one of the same deadline."""
    return dispute.reminders.filter(due_at=dispute.evidence_due_at, mark__lte=mark).exists()


def _people(dispute: Dispute, mark: int) -> list:
    """Whoever has it, else all who may answer; once overdue the shop's owners, too."""
    able = people_for(dispute.merchant)
    having = [one for one in able if one.pk == dispute.owner_id] or able
    owners = owners_of(dispute.merchant) if mark == OVERDUE else []
    return [*having, *(one for one in owners if one not in having)]


def _title(dispute: Dispute, mark: int):
    def text() -> str:
        values = {"number": dispute, "n": mark}
        if mark == OVERDUE:
            return _("The answer to dispute %(number)s is overdue") % values
        if mark == min(MARKS):
            return _("Dispute %(number)s: the answer is due within a day") % values
        return _("Dispute %(number)s: the answer is due within %(n)s days") % values

    return lazy(text, str)()


def _body(dispute: Dispute):
    def text() -> str:
        values = {"channel": dispute.channel.label, "amount": cash_text(dispute.amount_minor, dispute.currency)}
        return _("%(channel)s, %(amount)s. Without an answer the money is lost.") % values

    return lazy(text, str)()
