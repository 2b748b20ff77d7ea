"""Loading a drop folder: the merchant, its books, statements and bank files, in the order in which they need each other."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from apps.channels.models import Channel
from apps.channels.services.merchant_file import load_merchant_file
from apps.core.errors import HezhangError
from apps.merchants.models import BankAccount, Merchant
from apps.orders.services.books import import_payments, import_refunds
from apps.settlements.errors import UnableToImport
from apps.settlements.services.intake import Imported, import_files, refresh_statistics

_BOOKS: dict[str, Callable] = {"payments.csv": import_payments, "refunds.csv": import_refunds}


def register_book(file_name: str, load: Callable) -> None:
    """Another of the shop's books that a later app reads: loaded after payments and refunds, before any statement.

    `load(merchant=, name=, data=, by=, now=)` returns counts as `rows_new`, `rows_changed`, `rows_same` and raises a HezhangError.
    """
    _BOOKS[file_name] = load


@dataclass
class DropReport:
    """What came of each file: (path, sentence). A refused file leaves nothing behind; the others are kept."""

    merchant: Merchant | None = None
    imported: list[dict] = field(default_factory=list)
    skipped: list[dict] = field(default_factory=list)
    refused: list[dict] = field(default_factory=list)


def load_drop(*, folder: Path, by, now: datetime, progress: Callable[[int, int, str], None] = lambda at, of, name: None) -> DropReport:
    """Loads a drop folder (blueprint §5). Files seen before are skipped; each file stands for itself.

    :raises HezhangError: when merchant.toml is missing or wrong, since nothing else can be placed then.
    """
    report = DropReport()
    report.merchant = load_merchant_file((folder / "merchant.toml").read_bytes(), by=by, now=now).merchant
    books = [(folder / name, load) for name, load in _BOOKS.items() if (folder / name).exists()]
    files = _files(folder / "statements", Channel.objects.for_merchant(report.merchant), report)
    files += _files(folder / "bank", BankAccount.objects.for_merchant(report.merchant).select_related("merchant"), report)
    count = len(books) + len(files)
    for at, (path, load) in enumerate(books):
        progress(at, count, path.name)
        _book(report, path.name, path, load, by, now)
    came = import_files(files=files, by=by, now=now)
    for at, (_owner, path) in enumerate(files, start=len(books)):
        place = path.relative_to(folder).as_posix()
        progress(at, count, place)
        _delivered(report, place, next(came))
    refresh_statistics(sum(item.get("new", 0) for item in report.imported))
    progress(count, count, "")
    return report


def _files(folder: Path, owners, report: DropReport) -> list[tuple]:
    """(owner, path) of every file below `folder`, by owner code; a folder that belongs to nobody is a refusal, not silence."""
    known, found = {owner.code: owner for owner in owners}, []
    for place in sorted(folder.iterdir()) if folder.is_dir() else []:
        if place.name.startswith("."):
            continue
        if place.name in known and place.is_dir():
            found += [(known[place.name], path) for path in sorted(place.iterdir()) if path.is_file() and path.name[0] != "."]
        else:
            sentence = f"{folder.name}/{place.name}: merchant.toml names nobody called {place.name}"
            report.refused.append({"file": f"{folder.name}/{place.name}", "code": "unknown_folder", "message": sentence, "rows": []})
    return found


def _book(report: DropReport, place: str, path: Path, load: Callable, by, now: datetime) -> None:
    try:
        result = load(merchant=report.merchant, name=path.name, data=path.read_bytes(), by=by, now=now)
    except HezhangError as error:
        _refused(report, place, error)
        return
    counts = {"new": result.rows_new, "changed": result.rows_changed, "same": result.rows_same}
    (report.imported if counts["new"] or counts["changed"] else report.skipped).append({"file": place, **counts})


def _delivered(report: DropReport, place: str, done: Imported | UnableToImport) -> None:
    if isinstance(done, UnableToImport):
        _refused(report, place, done)
        return
    if done.was_seen:
        report.skipped.append({"file": place})
        return
    wrong = [total["name"] for total in done.file.totals if total["stated"] != total["computed"]]
    report.imported.append({"file": place, "new": done.file.lines_new, "seen": done.file.lines_seen, "totals_differ": wrong})


def _refused(report: DropReport, place: str, error: HezhangError) -> None:
    rows = [
        {"row": r.row_no, "column": r.column, "code": str(r.code), "value": r.value} for r in list(getattr(error, "rejections", ()))[:20]
    ]
    report.refused.append({"file": place, "code": getattr(error, "code", ""), "message": str(error.message), "rows": rows})
