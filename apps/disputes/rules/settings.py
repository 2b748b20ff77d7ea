"""What a rule is set to, and the presets.

| kind | threshold | window | floor |
| --- | --- | --- | --- |
| single_difference | amount in minor units; 0 takes the merchant's own threshold | | |
| refund_rate | refunds in parts per million of payments | days | least refunds in the window |
| refund_surge | percent of the normal day | | least refunds in the day |
| ip_velocity, buyer_velocity | payments | minutes | |
| large_amount | amount in minor units | | |
| unusual_country | share in parts per million below which a country is unusual | days looked back | least payments looked back on |
| failure_rate | percentage points above the normal rate, in parts per million | hours | least failures in the window |
| card_testing | amount in minor units up to which a charge is small | minutes | least attempts in the window |
| fee_ratio | rise over the normal ratio in parts per million of it | days | least statement lines in the window |
| payout_late | open days after the due day | | |
"""

from dataclasses import dataclass, replace

from apps.disputes.rules.kinds import Kind

TEN_PERCENT = 100_000  # in parts per million


@dataclass(frozen=True, slots=True)
class Settings:
    """One rule. Empty scope fields mean all; a threshold means what the table above says for its kind."""

    kind: Kind
    threshold: int
    window: int = 0
    floor: int = 0
    severity: str = "normal"
    channel_id: int | None = None
    method: str = ""
    storefront_id: int | None = None
    currency: str = ""
    countries: tuple[str, ...] = ()  # always usual, for unusual_country


PRESETS: dict[Kind, Settings] = {
    one.kind: one
    for one in (
        Settings(Kind.SINGLE_DIFFERENCE, 0, severity="high"),
        Settings(Kind.REFUND_RATE, TEN_PERCENT, window=7, floor=10, severity="high"),
        Settings(Kind.REFUND_SURGE, 300, floor=8, severity="high"),
        Settings(Kind.IP_VELOCITY, 8, window=60, severity="high"),
        Settings(Kind.BUYER_VELOCITY, 5, window=60, severity="high"),
        Settings(Kind.LARGE_AMOUNT, 0, severity="normal"),
        Settings(Kind.UNUSUAL_COUNTRY, 1_000, window=56, floor=100, severity="normal"),
        Settings(Kind.FAILURE_RATE, 2 * TEN_PERCENT, window=6, floor=6, severity="critical"),
        Settings(Kind.CARD_TESTING, 0, window=60, floor=10, severity="critical"),
        Settings(Kind.FEE_RATIO, 2 * TEN_PERCENT, window=7, floor=20, severity="normal"),
        Settings(Kind.PAYOUT_LATE, 2, severity="high"),
    )
}
# Where a preset begins: round figures of about NT$50,000 and NT$100. A starting point to be edited, never an exchange rate.
LARGE = {"TWD": 5_000_000, "CNY": 1_000_000, "HKD": 1_200_000, "JPY": 250_000, "KRW": 2_000_000}
SMALL = {"TWD": 10_000, "CNY": 2_000, "HKD": 2_500, "JPY": 450, "KRW": 4_000}
LARGE_ELSEWHERE, SMALL_ELSEWHERE = 150_000, 300


def preset(kind: Kind, currency: str) -> Settings:
    """The preset of a kind; where its threshold is an amount, in the given currency."""
    found = PRESETS[kind]
    if kind == Kind.LARGE_AMOUNT:
        return replace(found, threshold=LARGE.get(currency, LARGE_ELSEWHERE), currency=currency)
    if kind == Kind.CARD_TESTING:
        return replace(found, threshold=SMALL.get(currency, SMALL_ELSEWHERE), currency=currency)
    return found
