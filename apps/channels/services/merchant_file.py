"""Loading a merchant.toml: the merchant, its calendars, bank accounts, channels and dated fees, all or nothing."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from django.db import models, transaction
from django.utils.translation import gettext as _

from apps.channels.errors import Fault, UnableToLoadMerchantFile
from apps.channels.models import Channel, FeeRule, HolidayCalendar
from apps.channels.services.changes import record_created, save_changes, sentences
from apps.channels.services.channels import as_reported
from apps.channels.services.mappings import keep_version
from apps.channels.services.match_rules import set_rules
from apps.channels.services.merchant_spec import ChannelSpec, MerchantSpec, read_merchant_file
from apps.core.money import exponent
from apps.merchants.models import BankAccount, Merchant, User

# Major units of the shop's currency, unless the file says otherwise.
DEFAULT_LIMITS = {
    "difference_threshold_minor": 500,
    "refund_second_approver_above_minor": 10_000,
    "refund_owner_above_minor": 50_000,
    "refund_mfa_above_minor": 10_000,
}


@dataclass(slots=True)
class LoadedMerchant:
    """What loading did. `created` counts new rows by kind (merchant, calendars, bank_accounts, channels, fees)."""

    merchant: Merchant
    created: Counter = field(default_factory=Counter)
    changed: list[str] = field(default_factory=list)  # a sentence for each changed attribute
    news: list[str] = field(default_factory=list)  # a sentence for each new row

    @property
    def unchanged(self) -> bool:
        return not self.changed and not self.created


def load_merchant_file(source: Path | str | bytes, *, by: User | None, now: datetime, merchant: Merchant | None = None) -> LoadedMerchant:
    """Makes the rows say what the file says, in one transaction; loading the same file again writes nothing.

    The file is the authority for what it names: attributes and the numbers of a fee rule with the same methods and first day are
    updated, each with its audit event. What the file does not name stays: the past keeps its terms. With `merchant` given, the
    file may only be about that merchant.

    :raises UnableToLoadMerchantFile: with every mistake and its place; nothing was changed.
    """
    data = source if isinstance(source, bytes) else Path(source).read_bytes()
    spec = read_merchant_file(data)
    if merchant is not None and spec.slug != merchant.slug:
        sentence = _('slug = "%(found)s" is another shop; this one is "%(own)s"') % {"found": spec.slug, "own": merchant.slug}
        raise UnableToLoadMerchantFile([Fault("[merchant]", sentence)])
    with transaction.atomic():
        return _Loader(spec, by, now).run()


def preview_merchant_file(data: bytes, *, by: User | None, now: datetime, merchant: Merchant) -> LoadedMerchant:
    """What loading would do, found out by doing it and taking it back.

    :raises UnableToLoadMerchantFile: as loading would.
    """
    with transaction.atomic():
        loaded = load_merchant_file(data, by=by, now=now, merchant=merchant)
        transaction.set_rollback(True)
    return loaded


class _Loader:
    """One loading: rows are looked up by their code, compared, and saved only where they differ."""

    def __init__(self, spec: MerchantSpec, by: User | None, now: datetime):
        self.spec = spec
        self.by = by
        self.now = now
        self.faults: list[Fault] = []

    def run(self) -> LoadedMerchant:
        spec = self.spec
        values = {"name": spec.name, "currency": spec.currency, "timezone": spec.timezone, **spec.optional}
        merchant = Merchant.objects.select_for_update(of=("self",)).filter(slug=spec.slug).first()
        if merchant is None:
            unit = 10 ** exponent(spec.currency)
            values = {name: major * unit for name, major in DEFAULT_LIMITS.items()} | values
        self.loaded = LoadedMerchant(merchant or Merchant(slug=spec.slug))
        self.loaded.merchant = self._put(merchant, Merchant, {"slug": spec.slug}, values, "merchant", spec.slug, spec.currency)
        self.owner = {"merchant": self.loaded.merchant}
        for calendar in spec.calendars:
            self._put_coded(HolidayCalendar, asdict(calendar), "calendars")
        accounts = {item.code: self._put_coded(BankAccount, asdict(item), "bank_accounts") for item in spec.bank_accounts}
        for number, item in enumerate(spec.channels, start=1):
            self._channel(number, item, accounts)
        if self.faults:
            raise UnableToLoadMerchantFile(self.faults)
        return self.loaded

    def _channel(self, number: int, item: ChannelSpec, accounts: dict[str, BankAccount]) -> None:
        values = as_reported(item.provider, asdict(item))
        fees = values.pop("fees")
        values["bank_account"] = accounts.get(item.bank_account)
        before = Channel.objects.for_merchant(self.loaded.merchant).filter(code=item.code).values_list("grace_days", flat=True).first()
        channel = self._put_coded(Channel, values, "channels")
        if before not in (None, item.grace_days):
            set_rules(channel=channel, reason="merchant.toml", by=self.by, now=self.now)
        rules = {(rule.methods_key, rule.valid_from): rule for rule in channel.fee_rules.all()}
        place = f"[[channels]] {number} {item.code}"
        for at, fee in enumerate(fees, start=1):
            known = {"channel": channel, "methods_key": fee.pop("methods_key"), "valid_from": fee.pop("valid_from")}
            rule = rules.pop((known["methods_key"], known["valid_from"]), None)
            twin = _method_in(fee["methods"], known["valid_from"], rules)
            if twin:
                sentence = _("%(method)s already has terms from %(day)s in another rule") % {
                    "method": twin,
                    "day": known["valid_from"].isoformat(),
                }
                self.faults.append(Fault(f"{place} [[channels.fees]] {at}", sentence))
            label = f"{item.code} {known['methods_key']} {known['valid_from'].isoformat()}"
            self._put(rule, FeeRule, {**self.owner, **known}, fee, "fees", label, item.currency)

    def _put_coded(self, model: type[models.Model], values: dict, kind: str):
        code = values.pop("code")
        row = model.objects.for_merchant(self.loaded.merchant).filter(code=code).first()
        if row and "currency" in values and row.currency != values["currency"]:
            params = {"before": row.currency, "after": values["currency"]}
            self.faults.append(
                Fault(f"[[{kind}]] {code}", _("the currency cannot change from %(before)s to %(after)s; use a new code") % params)
            )
            values = {**values, "currency": row.currency}
        row = self._put(row, model, {**self.owner, "code": code}, values, kind, code, values.get("currency", self.spec.currency))
        if values.get("mapping"):
            keep_version(owner=row, by=self.by, now=self.now)
        return row

    def _put(self, row, model: type[models.Model], known: dict, values: dict, kind: str, label: str, currency: str):
        """The row with these values: made, changed or left alone."""
        if row is None:
            row = model.objects.create(**known, **values)
            merchant_id = row.pk if model is Merchant else row.merchant_id
            record_created(row, {**known, **values}, merchant_id=merchant_id, by=self.by, now=self.now)
            self.loaded.created[kind] += 1
            self.loaded.news.append(_("%(subject)s is new") % {"subject": label})
            return row
        merchant_id = row.pk if model is Merchant else row.merchant_id
        pairs = save_changes(row, values, merchant_id=merchant_id, by=self.by, now=self.now, reason="merchant.toml")
        self.loaded.changed += sentences(label, pairs, currency)
        return row


def _method_in(methods: list[str], day, rules: dict) -> str:
    """The first of these methods that another rule names from the same day, or empty."""
    same_day = {method for (_key, valid_from), rule in rules.items() if valid_from == day for method in rule.methods}
    return next((method for method in methods if method in same_day), "")
