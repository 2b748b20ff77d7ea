"""SWIFT files: MT940 statements, or the MT942 reports of the running day. No Django here."""

from apps.channels.banks import mt940, mt942
from apps.channels.contracts import FileRefused, ParsedBank, Refusal, StatementFile


def parse(file: StatementFile) -> ParsedBank:
    """Reads one file of either kind.

    :raises FileRefused: whatever is wrong with it; bad_format when it mixes both, since only one of them proves its sums.
    """
    if not file.data.strip():
        raise FileRefused(Refusal.EMPTY)
    blocks = mt940.blocks_of(file)
    reports = [mt942.is_report(block) for block in blocks]
    if not any(reports):
        return mt940.parse(file)
    if not all(reports):
        raise FileRefused(Refusal.BAD_FORMAT, row=blocks[reports.index(True)][0].row_no, reason="MT942, MT940")
    return mt942.parse(file, blocks)
