"""What providers and banks say, and what does not agree, by the file that declares it."""

from apps.settlements.models.accepted import AcceptedDifference
from apps.settlements.models.discrepancies import Discrepancy, DiscrepancyComment, ReconciliationRun
from apps.settlements.models.files import BankStatement, SourceFile, Statement
from apps.settlements.models.flows import FlowLine, FlowSighting
from apps.settlements.models.journal import JournalAccount, JournalEntry, JournalRun, Posting
from apps.settlements.models.learned import BankLineLabel, LearnedModel
from apps.settlements.models.lines import BankLine, BankLineSighting, LineSighting, StatementLine
from apps.settlements.models.matches import BankMatch, Match
from apps.settlements.models.payouts import Payout
from apps.settlements.models.replays import RuleReplay
from apps.settlements.models.second_signatures import SecondSignature
from apps.settlements.models.suggestions import LearnedSign, Suggestion

__all__ = [
    "AcceptedDifference",
    "BankLine",
    "BankLineLabel",
    "BankLineSighting",
    "BankMatch",
    "BankStatement",
    "Discrepancy",
    "DiscrepancyComment",
    "FlowLine",
    "FlowSighting",
    "JournalAccount",
    "JournalEntry",
    "JournalRun",
    "LearnedModel",
    "LearnedSign",
    "LineSighting",
    "Match",
    "Payout",
    "Posting",
    "ReconciliationRun",
    "RuleReplay",
    "SecondSignature",
    "SourceFile",
    "Statement",
    "StatementLine",
    "Suggestion",
]
