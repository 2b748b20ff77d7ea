"""Taking a practice merchant away again, whole. Real merchants are never deleted: their rows of money are protected."""

from django.apps import apps
from django.db import connection, models

from apps.core import triggers
from apps.merchants.models import Merchant

STAYING = (
    "refund_decision_stays",
    "refund_request_stays",
    "journal_account_stays",
    "journal_entry_stays",
    "posting_stays",
)  # what keeps a single row from being taken away


def delete_merchant(merchant: Merchant) -> None:
    """Deletes a merchant and every row that belongs to it, table by table, without loading a row.

    Rows that hang on a deleted row without naming the merchant themselves (sightings of bank lines) go by their parent. The audit
    trail stays: nothing takes an event away, and history outlives its subjects.
    """
    with triggers.without(*STAYING), connection.cursor() as cursor:
        for model in reversed(_parents_first()):
            owned, params = _owned(model, merchant.pk)
            if owned:
                cursor.execute(f"DELETE FROM {_quoted(model)} WHERE {owned}", params)  # noqa: S608  names from our own models


def _parents_first() -> list[type[models.Model]]:
    """Our models, each after those it points to; foreign keys in a circle are checked at commit."""
    ordered: list[type[models.Model]] = []

    def visit(model: type[models.Model], path: tuple) -> None:
        if model in ordered or model in path or not model.__module__.startswith("apps.") or model._meta.app_label == "audit":
            return
        for field in model._meta.concrete_fields:
            if field.remote_field:
                visit(field.remote_field.model, (*path, model))
        ordered.append(model)

    for model in apps.get_models():
        visit(model, ())
    return ordered


def _owned(model: type[models.Model], merchant_id: int) -> tuple[str, list]:
    """A condition for the rows of this merchant, or nothing when the table holds none."""
    fields = {field.attname: field for field in model._meta.concrete_fields}
    if model is Merchant:
        return "id = %s", [merchant_id]
    if "merchant_id" in fields:
        return "merchant_id = %s", [merchant_id]
    for field in fields.values():
        parent = field.remote_field and field.remote_field.model
        if parent and any(one.attname == "merchant_id" for one in parent._meta.concrete_fields):
            inside = f"SELECT id FROM {_quoted(parent)} WHERE merchant_id = %s"  # noqa: S608
            return f"{connection.ops.quote_name(field.column)} IN ({inside})", [merchant_id]
    return "", []


def _quoted(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)
