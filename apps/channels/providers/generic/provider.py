"""A provider without a parser of its own, read through the channel's column mapping."""

from apps.channels.contracts import Capabilities, Method, Provider
from apps.channels.providers.generic import statement

PROVIDER = Provider(
    code="generic",
    name="CSV",
    countries=(),
    default_timezone="UTC",
    capabilities=Capabilities(methods=tuple(Method), statements=("CSV",), partial_refund=True),
    recognise=statement.recognise,
    parse=statement.parse,
    text=statement.text,
)
