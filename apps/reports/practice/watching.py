"""The practice shop watches for risk: every preset tried and on, alerts of the last weeks, some handled, buyers on the watch-list."""

from datetime import datetime, timedelta

from apps.disputes.enums import RiskKind, WatchKind
from apps.disputes.models import Alert
from apps.disputes.services.risk.handling import acknowledge, close
from apps.disputes.services.risk.looking import look
from apps.disputes.services.risk.ruling import add_presets, try_now, use_dry_run
from apps.disputes.services.risk.telling import tell_due
from apps.disputes.services.risk.watchlist import note_appeal, watch_buyer
from apps.merchants.enums import Role
from apps.merchants.models import Merchant, User

CLOSED = "門市週年慶，同事代客結帳，已核對發票。"
WATCHED = (
    (WatchKind.CUSTOMER, "C77041", "半小時內連續下七張單，收件地址都不同，出貨前請先電話確認。"),
    (WatchKind.IP, "198.51.100.23", "同一位址四十分鐘內十二位買家付款。"),
    (WatchKind.EMAIL, "gift.hunter@example.com", "三次以「未收到」申請爭議款，物流皆有簽收。"),
)
APPEAL = "買家來信：最近一次確實是物流遺失，附有報案單。"


def watch_for_risk(shop: Merchant, users: dict[str, User], now: datetime) -> None:
    """Through the services that the pages use."""
    owner, accountant = users[Role.OWNER], users[Role.ACCOUNTANT]
    for rule in add_presets(merchant=shop, by=owner, now=now):
        tried = try_now(merchant=shop, rule_id=rule.pk, by=owner, now=now)
        use_dry_run(merchant=shop, rule_id=rule.pk, dry_run_id=tried.pk, by=owner, now=now, looks_from=now - timedelta(days=30))
    look(merchant=shop, now=now)
    tell_due(merchant=shop, now=now)
    alerts = Alert.objects.for_merchant(shop)
    close(merchant=shop, ids=_keys(alerts, RiskKind.IP_VELOCITY), reason=CLOSED, by=accountant, now=now)
    acknowledge(merchant=shop, ids=_keys(alerts, RiskKind.FEE_RATIO), by=accountant, now=now)
    for kind, value, reason in WATCHED:
        entry = watch_buyer(merchant=shop, kind=kind, value=value, reason=reason, by=accountant, now=now)
    note_appeal(merchant=shop, entry_id=entry.pk, reason=APPEAL, by=accountant, now=now)


def _keys(alerts, kind: str) -> list[int]:
    return list(alerts.filter(kind=kind).values_list("pk", flat=True))
