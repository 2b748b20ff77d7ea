"""Delivered files as pages show them: what waits, what came in, one file with its rows."""

from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.channels.banks.registry import bank_record
from apps.channels.contracts import FileRefused
from apps.channels.refusals import note_sentence, refusal_sentence, reject_sentence
from apps.channels.registry import statement_text
from apps.core import files
from apps.core.figures import count_text, money_text, names_text
from apps.core.ui import Chip
from apps.merchants.models import Merchant
from apps.settlements.enums import StatementLists, StatementState
from apps.settlements.models import BankLine, BankStatement, FlowLine, Statement, StatementLine

LANES: dict[str, type[Statement] | type[BankStatement]] = {"provider": Statement, "bank": BankStatement}
SHOWN_RECENT = 30
SHOWN_BREAKS = 10


@dataclass(frozen=True)
class FileRow:
    """One delivered file in a list."""

    pk: int
    lane: str
    name: str
    owner: str
    first_day: date | None
    last_day: date | None
    rows: int
    new: int
    chip: Chip
    problem: str
    state: str
    created_at: object


def lane_name(file: Statement | BankStatement) -> str:
    """`provider` or `bank`, as addresses name it."""
    return "bank" if isinstance(file, BankStatement) else "provider"


def owner_of(file: Statement | BankStatement):
    """The channel or bank account a file belongs to; None for one nobody recognised."""
    return file.bank_account if isinstance(file, BankStatement) else file.channel


def files_of(merchant: Merchant, states: list[str], limit: int = SHOWN_RECENT) -> list[FileRow]:
    """The newest files in these states, of both lanes."""
    found = [
        *Statement.objects.for_merchant(merchant).filter(state__in=states).select_related("channel").order_by("-created_at", "-pk")[:limit],
        *BankStatement.objects.for_merchant(merchant)
        .filter(state__in=states)
        .select_related("bank_account")
        .order_by("-created_at", "-pk")[:limit],
    ]
    found.sort(key=lambda file: (file.created_at, file.pk), reverse=True)
    return [file_row(file) for file in found[:limit]]


def file_row(file: Statement | BankStatement) -> FileRow:
    """A file as a list shows it; the problem is a sentence or empty."""
    owner, wrong = owner_of(file), wrong_totals(file)
    return FileRow(
        file.pk,
        lane_name(file),
        file.name,
        str(owner) if owner else "",
        file.first_day,
        file.last_day,
        file.rows_in,
        file.lines_new,
        _chip(file, bool(wrong) or bool(breaks_of(file))),
        refusal_of(file)
        or (_("Its own totals differ: %(names)s") % {"names": names_text(total["name"] for total in wrong)} if wrong else ""),
        file.state,
        file.created_at,
    )


def _chip(file: Statement | BankStatement, differs: bool) -> Chip:
    match file.state:
        case StatementState.REJECTED:
            return Chip(_("Cannot be imported"), "red")
        case StatementState.PARSED:
            return Chip(_("Can be imported, a difference will be noted"), "amber") if differs else Chip(_("Can be imported"))
        case StatementState.POSTED:
            return Chip(_("Imported, totals differ"), "amber") if differs else Chip(_("Imported"))
        case _:
            return Chip(file.get_state_display(), "outline")


def refusal_of(file: Statement | BankStatement) -> str:
    """Why the file was refused, in the reader's language; empty for one that was not."""
    return str(refusal_sentence(file.refusal, file.refusal_params)) if file.refusal else ""


def wrong_totals(file: Statement | BankStatement) -> list[dict]:
    """The totals the file states that its rows do not reach."""
    return [total for total in file.totals if total["stated"] != total["computed"]]


def totals_of(file: Statement | BankStatement) -> list[tuple[str, str, str, bool]]:
    """(name, sum of the rows, what the file states, agrees) of every total the file carries."""
    owner = owner_of(file)
    currency = owner.currency if owner else file.merchant.currency

    def shown(value: int, unit: str) -> str:
        return count_text(value) if unit == "count" else money_text(value, currency)

    return [(t["name"], shown(t["computed"], t["unit"]), shown(t["stated"], t["unit"]), t["stated"] == t["computed"]) for t in file.totals]


def rejected_rows(file: Statement | BankStatement) -> list[tuple[int, str, str]]:
    """(row, column, sentence) of each row that could not be read."""
    return [(row, column, reject_sentence(code, column=column, value=value)) for row, code, column, value in file.rejections]


def is_flow(file: Statement | BankStatement) -> bool:
    """Whether the file lists movements of a balance at the provider."""
    return isinstance(file, Statement) and file.lists == StatementLists.MOVEMENTS


def balances_of(file: Statement | BankStatement) -> list[tuple[str, str]]:
    """(label, figure) of the opening and closing balance; empty where the file has none."""
    if file.opening_minor is None or file.closing_minor is None:
        return []
    currency = owner_of(file).currency
    named = ((_("Opening balance"), file.opening_minor), (_("Closing balance"), file.closing_minor))
    return [(label, money_text(minor, currency)) for label, minor in named]


def lines_of(file: Statement | BankStatement) -> QuerySet:
    """The rows a posted file brought, in the order of the file."""
    model = BankLine if isinstance(file, BankStatement) else FlowLine if is_flow(file) else StatementLine
    lines = model.objects.for_merchant(file.merchant_id).filter(statement=file, is_live=True)
    return lines.filter(pk__range=(file.lines_from, file.lines_to)) if isinstance(file, Statement) and file.lines_from else lines


def raw_row(file: Statement | BankStatement, row_no: int) -> str:
    """A row as delivered, read from the kept bytes; empty where the file or row cannot be shown."""
    try:
        data = files.read(file.sha256)
        if isinstance(file, BankStatement):
            return bank_record(file.bank_account.format, data, file.bank_account.mapping, row_no)
        lines = statement_text(file.channel.provider, file.name, data).splitlines()
    except (FileNotFoundError, FileRefused, UnicodeDecodeError, KeyError):
        return ""
    return lines[row_no - 1] if 0 < row_no <= len(lines) else ""


def breaks_of(file: Statement | BankStatement) -> list[int]:
    """Rows of a bank's file or an account flow at which the balances do not follow."""
    return file.breaks


def notes_of(file: Statement | BankStatement) -> list[str]:
    """What a bank's file holds that was left out, and where its balances do not follow, as sentences."""
    of_bank = isinstance(file, BankStatement)
    found = [note_sentence(code, count, text) for code, count, text in file.notes] if of_bank else []
    if of_bank and not file.is_final:
        found.insert(0, _("A report of the running day or of single bookings: the bank's statement of these days takes its place."))
    if file.breaks:
        rows = ", ".join(str(row) for row in file.breaks[:SHOWN_BREAKS])
        more = " …" if len(file.breaks) > SHOWN_BREAKS else ""
        found.append(_("The balances do not follow at row %(rows)s.") % {"rows": rows + more})
    return found
