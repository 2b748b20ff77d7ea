"""Which addresses may be called. A merchant names them, so none may lead into our own network.

The name is looked up here, every address it has is checked, and the call goes to one of those checked: a name that leads elsewhere a
moment later gains nothing. Answers that redirect are not followed.
"""

import socket
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings

from apps.orders.errors import AddressRefused


def check_address(url: str, *, is_practice: bool) -> tuple[str, str, int]:
    """Scheme, host (in ASCII, as names are looked up) and port of an address as typed; looks nothing up.

    :raises AddressRefused: with the reason.
    """
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except ValueError:
        raise AddressRefused("malformed") from None
    if parts.scheme not in ("https", "http") or not host or any(letter <= " " or letter == "\\" for letter in url):
        raise AddressRefused("malformed")
    if parts.username or parts.password:
        raise AddressRefused("with_password")
    if parts.scheme == "http" and not is_practice:
        raise AddressRefused("not_https")
    port = port or (443 if parts.scheme == "https" else 80)
    if not settings.WEBHOOKS_MAY_REACH_PRIVATE:
        _refuse_private_literal(host)
    return parts.scheme, host, port


def pinned(url: str, *, is_practice: bool) -> tuple[str, str, dict]:
    """The address with its name replaced by a number that was checked, the Host header, and what TLS needs to check the name.

    :raises AddressRefused: for what leads into a private network, or nowhere.
    """
    scheme, host, port = check_address(url, is_practice=is_practice)
    number = _look_up(host, port)
    parts = urlsplit(url)
    netloc = f"[{number}]:{port}" if ":" in number else f"{number}:{port}"
    path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    shown = f"[{host}]" if ":" in host else host
    is_usual = port == (443 if scheme == "https" else 80)
    return f"{scheme}://{netloc}{path}", shown if is_usual else f"{shown}:{port}", {"sni_hostname": host}


def _look_up(host: str, port: int) -> str:
    try:
        numbers = [found[4][0] for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        raise AddressRefused("unknown_name") from None
    if not numbers:
        raise AddressRefused("unknown_name")
    if not settings.WEBHOOKS_MAY_REACH_PRIVATE and not all(is_public(number) for number in numbers):
        raise AddressRefused("private")
    return numbers[0]


def _refuse_private_literal(host: str) -> None:
    """Names are looked up later; what is a number, or plainly ours, is refused when it is typed."""
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        raise AddressRefused("private")
    try:
        ip_address(host)
    except ValueError:
        return
    if not is_public(host):
        raise AddressRefused("private")


def is_public(number: str) -> bool:
    """Whether a number lies in the open internet; IPv4 inside IPv6 is unwrapped first."""
    address = ip_address(number.split("%")[0])
    for inner in (getattr(address, "ipv4_mapped", None), getattr(address, "sixtofour", None)):
        if inner is not None:
            address = inner
    embedded = getattr(address, "teredo", None)
    if embedded is not None or (address.version == 6 and number.lower().startswith("64:ff9b:")):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved
