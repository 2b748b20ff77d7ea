"""Which right opens which address under /m/<slug>/: one line each. tests/test_tenancy_walk.py fails for an address without a line.

    "orders:payment": Rule("view_money", ids={"pk": "payment.pk"}),
    "settlements:resolve": Rule("resolve", method="post", ids={"pk": "discrepancy.pk"}, data={"reason": "…"}),

`ids` says for each part of the address which object of a `Shop` (below) it names. Parts that name no object get a plain value in `fixed`.
"""

from dataclasses import dataclass, field
from functools import cached_property

from apps.audit.services import record
from apps.channels.models import HolidayCalendar, ProviderCall, WebhookEvent
from apps.channels.services.qualification import add_paper
from apps.core import clock, files
from apps.core.jobs.runner import run
from apps.core.models import Job
from apps.disputes.models import EvidenceBundle
from apps.disputes.services.evidence import add_evidence
from apps.disputes.services.opening import open_dispute
from apps.merchants.models import SupportAccess
from apps.orders.models import PaymentExecution, WebhookDelivery, WebhookEndpoint
from apps.orders.services.refunds.bulk import take_requests
from apps.orders.services.refunds.requesting import request_refund
from apps.orders.services.uploads import take_upload
from apps.reports.models import ClaimSheet, MonthClose
from apps.settlements.models import JournalEntry, LearnedSign, Suggestion
from apps.settlements.selectors.rules import in_force
from apps.settlements.services.journal import post_journal
from apps.settlements.services.replaying import ask_replay
from tests import cast
from tests.disputes.risk import things
from tests.orders.files import payments_csv
from tests.settlements.learning.past import make_model


@dataclass(frozen=True)
class Rule:
    """The right an address asks for, how it is called, and the objects its parts name."""

    right: str
    method: str = "get"
    ids: dict[str, str] = field(default_factory=dict)
    fixed: dict[str, object] = field(default_factory=dict)
    data: dict[str, object] = field(default_factory=dict)


class Shop:
    """A merchant whose objects are made when an address first names them."""

    def __init__(self, merchant):
        self.merchant = merchant

    def find(self, path: str):
        """`payment.pk` → the primary key of this shop's payment."""
        found = self
        for part in path.split("."):
            found = getattr(found, part)
        return found

    @cached_property
    def channel(self):
        # The code differs between shops, so that an address with another shop's code finds nothing.
        return cast.make_channel(self.merchant, f"ecpay-{self.merchant.slug}", provider="ecpay")

    @cached_property
    def mapped_channel(self):
        return cast.make_channel(self.merchant, f"till-{self.merchant.slug}", provider="generic")

    @cached_property
    def storefront_channel(self):
        return cast.make_channel(self.merchant, f"shopify-{self.merchant.slug}", provider="shopify")

    @cached_property
    def csv_account(self):
        return cast.make_bank_account(self.merchant, f"till-{self.merchant.slug}")

    @cached_property
    def fee_rule(self):
        return cast.make_fee_rule(self.channel)

    @cached_property
    def paper(self):
        return add_paper(
            channel=self.channel, paper="website", name="pages.txt", data=b"goods and prices", by=cast.owner(self.merchant), now=cast.NOW
        )

    @cached_property
    def provider_call(self):
        return ProviderCall.objects.create(
            merchant=self.merchant, channel=self.channel, operation="refund", key="rf_1", started_at=clock.now()
        )

    @cached_property
    def notice(self):
        return WebhookEvent.objects.create(
            merchant=self.merchant, channel=self.channel, event_id="evt_1", state="received", body="{}", received_at=clock.now()
        )

    @cached_property
    def holiday_calendar(self):
        return HolidayCalendar.objects.create(merchant=self.merchant, code=f"own-{self.merchant.slug}", weekend=["sat", "sun"])

    @cached_property
    def invitation(self):
        return cast.make_invitation(self.merchant)

    @cached_property
    def support_access(self):
        staff = cast.staff()
        return SupportAccess.objects.create(
            merchant=self.merchant, staff=staff, reason="a question", hours=4, asked_by=staff, asked_at=cast.NOW
        )

    @cached_property
    def payment(self):
        return cast.make_payment(self.channel)

    @cached_property
    def live_payment(self):
        payment = cast.make_payment(self.channel, state="authorized", paid_at=None, business_date=None)
        at = {"started_at": clock.now(), "expires_at": clock.now()}
        PaymentExecution.objects.create(merchant=self.merchant, payment=payment, request_key="cart-1", **at)
        return payment

    @property
    def order(self):
        return self.payment.order

    @cached_property
    def refund(self):
        return cast.make_refund(self.payment)

    @cached_property
    def asked_refund(self):
        """Waits for a decision, with a file."""
        person = cast.accountant(self.merchant)
        asked = {"payment_id": cast.make_payment(self.channel).pk, "amount_minor": 30000, "reason_code": "customer_request"}
        files = [("slip.txt", b"a return slip")]
        return request_refund(merchant=self.merchant, by=person, now=cast.NOW, attachments=files, **asked)

    @cached_property
    def request_check(self):
        """A file of requests, looked at, with a rejected row."""
        data = f"channel,merchant_ref,amount,currency,reason,note,customer_note\n{self.channel.code},nobody,1,TWD,fraud,,\n".encode()
        return run(job_id=take_requests(merchant=self.merchant, name="asked.csv", data=data, by=None, now=cast.NOW).pk)

    @property
    def refund_file(self):
        return self.asked_refund.attachments.get()

    @cached_property
    def bank_refund(self):
        """Approved, to be paid by our own bank."""
        return cast.approve_bank_refund(self.channel)

    @cached_property
    def refund_batch(self):
        return cast.make_refund_batch(self.channel)

    @property
    def refund_transfer(self):
        return self.refund_batch.transfers.get()

    @cached_property
    def risk_rule(self):
        return things.make_rule(self.merchant)

    @cached_property
    def dry_run(self):
        return things.make_dry_run(self.risk_rule)

    @cached_property
    def rule_replay(self):
        return ask_replay(channel=self.channel, rules={**in_force(self.channel), "grace_days": 2}, by=None, now=cast.NOW)[0]

    @cached_property
    def alert(self):
        return things.make_alert(self.risk_rule)

    @cached_property
    def watched(self):
        return things.make_watched(self.merchant)

    @cached_property
    def statement(self):
        return cast.make_statement(self.channel)

    @cached_property
    def line(self):
        return cast.make_line(self.statement)

    @cached_property
    def payout(self):
        return cast.make_payout(self.channel)

    @cached_property
    def suggestion(self):
        sides = f"payout:{self.bank_line.pk}|{self.payout.pk}"
        return Suggestion.objects.create(
            merchant=self.merchant, channel=self.channel, kind="payout", sides=sides, currency="TWD", amount_minor=1, score_ppm=900_000,
            is_ambiguous=False, found_at=cast.NOW,
        )  # fmt: skip

    @cached_property
    def sign(self):
        return LearnedSign.objects.create(
            merchant=self.merchant, channel=self.channel, sign="word", value="永豐", confirmed_count=1, learned_at=cast.NOW
        )

    @cached_property
    def learned_model(self):
        return make_model(self.merchant)

    @cached_property
    def learning_job(self):
        return Job.objects.create(kind="settlements.learn", merchant_id=self.merchant.pk, created_at=cast.NOW)

    @cached_property
    def bank_account(self):
        return cast.make_bank_account(self.merchant, f"bank-{self.merchant.slug}")

    @cached_property
    def bank_statement(self):
        return cast.make_bank_statement(self.bank_account)

    @cached_property
    def kept_statement(self):
        return cast.make_statement(self.channel, sha256=files.store(b"as delivered"))

    @cached_property
    def job(self):
        return Job.objects.create(kind="settlements.import", merchant_id=self.merchant.pk, created_at=cast.NOW)

    @cached_property
    def reconciliation(self):
        return Job.objects.create(kind="settlements.reconcile", merchant_id=self.merchant.pk, created_at=cast.NOW)

    @cached_property
    def dispute(self):
        return open_dispute(
            merchant=self.merchant, channel=self.channel, payment=self.payment, amount_minor=self.payment.amount_minor,
            currency=self.payment.currency, opened_at=cast.NOW, origin="hand", by=None, now=cast.NOW,
        )  # fmt: skip

    @cached_property
    def evidence(self):
        return add_evidence(
            merchant=self.merchant, dispute_id=self.dispute.pk, type="order", name="a.txt", data=b"receipt", by=None, now=cast.NOW
        )

    @cached_property
    def bundle(self):
        kept = files.store(b"%PDF-1.7")
        return EvidenceBundle.objects.create(merchant=self.merchant, dispute=self.dispute, sha256=kept, size=8, pages=1, made_at=cast.NOW)

    @cached_property
    def bundle_job(self):
        payload = {"dispute_id": self.dispute.pk, "language": "en"}
        return Job.objects.create(kind="disputes.bundle", merchant_id=self.merchant.pk, payload=payload, created_at=cast.NOW)

    @cached_property
    def chargeback_line(self):
        return cast.make_line(self.statement, kind="dispute", gross=-5000, fee=0, provider_ref="P9", line_ref="L9")

    @cached_property
    def webhook(self):
        url = f"https://{self.merchant.slug}.example.com/"
        return WebhookEndpoint.objects.create(
            merchant=self.merchant, url=url, types=["refund.failed"], secret="whsec_AAAA", created_at=cast.NOW
        )

    @cached_property
    def webhook_delivery(self):
        fields = {"merchant": self.merchant, "event_id": "evt_1", "type": "test", "body": "{}", "state": "failed", "created_at": cast.NOW}
        return WebhookDelivery.objects.create(endpoint=self.webhook, **fields)

    @cached_property
    def audit_job(self):
        return Job.objects.create(kind="merchants.verify_audit", merchant_id=self.merchant.pk, created_at=cast.NOW)

    @cached_property
    def audit_event(self):
        return record(merchant_id=self.merchant.pk, action="test.done", subject=self.merchant, by=None, now=cast.NOW)

    @cached_property
    def month_job(self):
        return Job.objects.create(kind="reports.month", merchant_id=self.merchant.pk, payload={"month": "2026-10"}, created_at=cast.NOW)

    @cached_property
    def claim_job(self):
        return Job.objects.create(kind="reports.claim", merchant_id=self.merchant.pk, created_at=cast.NOW)

    @cached_property
    def claim_sheet(self):
        kept = files.store(b"a claim")
        days = {"first_day": cast.TODAY, "last_day": cast.TODAY}
        return ClaimSheet.objects.create(
            merchant=self.merchant, channel=self.channel, count=1, totals=[], discrepancies=[], pdf_path=kept, xlsx_path=kept,
            made_at=cast.NOW, **days,
        )  # fmt: skip

    @cached_property
    def drafted_month(self):
        """The name of a month with a kept draft; it differs between shops, so that another shop's is not found."""
        kept = files.store(b"a draft")
        month = "2026-10" if self.merchant.slug == "qingtian" else "2025-03"
        MonthClose.objects.create(merchant=self.merchant, month=f"{month}-01", pdf_path=kept, xlsx_path=kept)
        return month

    @cached_property
    def journal_entry(self):
        cast.make_payment(self.channel)
        post_journal(merchant=self.merchant, now=cast.NOW)
        return JournalEntry.objects.for_merchant(self.merchant).first()

    @cached_property
    def bank_line(self):
        return cast.make_bank_line(self.bank_statement)

    @cached_property
    def discrepancy(self):
        return cast.make_discrepancy(self.channel, payment=self.payment)

    @cached_property
    def books_check(self):
        """An uploaded file of the books, checked, with a rejected row."""
        data = payments_csv({"channel": self.channel.code}, {"amount": "x", "merchant_ref": "B"})
        job = take_upload(merchant=self.merchant, kind="payments", name="payments.csv", data=data, by=None, now=cast.NOW)
        return run(job_id=job.pk)

    @cached_property
    def membership(self):
        return cast.viewer(self.merchant).memberships.get()

    @cached_property
    def former_membership(self):
        return cast.former_member(self.merchant, "viewer").memberships.get()


