"""What Stripe's official library knows of parameters and answers, by its own types: names, and the words a field may hold."""

import re
import sys
from collections.abc import Iterator

import stripe

PARAMETERS = {
    "POST checkout/sessions": stripe.params.checkout.SessionCreateParams,
    "GET checkout/sessions": stripe.params.checkout.SessionListParams,
    "GET checkout/sessions/*": stripe.params.checkout.SessionRetrieveParams,
    "POST checkout/sessions/*/expire": stripe.params.checkout.SessionExpireParams,
    "POST payment_intents": stripe.params.PaymentIntentCreateParams,
    "GET payment_intents": stripe.params.PaymentIntentListParams,
    "GET payment_intents/search": stripe.params.PaymentIntentSearchParams,
    "GET payment_intents/*": stripe.params.PaymentIntentRetrieveParams,
    "POST payment_intents/*/capture": stripe.params.PaymentIntentCaptureParams,
    "POST payment_intents/*/cancel": stripe.params.PaymentIntentCancelParams,
    "POST refunds": stripe.params.RefundCreateParams,
    "GET refunds": stripe.params.RefundListParams,
    "GET refunds/*": stripe.params.RefundRetrieveParams,
    "GET balance": stripe.params.BalanceRetrieveParams,
    "GET reporting/report_types/*": stripe.params.reporting.ReportTypeRetrieveParams,
    "GET reporting/report_runs": stripe.params.reporting.ReportRunListParams,
    "POST reporting/report_runs": stripe.params.reporting.ReportRunCreateParams,
}


def unknown_parameters(method: str, path: str, sent: dict[str, str]) -> list[str]:
    """What a request says that the library has no parameter or no word for. :raises KeyError: a request that is not listed."""
    place = re.sub(r"/(cs|pi|re)_\w+|(?<=report_types)/.+", "/*", path.removeprefix("/v1/"))
    params = PARAMETERS[f"{method} {place}"]
    return [f"{name}={value}" for name, value in sent.items() if not _is_known(params, re.findall(r"[^\[\]]+", name), value)]


def _is_known(params: type, names: list[str], value: str) -> bool:
    """`names` lead from these parameters downwards; the numbers between them count the members of a list."""
    name, *rest = [one for one in names if not one.isdigit()]
    if name not in params.__annotations__:
        return False
    kind = str(params.__annotations__[name])
    if not rest:
        return _may_hold(kind, value)
    within = [vars(sys.modules[params.__module__])[one] for one in re.findall(r"\w+Params\w+", kind)]
    return any(_is_known(one, rest, value) for one in within) if within else "Dict[" in kind


def unknown_answers(about: stripe.StripeObject, path: str = "") -> Iterator[str]:
    """What an answer says that the library has no field or no word for, by its place. Metadata is free; `object` chose the class."""
    known = {name: str(kind) for one in reversed(type(about).__mro__) for name, kind in vars(one).get("__annotations__", {}).items()}
    for name, value in about._data.items():
        place = f"{path}.{name}"
        if name in ("metadata", "object"):
            continue
        if name not in known or (isinstance(value, str) and not _may_hold(known[name], value)):
            yield f"{place}={value}"
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, stripe.StripeObject):
                yield from unknown_answers(one, place)


def _may_hold(kind: str, value: str) -> bool:
    """A field without listed words holds any; one with some holds nothing else here, though the library lets newer ones pass."""
    listed = re.findall(r"Literal\[(.*?)\]", kind)
    return not listed or value in re.findall(r"'([^']*)'", ",".join(listed))


def words(kind: type, field: str) -> set[str]:
    """The words that a field of the library's may hold."""
    return set(re.findall(r"'([^']*)'", str(kind.__annotations__[field])))
