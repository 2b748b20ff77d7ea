"""The mapping page makes what merchant.toml makes, and refuses what it refuses."""

import pytest

from apps.audit.models import AuditEvent
from apps.channels.models import Channel
from apps.channels.services.merchant_dump import dump_merchant_file
from apps.channels.services.merchant_file import load_merchant_file
from tests import cast
from tests.channels.merchant_files import load

pytestmark = pytest.mark.django_db

ADDRESS = "/m/qingtian/channels/till/mapping/"


@pytest.fixture
def shop(client):
    shop = load().merchant
    client.force_login(cast.owner(shop, language="en"))
    return shop


def test_saving_the_page_as_it_opens_changes_nothing(client, shop):
    till = Channel.objects.get(code="till")
    till.mapping |= {"footer_starts": ["合計", "總計"], "skip_rows": 1}
    till.save()
    before = AuditEvent.objects.count()
    form = client.get(ADDRESS).context["form"]

    answer = client.post(ADDRESS, {name: form[name].value() or "" for name in form.fields})

    assert answer.status_code == 302
    assert AuditEvent.objects.count() == before


def test_a_new_mapping_is_kept_recorded_and_written_to_the_file(client, shop):
    values = {
        "time": "time",
        "gross": "amount",
        "merchant_ref": "order",
        "methods": "卡 = credit_card\n現金=cash",
        "delimiter": ";",
        "skip_rows": "2",
    }

    client.post(ADDRESS, values)

    assert Channel.objects.get(code="till").mapping == {
        "delimiter": ";",
        "skip_rows": 2,
        "time": "time",
        "gross": "amount",
        "merchant_ref": "order",
        "methods": {"卡": "credit_card", "現金": "cash"},
    }
    assert AuditEvent.objects.get(action="channel.changed").after["mapping"]["gross"] == "amount"
    assert load_merchant_file(dump_merchant_file(shop).encode(), by=None, now=cast.NOW).unchanged


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"gross": ""}, "gross is missing"),
        ({"merchant_ref": ""}, "provider_ref or merchant_ref is needed, or no line can be paired"),
        ({"types": "付款 = sale", "type": "kind"}, "sale is none of payment"),
        ({"methods": "card"}, "Write one word a line, an equals sign and its meaning."),
        ({"encoding": "big6"}, "an encoding like utf-8, big5 or gb18030 is expected"),
        ({"skip_rows": "-1"}, "Ensure this value is greater than or equal to 0."),
    ],
)
def test_a_mapping_that_could_not_be_read_is_refused(client, shop, changes, sentence):
    before = (Channel.objects.get(code="till").mapping, AuditEvent.objects.count())

    answer = client.post(ADDRESS, {"time": "time", "gross": "amount", "merchant_ref": "order", **changes})

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert (Channel.objects.get(code="till").mapping, AuditEvent.objects.count()) == before


def test_a_provider_with_its_own_parser_has_no_mapping(client, shop):
    assert client.get("/m/qingtian/channels/ecpay/mapping/").status_code == 404
