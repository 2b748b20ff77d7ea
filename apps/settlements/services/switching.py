"""Switching learned models: people switch on what passes; what no longer passes goes off by itself. Each switch is on the record."""

from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.audit.services import record
from apps.merchants.models import Merchant, User
from apps.merchants.selectors import members_with
from apps.merchants.services.notify import notify
from apps.settlements.errors import NotBetter, OldVersion, SwitchedAlready
from apps.settlements.models import LearnedModel

SWITCH = ["is_on", "switched_at", "switched_by", "advice"]


def switch_on(*, merchant: Merchant, model_id: int, by: User, now: datetime) -> LearnedModel:
    """The newest version of its kind advises from now on.

    :raises LearnedModel.DoesNotExist, SwitchedAlready, OldVersion, NotBetter: and nothing changed.
    """
    with transaction.atomic():
        one = _locked(merchant, model_id)
        if one.is_on:
            raise SwitchedAlready
        mine = LearnedModel.objects.for_merchant(merchant).filter(kind=one.kind)
        if mine.filter(version__gt=one.version).exists():
            raise OldVersion
        if not one.passes:
            raise NotBetter
        before = mine.filter(is_on=True).first()
        if before is not None:
            _switch(before, False, by, now, "learned_model.switched_off")
        _switch(one, True, by, now, "learned_model.switched_on")
    return one


def switch_off(*, merchant: Merchant, model_id: int, by: User, now: datetime) -> LearnedModel:
    """The model advises no more. :raises LearnedModel.DoesNotExist, SwitchedAlready: and nothing changed."""
    with transaction.atomic():
        one = _locked(merchant, model_id)
        if not one.is_on:
            raise SwitchedAlready
        _switch(one, False, by, now, "learned_model.switched_off")
    return one


def take_over(*, old: LearnedModel, new: LearnedModel, now: datetime) -> None:
    """A better version takes the place of the one that is on, in the caller's transaction."""
    _switch(old, False, None, now, "learned_model.switched_off")
    _switch(new, True, None, now, "learned_model.switched_on")


def let_go(*, one: LearnedModel, now: datetime, why: str) -> None:
    """A version that no longer beats the plain guess goes off by itself, in the caller's transaction; who may train models is told.

    `why` is no_better or too_little.
    """
    _switch(one, False, None, now, "learned_model.switched_off", why)
    notify(
        merchant=one.merchant,
        users=members_with(one.merchant, "teach_models"),
        kind="learned_model.off",
        title=_("A learned model switched itself off: it no longer beats the plain guess."),
        href=reverse("settlements:learning", args=[one.merchant.slug]),
        group_key=f"learned:{one.kind}",
        now=now,
    )


def _locked(merchant: Merchant, model_id: int) -> LearnedModel:
    """All switches of a merchant wait for each other, so that one version of a kind is on."""
    Merchant.objects.select_for_update().get(pk=merchant.pk)
    return LearnedModel.objects.for_merchant(merchant).select_related("merchant").get(pk=model_id)


def _switch(one: LearnedModel, to: bool, by: User | None, now: datetime, action: str, why: str = "") -> None:
    one.is_on, one.switched_at, one.switched_by, one.advice = to, now, by, []
    one.save(update_fields=SWITCH)
    after = {"kind": one.kind, "version": one.version, "score_ppm": one.score_ppm, "baseline_ppm": one.baseline_ppm}
    record(merchant_id=one.merchant_id, action=action, subject=one, by=by, now=now, reason=why, after=after)
