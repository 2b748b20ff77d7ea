"""A Shopify with orders: a token for an app's credentials, the GraphQL of orders by change and page, and signed webhooks.

The shape of an order and its transactions is that of shopify.dev/docs/api/admin-graphql; money is written as Shopify writes it.
"""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from itertools import count

from tests.channels.fakes.books import Books
from tests.channels.fakes.server import Answered, Asked, FakeProvider

SHOP, CLIENT, SECRET, HOOK = "qingtian", "client-1", "shpss_not-a-secret-1", "hook-key-1"
CREDENTIALS = {"shop": SHOP, "client_id": CLIENT, "client_secret": SECRET, "webhook_secret": HOOK}
TOKEN = "shpat_not-a-token-1"


class FakeShopify(FakeProvider):
    """Holds orders by name; `page_size` is the most it gives at once, whatever is asked for."""

    def __init__(self, books: Books | None = None):
        super().__init__(books)
        self.orders: dict[str, dict] = {}
        self.scopes = {"read_orders"}
        self.page_size = 250
        self._numbers = count(450789469)

    def place(self, name: str, total: str, at: datetime, *, currency: str = "TWD", **fields) -> dict:
        """An order that nobody has paid."""
        made = {"id": self._gid("Order"), "name": name, "createdAt": stamp(at), "updatedAt": stamp(at), "cancelledAt": None, "test": False,
                "displayFinancialStatus": "PENDING", "totalPriceSet": bag(total, currency), "transactions": []}  # fmt: skip
        self.orders[name] = {**made, **fields}
        return self.orders[name]

    def move(self, name: str, kind: str, amount: str, at: datetime, *, status: str = "SUCCESS", gateway: str = "shopify_payments", **order):
        """Adds a transaction, and what it makes of the order."""
        one = self.orders[name]
        currency = one["totalPriceSet"]["shopMoney"]["currencyCode"]
        one["transactions"].append(
            {"id": self._gid("OrderTransaction"), "kind": kind, "status": status, "gateway": gateway, "processedAt": stamp(at),
             "amountSet": bag(amount, currency)}
        )  # fmt: skip
        one |= {"updatedAt": stamp(at), **order}
        return one["transactions"][-1]

    def answer(self, asked: Asked) -> Answered:
        if asked.path == "/admin/oauth/access_token":
            return self._token(asked.form)
        if not asked.path.endswith("/graphql.json"):
            return Answered("{}", 404)
        if asked.headers.get("x-shopify-access-token") != TOKEN:
            return said({"errors": "[API] Invalid API key or access token"}, 401)
        return said(self.carry_out("read_orders", lambda _mood: self._graphql(json.loads(asked.body))))

    def _token(self, form: dict[str, str]) -> Answered:
        wanted = {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": SECRET}
        if form != wanted:
            return said({"error": "invalid_client", "error_description": "Client authentication failed"}, 400)
        return said({"access_token": TOKEN, "scope": ",".join(sorted(self.scopes)), "expires_in": 86399})

    def _graphql(self, asked: dict) -> dict:
        if "read_orders" not in self.scopes:
            return {"data": None, "errors": [problem("ACCESS_DENIED", "Access denied for orders field.")]}
        wanted = asked["variables"]
        since = wanted.get("filter", "updated_at:>=''").removeprefix("updated_at:>=").strip("'")
        rows = sorted((one for one in self.orders.values() if one["updatedAt"] >= since), key=lambda one: (one["updatedAt"], one["id"]))
        begin, size = int(wanted.get("after") or 0), min(wanted.get("first", 1), self.page_size)
        more = begin + size < len(rows)
        info = {"hasNextPage": more, "endCursor": str(begin + size) if more else None}
        return {"data": {"orders": {"pageInfo": info, "nodes": rows[begin : begin + size]}}}

    def told(self, topic: str, name: str, *, key: str = HOOK, shop: str = SHOP, number: str = "") -> tuple[dict[str, str], bytes]:
        """A signed webhook; of a refund or a transaction it names the order by its number alone."""
        number = number or f"wh-{topic}-{self.orders[name]['updatedAt']}"
        order_id = int(self.orders[name]["id"].rsplit("/", 1)[-1])
        about = {"id": order_id, "name": name} if topic.startswith("orders/") else {"id": 1, "order_id": order_id}
        body = json.dumps(about).encode()
        headers = {"x-shopify-topic": topic, "x-shopify-shop-domain": f"{shop}.myshopify.com", "x-shopify-webhook-id": number}
        return {**headers, "x-shopify-hmac-sha256": signature(body, key)}, body

    def odd(self) -> Answered:
        return said({"errors": [problem("MAX_COST_EXCEEDED", "Query cost is too high")]})

    def _gid(self, kind: str) -> str:
        return f"gid://shopify/{kind}/{next(self._numbers)}"


def signature(body: bytes, key: str = HOOK) -> str:
    return base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()


def bag(amount: str, currency: str) -> dict:
    """A MoneyBag, as far as it is asked for."""
    return {"shopMoney": {"amount": amount, "currencyCode": currency}}


def stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def problem(code: str, message: str) -> dict:
    return {"message": message, "extensions": {"code": code}}


def said(about: dict, status: int = 200) -> Answered:
    return Answered(json.dumps(about), status, {"Content-Type": "application/json"})
