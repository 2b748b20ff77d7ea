"""One proof: what is claimed, how much was looked at, and where it fails."""

from dataclasses import dataclass, field

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Proof:
    """`checked` counts what was looked at; `faults` name the first places where it fails, of `failed` in all."""

    code: str
    statement: str
    checked: int
    failed: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return self.failed == 0
