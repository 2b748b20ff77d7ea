"""Walks chains and says what does not fit. Pure: rows come from the database or from an export, see `reading` and `exporting`."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from apps.audit.chain import CONTENT, ZERO, checkpoint_bytes, content_hash, link_hash
from apps.audit.signing import is_signed

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
MOST_BREAKS = 20  # named for each chain


@dataclass(frozen=True, slots=True)
class Break:
    """One place where a chain does not hold. `seq` and `event_id` are as stored, None where there is no such row."""

    chain_id: int
    seq: object
    event_id: object
    why: str

    def __str__(self):
        number = "" if self.event_id is None else f" (id {self.event_id})"
        return f"chain {self.chain_id}, event {self.seq}{number}: {self.why}"


@dataclass(slots=True)
class ChainFacts:
    """One chain to verify. `end` is (seq, hash) of the stored end; rows are dicts with every column of an event, by `seq`, then `id`.

    Moments are texts as `chain.moment_text` writes them. `damage` of a row, where set, says what is wrong with how it is stored.
    """

    chain_id: int
    end: tuple[int, str] | None
    checkpoints: list[dict]
    rows: Iterable[dict]


@dataclass(slots=True)
class ChainReport:
    """What was found in one chain; `breaks` in the order of the chain, the checkpoints' among them."""

    chain_id: int
    events: int = 0
    checkpoints: int = 0
    last_hash: str = ZERO
    breaks: list[Break] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return not self.breaks


def verify_chain(facts: ChainFacts, trusted: frozenset[str]) -> ChainReport:
    """Every event's content, place and link, the end, and every checkpoint by its signature and hash."""
    report = ChainReport(facts.chain_id)
    points, wanted = _check_signatures(facts, trusted, report)
    expected, prev = 1, ZERO
    for row in facts.rows:
        report.events += 1
        seq = row["seq"]
        if type(seq) is not int:
            _add(report, row, "it has no place in the chain")
            continue
        if seq > expected:
            gap = f"{expected}" if seq == expected + 1 else f"{expected} to {seq - 1}"
            report.breaks.append(Break(facts.chain_id, expected, None, f"missing: {gap}"))
            prev = None  # unknown: only what the row itself says can be checked
        elif seq < expected:
            _add(report, row, "a second event in this place")
        for why in _faults(row, facts.chain_id, prev):
            _add(report, row, why)
        if seq in wanted and wanted[seq] != row["hash"]:
            _add(report, row, "a signed checkpoint says that another event stood here")
        expected, prev = max(expected, seq + 1), row["hash"]
    _check_end(facts, report, expected - 1, prev or ZERO, points)
    report.last_hash = prev or ZERO
    del report.breaks[MOST_BREAKS:]
    return report


def _add(report: ChainReport, row: dict, why: str) -> None:
    report.breaks.append(Break(report.chain_id, row["seq"], row["id"], why))


def _faults(row: dict, chain_id: int, prev: str | None) -> Iterator[str]:
    if row.get("damage"):
        yield row["damage"]
        return
    if (row["merchant_id"] or 0) != chain_id:
        yield "it belongs to another chain"
    if not isinstance(row["happened_at"], str) or not MOMENT.fullmatch(row["happened_at"]):
        yield "its time is not written as times are"
    try:
        sealed = content_hash({name: row[name] for name in CONTENT})
    except (TypeError, ValueError, UnicodeEncodeError):
        sealed = ""
    if sealed != row["content_hash"]:
        yield "its content is not what was recorded"
    if prev is not None and row["prev_hash"] != prev:
        yield "it does not continue the event before it"
    if link_hash(row["prev_hash"], row["seq"], row["id"], row["content_hash"]) != row["hash"]:
        yield "its hash does not fit"


def _check_signatures(facts: ChainFacts, trusted: frozenset[str], report: ChainReport) -> tuple[list[dict], dict[int, str]]:
    """The checkpoints that are signed as they should be, and the hash each demands at its place."""
    good = []
    for point in facts.checkpoints:
        report.checkpoints += 1
        message = checkpoint_bytes(facts.chain_id, point["day"], point["seq"], point["hash"], point["made_at"])
        why = ""
        if not is_signed(message, point["signature"], point["public_key"]):
            why = f"the signature of the checkpoint of {point['day']} does not fit"
        elif point["public_key"] not in trusted:
            why = f"the checkpoint of {point['day']} was signed with a key that is not trusted here: {point['public_key']}"
        if why:
            report.breaks.append(Break(facts.chain_id, point["seq"], None, why))
        else:
            good.append(point)
    return good, {point["seq"]: point["hash"] for point in good}


def _check_end(facts: ChainFacts, report: ChainReport, last: int, last_hash: str, points: list[dict]) -> None:
    end = max([(point["seq"], point["hash"]) for point in points] + ([facts.end] if facts.end else []), default=(0, ZERO))
    if facts.end is None and report.events:
        report.breaks.append(Break(facts.chain_id, last, None, "the stored end of the chain is missing"))
    elif end[0] > last:
        report.breaks.append(Break(facts.chain_id, last + 1, None, f"missing: the chain ends at {end[0]}, not at {last}"))
    elif facts.end and facts.end != (last, last_hash):
        report.breaks.append(Break(facts.chain_id, last, None, f"the stored end of the chain is {facts.end[0]} and its hash another"))
