"""A shop, its channel of a real provider and that provider's fake, from the payer's click to the line in the bank.

Everything is done where it is done in earnest: notices come to their address, statements by the schedule or by an upload, and whatever is
asked for later is a job. The clock stands still between the steps.
"""

from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import stamina
import time_machine
from django.test import Client
from django.urls import reverse

from apps.channels.gateways import GatewayKind
from apps.channels.paying import Payer
from apps.channels.services.gateway import enter_credentials, gateway_kind
from apps.core.jobs import runner
from apps.core.jobs.services import enqueue
from apps.core.models import OPEN_JOB_STATES, Job
from apps.orders import tasks as order_tasks
from apps.orders.models import Payment, PaymentExecution, Refund, RefundExecution
from apps.orders.services.payments.calls import Wish
from apps.orders.services.payments.starting import Figures, start_payment
from apps.orders.services.refunds.deciding import approve_refund
from apps.orders.services.refunds.requesting import request_refund
from apps.reports.figures.proofs import prove
from apps.settlements import tasks
from apps.settlements.enums import JobKind
from apps.settlements.models import BankLine, Discrepancy, Match, Payout, StatementLine
from apps.settlements.selectors.journal import balances
from apps.settlements.services.uploads import receive_upload
from tests import cast
from tests.contract.paying import PayingScene, every_scene
from tests.loops.ways import Way

MONDAY = date(2026, 11, 16)
BANK_MAPPING = {"date": "Date", "date_format": "%Y-%m-%d", "amount": "Amount", "memo": ["Memo"], "encoding": "utf-8"}


