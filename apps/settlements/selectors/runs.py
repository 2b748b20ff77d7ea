"""What reconciliation has looked at, and what came since."""

from django.db.models import F, Max, OuterRef, Q, Subquery

from apps.merchants.models import Merchant
from apps.orders.models import BookImport
from apps.settlements.models import ReconciliationRun


def merchants_with_newer_books() -> list[int]:
    """Merchants whose books changed after their last pass over all channels began; those never reconciled included."""
    newest = BookImport.objects.filter(merchant_id=OuterRef("pk")).filter(Q(rows_new__gt=0) | Q(rows_changed__gt=0))
    newest = newest.order_by().values("merchant_id").annotate(at=Max("created_at")).values("at")
    passed = ReconciliationRun.objects.filter(merchant_id=OuterRef("pk"), channel=None).order_by()
    passed = passed.values("merchant_id").annotate(at=Max("started_at")).values("at")
    known = Merchant.objects.annotate(books_at=Subquery(newest), passed_at=Subquery(passed)).filter(books_at__isnull=False)
    return list(known.filter(Q(passed_at=None) | Q(passed_at__lt=F("books_at"))).values_list("pk", flat=True))
