"""What bank lines are: known, or proposed by the model of memos while it is on."""

from dataclasses import dataclass

from apps.core.figures import percent_text
from apps.merchants.models import Merchant
from apps.settlements.enums import BankLineKind, ModelKind
from apps.settlements.learning.memos import MemoModel
from apps.settlements.models import BankLine
from apps.settlements.selectors.learned import model_of, model_on

LEAST_SURE = 0.6  # below that nothing is proposed


@dataclass(frozen=True, slots=True)
class LineKind:
    """`kind` is what is known of the line (`by_person` or tied), empty where nothing is; `proposed` what the model takes it for."""

    kind: str = ""
    by_person: bool = False
    proposed: str = ""
    sure: str = ""
    words: str = ""

    @property
    def is_tied(self) -> bool:
        """Known by its tie or transfer, so that nobody needs to say it."""
        return bool(self.kind) and not self.by_person

    @property
    def label(self) -> str:
        return str(BankLineKind(self.kind).label) if self.kind else ""

    @property
    def proposed_label(self) -> str:
        return str(BankLineKind(self.proposed).label) if self.proposed else ""


def memo_model(merchant: Merchant) -> MemoModel | None:
    """The model of memos that is on. One query, and one more the first time this process meets it."""
    row = model_on(merchant, ModelKind.MEMO_TYPE)
    return model_of(row) if row else None


def kind_of(line: BankLine, model: MemoModel | None) -> LineKind:
    """Needs `known_kind` and `named_kind` of `past_memos.typed`."""
    if line.known_kind:
        return LineKind(line.known_kind, by_person=bool(line.named_kind))
    said = model.say(line.memo or line.reference, line.amount_minor >= 0) if model else None
    if said is None or said.probability < LEAST_SURE:
        return LineKind()
    sure = percent_text(round(said.probability * 1_000_000), 0)
    return LineKind(proposed=said.kind, sure=sure, words=" · ".join(said.words))
