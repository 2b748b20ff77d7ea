"""The first steps of a shop that has nothing yet."""

from dataclasses import dataclass

from apps.merchants.models import Merchant
from apps.orders.models import BookImport, Payment
from apps.settlements.models import ReconciliationRun, Statement


@dataclass(frozen=True, slots=True)
class Setup:
    """Which of the three steps are done."""

    has_statements: bool
    has_books: bool
    has_run: bool

    @property
    def is_empty(self) -> bool:
        """Neither side of the books is here, so there is nothing to show."""
        return not (self.has_books and self.has_statements)


def setup_of(merchant: Merchant) -> Setup:
    """Three queries that stop at the first row."""
    return Setup(
        has_statements=Statement.objects.for_merchant(merchant).filter(state="posted").exists(),
        has_books=BookImport.objects.for_merchant(merchant).exists() or Payment.objects.for_merchant(merchant).exists(),
        has_run=ReconciliationRun.objects.for_merchant(merchant).exists(),
    )
