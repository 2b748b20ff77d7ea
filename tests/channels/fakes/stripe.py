"""A Stripe with books: pages, intents, refunds, reports and events, judged by the official library that speaks to it.

By docs.stripe.com/api: idempotency keys replay the first answer, a page has an intent once somebody tries to pay on it.
"""

import json
from datetime import UTC, datetime, timedelta

from apps.channels.providers.stripe.client import signed
from apps.core import clock
from tests.channels.fakes.books import Attempt, Back, Books, Mood, Refused
from tests.channels.fakes.server import Answered, Asked, FakeProvider

KEY, HOOK = "sk_test_fake", "whsec_fake"
INTENT = {"pending": "requires_payment_method", "declined": "requires_payment_method", "expired": "canceled", "cancelled": "canceled",
          "authorized": "requires_capture", "paid": "succeeded"}  # fmt: skip
PAGE = {"pending": "open", "expired": "expired", "cancelled": "expired"}
REPORT_HEAD = ("automatic_payout_id,automatic_payout_effective_at_utc,balance_transaction_id,created_utc,currency,gross,fee,net,"
               "reporting_category,source_id,payment_intent_id,payment_method_type,payment_metadata[merchant_ref],"
               "refund_metadata[refund_no]")  # fmt: skip


class FakeStripe(FakeProvider):
    """`run_states` are the states in which the next report runs answer, in turn; without any they succeed at once."""

    def __init__(self, books: Books | None = None):
        super().__init__(books)
        self.kept: dict[str, tuple[bytes, Answered]] = {}
        self.runs: list[dict] = []
        self.run_states: list[str] = []
        self.payout_days = 0  # after how many days what moved is paid out, all of a day together
        self.decline: str = ""  # the decline code of the next token

    def answer(self, asked: Asked) -> Answered:
        if asked.headers.get("authorization") != f"Bearer {KEY}":
            return error(401, type="invalid_request_error", message="Invalid API Key provided")
        key = asked.headers.get("idempotency-key", "") if asked.method == "POST" else ""
        if key in self.kept and key:
            body, first = self.kept[key]
            return first if body == asked.body else error(400, type="idempotency_error", message="Keys can only be used once.")
        reply = self._route(asked)
        if key and reply.status < 500:
            self.kept[key] = asked.body, reply
        return reply

    def _route(self, asked: Asked) -> Answered:
        if asked.method == "POST" and "payment_method_types[0]" in asked.form:  # since version 2026-09-30 of the interface
            return error(400, code="payment_method_types_no_longer_supported", message="Use allowed_payment_method_types instead.")
        parts = asked.path.removeprefix("/v1/").split("/")
        if parts[0] == "checkout":
            return self._sessions(asked, parts[2:])
        if parts[0] == "payment_intents":
            return self._intents(asked, parts[1:])
        if parts[0] == "refunds":
            return self._refunds(asked, parts[1:])
        if parts[0] == "balance":
            return said({"object": "balance", "livemode": False, "available": [], "pending": []})
        if parts[0] == "reporting":
            return self._reports(asked, parts[1:])
        return Answered(self._report(parts[1]), headers={"Content-Type": "text/csv"})

    def _sessions(self, asked: Asked, rest: list[str]) -> Answered:
        form = asked.form
        if asked.method == "POST" and not rest:

            def effect(mood: Mood) -> Attempt:
                number = f"cs_test_{self.books.number()}"
                return self.books.open(
                    form["client_reference_id"], int(form["line_items[0][price_data][unit_amount]"]),
                    form["line_items[0][price_data][currency]"].upper(), form["allowed_payment_method_types[0]"], number=number, mood=mood,
                    marks=marks_in(form), manual=form["payment_intent_data[capture_method]"] == "manual",
                )  # fmt: skip

            return said(self.session(self.carry_out("create_payment", effect)))
        if not rest:
            rows = [one for one in self.books.payments.values() if one.number.startswith("cs_")]
            wanted = asked.query.get("payment_intent")
            return self._listed(
                "query_payment", [self.session(one) for one in rows if wanted in (None, self.intent(one)["id"])], asked.path
            )
        attempt = self.books.find(number=rest[0])
        if attempt is None:
            return unheard("checkout.session", rest[0], "session")
        if len(rest) == 2 and rest[1] == "expire":
            if attempt.state != "pending":
                return error(400, type="invalid_request_error", message="Only open sessions can be expired.")
            self.carry_out("cancel_payment", lambda _mood: self.books.move(attempt.merchant_ref, "cancelled"))
        return said(self.carry_out("query_payment", lambda _mood: self.session(self.books.ask(attempt))))

    def _intents(self, asked: Asked, rest: list[str]) -> Answered:
        if asked.method == "POST" and not rest:
            return self._intent_at_once(asked.form)
        if not rest or rest == ["search"]:
            found = [self.intent(one) for one in self.books.payments.values() if self._has_intent(one)]
            if rest:
                wanted = asked.query["query"].partition(":")[2].strip("'")
                found = [one for one in found if one["metadata"]["merchant_ref"] == wanted]
            return self._listed("query_payment", found, asked.path, "search_result" if rest else "list")
        attempt = self._with_intent(rest[0])
        if attempt is None:
            return unheard("payment_intent", rest[0], "intent")
        if rest[1:] == ["capture"]:
            if attempt.state != "authorized":
                return error(400, code="payment_intent_unexpected_state", message="This PaymentIntent could not be captured.")
            attempt.captured = int(asked.form["amount_to_capture"])
            self.carry_out("capture_payment", lambda _mood: self.books.move(attempt.merchant_ref, "paid"))
        if rest[1:] == ["cancel"]:
            if attempt.state == "paid":
                return error(400, code="payment_intent_unexpected_state", message="You cannot cancel this PaymentIntent.")
            self.carry_out("cancel_payment", lambda _mood: self.books.move(attempt.merchant_ref, "cancelled"))
        return said(self.carry_out("query_payment", lambda _mood: self.intent(self.books.ask(attempt))))

    def _intent_at_once(self, form: dict[str, str]) -> Answered:
        def effect(mood: Mood) -> Attempt:
            number, reference = f"pi_{self.books.number()}", form["metadata[merchant_ref]"]
            attempt = self.books.open(
                reference, int(form["amount"]), form["currency"].upper(), form["allowed_payment_method_types[0]"], number=number, mood=mood,
                marks=marks_in(form), manual=form["capture_method"] == "manual",
            )  # fmt: skip
            if self.decline:
                attempt.more["decline"] = self.decline
            return self.books.move(reference, "declined" if self.decline else "authorized" if attempt.more["manual"] else "paid")

        attempt = self.carry_out("create_payment", effect)
        if attempt.state == "declined":
            about = {"code": "card_declined", "decline_code": self.decline, "payment_intent": self.intent(attempt)}
            return error(402, type="card_error", message="Your card was declined.", **about)
        return said(self.intent(attempt))

    def _refunds(self, asked: Asked, rest: list[str]) -> Answered:
        if asked.method == "GET":
            if rest:
                found = self.books.find_back(number=rest[0])
                if found is None:
                    return unheard("refund", rest[0], "refund")
                return said(self.carry_out("query_refund", lambda _mood: self.back(self.books.ask_back(found[1]))))
            attempt = self._with_intent(asked.query["payment_intent"])
            if attempt is None:
                return unheard("payment_intent", asked.query["payment_intent"], "payment_intent")
            backs = [self.back(self.books.ask_back(one)) for one in attempt.backs.values()]
            return self._listed("query_refund", backs, asked.path)
        form = asked.form
        attempt = self._with_intent(form["payment_intent"])
        if attempt is None:
            return unheard("payment_intent", form["payment_intent"], "payment_intent")
        key, number = form["metadata[hezhang_key]"], f"re_{self.books.number()}"
        try:
            back = self.carry_out("refund", lambda mood: self.books.refund(attempt, key, int(form["amount"]), number=number, mood=mood))
        except Refused as refused:
            return error(400, type="invalid_request_error", param="amount", message=f"Refund is not possible: {refused}")
        return said(self.back(back))

    def _reports(self, asked: Asked, rest: list[str]) -> Answered:
        if rest[0] == "report_types":
            tomorrow = datetime.now(UTC) + timedelta(days=2)
            return said({"id": rest[1], "object": "reporting.report_type", "data_available_start": 1577836800,
                         "data_available_end": int(tomorrow.timestamp()), "name": "Payout reconciliation", "version": 5})  # fmt: skip
        if asked.method == "POST":
            number, form = f"frr_{len(self.runs) + 1}", asked.form
            span = {name: int(form[f"parameters[{name}]"]) for name in ("interval_start", "interval_end")}
            columns = [value for name, value in form.items() if name.startswith("parameters[columns]")]
            file = {"id": f"file_{number}", "object": "file", "url": f"{self.base_url}/v1/files/{number}/contents"}
            self.runs.insert(0, {"id": number, "object": "reporting.report_run", "report_type": form["report_type"], "result": file,
                                 "created": int(clock.now().timestamp()), "parameters": {**span, "columns": columns}})  # fmt: skip
            return said({**self.runs[0], "status": self.run_states.pop(0) if self.run_states else "succeeded"})
        states = [self.run_states.pop(0) if self.run_states else "succeeded" for _run in self.runs]
        return self._listed("fetch_statement", [{**run, "status": state} for run, state in zip(self.runs, states, strict=True)], asked.path)

    def _report(self, number: str) -> str:
        span = next(run["parameters"] for run in self.runs if run["id"] == number)

        def is_wanted(at: datetime) -> bool:
            return span["interval_start"] <= self._paid_out(at).timestamp() < span["interval_end"]

        paid = [one for one in self.books.payments.values() if one.paid_at and is_wanted(one.paid_at)]
        rows = [self._row(one, one.paid_at, one.captured, "charge", f"ch_{one.number}") for one in paid]
        rows += [self._row(one, back.done_at, -back.amount, "refund", back.number, back.key) for one, back in self.backs_of(is_wanted)]
        return "\n".join([REPORT_HEAD, *rows, ""])

    def _paid_out(self, at: datetime) -> datetime:
        """The beginning of the day on which a movement leaves; without a delay the moment itself."""
        return (at + timedelta(days=self.payout_days)).replace(hour=0, minute=0, second=0, microsecond=0) if self.payout_days else at

    def _row(self, one: Attempt, at: datetime, amount: int, kind: str, source: str, refund_no: str = "") -> str:
        fee, leaves = self.fees.get(abs(amount), 0) * (1 if amount > 0 else -1), self._paid_out(at)
        sums = ",".join(f"{sum_of / 100:.2f}" for sum_of in (amount, fee, amount - fee))
        number = f"po_{leaves:%Y%m%d}" if self.payout_days else "po_1"
        return (f"{number},{leaves:%Y-%m-%d %H:%M:%S},txn_{source},{at:%Y-%m-%d %H:%M:%S},{one.currency.lower()},{sums},{kind},{source},"
                f"{self.intent(one)['id']},card,{one.merchant_ref},{refund_no}")  # fmt: skip

    def _with_intent(self, number: str) -> Attempt | None:
        return next((one for one in self.books.payments.values() if number in (one.number, self.intent(one)["id"])), None)

    def _has_intent(self, attempt: Attempt) -> bool:
        return attempt.number.startswith("pi_") or attempt.state in ("paid", "authorized", "declined")

    def intent(self, attempt: Attempt) -> dict:
        """The payment as an intent, the charge expanded."""
        state = INTENT[attempt.state]
        failed = attempt.state == "declined"
        paid_at = int((attempt.paid_at or attempt.opened_at).timestamp())
        return {
            "id": attempt.number.replace("cs_test_", "pi_"), "object": "payment_intent", "status": state, "amount": attempt.amount,
            "amount_received": attempt.captured if attempt.state == "paid" else 0, "currency": attempt.currency.lower(),
            "amount_capturable": attempt.amount if attempt.state == "authorized" else 0, "created": int(attempt.opened_at.timestamp()),
            "metadata": attempt.more["marks"], "cancellation_reason": "requested_by_customer" if attempt.state == "cancelled" else None,
            "latest_charge": {"id": f"ch_{attempt.number}", "object": "charge", "created": paid_at} if attempt.state == "paid" else None,
            "last_payment_error": {"code": "card_declined", "decline_code": attempt.more.get("decline", "insufficient_funds"),
                                   "message": "Your card has insufficient funds."} if failed else None,
            "next_action": None,
        }  # fmt: skip

    def session(self, attempt: Attempt) -> dict:
        """The payment as a page, its intent expanded."""
        status = PAGE.get(attempt.state, "complete")
        return {
            "id": attempt.number, "object": "checkout.session", "status": status, "amount_total": attempt.amount,
            "payment_status": "paid" if attempt.state == "paid" else "unpaid", "currency": attempt.currency.lower(),
            "client_reference_id": attempt.merchant_ref, "metadata": attempt.more["marks"], "created": int(attempt.opened_at.timestamp()),
            "expires_at": int(attempt.opened_at.timestamp()) + 3600, "url": f"https://checkout.stripe.com/c/pay/{attempt.number}",
            "payment_intent": self.intent(attempt) if self._has_intent(attempt) else None,
        }  # fmt: skip

    def back(self, back: Back) -> dict:
        """A refund as Stripe shows it."""
        attempt, _back = self.books.find_back(key=back.key)
        about = {"id": back.number, "object": "refund", "amount": back.amount, "currency": attempt.currency.lower(), "status": back.state}
        return {**about, "created": int(back.done_at.timestamp()), "payment_intent": self.intent(attempt)["id"],
                "metadata": {"hezhang_key": back.key}, **({"failure_reason": "declined"} if back.state == "failed" else {})}  # fmt: skip

    def notice(self, merchant_ref: str) -> tuple[dict[str, str], bytes]:
        attempt = self.books.payments[merchant_ref]
        kind = {"paid": "succeeded", "authorized": "amount_capturable_updated", "declined": "payment_failed"}.get(attempt.state, "canceled")
        return self._event(f"payment_intent.{kind}", self.intent(attempt))

    def refund_notice(self, key: str) -> tuple[dict[str, str], bytes]:
        _attempt, back = self.books.find_back(key=key)
        return self._event("refund.updated", self.back(back))

    def _event(self, kind: str, about: dict) -> tuple[dict[str, str], bytes]:
        event = {
            "id": f"evt_{about['id']}",
            "object": "event",
            "type": kind,
            "data": {"object": about},
            "created": int(clock.now().timestamp()),
        }
        body = json.dumps(event).encode()
        return {"stripe-signature": signed(body, HOOK, clock.now())}, body

    def odd(self) -> Answered:
        return error(400, type="invalid_request_error", code="quantum_superposition", message="The card is in two states.")

    def _listed(self, operation: str, rows: list[dict], path: str, kind: str = "list") -> Answered:
        page = {"object": kind, "data": rows, "has_more": False, "url": path}
        return said(self.carry_out(operation, lambda _mood: page))


def marks_in(form: dict[str, str]) -> dict[str, str]:
    return {name[9:-1]: value for name, value in form.items() if name.startswith("metadata[")}


def said(about: dict, status: int = 200) -> Answered:
    return Answered(json.dumps(about), status, {"Content-Type": "application/json"})


def error(status: int, **about) -> Answered:
    return said({"error": {"type": "invalid_request_error", **about}}, status)


def unheard(kind: str, number: str, param: str) -> Answered:
    return error(404, code="resource_missing", param=param, message=f"No such {kind}: '{number}'")
