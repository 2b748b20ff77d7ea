"""Every component on one page, for looking at and for axe. Served in tests only, by `ROOT_URLCONF = "tests.journeys.gallery"`."""

from datetime import date, timedelta
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from apps.core import clock
from apps.core.panels import Cell, Clock, Pair, Proof, Step, Tab
from apps.core.ui import Chip
from apps.merchants.access import needs
from config.urls import urlpatterns as pages

STRIP = [
    Cell("已收款", "1,416,205", "1,008 筆　較上月同期 +6.2 %", "#a", unit="TWD"),
    Cell("通道在途", "368,385", "261 筆　未到撥款日", "#b", "=", share=368),
    Cell("撥款在途", "103,872", "3 筆　11/20–11/23 到", "#c", "+", share=104),
    Cell("已入帳", "885,227", "41 筆撥款", "#d", "+", share=885),
    Cell("退款", "30,590", "19 筆　較上月 −2 筆", "#e", "+", share=31),
    Cell("手續費", "26,287", "已結算的 2.51 %", "#f", "+", share=26),
    Cell("差異", "1,844", "7 件", "#g", "+", note="3 件逾期", note_tone="red", share=2),
]
PROOF = Proof(True, "兩邊相等，相差 0", "已收款 1,416,205 ＝ 六項合計 1,416,205；爭議保留 0、準備金 0", "#proof", "看算式與明細")
PAIRS = [
    Pair("訂單編號", "A10293", "A10293", is_identifier=True),
    Pair("通道序號", "2611161402187733", "2611161402187733", is_identifier=True),
    Pair("付款時間", "11/16 14:02:18", "2026/11/16 14:02:18"),
    Pair("金額", "1,280", "1,280"),
    Pair("卡別", "國內卡（推定）", "國外卡", differs=True),
    Pair("手續費", "−35", "−47", differs=True),
]
TRAIL = [
    Step("11/16 14:02", "付款成功"),
    Step("11/17", "關帳"),
    Step("11/18", "對帳單"),
    Step("11/25", "預計撥款", state="expected"),
]
TIMELINE = [
    Step("11/16 14:01", "官網建立訂單", detail="訂單 A10293，1 件商品", amount="1,280", icon="shopping-cart"),
    Step("14:02:18", "付款成功", detail="綠界回傳碼 1", amount="1,280", icon="credit-card", raw="RtnCode=1  RtnMsg=交易成功"),
    Step("06:10", "手續費多收 NT$12", detail="應 35，實 47", amount="−12", icon="equal-not", state="fault"),
    Step("11/25（三）", "預計入帳國泰世華", detail="關帳後第 7 個營業日", amount="1,233", icon="building-bank", state="expected"),
]
CLOCKS = [
    Clock("付款", "11/16（一）14:02", "NT$1,280，信用卡"),
    Clock("通道結算", "11/18（三）", "NT$1,233，準時", warning="比合約少 12"),
    Clock("銀行入帳", "預計 11/25（三）", "NT$1,233", state="expected"),
]
QUARTERS = [
    ("done", "done", "done", "done"),
    ("wait", "wait", "wait", "wait"),
    ("done", "done", "done", "wait"),
    ("done", "done", "amber", "wait"),
    ("done", "done", "red", "wait"),
    (),
]


@needs("view_money")
def gallery(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """The page; its template lies beside this file."""
    now = clock.now()
    context = {
        "cells": STRIP,
        "proof": PROOF,
        "pairs": PAIRS,
        "trail": TRAIL,
        "steps": TIMELINE,
        "clocks": CLOCKS,
        "tabs": [Tab("全部", "?a", True, "7"), Tab("我的", "?b", count="4"), Tab("逾期", "?c", count="3")],
        "quarters": QUARTERS,
        "overdue": now - timedelta(hours=5, minutes=3),
        "soon": now + timedelta(hours=2, minutes=14),
        "later": now + timedelta(days=4),
        "day": date(2026, 11, 20),
        "chip": Chip("2 小時內到期", "amber"),
    }
    template = engines["django"].from_string(Path(__file__).with_name("gallery.html").read_text(encoding="utf-8"))
    return HttpResponse(template.render(context, request))


@needs("view_money")
def desk(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """A list with its drawer open."""
    now = clock.now()
    queue = [
        ("通道說沒有這筆付款", "LINE Pay　A10251", 368000, None, -368000, now - timedelta(hours=27), "tone-red", "alert-circle"),
        ("通道說有，我們沒有", "綠界 · 超商代碼　…1174408", None, 129000, 129000, now - timedelta(hours=5), "tone-red", "alert-circle"),
        ("手續費多收", "綠界 · 信用卡　A10293", 124500, 123300, -1200, now + timedelta(hours=2), "tone-amber", "alert-triangle"),
        ("退款多扣", "街口　A10148", -45000, -54000, -9000, now + timedelta(days=5), "tone-neutral", "circle-dashed"),
    ]
    context = {"queue": queue, "pairs": PAIRS, "trail": TRAIL, "tabs": [Tab("全部", "?a", True, "7"), Tab("我的", "?b", count="4")]}
    template = engines["django"].from_string(Path(__file__).with_name("gallery_desk.html").read_text(encoding="utf-8"))
    return HttpResponse(template.render(context, request))


urlpatterns = [
    path("m/<slug:merchant_slug>/gallery/", gallery, name="gallery"),
    path("m/<slug:merchant_slug>/gallery/desk/", desk, name="gallery_desk"),
    *pages,
]
