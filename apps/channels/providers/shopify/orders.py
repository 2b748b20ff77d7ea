"""Shopify's orders in our words. https://shopify.dev/docs/api/admin-graphql/latest/objects/Order and …/OrderTransaction

Nothing of the buyer is asked for. Amounts are decimal strings of the shop's own currency (`shopMoney`), read exactly; the buyer may have
paid in another. A gateway's captures are one payment, because Shopify's statement names the order and not the capture.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from apps.channels.storefronts import StorefrontOrder, StorefrontPayment, StorefrontRefund, UnreadOrder
from apps.core.money import MoneyError, to_minor

PAGE = 50
QUERY = """query Orders($filter: String!, $first: Int!, $after: String) {
  orders(first: $first, after: $after, query: $filter, sortKey: UPDATED_AT) {
    pageInfo { hasNextPage endCursor }
    nodes {
      id name createdAt updatedAt cancelledAt test displayFinancialStatus
      totalPriceSet { shopMoney { amount currencyCode } }
      transactions { id kind status gateway processedAt amountSet { shopMoney { amount currencyCode } } }
    }
  }
}"""
OWN = "shopify_payments"
HOLDING, TAKING, GIVING_UP, REFUND = ("AUTHORIZATION", "EMV_AUTHORIZATION"), ("SALE", "CAPTURE"), "VOID", "REFUND"
KINDS = {*HOLDING, *TAKING, GIVING_UP, REFUND}
DONE, OPEN, FAILED = "SUCCESS", ("PENDING", "AWAITING_RESPONSE"), ("FAILURE", "ERROR")
REFUNDS = {DONE: "succeeded", **dict.fromkeys(OPEN, "submitting"), **dict.fromkeys(FAILED, "failed"), "UNKNOWN": "unknown"}
# Why an order took no money. Whoever runs the shop voids an authorization, so it was called off and did not fail.
ENDS = {"VOIDED": "cancelled", "EXPIRED": "expired"}


class Undocumented(Exception):
    """A word that no document has, or two currencies in one payment: guessing would make wrong books."""


def read_order(said: dict) -> StorefrontOrder | UnreadOrder:
    """:raises KeyError, TypeError, ValueError, AttributeError: it is not what Shopify's documents promise."""
    try:
        return _order(said)
    except MoneyError as error:
        return UnreadOrder(str(said["name"]), error.code, error.text)
    except Undocumented as error:
        return UnreadOrder(str(said["name"]), "undocumented", str(error))


def number(gid: str) -> str:
    """The number at the end of `gid://shopify/Order/450789469`."""
    return str(gid).rsplit("/", 1)[-1]


def _order(said: dict) -> StorefrontOrder:
    total, currency = _money(said["totalPriceSet"])
    by_gateway: dict[str, list[dict]] = {}
    for one in said["transactions"]:
        if one["kind"] not in KINDS or one["status"] not in REFUNDS:
            raise Undocumented(f"{one['kind']} {one['status']}")
        by_gateway.setdefault(str(one["gateway"] or ""), []).append(one)
    return StorefrontOrder(
        ref=number(said["id"]),
        order_no=str(said["name"]),
        placed_at=_moment(said["createdAt"]),
        updated_at=_moment(said["updatedAt"]),
        total_minor=total,
        currency=currency,
        is_test=bool(said["test"]),
        payments=tuple(_payment(said, gateway, rows) for gateway, rows in by_gateway.items() if not _only_refunds(rows)),
        refunds=tuple(refund for gateway, rows in by_gateway.items() for refund in _refunds(gateway, rows)),
    )


def _only_refunds(rows: list[dict]) -> bool:
    """A gift card may be given in return for another gateway's payment: nothing was paid by it."""
    return all(one["kind"] == REFUND for one in rows)


def _payment(said: dict, gateway: str, rows: list[dict]) -> StorefrontPayment:
    taken = [one for one in rows if one["kind"] in TAKING and one["status"] == DONE]
    state, counted = _state(said, rows, taken)
    amounts = [_money(one["amountSet"]) for one in counted]
    currencies = {currency for _amount, currency in amounts}
    if len(currencies) > 1:
        raise Undocumented(" ".join(sorted(currencies)))
    first = min(taken, key=lambda one: one["processedAt"]) if taken else None
    return StorefrontPayment(
        gateway=gateway,
        state=state,
        amount_minor=sum(amount for amount, _currency in amounts),
        currency=currencies.pop(),
        provider_ref=number((first or counted[0])["id"]) if gateway == OWN else "",
        paid_at=_moment(first["processedAt"]) if first else None,
    )


def _state(said: dict, rows: list[dict], taken: list[dict]) -> tuple[str, list[dict]]:
    """The state in our words, and the transactions whose amounts make the payment's."""
    if taken:
        captured, back = _sum(taken), _sum(one for one in rows if one["kind"] == REFUND and one["status"] == DONE)
        return ("refunded" if back >= captured else "partially_refunded" if back else "paid"), taken
    attempts = [one for one in rows if one["kind"] in (*HOLDING, *TAKING)] or rows
    end = ENDS.get(str(said["displayFinancialStatus"])) or ("cancelled" if said["cancelledAt"] else "")
    held = [one for one in attempts if one["kind"] in HOLDING and one["status"] == DONE]
    if end:
        return end, attempts[-1:]
    # A refused card is no end: the buyer may try another for as long as the order is open.
    return ("authorized" if held else "pending"), (held or attempts)[-1:]


def _refunds(gateway: str, rows: list[dict]) -> Iterator[StorefrontRefund]:
    if _only_refunds(rows):
        return
    for one in rows:
        if one["kind"] == REFUND:
            amount, currency = _money(one["amountSet"])
            yield StorefrontRefund(gateway, number(one["id"]), REFUNDS[one["status"]], amount, currency, _moment(one["processedAt"]))


def _sum(rows) -> int:
    return sum(_money(one["amountSet"])[0] for one in rows)


def _money(both: dict) -> tuple[int, str]:
    """Shopify writes yen as `1000.0`: digits that are zero are none."""
    said = both["shopMoney"]
    currency = str(said["currencyCode"])
    return to_minor(str(said["amount"]), currency), currency


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
