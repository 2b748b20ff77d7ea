"""Every word a person reads is translated: the catalogues are complete, no English stands on a Chinese page, in the PDF or in Excel.

Names, references and codes are left out of the search by their shape (digits, dots, underscores, capitals) or by their element (code, pre,
`.ident`). What is left of Latin letters has to be a name that Chinese readers know in Latin, or a word of a file, listed in `KNOWN`. The
names of providers are the registry's.
"""

import importlib.util
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from lxml import html
from python_calamine import CalamineWorkbook

from apps.channels import registry
from apps.core import clock
from apps.reports.figures.month_figures import month_figures
from apps.reports.month.stamp import Stamp
from apps.reports.month.workbook import write_workbook
from apps.reports.pdf import document
from apps.settlements.enums import Kind
from tests import cast
from tests.reports import small_month
from tests.rights_by_url import RULES, Shop
from tests.settlements.desk import kinds
from tests.test_tenancy_walk import path_of

CHINESE = ("zh-hant", "zh-hans")
WORD = re.compile(r"[A-Za-z][A-Za-z’']+")
PROVIDERS = frozenset(word for entry in registry.PROVIDERS.values() for word in WORD.findall(str(entry.name)))
KNOWN = PROVIDERS | frozenset(
    """App Apple Asia Excel Google Taipei TradeNoAio
    hledger Ledger beancount QuickBooks Online Desktop Xero
    bank big cathay ecpay gb kB own qingtian shopify stripe tab till twd
    channel Enter HashIV HashKey Hezhang JSON Lines Secure Standard Webhooks chargeback fraudulent columns delimiter encoding
    dispute merchant payment qualificationcase refund refundbatch
    question nobody test Three chargebacks""".split()
)
# (The last two lines: kinds of subject in the audit trail, and what people of these tests wrote.)
# Words that stand in a file, where a help text quotes them.
QUOTED = re.compile("= payment|payment、refund、dispute、fee、payout、adjustment")
# Files whose columns or rows are for machines: the columns of books to fill in, the audit trail as it is hashed.
AS_WRITTEN = {"orders:import_columns", "orders:import_rejected", "orders:refund_columns", "disputes:import_columns", "merchants:audit"}
SKIPPED = {"script", "style", "pre", "code", "kbd", "samp", "textarea"}
SKIPPED_CLASSES = {"ident", "raw", "code"}
READ_ALOUD = ("title", "aria-label", "placeholder", "alt")
# A word with a digit, dot, slash, @, = or _ in it is a reference, an address or a file name.
TOKEN = re.compile(r"[^\s,;，。；：、「」“”（）()…·]+")
REFERENCE = re.compile(r"[\d@/_=.#:+]")


