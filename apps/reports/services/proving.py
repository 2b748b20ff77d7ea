"""The proofs of a night: what `check_books` proves, and who hears when something does not hold."""

from collections.abc import Callable
from datetime import datetime

from django.urls import reverse
from django.utils.functional import lazy
from django.utils.translation import gettext as _

from apps.merchants.enums import NoticeSeverity, Role
from apps.merchants.models import Membership, Merchant, User
from apps.merchants.services.notify import notify
from apps.reports.figures.proof import SHOWN, Proof
from apps.reports.figures.proofs import prove
from apps.reports.models import DailyFigure
from apps.reports.services.rollup import differing_days, fresh_rollup
from apps.settlements.services.journal import post_journal

PROOF_JOB = "reports.prove"
TOLD = (Role.OWNER, Role.ACCOUNTANT)


def prove_all(*, merchant: Merchant, now: datetime, told: Callable[[Proof], None] = lambda proof: None) -> list[Proof]:
    """Brings the journal and the daily figures up to date, then runs every proof; `told` hears each as it ends."""
    post_journal(merchant=merchant, now=now)
    proofs = prove(merchant, told)
    proofs.append(_figures(merchant, now))
    told(proofs[-1])
    return proofs


def _figures(merchant: Merchant, now: datetime) -> Proof:
    """The daily figures, from which pages add up, are what the rows come to."""
    fresh_rollup(merchant=merchant, now=now)
    found = differing_days(merchant=merchant)
    codes = dict(merchant.channels.values_list("pk", "code"))
    faults = [
        f"{codes.get(channel, channel)} {currency} {day} {term}: stored {stored}, its rows come to {should}"
        for (channel, currency, day, term, _payout), stored, should in found[:SHOWN]
    ]
    checked = DailyFigure.objects.for_merchant(merchant).count()
    return Proof("figures", "every daily figure is what its rows come to", checked, len(found), faults)


def prove_books(*, merchant: Merchant, now: datetime) -> list[Proof]:
    """Runs every proof; owners and accountants are told which failed, once until they read it."""
    proofs = prove_all(merchant=merchant, now=now)
    failed = [proof for proof in proofs if not proof.holds]
    if failed:
        _tell(merchant, failed, now)
    return proofs


def _tell(merchant: Merchant, failed: list[Proof], now: datetime) -> None:
    def title() -> str:
        return _("The books do not add up: %(count)s proof(s) failed") % {"count": len(failed)}

    notify(
        merchant=merchant,
        users=_people(merchant),
        kind="books.not_proved",
        title=lazy(title, str)(),
        body="\n".join(fault for proof in failed for fault in proof.faults[:3]),
        href=reverse("settlements:journal", args=[merchant.slug]),
        severity=NoticeSeverity.CRITICAL,
        group_key="books.not_proved",
        now=now,
    )


def _people(merchant: Merchant) -> list[User]:
    members = Membership.objects.for_merchant(merchant).filter(role__in=TOLD).select_related("user")
    return [member.user for member in members]
