"""Proven links: a line and what it is about, a payout and the bank line that carries it."""

from django.db import models
from django.db.models import Q

from apps.channels.models import Channel
from apps.core.scoping import TenantQuerySet
from apps.merchants.models import Merchant, User
from apps.orders.models import Payment, Refund
from apps.settlements.enums import Rule
from apps.settlements.models.keys import loose
from apps.settlements.models.lines import BankLine, StatementLine
from apps.settlements.models.payouts import Payout


class Match(models.Model):
    """A proven link between a line and our payment or refund, with the rule that made it. A link claims both sides.

    Never updated in bulk: "matched" is derived from a live row here. An undone link keeps its row with `voided_at`; one that a
    person undid (`voided_by`) is not made again by rule.
    """

    merchant = loose(Merchant, db_index=False)
    channel = loose(Channel, db_index=False)
    line = loose(StatementLine, db_index=False)
    payment = loose(Payment, null=True, db_index=False)
    refund = loose(Refund, null=True, db_index=False)
    slot = models.SmallIntegerField(default=0)  # 0 for one to one; counts the lines that share a payment or refund
    line_slot = models.SmallIntegerField(default=0)  # counts the payments that share a line
    rule = models.CharField(max_length=16, choices=Rule.choices)
    amount_minor = models.BigIntegerField()  # signed, as the line
    # Even a key that is null costs a deferred check a row.
    made_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False, db_constraint=False)
    voided_at = models.DateTimeField(null=True)
    voided_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False, db_constraint=False)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line", "line_slot"], condition=Q(voided_at=None), name="match_line_once"),
            models.UniqueConstraint(
                fields=["payment", "slot"], condition=Q(voided_at=None, payment__isnull=False), name="match_payment_once"
            ),
            models.UniqueConstraint(fields=["refund", "slot"], condition=Q(voided_at=None, refund__isnull=False), name="match_refund_once"),
            models.CheckConstraint(condition=Q(payment__isnull=True) ^ Q(refund__isnull=True), name="match_one_side"),
        ]
        indexes = [  # what people paired or parted, among a million pairs by rule
            models.Index(fields=["channel", "id"], condition=Q(rule="manual"), name="match_by_hand"),
            models.Index(fields=["channel", "id"], condition=Q(voided_by__isnull=False), name="match_undone"),
        ]

    def __str__(self):
        return f"{self.rule} {self.line_id}"


class BankMatch(models.Model):
    """A bank line carries a payout, or a part of it; or a payout is a part of what a bank line brings.

    Several rows of one payout are one payout in several deposits, several of one line are several payouts in one deposit. The parts of
    a line never come to more than the line (`triggers.py`). A row is never changed but to be voided.
    """

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    payout = models.ForeignKey(Payout, on_delete=models.PROTECT, related_name="bank_matches")
    bank_line = models.ForeignKey(BankLine, on_delete=models.PROTECT, related_name="matches")
    slot = models.SmallIntegerField(default=0)  # counts the lines that share a payout
    line_slot = models.SmallIntegerField(default=0)  # counts the payouts that share a line
    amount_minor = models.BigIntegerField()  # how much of the line is this payout's; signed, as the line
    rule = models.CharField(max_length=16, choices=Rule.choices)
    made_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    voided_at = models.DateTimeField(null=True)
    voided_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["payout", "slot"], condition=Q(voided_at=None), name="bank_match_payout_once"),
            models.UniqueConstraint(fields=["bank_line", "line_slot"], condition=Q(voided_at=None), name="bank_match_line_once"),
            models.UniqueConstraint(fields=["payout", "bank_line"], condition=Q(voided_at=None), name="bank_match_pair_once"),
            models.CheckConstraint(condition=Q(slot__gte=0, line_slot__gte=0), name="bank_match_slots_counted"),
        ]

    def __str__(self):
        return f"{self.payout_id} = {self.bank_line_id}"
