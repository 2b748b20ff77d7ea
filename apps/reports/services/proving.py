"""The proofs of a night: what `check_books` proves, and who hears when something does not hold."""

from datetime import datetime

from django.urls import reverse
from django.utils.functional import lazy
from django.utils.translation import gettext as _

from apps.merchants.enums import NoticeSeverity, Role
from apps.merchants.models import Membership, Merchant, User
from apps.merchants.services.notify import notify
from apps.reports.figures.proof import Proof
from apps.reports.figures.proofs import prove
from apps.settlements.services.journal import post_journal

PROOF_JOB = "reports.prove"
TOLD = (Role.OWNER, Role.ACCOUNTANT)


def prove_books(*, merchant: Merchant, now: datetime) -> list[Proof]:
    """Brings the journal up to date and runs every proof; owners and accountants are told which failed, once until they read it."""
    post_journal(merchant=merchant, now=now)
    proofs = prove(merchant)
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
