"""An ECPay of our own: a small server that checks CheckMacValue and AES as the real one, and keeps each trade's closing rows."""

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


class FakeEcpay:
    """`trades` are {MerchantTradeNo: [whole dollars, closing rows…]}; `mood` is how the next DoAction goes: ok, silent_before,
    silent_after, or (RtnCode, RtnMsg)."""

    def __init__(self):
        self.trades: dict[str, list[int]] = {}
        self.mood: object = "ok"
        self.actions: list[dict] = []
        self.base_url = ""
        self.lock = threading.Lock()

    def act(self, form: dict[str, str]) -> dict[str, str] | None:
        """What DoAction answers; None is silence."""
        with self.lock:
            self.actions.append(form)
            mood, self.mood = self.mood, "ok"
            reply = {"Merchant": MERCHANT_ID, "MerchantTradeNo": form["MerchantTradeNo"], "TradeNo": form["TradeNo"]}
            if not is_genuine(form, HASH_KEY, HASH_IV):
                return {**reply, "RtnCode": "10200073", "RtnMsg": "CheckMacValue Error"}
            if isinstance(mood, tuple):
                return {**reply, "RtnCode": mood[0], "RtnMsg": mood[1]}
            if mood == "silent_before":
                return None
            rows, amount = self.trades.get(form["MerchantTradeNo"], []), int(form["TotalAmount"])
            if not rows:
                return {**reply, "RtnCode": "10200047", "RtnMsg": "Cant not find the trade data."}
            if amount > sum(rows):
                return {**reply, "RtnCode": "10200050", "RtnMsg": "TotalAmount Error"}
            rows.append(-amount)
            return None if mood == "silent_after" else {**reply, "RtnCode": "1", "RtnMsg": "OK"}

    def tell(self, asked: dict) -> dict:
        """What QueryTrade answers inside the envelope."""
        rows = self.trades.get(asked["MerchantTradeNo"], [])
        if not rows:
            return {"RtnCode": 10200047, "RtnMsg": "error_nopay", "RtnValue": None}
        closed = [{"Status": "已關帳", "Sno": str(at), "Amount": str(amount), "DateTime": ""} for at, amount in enumerate(rows)]
        value = {"TradeID": 1, "Amount": rows[0], "ClsAmt": sum(rows), "AuthTime": "", "Status": "已關帳", "CloseData": closed}
        return {"RtnCode": 1, "RtnMsg": "Success", "MerchantID": MERCHANT_ID, "RtnValue": value}


@contextmanager
def running() -> Iterator[FakeEcpay]:
    """A fresh one on a free port."""
    fake = FakeEcpay()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            if self.path == "/CreditDetail/DoAction":
                reply = fake.act(dict(parse_qsl(body, keep_blank_values=True)))
                self._send(None if reply is None else urlencode(reply))
            else:
                told = fake.tell(reveal(json.loads(body)["Data"], HASH_KEY, HASH_IV))
                envelope = {"MerchantID": MERCHANT_ID, "RpHeader": {"Timestamp": 1}, "TransCode": 1, "TransMsg": "Success"}
                self._send(json.dumps({**envelope, "Data": conceal(told, HASH_KEY, HASH_IV)}))

        def _send(self, text: str | None) -> None:
            """None cuts the connection without a word."""
            if text is None:
                self.close_connection = True
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.base_url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