MAPPING = (
    ("", "get", "edit_mappings"),
    *((part, "post", "edit_mappings") for part in ("_preview", "_sample", "_load")),
    ("_download", "get", "download_reports"),
)
CHANNEL = {"code": "channel.code"}
ASKED = {"pk": "asked_refund.pk"}

RULES: dict[str, Rule] = {
    "merchants:home": Rule("view_settings"),
    "merchants:jobs": Rule("view_money"),
    "merchants:jobs_ring": Rule("view_money"),
    "merchants:job_cancel": Rule("import_files", method="post", ids={"pk": "job.pk"}),
    "merchants:settings": Rule("view_settings"),
    "merchants:settings_edit": Rule("edit_settings"),
    "merchants:people": Rule("view_settings"),
    "merchants:access": Rule("view_settings"),
    "merchants:access_factor": Rule("manage_people", method="post"),
    "merchants:support_grant": Rule("manage_people", method="post"),
    "merchants:support_decide": Rule("manage_people", method="post", ids={"pk": "support_access.pk"}, data={"verdict": "refuse"}),
    "merchants:support_end": Rule("manage_people", method="post", ids={"pk": "support_access.pk"}),
    "merchants:roles": Rule("view_settings"),
    "merchants:invite": Rule("manage_people", method="post"),
    "merchants:invitation_again": Rule("manage_people", method="post", ids={"pk": "invitation.pk"}),
    "merchants:invitation_revoke": Rule("manage_people", method="post", ids={"pk": "invitation.pk"}),
    "merchants:member_unlock": Rule("manage_people", method="post", ids={"pk": "membership.pk"}),
    "merchants:member_role": Rule("manage_people", method="post", ids={"pk": "membership.pk"}, data={"role": "viewer"}),
    "merchants:member_deactivate": Rule("manage_people", method="post", ids={"pk": "membership.pk"}),
    "merchants:member_reactivate": Rule("manage_people", method="post", ids={"pk": "former_membership.pk"}),
    "merchants:bank_accounts": Rule("view_settings"),
    "merchants:bank_account_new": Rule("edit_bank_accounts"),
    "merchants:bank_account": Rule("edit_bank_accounts", ids={"pk": "bank_account.pk"}),
    "channels:channels": Rule("view_money"),
    "channels:add": Rule("edit_channels"),
    "channels:file": Rule("edit_channels"),
    "channels:file_download": Rule("download_reports"),
    "channels:calendar_edit": Rule("edit_channels", ids={"calendar_code": "holiday_calendar.code"}),
    "channels:calendar_forget": Rule("edit_channels", method="post", ids={"calendar_code": "holiday_calendar.code"}),
    "channels:channel": Rule("view_money", ids=CHANNEL),
    "channels:edit": Rule("edit_channels", ids=CHANNEL),
    "channels:switch": Rule("edit_channels", method="post", ids=CHANNEL, data={"to": "off"}),
    "channels:statements": Rule("view_money", ids=CHANNEL),
    "channels:credentials": Rule("edit_channels", ids=CHANNEL),
    "channels:test": Rule("edit_channels", method="post", ids=CHANNEL),
    "channels:papers": Rule("edit_channels", ids=CHANNEL),
    "channels:paper_add": Rule("edit_channels", method="post", ids=CHANNEL),
    "channels:papers_submit": Rule("edit_channels", method="post", ids=CHANNEL),
    "channels:paper": Rule("edit_channels", ids={**CHANNEL, "pk": "paper.pk"}),
    "channels:calls": Rule("view_money", ids=CHANNEL),
    "channels:call": Rule("view_money", ids={**CHANNEL, "pk": "provider_call.pk"}),
    "channels:notices": Rule("view_money", ids=CHANNEL),
    "channels:notice": Rule("view_money", ids={**CHANNEL, "pk": "notice.pk"}),
    **{f"channels:mapping{part}": Rule(right, method, ids={"code": "mapped_channel.code"}) for part, method, right in MAPPING},
    **{f"channels:bank_mapping{part}": Rule(right, method, ids={"code": "csv_account.code"}) for part, method, right in MAPPING},
    "channels:fees": Rule("view_money", ids=CHANNEL),
    "channels:fee_add": Rule("edit_fees", ids=CHANNEL),
    "channels:fee_withdraw": Rule("edit_fees", method="post", ids={**CHANNEL, "pk": "fee_rule.pk"}),
    "channels:calendar": Rule("view_money", ids=CHANNEL),
    "orders:practice": Rule("view_money"),
    "orders:practice_play": Rule("edit_channels", method="post", ids={"pk": "payment.pk"}, data={"what": "pay"}),
    "orders:notice_replay": Rule("edit_channels", method="post", ids={**CHANNEL, "pk": "notice.pk"}),
    "orders:record": Rule("edit_books", ids={"order_id": "order.pk"}),
    "orders:storefront": Rule("view_money", ids={"code": "storefront_channel.code"}),
    "orders:storefront_place": Rule("edit_channels", method="post", ids={"code": "storefront_channel.code"}, data={"since": "2026-11-01"}),
    "orders:storefront_read": Rule("edit_channels", method="post", ids={"code": "storefront_channel.code"}),
    "orders:webhooks": Rule("edit_webhooks"),
    "orders:webhook": Rule("edit_webhooks", ids={"pk": "webhook.pk"}),
    "orders:webhook_act": Rule("edit_webhooks", method="post", ids={"pk": "webhook.pk"}, data={"act": "test"}),
    "orders:webhook_resend": Rule("edit_webhooks", method="post", ids={"pk": "webhook_delivery.pk"}),
    "merchants:audit": Rule("view_audit"),
    "merchants:audit_verify": Rule("view_audit", method="post"),
    "merchants:audit_chain": Rule("view_audit"),
    "merchants:audit_job": Rule("view_audit", ids={"pk": "audit_job.pk"}),
    "merchants:audit_event": Rule("view_audit", ids={"pk": "audit_event.pk"}),
    "merchants:inbox": Rule("view_settings"),
    "merchants:inbox_bell": Rule("view_settings"),
    "merchants:inbox_open": Rule("view_settings", data={"id": "1"}),
    "merchants:inbox_read": Rule("view_settings", method="post", data={"id": "1"}),
    "settlements:suggestions": Rule("view_money"),
    "settlements:suggestion_confirm": Rule("resolve", method="post", ids={"pk": "suggestion.pk"}),
    "settlements:suggestion_decline": Rule("resolve", method="post", ids={"pk": "suggestion.pk"}),
    "settlements:suggestion_undo": Rule("resolve", method="post", ids={"pk": "suggestion.pk"}),
    "settlements:sign_forget": Rule("resolve", method="post", ids={"pk": "sign.pk"}),
    "settlements:learning": Rule("teach_models"),
    "settlements:learning_train": Rule("teach_models", method="post"),
    "settlements:learning_job": Rule("teach_models", ids={"pk": "learning_job.pk"}),
    "settlements:learning_switch": Rule("teach_models", method="post", ids={"pk": "learned_model.pk"}, data={"to": "on"}),
    "settlements:statements": Rule("view_money"),
    "settlements:upload": Rule("import_files", method="post"),
    "settlements:post_files": Rule("import_files", method="post"),
    "settlements:job": Rule("view_money", ids={"pk": "job.pk"}),
    "settlements:practice_fetch": Rule("import_files", method="post", ids={"code": "channel.code"}, fixed={"day": "2026-11-20"}),
    "settlements:practice_file": Rule("view_money", ids={"code": "channel.code"}, fixed={"day": "2026-11-20"}),
    "settlements:file": Rule("view_money", ids={"pk": "statement.pk"}, fixed={"lane": "provider"}),
    "settlements:download": Rule("download_reports", ids={"pk": "kept_statement.pk"}, fixed={"lane": "provider"}),
    "settlements:withdraw": Rule(
        "withdraw_files", method="post", ids={"pk": "statement.pk"}, fixed={"lane": "provider"}, data={"reason": "x"}
    ),
    "settlements:follow": Rule("edit_mappings", method="post", ids={"pk": "statement.pk"}, fixed={"lane": "provider"}),
    "settlements:force": Rule("force_import", method="post", ids={"pk": "statement.pk"}, fixed={"lane": "provider"}),
    "settlements:drop": Rule("import_files", method="post", ids={"pk": "statement.pk"}, fixed={"lane": "provider"}),
    "orders:orders": Rule("view_money"),
    "orders:payments": Rule("view_money"),
    "orders:refund_list": Rule("view_money"),
    "orders:search": Rule("view_money", data={"q": "A1"}),
    "orders:refunds": Rule("view_money"),
    "orders:refund_approve_many": Rule("approve_refund", method="post", data={"ids": "1", "total": "1"}),
    "orders:payment_take": Rule("take_payments", ids={"pk": "live_payment.pk"}),
    "orders:payment_call_off": Rule("take_payments", ids={"pk": "live_payment.pk"}),
    "orders:refund_new": Rule("request_refund", ids={"payment_id": "payment.pk"}),
    "orders:refund_upload": Rule("request_refund"),
    "orders:refund_columns": Rule("request_refund"),
    "orders:refund_file": Rule("request_refund", ids={"job_id": "request_check.pk"}),
    "orders:refund_file_confirm": Rule("request_refund", method="post", ids={"job_id": "request_check.pk"}),
    "orders:refund": Rule("view_money", ids=ASKED),
    "orders:refund_progress": Rule("view_money", ids=ASKED),
    "orders:refund_approve": Rule("approve_refund", method="post", ids=ASKED),
    "orders:refund_reject": Rule("approve_refund", method="post", ids=ASKED, data={"reason": "x"}),
    "orders:refund_ask": Rule("approve_refund", method="post", ids=ASKED, data={"reason": "x"}),
    "orders:refund_answer": Rule("request_refund", method="post", ids=ASKED, data={"reason": "x"}),
    "orders:refund_withdraw": Rule("request_refund", method="post", ids=ASKED),
    "orders:refund_again": Rule("view_money", method="post", ids=ASKED),
    "orders:refund_attach": Rule("view_money", method="post", ids=ASKED),
    "orders:refund_attachment": Rule("view_money", ids={**ASKED, "attachment_pk": "refund_file.pk"}),
    "orders:refund_transfers": Rule("view_money"),
    "orders:refund_account": Rule("pay_refunds", ids={"pk": "bank_refund.pk"}),
    "orders:refund_give_up": Rule("pay_refunds", method="post", ids={"pk": "bank_refund.pk"}, data={"reason": "…"}),
    "orders:refund_batch_make": Rule("pay_refunds", method="post", data={"format": "csv"}),
    "orders:refund_batch": Rule("view_money", ids={"public_id": "refund_batch.public_id"}),
    "orders:refund_batch_file": Rule("pay_refunds", ids={"public_id": "refund_batch.public_id"}),
    "orders:refund_transfer_end": Rule(
        "pay_refunds",
        method="post",
        ids={"public_id": "refund_batch.public_id", "pk": "refund_transfer.pk"},
        data={"outcome": "returned", "reason": "…"},
    ),
    "orders:import": Rule("import_files"),
    "orders:import_job": Rule("import_files", ids={"job_id": "books_check.pk"}),
    "orders:import_confirm": Rule("edit_books", method="post", ids={"job_id": "books_check.pk"}),
    "orders:import_rejected": Rule("import_files", ids={"job_id": "books_check.pk"}),
    "orders:import_columns": Rule("import_files", fixed={"kind": "payments"}),
    "settlements:journal": Rule("view_money"),
    "settlements:journal_entries": Rule("view_money"),
    "settlements:journal_entry": Rule("view_money", ids={"pk": "journal_entry.pk"}),
    "settlements:journal_export": Rule("download_reports"),
    "settlements:journal_refresh": Rule("reconcile", method="post"),
    "settlements:rules": Rule("view_settings"),
    "settlements:channel_rules": Rule("view_settings", ids=CHANNEL),
    "settlements:rules_replay": Rule("reconcile", method="post", ids=CHANNEL),
    "settlements:rules_job": Rule("view_settings", ids={**CHANNEL, "pk": "rule_replay.pk"}),
    "settlements:rules_save": Rule("edit_settings", method="post", ids={**CHANNEL, "pk": "rule_replay.pk"}, data={"reason": "x"}),
    "settlements:payouts": Rule("view_money"),
    "settlements:bank_lines": Rule("view_money"),
    "settlements:bank_line_kind": Rule("resolve", method="post", ids={"pk": "bank_line.pk"}, data={"other": "sale"}),
    "settlements:payout": Rule("view_money", ids={"pk": "payout.pk"}),
    "settlements:payout_tie": Rule("resolve", method="post", ids={"pk": "payout.pk"}, data={"reason": "seen"}),
    "settlements:payout_untie": Rule("resolve", method="post", ids={"pk": "payout.pk"}, data={"reason": "seen"}),
    "reports:order_story": Rule("view_money", ids={"order_no": "order.order_no"}),
    "reports:months": Rule("view_money"),
    "reports:claims": Rule("view_money"),
    "reports:claim_make": Rule("download_reports", method="post", data={"channel": "x"}),
    "reports:claim_job": Rule("view_money", ids={"pk": "claim_job.pk"}),
    "reports:claim_sent": Rule("resolve", method="post", ids={"pk": "claim_sheet.pk"}),
    "reports:claim_file": Rule("download_reports", ids={"pk": "claim_sheet.pk"}, fixed={"suffix": "pdf"}),
    "reports:month": Rule("view_money", fixed={"month": "2026-10"}),
    "reports:month_draft": Rule("download_reports", method="post", fixed={"month": "2026-10"}),
    "reports:month_prepare": Rule("prepare_close", method="post", fixed={"month": "2026-10"}),
    "reports:month_approve": Rule("approve_close", method="post", fixed={"month": "2026-10"}),
    "reports:month_return": Rule("approve_close", method="post", fixed={"month": "2026-10"}, data={"reason": "x"}),
    "reports:month_job": Rule("view_money", ids={"pk": "month_job.pk"}, fixed={"month": "2026-10"}),
    "reports:month_file": Rule("download_reports", ids={"month": "drafted_month"}, fixed={"suffix": "pdf"}),
    "settlements:queue": Rule("view_money"),
    "settlements:assign": Rule("assign", method="post", data={"ids": "1", "owner": ""}),
    "settlements:resolve_many": Rule("resolve", method="post", data={"ids": "1", "resolution": "explained", "reason": "x"}),
    "settlements:undo": Rule("assign", method="post"),
    "settlements:reconcile": Rule("reconcile", method="post"),
    "settlements:desk_job": Rule("view_money", ids={"pk": "reconciliation.pk"}),
    "settlements:view_save": Rule("view_money", method="post", data={"name": "x"}),
    "settlements:view_delete": Rule("view_money", method="post", data={"name": "x"}),
    "settlements:discrepancy": Rule("view_money", ids={"pk": "discrepancy.pk"}),
    "settlements:resolve": Rule("resolve", method="post", ids={"pk": "discrepancy.pk"}, data={"resolution": "explained", "reason": "x"}),
    "settlements:decide": Rule("countersign", method="post", ids={"pk": "discrepancy.pk"}, data={"verdict": "reject", "answer": "x"}),
    "settlements:withdraw_request": Rule("resolve", method="post", ids={"pk": "discrepancy.pk"}),
    "settlements:undo_signed": Rule("countersign", method="post", ids={"pk": "discrepancy.pk"}, data={"reason": "x"}),
    "settlements:pause": Rule("resolve", method="post", ids={"pk": "discrepancy.pk"}, data={"until": "2026-11-25", "reason": "x"}),
    "settlements:resume": Rule("resolve", method="post", ids={"pk": "discrepancy.pk"}),
    "settlements:comment": Rule("assign", method="post", ids={"pk": "discrepancy.pk"}, data={"text": "x"}),
    "settlements:match": Rule("resolve", method="post", ids={"pk": "discrepancy.pk"}, data={"candidate": "payment:1", "reason": "x"}),
    "settlements:unmatch": Rule("resolve", method="post", ids={"pk": "discrepancy.pk"}, data={"reason": "x"}),
    "reports:overview": Rule("view_money"),
    "disputes:alerts": Rule("view_money"),
    "disputes:alert": Rule("view_money", ids={"pk": "alert.pk"}),
    "disputes:alerts_acknowledge": Rule("edit_alerts", method="post"),
    "disputes:alerts_snooze": Rule("edit_alerts", method="post"),
    "disputes:alerts_close": Rule("edit_alerts", method="post"),
    "disputes:risk_rules": Rule("view_settings"),
    "disputes:risk_presets": Rule("edit_alerts", method="post"),
    "disputes:risk_rule_add": Rule("edit_alerts", method="post"),
    "disputes:risk_rule": Rule("view_settings", ids={"pk": "risk_rule.pk"}),
    "disputes:risk_rule_try": Rule("edit_alerts", method="post", ids={"pk": "risk_rule.pk"}),
    "disputes:risk_rule_switch": Rule("edit_alerts", method="post", ids={"pk": "risk_rule.pk"}),
    "disputes:risk_rule_snooze": Rule("edit_alerts", method="post", ids={"pk": "risk_rule.pk"}),
    "disputes:risk_rule_job": Rule("view_settings", ids={"pk": "risk_rule.pk", "dry_run": "dry_run.pk"}),
    "disputes:risk_rule_use": Rule("edit_alerts", method="post", ids={"pk": "risk_rule.pk", "dry_run": "dry_run.pk"}),
    "disputes:watch_dispute": Rule("edit_watchlist", method="post", ids={"public_id": "dispute.public_id"}),
    "disputes:watchlist": Rule("view_money"),
    "disputes:watch_add": Rule("edit_watchlist", method="post"),
    "disputes:watched": Rule("view_money", ids={"pk": "watched.pk"}),
    "disputes:watch_remove": Rule("edit_watchlist", method="post", ids={"pk": "watched.pk"}),
    "disputes:watch_appeal": Rule("edit_watchlist", method="post", ids={"pk": "watched.pk"}),
    "disputes:disputes": Rule("view_money"),
    "disputes:new": Rule("answer_disputes"),
    "disputes:figures": Rule("view_money"),
    "disputes:import": Rule("answer_disputes"),
    "disputes:import_confirm": Rule("answer_disputes", method="post"),
    "disputes:import_columns": Rule("answer_disputes"),
    "disputes:open_from_line": Rule("answer_disputes", method="post", ids={"pk": "chargeback_line.pk"}),
    "disputes:case": Rule("view_money", ids={"public_id": "dispute.public_id"}),
    "disputes:move": Rule("answer_disputes", method="post", ids={"public_id": "dispute.public_id"}, data={"to": "under_review"}),
    "disputes:note": Rule("answer_disputes", method="post", ids={"public_id": "dispute.public_id"}, data={"text": "x"}),
    "disputes:details": Rule("answer_disputes", method="post", ids={"public_id": "dispute.public_id"}, data={"family": "fraud"}),
    "disputes:owner": Rule("answer_disputes", method="post", ids={"public_id": "dispute.public_id"}, data={"owner": ""}),
    "disputes:upload": Rule("answer_disputes", method="post", ids={"public_id": "dispute.public_id"}),
    "disputes:document": Rule("view_money", ids={"public_id": "dispute.public_id", "pk": "evidence.pk"}),
    "disputes:remove": Rule("answer_disputes", method="post", ids={"public_id": "dispute.public_id", "pk": "evidence.pk"}),
    "disputes:bundle": Rule("answer_disputes", method="post", ids={"public_id": "evidence.dispute.public_id"}, data={"language": "en"}),
    "disputes:bundle_file": Rule("view_money", ids={"public_id": "dispute.public_id", "pk": "bundle.pk"}),
    "disputes:job": Rule("view_money", ids={"public_id": "dispute.public_id", "pk": "bundle_job.pk"}),
}
