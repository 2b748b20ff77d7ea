"""Models that are on, ready to be asked. Parsed once a process: a version never changes, and its fingerprint tells versions apart."""

from functools import lru_cache

from apps.merchants.models import Merchant
from apps.settlements.enums import ModelKind
from apps.settlements.learning.memos import MemoModel
from apps.settlements.learning.scorecards import Scorecard
from apps.settlements.models import LearnedModel

KEPT = 64  # parsed models a process


def model_on(merchant: Merchant, kind: str) -> LearnedModel | None:
    """The version that is on, without its parameters. One query."""
    return LearnedModel.objects.for_merchant(merchant).filter(kind=kind, is_on=True).defer("parameters", "figures", "checks").first()


def model_of(row: LearnedModel) -> Scorecard | MemoModel:
    """What a version has learned; one query for the first who asks, none after."""
    return _parsed(row.pk, row.fingerprint, row.kind)


@lru_cache(maxsize=KEPT)
def _parsed(pk: int, fingerprint: str, kind: str) -> Scorecard | MemoModel:
    kept = LearnedModel.objects.filter(fingerprint=fingerprint).values_list("parameters", flat=True).get(pk=pk)
    return MemoModel.from_json(kept) if kind == ModelKind.MEMO_TYPE else Scorecard.from_json(kept)
