"""Amounts as Stripe counts them: integers of its own minor unit, which for a few currencies is not that of ISO 4217."""

from apps.core import money

# https://docs.stripe.com/currencies#special-cases: two digits on the wire although the currency has none, and the other way round.
OWN_DIGITS = {"ISK": 2, "UGX": 2, "MGA": 0}


def _shift(currency: str) -> int:
    return OWN_DIGITS.get(currency, money.exponent(currency)) - money.exponent(currency)


def to_stripe(minor: int, currency: str) -> int:
    """:raises MoneyError: excess_digits, when Stripe cannot express the amount."""
    shift = _shift(currency)
    if shift < 0 and minor % 10**-shift:
        raise money.MoneyError("excess_digits", f"{minor} {currency}")
    return minor * 10**shift if shift >= 0 else minor // 10**-shift


def from_stripe(amount: int, currency: str) -> int:
    """:raises MoneyError: excess_digits, when the amount is no whole number of our minor units."""
    shift = _shift(currency)
    if shift > 0 and amount % 10**shift:
        raise money.MoneyError("excess_digits", f"{amount} {currency}")
    return amount // 10**shift if shift >= 0 else amount * 10**-shift
