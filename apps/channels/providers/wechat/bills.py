"""Fetching 交易账单: an address first, then the file, whose SHA-1 must be the one told before.

https://pay.weixin.qq.com/docs/merchant/apis/jsapi-payment/get-trade-bill.html

`FetchAnswer.raw` says what was exchanged, without the file and without the token in its address.
"""

import hashlib
import hmac
import logging
from datetime import date

from apps.channels import archives
from apps.channels.contracts import FileRefused
from apps.channels.fetching import FetchAnswer, FetchedFile, FetchOutcome
from apps.channels.providers.wechat.api import Said, WechatApi
from apps.channels.providers.wechat.codes import CODES, class_of
from apps.channels.return_codes import CodeClass

ENDS = {"NO_STATEMENT_EXIST": FetchOutcome.EMPTY, "STATEMENT_CREATING": FetchOutcome.NOT_READY}
logger = logging.getLogger(__name__)


def fetch(api: WechatApi, day: date) -> FetchAnswer:
    """The bill of one business day in Shanghai: all orders, paid and refunded."""
    said = api.ask("/v3/bill/tradebill", {"bill_date": day.isoformat(), "bill_type": "ALL", "tar_type": "GZIP"})
    if said.code:
        return _not_fetched(api, said)
    address, wanted = str(said.data.get("download_url") or ""), str(said.data.get("hash_value") or "")
    got = api.download(address) if said.data.get("hash_type") == "SHA1" and address else Said("unreadable", said.status)
    if isinstance(got, Said):
        return _not_fetched(api, got)
    try:
        plain = archives.gunzip(got)
    except FileRefused:
        return _not_fetched(api, Said("hash_differs"))
    if not hmac.compare_digest(hashlib.sha1(plain, usedforsecurity=False).hexdigest(), wanted.lower()):
        return _not_fetched(api, Said("hash_differs"))
    name = f"wechat_tradebill_{api.mchid}_{day:%Y%m%d}.csv"
    return FetchAnswer(FetchOutcome.FETCHED, (FetchedFile(name, plain),), "OK", raw=_raw(api))


def _not_fetched(api: WechatApi, said: Said) -> FetchAnswer:
    """Unless WeChat Pay says that there is nothing, or nothing yet, or that it refuses, nobody knows."""
    known, outcome = CODES.get(said.code), ENDS.get(said.code)
    if outcome is None:
        refuses = class_of(said.code) in (CodeClass.CONFIG, CodeClass.DUPLICATE, CodeClass.STATE) or said.code == "hash_differs"
        outcome = FetchOutcome.FAILED if refuses else FetchOutcome.UNKNOWN
    if known is None:
        logger.warning("provider.unknown_code provider=wechat http=%s code=%s", said.status, said.code)
    return FetchAnswer(outcome, code=said.code, message=known.staff if known else said.message, raw=_raw(api))


def _raw(api: WechatApi) -> dict:
    """Of the address only the path, of the file nothing."""
    record = api.wire.record()
    for exchange in record["exchanges"]:
        if exchange["path"].startswith("/v3/billdownload"):
            exchange["path"] = exchange["path"].partition("?")[0]
            exchange.pop("answer", None)
        elif "download_url" in exchange.get("answer", ""):
            exchange["answer"] = "the address of the file"
    return record