def messages():
    """bin/messages.py as a module."""
    spec = importlib.util.spec_from_file_location("messages", Path(settings.BASE_DIR) / "bin" / "messages.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def english_words(text: str) -> list[str]:
    """The words of a text that are neither references, nor short codes in capitals, nor known names."""
    words = [word for token in TOKEN.findall(QUOTED.sub("", text)) if not REFERENCE.search(token) for word in WORD.findall(token)]
    return [word for word in words if word not in KNOWN and not (word.isupper() and len(word) <= 5)]


def is_read(element) -> bool:
    """Whether a person reads what stands in the element. A list of time zones is a list of names."""
    if not isinstance(element.tag, str) or element.get("lang") == "en" or element.get("name") == "timezone":
        return False
    return element.tag not in SKIPPED and not SKIPPED_CLASSES & set(element.classes)


def texts_of(element):
    """What is seen and what is read aloud, piece by piece."""
    if is_read(element):
        yield element.text or ""
        yield from (element.get(name, "") for name in READ_ALOUD)
        if element.tag == "template":  # words for a script
            yield from (value for name, value in element.attrib.items() if name.startswith("data-"))
        for child in element:
            yield from texts_of(child)
    yield element.tail or ""


def english_in(page: str) -> list[str]:
    return [text.strip() for text in texts_of(html.document_fromstring(page)) if english_words(text)]


def english_on(response) -> list[str]:
    """The texts of an HTML answer that hold English words; other files have none."""
    is_page = response.headers.get("Content-Type", "").startswith("text/html") and response.content.strip()
    return english_in(response.content.decode()) if is_page else []


@pytest.mark.parametrize("name", ["zh_Hant", "zh_Hans"])
def test_catalogue_says_everything_with_the_same_placeholders(name):
    module = messages()
    file = Path(settings.BASE_DIR) / "locale" / name / "LC_MESSAGES" / "django.po"

    template = module.collect()

    assert module.faults(file, template) == []
    assert [message.id for message in module.load(file) if message.id and not template.get(message.id, message.context)] == []


@pytest.fixture
def shop(db, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: cast.NOW)
    return Shop(cast.make_merchant())


def read_and_undo(client, rule, path):
    """The page an address ends on, its rows undone."""
    with transaction.atomic():
        response = getattr(client, rule.method)(path, rule.data, follow=True)
        transaction.set_rollback(True)
    return response


def test_every_address_of_a_merchant_answers_in_chinese(client, shop):
    client.force_login(cast.owner(shop.merchant, name="林怡君", language="zh-hant"), backend="django.contrib.auth.backends.ModelBackend")
    paths = {name: path_of(name, rule, shop) for name, rule in RULES.items()}

    found = {name: english_on(read_and_undo(client, rule, paths[name])) for name, rule in RULES.items()}

    assert {name: texts for name, texts in found.items() if texts} == {}


@pytest.mark.parametrize("language", CHINESE)
def test_every_list_is_exported_in_chinese(client, shop, language):
    client.force_login(cast.owner(shop.merchant, name="林怡君", language=language), backend="django.contrib.auth.backends.ModelBackend")
    paths = {name: path_of(name, rule, shop) for name, rule in RULES.items() if rule.method == "get"}

    answers = {name: client.get(path, {"export": "csv"}) for name, path in paths.items()}

    texts = {name: answer for name, answer in answers.items() if answer.headers["Content-Type"].startswith("text/csv")}
    files = {name: answer for name, answer in texts.items() if name not in AS_WRITTEN}
    found = {name: [line for line in b"".join(answer).decode().splitlines() if english_words(line)] for name, answer in files.items()}
    assert set(found) >= {"orders:orders", "orders:payments", "orders:refund_list", "settlements:queue", "settlements:payouts"}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_every_kind_of_difference_is_told_in_chinese(client, shop):
    client.force_login(cast.owner(shop.merchant, name="林怡君", language="zh-hant"), backend="django.contrib.auth.backends.ModelBackend")
    items = {kind: kinds.make(shop.channel, kind) for kind in Kind.values}

    found = {kind: english_on(client.get(reverse("settlements:discrepancy", args=["qingtian", item.pk]))) for kind, item in items.items()}

    assert {kind: texts for kind, texts in found.items() if texts} == {}


def plain_pages(slug: str) -> dict[str, str]:
    """Pages outside a merchant, and one that is not there."""
    names = ("login", "profile", "password_change", "staff")
    return {**{name: reverse(f"merchants:{name}") for name in names}, "404": f"/m/{slug}/nothing/"}


@pytest.mark.parametrize("language", CHINESE)
def test_pages_outside_a_merchant_answer_in_chinese(client, shop, language):
    visitor = client.get("/login/", headers={"Accept-Language": language})
    refused = client.post("/login/", {"username": "", "password": ""}, headers={"Accept-Language": language})
    viewer = cast.viewer(shop.merchant, name="林怡君", language=language, is_staff=True)
    client.force_login(viewer, backend="django.contrib.auth.backends.ModelBackend")

    found = {name: english_on(client.get(path, follow=True)) for name, path in plain_pages("qingtian").items()}
    found["visitor"], found["refused"] = english_on(visitor), english_on(refused)
    found["403"] = english_on(client.get("/m/qingtian/settings/edit/"))

    assert {name: texts for name, texts in found.items() if texts} == {}
    assert ("此為必需欄位。" if language == "zh-hant" else "该字段是必填项。") in refused.content.decode()


SECURITY = "/profile/security/"


@pytest.mark.parametrize("language", CHINESE)
def test_pages_of_ones_own_security_answer_in_chinese(client, shop, language):
    lin = cast.viewer(shop.merchant, name="林怡君", language=language)
    client.force_login(lin, backend="django.contrib.auth.backends.ModelBackend")
    before = {
        "no factor": client.get(SECURITY),
        "sent here": client.get(f"{SECURITY}?next=/m/qingtian/"),
        "step-up without a factor": client.get("/step-up/"),
        "password": client.get(f"{SECURITY}app/"),
        "wrong password": client.post(f"{SECURITY}app/", {"password": "wrong"}),
    }
    cast.with_totp(lin)
    step_up = {"step-up": client.get("/step-up/"), "wrong code": client.post("/step-up/", {"code": "000000"})}
    cast.give_factor(client)
    after = {
        "app": client.get(f"{SECURITY}app/"),
        "app, wrong code": client.post(f"{SECURITY}app/", {"code": "000000"}),
        "passkey": client.get(f"{SECURITY}passkeys/add/"),
        "passkey, refused": client.post(f"{SECURITY}passkeys/add/", {"name": "筆電", "credential": "{}"}),
        "codes": client.post(f"{SECURITY}recovery/"),
        "factors": client.get(SECURITY),
        "password page": client.get("/password/"),
    }

    answers = {**before, **step_up, **after}
    assert {name: answer.status_code for name, answer in answers.items() if answer.status_code not in (200, 422)} == {}
    assert {name: texts for name, answer in answers.items() if (texts := english_on(answer))} == {}


@pytest.mark.parametrize("language", CHINESE)
def test_month_is_reported_in_chinese(db, tmp_path, language):
    world, path = small_month.make_small_month(), tmp_path / "month.xlsx"
    figures = month_figures(world.shop, small_month.OCTOBER)
    made = {"merchant": world.shop, "month": small_month.OCTOBER, "figures": figures, "stamp": Stamp()}

    page = document.report_html(**made, language=language, now=small_month.NOW)
    write_workbook(path=path, **made, language=language, now=small_month.NOW)

    book = CalamineWorkbook.from_path(str(path))
    cells = [str(cell) for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for cell in row]
    assert english_in(page) == []
    assert [text for text in [*book.sheet_names, *cells] if english_words(text)] == []
