"""Every provider there is. The only module that knows one by name: adding a provider is one folder and one line here."""

from apps.channels.capabilities import Provider
from apps.channels.contracts import FileRefused, ParsedStatement, Refusal, StatementFile
from apps.channels.providers.adyen.provider import PROVIDER as ADYEN
from apps.channels.providers.airwallex.provider import PROVIDER as AIRWALLEX
from apps.channels.providers.alipay.provider import PROVIDER as ALIPAY
from apps.channels.providers.chinaums.provider import PROVIDER as CHINAUMS
from apps.channels.providers.ecpay.provider import PROVIDER as ECPAY
from apps.channels.providers.generic.provider import PROVIDER as ANY
from apps.channels.providers.generic.provider import PROVIDERS as MAPPED
from apps.channels.providers.internal.provider import PROVIDER as INTERNAL
from apps.channels.providers.jkopay.provider import PROVIDER as JKOPAY
from apps.channels.providers.lakala.provider import PROVIDER as LAKALA
from apps.channels.providers.linepay.provider import PROVIDER as LINEPAY
from apps.channels.providers.newebpay.provider import PROVIDER as NEWEBPAY
from apps.channels.providers.paypal.provider import PROVIDER as PAYPAL
from apps.channels.providers.paypay.provider import PROVIDER as PAYPAY
from apps.channels.providers.razorpay.provider import PROVIDER as RAZORPAY
from apps.channels.providers.shopify.provider import PROVIDER as SHOPIFY
from apps.channels.providers.shouqianba.provider import PROVIDER as SHOUQIANBA
from apps.channels.providers.simulator import statement as practice_statement
from apps.channels.providers.simulator.provider import GATEWAY as SIMULATOR
from apps.channels.providers.stripe.provider import PROVIDER as STRIPE
from apps.channels.providers.unionpay.provider import PROVIDER as UNIONPAY
from apps.channels.providers.wechat.provider import PROVIDER as WECHAT

ALL = (
    ALIPAY, WECHAT, UNIONPAY, ECPAY, STRIPE, PAYPAL, ADYEN, SHOPIFY, RAZORPAY, PAYPAY, LINEPAY, JKOPAY, NEWEBPAY, CHINAUMS, SHOUQIANBA,
    LAKALA, AIRWALLEX, *MAPPED, INTERNAL, ANY,
)  # fmt: skip
PROVIDERS: dict[str, Provider] = {entry.code: entry for entry in ALL}
PRACTICE = SIMULATOR  # answers for every provider of a practice merchant
GENERIC = ANY.code  # any provider that has no name here


def codes() -> list[str]:
    return list(PROVIDERS)


def get(code: str) -> Provider:
    """:raises KeyError: for a code that no provider has."""
    return PROVIDERS[code]


def is_mapped(code: str) -> bool:
    """Whether the provider's exports are read through the channel's own column mapping; no for a code that no provider has."""
    return code in PROVIDERS and PROVIDERS[code].is_mapped


def reports_itself(code: str) -> bool:
    """Whether no provider stands behind it: the shop's own books are the report. No for a code that no provider has."""
    return code in PROVIDERS and PROVIDERS[code].capabilities.reports_itself


def recognise(name: str, data: bytes) -> list[tuple[str, str]]:
    """The providers that take the bytes for theirs, each with the layout it sees, whether or not it can be imported."""
    if layout := practice_statement.recognise(name, data):
        return [(code, layout) for code in PROVIDERS if code == practice_statement.provider_of(data)]
    found = ((code, entry.recognise(name, data)) for code, entry in PROVIDERS.items())
    return [(code, layout) for code, layout in found if layout]


def parse_statement(provider_code: str, file: StatementFile) -> ParsedStatement:
    """Reads a file as a statement of one provider, or of the simulator in its place.

    :raises FileRefused: OTHER_PROVIDER when it is plainly another's, else whatever the parser has to say.
    """
    if practice_statement.recognise(file.name, file.data):
        return practice_statement.parse(file)
    reader = get(provider_code)
    if reader.recognise(file.name, file.data) is None and not reader.is_mapped:
        others = [code for code, _ in recognise(file.name, file.data)]
        if others:
            raise FileRefused(Refusal.OTHER_PROVIDER, expected=provider_code, found=others[0])
    return reader.parse(file)


def statement_text(provider_code: str, name: str, data: bytes) -> str:
    """A statement as people see it, line by line. :raises KeyError: for a code that no provider has."""
    reader = practice_statement if practice_statement.recognise(name, data) else get(provider_code)
    return reader.text(name, data)
