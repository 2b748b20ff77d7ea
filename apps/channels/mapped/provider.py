"""A provider whose exports are read through the channel's column mapping. No Django here.

Nothing public says which columns their consoles write, so none is promised: a person shows the studio a file once. Such a provider
is one line in `providers/generic/provider.py`, or, where it can be called, a folder of its own that asks here for its reading part.
"""

from apps.channels.capabilities import Capabilities, Provider
from apps.channels.contracts import Method
from apps.channels.gateways import GatewayKind, Operation
from apps.channels.mapped import statement

EXPORTS = ("CSV", "TSV", "XLSX", "ZIP")


def mapped(
    code: str,
    name: str,
    countries: tuple[str, ...],
    timezone: str,
    methods: tuple[Method, ...],
    *,
    gateway: GatewayKind | None = None,
    **can: object,
) -> Provider:
    """A provider read by a mapped export. It can be called where it has a gateway; `can` are more of its `Capabilities`."""
    refunds = gateway is not None and Operation.REFUND in gateway.operations
    can = {"partial_refund": True, **can, "refunds_by_api": refunds}
    return Provider(
        code=code,
        name=name,
        countries=countries,
        default_timezone=timezone,
        capabilities=Capabilities(methods=methods, statements=EXPORTS, **can),
        recognise=statement.recognise,
        parse=statement.parse,
        text=statement.text,
        gateway=gateway,
        is_mapped=True,
    )