class Loop:
    """`day` is the day of the provider's calendar on which something happens; `at` moves the clock to an hour of it."""

    def __init__(self, way: Way, scene: PayingScene, clock, client: Client, day: date):
        self.way, self.fake, self.clock, self.client = way, scene.fake, clock, client
        self.fake.fees = dict(zip((way.first, way.second, way.back), way.fees, strict=True))
        self.zone = ZoneInfo(way.timezone)
        self.at(day, 9)
        shop = cast.make_merchant(currency=way.currency, timezone=way.timezone)
        account = cast.make_bank_account(shop, mapping=BANK_MAPPING)
        self.channel = cast.make_channel(
            shop, way.code, label=way.code, timezone=way.timezone, calendar=way.calendar, settles=way.settles, statements=way.rhythm,
            mapping=way.mapping, bank_account=account, bank_keywords=[way.code],
        )  # fmt: skip
        cast.make_fee_rule(self.channel, **way.terms)
        self.shop, self.owner, self.clerk, self.judge = shop, cast.owner(shop), cast.operator(shop), cast.approver(shop)
        enter_credentials(channel=self.channel, values=scene.credentials, is_live=False, by=self.owner, now=self.now)
        self.channel.refresh_from_db()

    @property
    def kind(self) -> GatewayKind:
        return gateway_kind(self.channel)

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    def at(self, day: date, hour: int) -> None:
        self.clock.move_to(datetime(day.year, day.month, day.day, hour, tzinfo=self.zone))

    def work(self) -> None:
        """The schedule rings, workers do all there is to do, and it rings again for what that brought; nothing may fail."""
        for _minute in range(2):
            order_tasks.ring_for_payments()
            order_tasks.ring_for_refunds()
            tasks.fetch()
            tasks.watch()
            self._work_off()

    def _work_off(self) -> None:
        while pk := Job.objects.filter(state__in=OPEN_JOB_STATES).order_by("pk").values_list("pk", flat=True).first():
            job = runner.run(job_id=pk)
            assert (job.state, job.error) == ("done", ""), (job.kind, job.result)

    # What the payer and the provider do

    def start(self, order_no: str, amount: int, **wishes) -> Payment:
        figures = Figures(order_no, amount, self.way.currency, self.way.method)
        wish = Wish("Tea", "https://shop.example/back", Payer(ip="203.0.113.9"), **wishes)
        return start_payment(channel=self.channel, request_key=f"cart-{order_no}", figures=figures, wish=wish, now=self.now)

    def ask(self, payment: Payment) -> Payment:
        """The schedule asks how it stands, when its time has come."""
        self.clock.move_to(PaymentExecution.objects.get(payment=payment).ask_at)
        self.work()
        payment.refresh_from_db()
        return payment

    def pay(self, payment: Payment) -> Payment:
        """The payer pays; the provider tells of it at the channel's address, or is asked where it tells nobody."""
        self.way.pays(self.fake, payment)
        if self.way.is_taken or not self.way.tells_payments:
            self.ask(payment)
        if self.way.tells_payments:
            self.ring(*self.fake.notice(payment.merchant_ref))
        payment.refresh_from_db()
        return payment

    def ring(self, headers: dict[str, str], body: bytes) -> None:
        """A notice at the door for notices, and the worker that hears of it."""
        address = reverse("notice", args=[self.channel.public_id])
        answer = self.client.generic("POST", address, body, content_type="application/octet-stream", headers=headers)
        assert answer.status_code in (200, 204), answer.status_code
        order_tasks.do_notices()

    # What people of the shop do

    def refund(self, payment: Payment) -> Refund:
        """Asked for by one, approved by another, carried out by the schedule."""
        refund = request_refund(
            merchant=self.shop,
            payment_id=payment.pk,
            amount_minor=self.way.back,
            reason_code="customer_request",
            by=self.clerk,
            now=self.now,
        )
        return approve_refund(merchant=self.shop, refund_id=refund.pk, by=self.judge, now=self.now)

    def settle(self, refund: Refund) -> Refund:
        """The refund is sent; its end is told by the answer, by a notice, or to who asks."""
        self.work()
        if self.way.tells_refunds:
            self.ring(*self.fake.refund_notice(refund.request.idempotency_key))
        while ask_at := RefundExecution.objects.get(refund=refund).ask_at:
            self.clock.move_to(ask_at)
            self.work()
        refund.refresh_from_db()
        return refund

    def bring(self, name: str, data: bytes) -> None:
        """A person drops a file and presses the button."""
        preview = receive_upload(merchant=self.shop, name=name, data=data, by=self.clerk, now=self.now)
        assert preview.state == "parsed", (preview.refusal, preview.refusal_params, preview.rejections)
        enqueue(kind=JobKind.IMPORT, merchant_id=self.shop.pk, by=self.clerk)
        self.work()

    def report(self, day: date) -> None:
        """The statement of a day comes in: by the schedule where the provider gives it, else a person brings it."""
        self.at(day + timedelta(days=self.way.reported), 21)
        if self.way.export:
            self.bring(*self.way.export(self.fake, day))
        self.work()

    def bank(self, day: date, *rows: tuple[int, str]) -> None:
        """The bank's list of a day, as its console gives it: (amount, memo)."""
        self.at(max(day, self.now.astimezone(self.zone).date()), 22)
        lines = [f"{day},{amount / 100:.2f},{memo}" for amount, memo in rows]
        self.bring(f"bank_{day:%Y%m%d}.csv", "\n".join(["Date,Amount,Memo", *lines, ""]).encode())

    def memo(self, day: date) -> str:
        """What the bank writes beside the money of a day's payments."""
        return f"{self.way.code} {day.strftime(self.way.payout_ref)}"

    # What is to be seen

    def payouts(self) -> list[tuple[date, int, int, int | None]]:
        """Due day, lines, their sum, and what arrived."""
        return list(Payout.objects.order_by("due_on", "pk").values_list("due_on", "line_count", "lines_net_minor", "arrived_minor"))

    def lines(self) -> list[tuple[str, int, int, int]]:
        """Kind, gross, fee and net of what the provider listed, payouts left out."""
        rows = StatementLine.objects.filter(is_live=True).exclude(kind="payout").order_by("business_date", "kind", "pk")
        return list(rows.values_list("kind", "gross", "fee", "net"))

    def pairs(self) -> set[tuple[int | None, int | None]]:
        """(payment, refund) of every proven link to a line."""
        return set(Match.objects.filter(voided_at=None).values_list("payment_id", "refund_id"))

    def differences(self) -> list[tuple[str, int, int, str]]:
        return list(Discrepancy.objects.order_by("pk").values_list("kind", "expected_minor", "actual_minor", "state"))

    def open_accounts(self) -> dict[str, int]:
        """Clearing accounts of the journal that are not zero."""
        at = self.now.astimezone(self.zone).date() + timedelta(days=30)
        return {row.account.key: row.minor for row in balances(self.shop, at=at) if row.is_clearing and row.minor}

    def broken_proofs(self) -> list[tuple[str, list[str]]]:
        return [(proof.code, proof.faults) for proof in prove(self.shop) if not proof.holds]

    def in_bank(self) -> int:
        return sum(BankLine.objects.filter(is_live=True).values_list("amount_minor", flat=True))


@contextmanager
def walking(way: Way, client: Client, settings, day: date = MONDAY):
    """The loop of a way, with its provider's fake running; it begins on `day`."""
    with (
        time_machine.travel(datetime(day.year, day.month, day.day, tzinfo=UTC), tick=False) as clock,
        every_scene()[way.code]() as scene,
    ):
        scene.fake.books.now = None  # the fake's clock is ours
        way.prepares(scene.fake, way)
        settings.PROVIDER_URLS = {way.code: scene.fake.base_url}
        with stamina.set_testing(True, attempts=1):
            yield Loop(way, scene, clock, client, day)
