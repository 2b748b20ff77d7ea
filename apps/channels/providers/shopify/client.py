"""Shopify as a storefront: orders are read, and its signed webhooks say when. https://shopify.dev/docs/apps/build/webhooks"""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime

from apps.channels.fetching import ConnectionAnswer, FetchOutcome, Verdict
from apps.channels.gateways import Account, Acknowledgement, NoticeForged, NoticeUnreadable
from apps.channels.providers.shopify.api import BROKEN, Refused, ShopifyApi, shop_name, why
from apps.channels.providers.shopify.orders import PAGE, QUERY, read_order
from apps.channels.return_codes import was_reached
from apps.channels.storefronts import OrdersAnswer, OrderTold, StorefrontOrder, UnreadOrder
from apps.channels.wire import NoAnswer

TROUBLES = (NoAnswer, Refused, *BROKEN)
TOPICS = ("orders/", "refunds/", "order_transactions/")
# Words of Shopify's for "later": a question that was asked too fast, or that its own servers could not answer.
LATER = {"THROTTLED", "INTERNAL_SERVER_ERROR"}
SIGNED_IN = ("invalid_client", "application_cannot_be_found", "http_401")


class ShopifyGateway:
    """`credentials` hold `shop`, `client_id`, `client_secret` and perhaps `webhook_secret`."""

    def __init__(self, account: Account):
        self.api = ShopifyApi(account)
        self._shop = shop_name(account.credentials.get("shop", ""))
        self._keys = [key for name in ("webhook_secret", "client_secret") if (key := account.credentials.get(name))]

    def read_orders(self, changed_since: datetime, after: str = "") -> OrdersAnswer:
        """See `StorefrontGateway`."""
        wanted = {"filter": f"updated_at:>='{changed_since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}'", "first": PAGE, "after": after or None}
        try:
            page = self.api.ask(QUERY, **wanted)["orders"]
            read = [read_order(one) for one in page["nodes"]]
            more = str(page["pageInfo"]["endCursor"]) if page["pageInfo"]["hasNextPage"] else ""
        except TROUBLES as error:
            code, message = why(error)
            is_later = code in LATER or not was_reached(code)
            outcome = FetchOutcome.UNKNOWN if is_later else FetchOutcome.FAILED
            return OrdersAnswer(outcome, code=code, message=message, raw=self.api.record())
        return OrdersAnswer(
            FetchOutcome.FETCHED,
            tuple(one for one in read if isinstance(one, StorefrontOrder)),
            tuple(one for one in read if isinstance(one, UnreadOrder)),
            after=more,
            raw=self.api.record(),
        )

    def read_notices(self, headers: dict[str, str], body: bytes, at: datetime) -> list[OrderTold]:
        """See `Gateway`. An app may stand in several shops and signs for all of them with one key: another shop's notice is passed over."""
        signature = headers.get("x-shopify-hmac-sha256", "")
        if not any(is_genuine(signature, key, body) for key in self._keys):
            raise NoticeForged
        topic = headers.get("x-shopify-topic", "")
        if not topic.startswith(TOPICS) or shop_name(headers.get("x-shopify-shop-domain", "")) != self._shop:
            return []
        try:
            said = json.loads(body)
            order = said["id"] if topic.startswith("orders/") else said["order_id"]
            name = str(said.get("name") or order)
        except BROKEN as error:
            raise NoticeUnreadable(type(error).__name__) from error
        # One event may be told to several subscriptions, each with a number of its own that stays the same when it is sent again.
        event = headers.get("x-shopify-webhook-id") or f"{topic}:{hashlib.sha256(body).hexdigest()}"
        return [OrderTold(event, name, topic)]

    def acknowledgement(self) -> Acknowledgement:
        """Any answer of 200 within five seconds."""
        return Acknowledgement()

    def test_connection(self) -> ConnectionAnswer:
        """Asks for one order's number: that proves the shop, the app and its right to read orders."""
        try:
            self.api.ask("query { orders(first: 1) { nodes { id } } }")
        except TROUBLES as error:
            code, message = why(error)
            verdict, field = _verdict(error, code)
            return ConnectionAnswer(verdict, field, code, message, self.api.record())
        return ConnectionAnswer(Verdict.WORKS, raw=self.api.record())


def is_genuine(signature: str, secret: str, body: bytes) -> bool:
    """Whether the signature is Shopify's: HMAC-SHA256 over the raw bytes, in base64."""
    right = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest())
    return bool(secret) and hmac.compare_digest(signature.encode(), right)


def _verdict(error: Exception, code: str) -> tuple[Verdict, str]:
    if code in ("no_such_shop", "http_404"):
        return Verdict.WRONG_CREDENTIALS, "shop"
    if code in SIGNED_IN:
        return Verdict.WRONG_CREDENTIALS, "client_secret"
    if code in ("ACCESS_DENIED", "http_403", "shop_not_permitted"):
        return Verdict.NOT_PERMITTED, ""
    return (Verdict.UNCLEAR if was_reached(code) else Verdict.UNREACHABLE), ""
