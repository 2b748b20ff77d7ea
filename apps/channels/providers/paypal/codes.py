"""What PayPal's transaction event codes move. The group (T00 … T99) says enough to book a row; a few codes say more than their group.

https://developer.paypal.com/docs/reports/reference/tcodes/
"""

from apps.channels.contracts import LineKind

CREDIT, DEBIT = "CR", "DR"
# Authorisations: the row states a sum, but nothing has moved.
IDLE_GROUP = "T13"
GROUPS = {
    "T00": LineKind.PAYMENT,
    "T01": LineKind.FEE,
    "T02": LineKind.CONVERSION,
    "T03": LineKind.ADJUSTMENT,  # money that the merchant's own bank paid in
    "T04": LineKind.PAYOUT,
    "T05": LineKind.ADJUSTMENT,
    "T06": LineKind.ADJUSTMENT,
    "T07": LineKind.ADJUSTMENT,
    "T08": LineKind.ADJUSTMENT,
    "T09": LineKind.ADJUSTMENT,
    "T10": LineKind.ADJUSTMENT,
    "T11": LineKind.ADJUSTMENT,
    "T12": LineKind.ADJUSTMENT,
    IDLE_GROUP: LineKind.ADJUSTMENT,
    "T14": LineKind.ADJUSTMENT,
    "T15": LineKind.RESERVE,
    "T16": LineKind.ADJUSTMENT,
    "T17": LineKind.ADJUSTMENT,
    "T18": LineKind.ADJUSTMENT,
    "T19": LineKind.ADJUSTMENT,
    "T20": LineKind.ADJUSTMENT,
    "T21": LineKind.RESERVE,
    "T22": LineKind.ADJUSTMENT,
    "T30": LineKind.ADJUSTMENT,
    "T50": LineKind.ADJUSTMENT,
    "T97": LineKind.ADJUSTMENT,
    "T98": LineKind.ADJUSTMENT,
    "T99": LineKind.ADJUSTMENT,
}
CODES = {
    "T1105": LineKind.RESERVE,  # a general hold is lifted
    "T1106": LineKind.DISPUTE,  # PayPal itself takes a payment back
    "T1107": LineKind.REFUND,
    "T1108": LineKind.FEE,
    "T1110": LineKind.RESERVE,  # held while a dispute is looked into
    "T1111": LineKind.RESERVE,
    "T1201": LineKind.DISPUTE,
    "T1202": LineKind.DISPUTE_REVERSAL,
    "T1205": LineKind.DISPUTE_REVERSAL,  # PayPal stands in for a chargeback
}
# The direction that each kind must have; a row the other way round is no sale, no refund and no chargeback of ours.
DIRECTION = {
    LineKind.PAYMENT: CREDIT,
    LineKind.REFUND: DEBIT,
    LineKind.DISPUTE: DEBIT,
    LineKind.DISPUTE_REVERSAL: CREDIT,
    LineKind.PAYOUT: DEBIT,
}


def kind_of(code: str, direction: str) -> str:
    """The LineKind of an event code and the direction of its gross; empty for a code of no known group."""
    kind = CODES.get(code) or (GROUPS.get(code[:3]) if len(code) == 5 and code[1:].isdigit() else None)
    if kind is None:
        return ""
    return kind.value if DIRECTION.get(kind, direction) == direction else LineKind.ADJUSTMENT.value
