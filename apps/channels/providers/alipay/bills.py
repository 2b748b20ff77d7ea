"""Fetching 业务明细: an address that lives half a minute, then its ZIP.

`FetchAnswer.raw` says what was exchanged, without the file and without its address.
"""

import logging
from datetime import date

from apps.channels import archives
from apps.channels.contracts import FileRefused
from apps.channels.fetching import FetchAnswer, FetchedFile, FetchOutcome
from apps.channels.providers.alipay.api import AlipayApi, Said
from apps.channels.providers.alipay.codes import CODES, class_of
from apps.channels.return_codes import CodeClass

METHOD = "alipay.data.dataservice.bill.downloadurl.query"
NO_ROWS = "EMPTY_DATA_WITH_BILL_FILE"
ENDS = {"NO_BILL_DATA": FetchOutcome.EMPTY, "BILL_NOT_EXIST": FetchOutcome.NOT_READY}
logger = logging.getLogger(__name__)


def fetch(api: AlipayApi, day: date) -> FetchAnswer:
    """The statement of one business day in Shanghai."""
    said = api.ask(METHOD, {"bill_type": "trade", "bill_date": day.isoformat()})
    if said.code:
        return _not_fetched(api, said)
    if said.data.get("bill_file_code") == NO_ROWS:
        return FetchAnswer(FetchOutcome.EMPTY, code=NO_ROWS, message=CODES["NO_BILL_DATA"].staff, raw=_raw(api))
    address = str(said.data.get("bill_download_url") or "")
    got = api.download(address) if address else Said("unreadable")
    if isinstance(got, Said):
        return _not_fetched(api, got)
    try:
        archives.members(got)
    except FileRefused:
        return _not_fetched(api, Said("unreadable"))
    name = f"{api.seller_id or api.app_id}_{day:%Y%m%d}.zip"
    return FetchAnswer(FetchOutcome.FETCHED, (FetchedFile(name, got),), "10000", raw=_raw(api))


def _not_fetched(api: AlipayApi, said: Said) -> FetchAnswer:
    """Unless Alipay says that there is nothing, or nothing yet, or that it refuses, nobody knows."""
    known, outcome = CODES.get(said.code), ENDS.get(said.code)
    if outcome is None:
        refuses = class_of(said.code) in (CodeClass.CONFIG, CodeClass.STATE)
        outcome = FetchOutcome.FAILED if refuses else FetchOutcome.UNKNOWN
    if class_of(said.code) is None:
        logger.warning("provider.unknown_code provider=alipay code=%s", said.code)
    return FetchAnswer(outcome, code=said.code, message=known.staff if known else said.message, raw=_raw(api))


def _raw(api: AlipayApi) -> dict:
    """Who has the address can read the file, so neither stays."""
    record = api.wire.record()
    for exchange in record["exchanges"]:
        if exchange["method"] == "GET":
            exchange["path"] = exchange["path"].partition("?")[0]
            exchange.pop("answer", None)
        elif "bill_download_url" in exchange.get("answer", ""):
            exchange["answer"] = "the address of the file"
    return record
