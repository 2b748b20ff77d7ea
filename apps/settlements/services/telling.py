"""Who hears of what waits for a second person, and of what they said."""

from datetime import datetime

from django.urls import reverse
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from apps.core.figures import cash_text
from apps.merchants.models import Merchant, User
from apps.merchants.selectors import members_with
from apps.merchants.services.notify import notify
from apps.settlements.enums import SignatureState, SignedAct
from apps.settlements.models import SecondSignature

WAITS = {
    SignedAct.WRITE_OFF: _("A write-off of %(amount)s waits for a second person"),
    SignedAct.MATCH: _("A match that differs by %(amount)s waits for a second person"),
    SignedAct.TIE: _("A payout whose deposit differs by %(amount)s waits for a second person"),
}
DECIDED = {
    (SignedAct.WRITE_OFF, SignatureState.APPROVED): _("Your write-off of %(amount)s was approved"),
    (SignedAct.WRITE_OFF, SignatureState.REJECTED): _("Your write-off of %(amount)s was rejected"),
    (SignedAct.MATCH, SignatureState.APPROVED): _("Your match that differs by %(amount)s was approved"),
    (SignedAct.MATCH, SignatureState.REJECTED): _("Your match that differs by %(amount)s was rejected"),
    (SignedAct.TIE, SignatureState.APPROVED): _("Your tie that differs by %(amount)s was approved"),
    (SignedAct.TIE, SignatureState.REJECTED): _("Your tie that differs by %(amount)s was rejected"),
}


def tell_waiting(merchant: Merchant, asker: User, asked: list[SecondSignature], now: datetime) -> None:
    """Everybody who may sign, but who asked: one row of their inbox for all that wait."""
    signers = [user for user in members_with(merchant, "countersign") if user.pk != asker.pk]
    for one in asked:
        notify(
            merchant=merchant,
            users=signers,
            kind="signature.waiting",
            title=_sentence(WAITS[one.act], one),
            body=one.reason,
            href=reverse("settlements:queue", args=[merchant.slug]) + "?view=second",
            group_key="signatures.waiting",
            now=now,
        )


def tell_decided(asked: SecondSignature, by: User, now: datetime) -> None:
    """Who asked hears what became of it."""
    notify(
        merchant=asked.merchant,
        users=[asked.requested_by],
        kind=f"signature.{asked.state}",
        title=_sentence(DECIDED[asked.act, asked.state], asked),
        body=asked.answer,
        href=reverse("settlements:discrepancy", args=[asked.merchant.slug, asked.discrepancy_id]),
        severity="high" if asked.state == SignatureState.REJECTED else "normal",
        now=now,
    )


def _sentence(words, asked: SecondSignature):
    """In the reader's language, amount included."""
    return lazy(lambda: str(words) % {"amount": cash_text(asked.amount_minor, asked.currency)}, str)()
