"""Suggestions: what probably belongs together where no exact rule says so. Frames in, ranked suggestions with their reasons out; no Django.

`suggest` looks at all open items at once and gives each to at most one suggestion; `rank` lists everything that could be, the best first.
"""

from apps.settlements.matching.suggesting.engine import rank, suggest
from apps.settlements.matching.suggesting.shapes import ITEMS, SIGNS, Evidence, Knowledge, Suggestion

__all__ = ["ITEMS", "SIGNS", "Evidence", "Knowledge", "Suggestion", "rank", "suggest"]
