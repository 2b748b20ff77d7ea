"""The table of docs/files.md that says of every sample file what becomes of it, made from what the readers say.

`DJANGO_SETTINGS_MODULE=config.settings.test python -m tests.channels.sample_table FOLDER` writes it anew; a test keeps it true.
"""

import sys
from collections import defaultdict
from pathlib import Path

from apps.channels.banks.registry import parse_bank
from apps.channels.contracts import FileRefused, StatementFile
from tests.channels.test_shared_samples import PAYLOAD, SAMPLES, Bank, BankRefused, Read, Refused, statement_of

PAGE = Path(__file__).parents[2] / "docs" / "files.md"
START, END = "<!-- samples -->\n", "<!-- end of samples -->\n"
NAMES = {"csv": "mapped CSV", "mt940": "MT940", "camt053": "camt.053", "ofx": "OFX", "bai2": "BAI2"}


def table(folder: Path) -> str:
    """The rows of the table: statements and bank files one by one, messages between programs by folder."""
    rows, messages = ["| sample | read as | what becomes of it |", "| --- | --- | --- |"], defaultdict(list)
    for name in sorted(SAMPLES):
        place, _slash, file = name.partition("/")
        if SAMPLES[name] == PAYLOAD:
            messages[place].append(f"`{file}`")
        else:
            rows.append(f"| `{name}` | {' | '.join(_verdict(name, (folder / name).read_bytes(), SAMPLES[name]))} |")
    rows += [
        f"| {place}: {', '.join(files)} | — | no statement: a message between programs or a vector |" for place, files in messages.items()
    ]
    return "\n".join(rows) + "\n"


def _verdict(name: str, data: bytes, told) -> tuple[str, str]:
    try:
        match told:
            case Read():
                parsed = statement_of(name, data, told.provider, told.currency)
                return f"{told.provider}, {parsed.layout}", f"imported, {_lines(parsed.lines.height)}; {_totals(parsed.totals)}"
            case Refused():
                statement_of(name, data, told.provider)
            case Bank():
                bank = parse_bank(told.format, StatementFile(name, data, "UTC", told.currency, told.account, told.mapping))
                words = f"{_lines(bank.lines.height)}; {_totals(bank.totals)}"
                if bank.rejections:
                    return NAMES[told.format], f"refused: {len(bank.rejections)} row in another currency than the account's"
                return NAMES[told.format], f"imported, {words}{_breaks(bank.breaks)}"
            case BankRefused():
                parse_bank(told.format, StatementFile(name, data, "UTC", "USD"))
            case _:
                bank = parse_bank("camt053", StatementFile(name, data, "UTC", "SEK"))
                return "camt.054", f"imported early, {_lines(bank.lines.height)}; a notice has no totals"
    except FileRefused as refused:
        given = ", ".join(str(refused.params[key]) for key in ("found", "reason") if refused.params.get(key))
        return getattr(told, "provider", "") or NAMES[told.format], f"refused: {refused.code}{f' ({given})' if given else ''}"
    raise AssertionError(f"{name} is not refused")


def _lines(count: int) -> str:
    return f"{count} line{'' if count == 1 else 's'}"


def _totals(totals) -> str:
    wrong = sum(not total.agrees for total in totals)
    if not totals:
        return "no totals of its own"
    if len(totals) == 1:
        return "its total differs and is told" if wrong else "its total agrees"
    return f"{wrong} of {len(totals)} totals differ and are told" if wrong else f"all {len(totals)} totals agree"


def _breaks(breaks) -> str:
    return f"; {len(breaks)} break{'' if len(breaks) == 1 else 's'} in its running balance told" if breaks else ""


def page(folder: Path) -> str:
    """The page with the table as it should be."""
    text = PAGE.read_text(encoding="utf-8")
    head, rest = text.split(START)
    return head + START + table(folder) + END + rest.split(END)[1]


if __name__ == "__main__":
    PAGE.write_text(page(Path(sys.argv[1])), encoding="utf-8")
