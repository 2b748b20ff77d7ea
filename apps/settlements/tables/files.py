"""The rows of a delivered file."""

import django_tables2 as tables
from django.utils.translation import gettext_lazy as _

from apps.channels.enums import LINE_KIND_LABELS
from apps.core.tables import BaseTable, DateColumn, IdentifierColumn, MoneyColumn, NumberColumn
from apps.settlements.models import BankLine, FlowLine, StatementLine


class LineTable(BaseTable):
    """Statement lines in canonical form."""

    row_no = NumberColumn(verbose_name=_("Row"), phone="phone-hide")
    occurred_at = DateColumn(verbose_name=_("Time"), time=True)
    kind = tables.Column(verbose_name=_("Kind"))
    merchant_ref = IdentifierColumn(verbose_name=_("Our reference"), attrs={"td": {"class": "phone-full"}})
    provider_ref = IdentifierColumn(verbose_name=_("Provider's number"), attrs={"td": {"class": "phone-hide"}})
    gross = MoneyColumn(verbose_name=_("Amount"))
    fee = MoneyColumn(verbose_name=_("Fee"))
    net = MoneyColumn(verbose_name=_("Net"), phone="phone-hide")

    class Meta(BaseTable.Meta):
        model = StatementLine
        fields = ("row_no", "occurred_at", "kind", "merchant_ref", "provider_ref", "gross", "fee", "net")
        empty_text = _("This file brought no rows of its own.")

    def render_kind(self, value):
        return LINE_KIND_LABELS.get(value, value)


class FlowTable(BaseTable):
    """Movements of an account flow with the balance after each."""

    row_no = NumberColumn(verbose_name=_("Row"), phone="phone-hide")
    occurred_at = DateColumn(verbose_name=_("Time"), time=True)
    kind = tables.Column(verbose_name=_("Kind"))
    memo = tables.Column(verbose_name=_("Provider's word"), attrs={"td": {"class": "phone-hide"}})
    our_ref = IdentifierColumn(verbose_name=_("Our reference"), attrs={"td": {"class": "phone-full"}})
    their_ref = IdentifierColumn(verbose_name=_("Provider's number"), attrs={"td": {"class": "phone-hide"}})
    amount_minor = MoneyColumn(verbose_name=_("Amount"))
    balance_minor = MoneyColumn(verbose_name=_("Balance"))

    class Meta(BaseTable.Meta):
        model = FlowLine
        fields = ("row_no", "occurred_at", "kind", "memo", "our_ref", "their_ref", "amount_minor", "balance_minor")
        empty_text = _("This file brought no rows of its own.")

    def render_kind(self, value):
        return LINE_KIND_LABELS.get(value, value)


class BankRowTable(BaseTable):
    """Bank lines of one file."""

    row_no = NumberColumn(verbose_name=_("Row"), phone="phone-hide")
    booked_on = DateColumn(verbose_name=_("Booked"))
    memo = tables.Column(verbose_name=_("Memo"), attrs={"td": {"class": "phone-full"}})
    reference = IdentifierColumn(verbose_name=_("Reference"), attrs={"td": {"class": "phone-shrink"}})
    amount_minor = MoneyColumn(verbose_name=_("Amount"))
    balance_minor = MoneyColumn(verbose_name=_("Balance"), phone="phone-hide")

    class Meta(BaseTable.Meta):
        model = BankLine
        fields = ("row_no", "booked_on", "memo", "reference", "amount_minor", "balance_minor")
        empty_text = _("This file brought no rows of its own.")
