"""A refused file beside the files before it: which column is which, what has changed in the figures, and what can be done."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from apps.channels.contracts import Refusal
from apps.channels.mapped import spec
from apps.channels.mapped.sniffing import side_by_side
from apps.channels.models import Channel
from apps.channels.refusals import FINDINGS
from apps.channels.registry import is_mapped
from apps.channels.selectors.sample_files import Sample, token_of
from apps.core.figures import money_text
from apps.merchants.enums import BankFormat
from apps.merchants.models import BankAccount
from apps.settlements.enums import StatementState
from apps.settlements.models import BankStatement, Statement
from apps.settlements.selectors.files import owner_of

COLUMNS_CHANGED = (Refusal.OTHER_LAYOUT, Refusal.LAYOUT_CHANGED)
MONEY_FINDINGS = ("scale", "books_scale")


@dataclass(frozen=True, slots=True)
class ColumnPair:
    """One column then and now. `state`: same, renamed, gone, new."""

    old: str
    new: str
    is_used: bool = False

    @property
    def state(self) -> str:
        if self.old and self.new:
            return "same" if self.old == self.new else "renamed"
        return "gone" if self.old else "new"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is unlike before, with the figure then and now."""

    sentence: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class Change:
    """Why a file was stopped, side by side. `can_follow` when its owner's mapping can take the new names."""

    pairs: list[ColumnPair] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    is_mapped: bool = False

    @property
    def differing(self) -> list[ColumnPair]:
        return [pair for pair in self.pairs if pair.state != "same"]

    @property
    def same_count(self) -> int:
        return len(self.pairs) - len(self.differing)


@dataclass(frozen=True, slots=True)
class Door:
    """A channel or account whose mapping a file can be tried on."""

    owner: Channel | BankAccount
    lane: str
    token: str


def change_of(file: Statement | BankStatement) -> Change | None:
    """None for a file that was not stopped for looking unlike those before."""
    owner = owner_of(file)
    if owner is None or file.refusal not in (*COLUMNS_CHANGED, Refusal.VALUES_CHANGED):
        return None
    params = file.refusal_params
    if file.refusal == Refusal.VALUES_CHANGED:
        return Change(findings=[_finding(one, owner.currency) for one in params.get("findings", [])], is_mapped=is_mapped_owner(owner))
    used = used_columns(owner)
    old = header_before(file) or used or list(params.get("missing", []))
    pairs = [ColumnPair(one, other, one in used) for one, other in side_by_side(old, list(params.get("found", [])))]
    return Change(pairs=pairs, is_mapped=is_mapped_owner(owner))


def is_mapped_owner(owner: Channel | BankAccount) -> bool:
    return is_mapped(owner.provider) if isinstance(owner, Channel) else owner.format == BankFormat.CSV


def used_columns(owner: Channel | BankAccount) -> list[str]:
    return spec.columns(owner.mapping, spec.CHANNEL if isinstance(owner, Channel) else spec.BANK)


def doors_of(file: Statement | BankStatement) -> list[Door]:
    """The mapping pages on which a refused file can be shown: its owner's, or, for one that nobody recognised, all there are."""
    owner = owner_of(file)
    owners = [owner] if owner else [*file.merchant.channels.order_by("code"), *file.merchant.bank_accounts.order_by("code")]
    token = token_of(file.merchant, Sample(file.name, file.sha256))
    return [Door(one, "channel" if isinstance(one, Channel) else "bank", token) for one in owners if is_mapped_owner(one)]


def header_before(file: Statement | BankStatement) -> list[str]:
    """The columns of the newest accepted file of the same owner; none where nothing was accepted yet."""
    lane = "channel" if isinstance(file, Statement) else "bank_account"
    if getattr(file, f"{lane}_id") is None:
        return []
    rows = type(file).objects.filter(**{f"{lane}_id": getattr(file, f"{lane}_id")}, state=StatementState.POSTED).exclude(profile={})
    profile = rows.order_by("-pk").values_list("profile", flat=True).first() or {}
    return profile.get("header") or []


def _finding(told: dict, currency: str) -> Finding:
    def shown(figure) -> str:
        if told["code"] in MONEY_FINDINGS and isinstance(figure, int):
            return money_text(figure, currency)
        return _("%(number)s days") % {"number": figure} if told["code"] == "days" else str(figure)

    return Finding(str(FINDINGS.get(told["code"], told["code"])), shown(told["was"]), shown(told["now"]))
