"""Reading what a pass needs of a merchant's bank."""

from apps.merchants.models import Merchant
from apps.settlements.matching.bank import BankBooks
from apps.settlements.services.applying import live_ties, payouts_frame, undone_ties
from apps.settlements.services.books import bank_known_until, bank_lines_of


def bank_books_of(merchant: Merchant) -> BankBooks:
    """Payouts as they stand in the database, live bank lines, and what people tied or untied."""
    return BankBooks(
        payouts=payouts_frame(merchant),
        lines=bank_lines_of(merchant),
        tied_by_hand=live_ties(merchant, by_hand=True).drop("id"),
        undone_by_hand=undone_ties(merchant),
        known_until=bank_known_until(merchant),
    )
