"""Delivered files as samples for the mapping page."""

from django.db.models import Q

from apps.channels.models import Channel
from apps.channels.selectors.sample_files import Sample
from apps.merchants.models import BankAccount
from apps.settlements.enums import StatementState
from apps.settlements.models import BankStatement, Statement

SHOWN = 8


def samples_for(owner: Channel | BankAccount) -> list[Sample]:
    """The owner's newest files, and those that nobody recognised; each bytes once."""
    nobody = Q(merchant=owner.merchant_id, channel=None, state=StatementState.REJECTED)
    if isinstance(owner, Channel):
        rows = list(Statement.objects.filter(Q(channel=owner) | nobody).order_by("-created_at", "-pk")[:SHOWN])
    else:
        rows = [
            *BankStatement.objects.filter(bank_account=owner).order_by("-created_at", "-pk")[:SHOWN],
            *Statement.objects.filter(nobody).order_by("-created_at", "-pk")[:SHOWN],
        ]
    found = {row.sha256: Sample(row.name, row.sha256, row.get_state_display()) for row in reversed(rows)}
    return list(reversed(found.values()))[:SHOWN]
