"""Stripe's payout reconciliation by its reporting interface, and the question whether the key works.

A report is run first and fetched when it is done; a run that was asked for before is found again in the list of runs, so none is
made twice. https://docs.stripe.com/reports/api, /api/reporting/report_run, /api/reporting/report_type, /api/balance
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import stamina
import stripe

from apps.channels.fetching import ConnectionAnswer, FetchAnswer, FetchedFile, FetchOutcome, Verdict
from apps.channels.providers.stripe.errors import ASK_FOR, ASKS, BROKEN, code_of, is_passing, is_refusal, sentence_of
from apps.channels.wire import NoAnswer, Wire
from apps.core import clock

REPORT = "payout_reconciliation.itemized.5"
FILES = "https://files.stripe.com/"
COLUMNS = (
    "automatic_payout_id automatic_payout_effective_at_utc balance_transaction_id created_utc available_on_utc currency gross fee net "
    "reporting_category source_id description charge_id payment_intent_id payment_method_type card_brand card_funding card_country "
    "payment_metadata[merchant_ref] payment_metadata[order_no] payment_metadata[external_identifier] refund_metadata[refund_no]"
).split()
RUNS_LOOKED_AT = 300
FAILED_FOR = timedelta(hours=1)  # a run that failed is asked for again after that


class StripeReports:
    """The part of the gateway that reads; `api`, `secret_key`, `base_url` and `is_live` are the gateway's."""

    api: object
    secret_key: str
    base_url: str
    is_live: bool

    def fetch_statement(self, day: date) -> FetchAnswer:
        """What was paid out on a day of UTC. NOT_READY while Stripe has not closed the day, or still writes the report."""
        try:
            return self._statement(day)
        except stripe.StripeError as error:
            outcome = FetchOutcome.FAILED if is_refusal(error) else FetchOutcome.UNKNOWN
            return FetchAnswer(
                outcome, code=code_of(error), message=sentence_of(error, self.secret_key), raw={"http_status": error.http_status}
            )
        except NoAnswer as error:
            return FetchAnswer(FetchOutcome.UNKNOWN, code=error.code)
        except BROKEN as error:
            return FetchAnswer(FetchOutcome.UNKNOWN, code="unreadable", message=type(error).__name__)

    def test_connection(self) -> ConnectionAnswer:
        """Reads the balance. A key of the other system (test or live) works nowhere, so it is told apart."""
        try:
            is_live = self._asked(lambda: self.api.balance.retrieve()).livemode
        except stripe.AuthenticationError as error:
            return ConnectionAnswer(Verdict.WRONG_CREDENTIALS, "secret_key", code_of(error), sentence_of(error, self.secret_key))
        except stripe.PermissionError as error:
            return ConnectionAnswer(Verdict.NOT_PERMITTED, "secret_key", code_of(error), sentence_of(error, self.secret_key))
        except stripe.APIConnectionError:
            return ConnectionAnswer(Verdict.UNREACHABLE, code="no_answer")
        except stripe.StripeError as error:
            return ConnectionAnswer(Verdict.UNCLEAR, code=code_of(error), message=sentence_of(error, self.secret_key))
        except BROKEN:
            return ConnectionAnswer(Verdict.UNCLEAR, code="unreadable")
        if is_live != self.is_live:
            return ConnectionAnswer(Verdict.WRONG_CREDENTIALS, "secret_key", "livemode_mismatch")
        return ConnectionAnswer(Verdict.WORKS)

    def _statement(self, day: date) -> FetchAnswer:
        begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
        first, last = int(begin.timestamp()), int((begin + timedelta(days=1)).timestamp())
        known = self._asked(lambda: self.api.reporting.report_types.retrieve(REPORT))
        if known.data_available_end < last:
            return FetchAnswer(FetchOutcome.NOT_READY, code="not_yet", raw={"until": known.data_available_end})
        if last <= known.data_available_start:
            return FetchAnswer(FetchOutcome.EMPTY, code="before_account", raw={"from": known.data_available_start})
        span = {"interval_start": max(first, known.data_available_start), "interval_end": last}
        run = self._run(span)
        if run["status"] == "failed":
            return FetchAnswer(FetchOutcome.FAILED, code="failed", message=str(run.get("error") or "")[:300], raw={"run": run["id"]})
        if run["status"] != "succeeded":
            return FetchAnswer(FetchOutcome.NOT_READY, code=str(run["status"]), raw={"run": run["id"]})
        data = self._file(str(run["result"]["url"]))
        raw = {"run": run["id"], "bytes": len(data)}
        if data.strip().count(b"\n") == 0:
            return FetchAnswer(FetchOutcome.EMPTY, raw=raw)
        name = f"stripe_payout_reconciliation_{day:%Y%m%d}.csv"
        return FetchAnswer(FetchOutcome.FETCHED, (FetchedFile(name, data),), raw=raw)

    def _run(self, span: dict) -> dict:
        """The newest run of these days, or a new one."""
        listed = self._asked(lambda: self.api.reporting.report_runs.list({"limit": 100}))
        for at, one in enumerate(listed.auto_paging_iter()):
            run = one.to_dict()
            asked = {name: run["parameters"].get(name) for name in span}
            if run["report_type"] == REPORT and asked == span and run["parameters"].get("columns") == COLUMNS:
                failed_long_ago = run["status"] == "failed" and clock.now().timestamp() - run["created"] > FAILED_FOR.total_seconds()
                if not failed_long_ago:
                    return run
                break
            if at >= RUNS_LOOKED_AT:
                break
        return self.api.reporting.report_runs.create({"report_type": REPORT, "parameters": {**span, "columns": COLUMNS}}).to_dict()

    def _file(self, address: str) -> bytes:
        """:raises ValueError: not an address of Stripe's, or it did not give the file. The key goes to nobody else."""
        if not address.startswith(f"{self.base_url}/" if self.base_url else FILES):
            raise ValueError("an address of somebody else's")
        reply = Wire(FILES).ask("GET", address, headers={"Authorization": f"Bearer {self.secret_key}"})
        if reply.status != 200:
            raise ValueError(f"http_{reply.status}")
        return reply.body

    @stamina.retry(on=is_passing, attempts=ASKS, timeout=ASK_FOR, wait_initial=0.5, wait_max=3)
    def _asked(self, ask: Callable):
        return ask()
