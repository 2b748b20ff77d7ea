"""The page of learned models: what each is worth beside the plain guess, why it is on or off, what it looks at, and its versions."""

from dataclasses import dataclass, field
from datetime import date
from math import exp

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.channels.models import Channel
from apps.core.figures import count_text, percent_text, span_text
from apps.core.models import OPEN_JOB_STATES, Job
from apps.core.ui import Chip
from apps.merchants.models import Merchant
from apps.settlements.enums import BankLineKind, JobKind, ModelKind
from apps.settlements.learning.memos import MemoModel
from apps.settlements.learning.scorecards import Scorecard
from apps.settlements.models import LearnedModel
from apps.settlements.selectors.learned import model_of
from apps.settlements.selectors.learned_words import check_words, reason_words

SIGNS, WORDS = 8, 4
LEAST_POINTS = 0.1  # what moves the odds by less than a tenth is not worth a line


@dataclass(frozen=True)
class Look:
    """One thing that a model looks at, and how often rows with it differ beside the average one."""

    text: str
    times: str


@dataclass(frozen=True)
class ModelCard:
    """One kind of model. `shown` is the version that is on, else the newest; None: never trained."""

    kind: str
    title: str
    purpose: str
    baseline: str
    shown: LearnedModel | None
    chip: Chip
    sentences: list[str]
    facts: list[tuple[str, str]] = field(default_factory=list)
    why_off: list[str] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    versions: list[LearnedModel] = field(default_factory=list)
    can_switch_on: bool = False


def model_cards(merchant: Merchant) -> list[ModelCard]:
    """A card a kind. Two queries, and one for each version whose parameters this process has not read yet."""
    rows = LearnedModel.objects.for_merchant(merchant).defer("parameters").select_related("trained_by", "switched_by")
    by_kind: dict[str, list[LearnedModel]] = {}
    for row in rows.order_by("-version"):
        by_kind.setdefault(row.kind, []).append(row)
    labels = {str(pk): label for pk, label in Channel.objects.for_merchant(merchant).values_list("pk", "label")}
    return [_card(kind, by_kind.get(kind, []), labels) for kind in ModelKind.values]


def training_job(merchant: Merchant) -> Job | None:
    """The training that waits or runs."""
    rows = Job.objects.for_merchant(merchant).filter(kind=JobKind.LEARN, state__in=OPEN_JOB_STATES)
    return rows.order_by("-pk").first()


def _card(kind: str, versions: list[LearnedModel], labels: dict[str, str]) -> ModelCard:
    purpose, baseline = _purpose(kind)
    common = {"kind": kind, "title": str(ModelKind(kind).label), "purpose": purpose, "baseline": baseline}
    if not versions:
        text = _("Not trained yet, or there was too little to learn from: about three months with some differences are needed.")
        return ModelCard(**common, shown=None, chip=Chip(_("off"), "outline"), sentences=[text])
    shown = next((one for one in versions if one.is_on), versions[0])
    failing = [check for check in shown.checks if not check["holds"]]
    return ModelCard(
        **common,
        shown=shown,
        chip=Chip(_("on"), "green") if shown.is_on else Chip(_("off"), "outline"),
        sentences=_sentences(shown),
        facts=_facts(shown),
        why_off=[check_words(check) for check in failing],
        looks=_looks(shown, labels),
        versions=versions,
        can_switch_on=not shown.is_on and shown.passes,
    )


def _purpose(kind: str) -> tuple[str, str]:
    """What a kind is for, and what it is measured against."""
    return {
        ModelKind.RISK_DAY: (
            _("Says which days of which channel to look at first, while their money is still on its way."),
            _("the channel's rate of differences so far"),
        ),
        ModelKind.RISK_PAYMENT: (
            _("Says on the story of an order how often payments like it turned out to differ, and why."),
            _("the rate of the channel and the payment method so far"),
        ),
        ModelKind.MEMO_TYPE: (
            _("Proposes what a bank line is, by its memo. It learns from what is tied and from what people say."),
            _("the channels' keywords and a few usual words"),
        ),
    }[ModelKind(kind)]


def _sentences(one: LearnedModel) -> list[str]:
    """What it is worth, as somebody would tell it."""
    figures = one.figures
    if one.kind == ModelKind.MEMO_TYPE:
        text = ngettext(
            "Of %(rows)s held-back line it named %(own)s rightly; the plain rules %(plain)s.",
            "Of %(rows)s held-back lines it named %(own)s rightly; the plain rules %(plain)s.",
            figures["held"]["rows"],
        )
        right = figures["right"]
        named = {"own": count_text(right["own"]), "plain": count_text(right["plain"])}
        return [text % {"rows": count_text(figures["held"]["rows"]), **named}]
    looks = figures["first_looks"]
    text = (
        _("Of %(rows)s held-back days %(positives)s had a difference.")
        if one.kind == ModelKind.RISK_DAY
        else _("Of %(rows)s held-back payments %(positives)s had a difference.")
    )
    found = _("Looking at the %(looks)s it puts first finds %(own)s of them; by the plain guess %(plain)s.")
    rows = {"rows": count_text(figures["held"]["rows"]), "positives": count_text(figures["held"]["positives"])}
    named = {"own": count_text(round(looks["own"])), "plain": count_text(round(looks["plain"]))}
    return [text % rows, found % {"looks": count_text(looks["looks"]), **named}]


def _facts(one: LearnedModel) -> list[tuple[str, str]]:
    trained, held = one.figures["trained"], one.figures["held"]
    score = _("Macro F1") if one.kind == ModelKind.MEMO_TYPE else _("Average precision")
    beside = _("%(own)s, the plain guess %(plain)s") % {"own": percent_text(one.score_ppm, 1), "plain": percent_text(one.baseline_ppm, 1)}
    facts = [
        (_("Learned from"), _rows(trained)),
        (_("Measured on"), _rows(held)),
        (score, beside),
    ]
    if "log_loss" in one.figures:
        loss = one.figures["log_loss"]
        facts.append((_("Log loss, less is better"), f"{loss['own']:.4f} / {loss['plain']:.4f}"))
    facts.append((_("Chance does as well in"), percent_text(round(one.figures["chance"] * 1_000_000), 1)))
    facts.append((_("Better in resampled pasts"), percent_text(round(one.figures["wins"] * 1_000_000), 1)))
    return facts


def _rows(part: dict) -> str:
    days = span_text(date.fromisoformat(part["first"]), date.fromisoformat(part["last"])) if part["first"] else "—"
    return _("%(rows)s rows, %(days)s") % {"rows": count_text(part["rows"]), "days": days}


def _looks(one: LearnedModel, labels: dict[str, str]) -> list[Look]:
    model = model_of(one)
    if isinstance(model, MemoModel):
        return [Look(" · ".join(words), str(BankLineKind(kind).label)) for kind, words in model.strongest(WORDS) if words]
    return [Look(reason_words(sign.facet, sign.value, labels), _times(sign.points)) for sign in _strongest(model)]


def _strongest(card: Scorecard):
    return [sign for sign in card.strongest(SIGNS) if abs(sign.points) >= LEAST_POINTS]


def _times(points: float) -> str:
    """`× 3.2`: the odds beside the average row's."""
    return f"× {max(exp(points), 0.1):.1f}"
