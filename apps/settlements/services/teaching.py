"""Models learned from a shop's own past: trained, measured against the plain guess, kept in versions; the one that is on measured anew."""

import hashlib
import json
from datetime import date, datetime

from django.db import transaction

from apps.audit.services import record
from apps.core.clock import local_date
from apps.merchants.models import Merchant, User
from apps.settlements.enums import ModelKind
from apps.settlements.learning.days import DAYS
from apps.settlements.learning.payments import PAYMENT, firsts_json
from apps.settlements.learning.tasks import Task
from apps.settlements.learning.worth import Past, Worth, worth_of
from apps.settlements.models import LearnedModel
from apps.settlements.models.learned import WHOLE
from apps.settlements.selectors.learned import model_of
from apps.settlements.selectors.past_days import day_history, past_channels, settled_only
from apps.settlements.selectors.past_memos import keywords_of, known_memos
from apps.settlements.selectors.past_payments import payment_history
from apps.settlements.services.switching import let_go, take_over

TASKS: dict[str, Task] = {ModelKind.RISK_DAY: DAYS, ModelKind.RISK_PAYMENT: PAYMENT}


def train(*, merchant: Merchant, kind: str, by: User | None, now: datetime) -> LearnedModel | None:
    """A new version, off; where the past taught the same as the newest version, that one is only measured anew.

    A version that is on is measured on the same held-back days: it stays, is followed by a new one that is better, or is switched off.
    None where there is too little to learn from. Needs scikit-learn, hence for jobs and commands alone.
    """
    past = past_of(merchant, kind, local_date(now, merchant.timezone))
    taught = worth_of_new(past)
    with transaction.atomic():
        merchant = Merchant.objects.select_for_update().get(pk=merchant.pk)
        new = _keep(merchant, kind, taught, by, now) if taught else None
        _look_at_what_is_on(merchant, kind, past, new, now)
    return new


def past_of(merchant: Merchant, kind: str, today: date) -> Past:
    """Everything that is over and labelled, as one kind of model learns it."""
    if kind == ModelKind.MEMO_TYPE:
        return Past(known_memos(merchant), task=None, keywords=keywords_of(merchant))
    channels = past_channels(merchant, today)
    if kind == ModelKind.RISK_DAY:
        return Past(settled_only(day_history(merchant, channels, today), channels), task=DAYS)
    rows, firsts = payment_history(merchant, channels, today)
    return Past(rows, task=PAYMENT, extra={"firsts": firsts_json(firsts)})


def worth_of_new(past: Past) -> Worth | None:
    """A new model and what it is worth, written nowhere."""
    from apps.settlements.learning.teaching import teach  # noqa: PLC0415  scikit-learn: a second and 60 MB that no page needs

    return teach(past)


def _keep(merchant: Merchant, kind: str, taught: Worth, by: User | None, now: datetime) -> LearnedModel:
    parameters = taught.model.as_json()
    fingerprint = hashlib.sha256(json.dumps(parameters, sort_keys=True).encode()).hexdigest()
    newest = LearnedModel.objects.for_merchant(merchant).filter(kind=kind).order_by("-version").first()
    if newest and newest.fingerprint == fingerprint:
        if newest.is_on and not taught.passes:  # the same model, but what was held back has turned out otherwise
            let_go(one=newest, now=now, why="no_better")
        return measure_again(newest, taught, now)
    seen = taught.figures["trained"]
    one = LearnedModel(
        merchant=merchant, kind=kind, version=newest.version + 1 if newest else 1, trained_at=now, trained_by=by,
        trained_from=date.fromisoformat(seen["first"]), trained_to=date.fromisoformat(seen["last"]), rows=seen["rows"],
        positives=seen["positives"], parameters=parameters, fingerprint=fingerprint,
    )  # fmt: skip
    _measured(one, taught, now)
    one.save(force_insert=True)
    after = {"version": one.version, "score_ppm": one.score_ppm, "baseline_ppm": one.baseline_ppm, "passes": one.passes}
    record(merchant_id=merchant.pk, action="learned_model.trained", subject=one, by=by, now=now, after=after)
    return one


def measure_again(one: LearnedModel, worth: Worth, now: datetime) -> LearnedModel:
    """Writes what a version is worth now. One that is on and does not pass has to be let go by the caller first."""
    _measured(one, worth, now)
    one.save(update_fields=["measured_at", "score_ppm", "baseline_ppm", "figures", "checks", "passes"])
    return one


def _measured(one: LearnedModel, worth: Worth, now: datetime) -> None:
    own, plain = worth.scores
    one.measured_at, one.figures, one.checks = now, worth.figures, [check.as_json() for check in worth.checks]
    one.score_ppm, one.baseline_ppm, one.passes = round(own * WHOLE), round(plain * WHOLE), worth.passes


def _look_at_what_is_on(merchant: Merchant, kind: str, past: Past, new: LearnedModel | None, now: datetime) -> None:
    """Nobody is asked: advice that is no better than the plain guess is worse than none."""
    on = LearnedModel.objects.for_merchant(merchant).filter(kind=kind, is_on=True).first()
    if on is None or (new is not None and new.pk == on.pk and new.passes):
        return
    worth = worth_of(model_of(on), past)
    still = worth is not None and worth.passes
    if new is not None and new.pk != on.pk and new.passes and (not still or new.score_ppm >= round(worth.scores[0] * WHOLE)):
        take_over(old=on, new=new, now=now)
    elif not still:
        let_go(one=on, now=now, why="too_little" if worth is None else "no_better")
    if worth is not None:
        on.refresh_from_db()
        measure_again(on, worth, now)
