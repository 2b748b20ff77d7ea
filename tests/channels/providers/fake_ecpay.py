"""An ECPay of our own: a small server that checks CheckMacValue and AES as the real one, and keeps each trade's closing rows.

It has no keys and no refund numbers, as the real one: the same request twice is two refunds.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode

from apps.channels.providers.ecpay.signing import conceal, is_genuine, reveal

# The public test account of https://developers.ecpay.com.tw/?p=2856
MERCHANT_ID, HASH_KEY, HASH_IV = "3002607", "pwFHCqoQZGmho4w6", "EkRm7iFT261dpevs"
CREDENTIALS = {"merchant_id": MERCHANT_ID, "hash_key": HASH_KEY, "hash_iv": HASH_IV}
AUTHORIZED, TO_CAPTURE, CAPTURED, UNDONE, RELEASED = "Authorized", "To be captured", "Captured", "Operation canceled", "Canceled"
GARBAGE = "<html><body>503</body></html>"


class FakeEcpay:
    """`trades` are {MerchantTradeNo: [whole dollars, refunds as negatives…]}, `stages` where they stand (captured, unless said).

    `mood` is how the next DoAction goes, or a list for the next ones: ok, silent_before, silent_after (the connection is cut before or
    after the effect), slow_after (the answer comes too late), garbage, a status like 503, or (RtnCode, RtnMsg). `asked` is the same
    for QueryTrade: ok, silent, garbage or a status.
    """

    def __init__(self):
        self.trades: dict[str, list[int]] = {}
        self.stages: dict[str, str] = {}
        self.mood: object = "ok"
        self.asked: object = "ok"
        self.actions: list[dict] = []
        self.base_url = ""
        self.lock = threading.Lock()
        self.closing = threading.Event()

    def act(self, form: dict[str, str]) -> tuple[int, str] | None:
        """What DoAction answers; None is silence."""
        with self.lock:
            self.actions.append(form)
            mood = self._next_mood()
            reply = {"MerchantID": MERCHANT_ID, "MerchantTradeNo": form["MerchantTradeNo"], "TradeNo": form["TradeNo"]}
            if isinstance(mood, int) or mood == "garbage":
                return mood if isinstance(mood, int) else 200, GARBAGE
            if mood == "silent_before":
                return None
            code, words = mood if isinstance(mood, tuple) else self._effect(form)
        if mood == "slow_after":
            self.closing.wait(10)
        silent = mood in ("silent_after", "slow_after")
        return None if silent else (200, urlencode({**reply, "RtnCode": code, "RtnMsg": words}))

    def _next_mood(self) -> object:
        if isinstance(self.mood, list):
            return self.mood.pop(0) if self.mood else "ok"
        mood, self.mood = self.mood, "ok"
        return mood

    def _effect(self, form: dict[str, str]) -> tuple[str, str]:
        number, amount, action = form["MerchantTradeNo"], int(form["TotalAmount"]), form["Action"]
        if not is_genuine(form, HASH_KEY, HASH_IV):
            return "10200073", "CheckMacValue Error"
        rows, stage = self.trades.get(number, []), self.stages.get(number, CAPTURED)
        if not rows:
            return "10200047", "Cant not find the trade data."
        if amount > sum(rows):
            return "10200050", "TotalAmount Error"
        if action == "R" and stage in (TO_CAPTURE, CAPTURED):
            rows.append(-amount)
        elif action == "E" and stage == TO_CAPTURE:
            self.stages[number] = UNDONE
        elif action == "N" and stage in (AUTHORIZED, UNDONE):
            self.stages[number] = RELEASED
        else:
            return "0", "error"
        return "1", "OK"

    def tell(self, asked: dict) -> dict:
        """What QueryTrade answers inside the envelope."""
        number = asked["MerchantTradeNo"]
        rows, stage = self.trades.get(number, []), self.stages.get(number, CAPTURED)
        if not rows:
            return {"RtnMsg": "error_nopay", "RtnValue": "", "CloseData": ""}
        closed = {CAPTURED: rows, TO_CAPTURE: [sum(rows)], UNDONE: rows[:1]}.get(stage, [])
        lines = [{"Status": stage, "Sno": str(at), "Amount": str(amount), "DateTime": ""} for at, amount in enumerate(closed)]
        value = {"TradeID": 10100023, "Amount": rows[0], "AuthTime": "2026/11/20 10:00:00", "Status": stage}
        return {"RtnMsg": "", "RtnValue": {**value, "ClsAmt": sum(closed) if stage == CAPTURED else 0}, "CloseData": lines}

    def answer(self, path: str, body: str) -> tuple[int, str] | None:
        """Status and text; None is silence."""
        if path == "/CreditDetail/DoAction":
            return self.act(dict(parse_qsl(body, keep_blank_values=True)))
        mood = self.asked
        if path != "/1.0.0/CreditDetail/QueryTrade" or mood == "silent":
            return None
        if mood != "ok":
            return mood if isinstance(mood, int) else 200, GARBAGE
        told = conceal(self.tell(reveal(json.loads(body)["Data"], HASH_KEY, HASH_IV)), HASH_KEY, HASH_IV)
        return 200, json.dumps(
            {"MerchantID": MERCHANT_ID, "RpHeader": {"Timestamp": 1}, "TransCode": 1, "TransMsg": "Success", "Data": told}
        )


@contextmanager
def running() -> Iterator[FakeEcpay]:
    """A fresh one on a free port."""
    fake = FakeEcpay()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            reply = fake.answer(self.path, self.rfile.read(int(self.headers["Content-Length"])).decode())
            if reply is None:  # cut without a word
                self.close_connection = True
                return
            status, text = reply
            self.send_response(status)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.base_url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield fake
    finally:
        fake.closing.set()
        server.shutdown()
        server.server_close()
