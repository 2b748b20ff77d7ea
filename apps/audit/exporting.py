"""A chain as lines of JSON that verify without the database: a head, then for each chain its end, its checkpoints and its events."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from apps.audit import reading
from apps.audit.chain import moment_text
from apps.audit.signing import public_key
from apps.audit.verifying import ChainFacts

FORMAT = "hezhang-audit-v1"


class NotAnExport(Exception):
    """A file that is no export of a chain, or whose lines are out of order."""


def event_line(row: dict) -> str:
    return _line({"type": "event", **{name: row[name] for name in reading.COLUMNS}})


def chain_lines(chain_ids: Iterable[int], *, now: datetime) -> Iterator[str]:
    """The export, line by line; constant memory."""
    yield _line({"type": "head", "format": FORMAT, "exported_at": moment_text(now), "public_key": public_key()})
    for chain_id in chain_ids:
        facts = reading.chain_facts(chain_id)
        end = {"seq": facts.end[0], "hash": facts.end[1]} if facts.end else {"seq": None, "hash": None}
        yield _line({"type": "chain", "chain_id": chain_id, **end})
        yield from (_line({"type": "checkpoint", **point}) for point in facts.checkpoints)
        yield from (event_line(row) for row in facts.rows)


def _line(values: dict) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")) + "\n"


@dataclass(slots=True)
class _Lines:
    """Numbers the chains, so that the lines after a chain's own belong to it."""

    chain: int = 0

    def part(self, line: dict) -> int:
        self.chain += line["type"] == "chain"
        return self.chain


def read_chains(lines: Iterable[str]) -> Iterator[ChainFacts]:
    """The chains of an export, each to be consumed before the next is asked for.

    :raises NotAnExport: for anything else.
    """
    parsed = _parse(lines)
    head = next(parsed, None)
    if head is None or head.get("type") != "head" or head.get("format") != FORMAT:
        raise NotAnExport("the first line does not say that this is an export of an audit chain")
    for _number, part in groupby(parsed, _Lines().part):
        yield _facts(part)


def _facts(part: Iterator[dict]) -> ChainFacts:
    first = next(part)
    if first["type"] != "chain":
        raise NotAnExport("an event before the line of its chain")
    points, rest = [], None
    for line in part:
        if line["type"] != "checkpoint":
            rest = line
            break
        points.append(line)
    try:
        end = None if first["seq"] is None else (first["seq"], first["hash"])
        return ChainFacts(first["chain_id"], end, points, _events(rest, part))
    except KeyError as error:
        raise NotAnExport(f"a line of a chain without {error}") from None


def _events(first: dict | None, others: Iterator[dict]) -> Iterator[dict]:
    for line in [first] if first else []:
        yield _event(line)
    for line in others:
        yield _event(line)


def _event(line: dict) -> dict:
    missing = [name for name in reading.COLUMNS if name not in line]
    if line["type"] != "event" or missing:
        raise NotAnExport(f"a line that is no event, or lacks {', '.join(missing)}")
    return line


def _parse(lines: Iterable[str]) -> Iterator[dict]:
    for number, line in enumerate(lines, start=1):
        try:
            values = json.loads(line)
            values["type"]
        except (ValueError, TypeError, KeyError):
            raise NotAnExport(f"line {number} is not one of an export") from None
        yield values
