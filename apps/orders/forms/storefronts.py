"""Which channel each payment gateway of a storefront is, and from which day orders are read."""

from datetime import date, datetime, time
from hashlib import sha256
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.channels.contracts import Method
from apps.channels.enums import METHOD_LABELS
from apps.merchants.models import Merchant

LATER, ELSEWHERE = "", "-"  # no code of a channel is empty or a dash
METHODS = [(str(method), METHOD_LABELS[method]) for method in Method]


def field_key(name: str) -> str:
    """What the fields of a gateway are called by: its name and not its place in the list, in which a new one may have come meanwhile."""
    return sha256(name.encode()).hexdigest()[:12]


class GatewaysForm(forms.Form):
    """Two fields for each gateway that orders have named, in the order given. Which there are, the page says and not the browser."""

    since = forms.DateField(
        label=_("Read orders changed since"),
        help_text=_("Earlier than what was read: payments of newly placed gateways are brought in. Shopify gives orders of 60 days."),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )

    def __init__(self, *args, merchant: Merchant, gateways: dict[str, dict], unplaced: dict[str, int], **options):
        super().__init__(*args, **options)
        self.merchant, self.unplaced = merchant, unplaced
        self.names = [*gateways, *(name for name in sorted(unplaced) if name not in gateways)]
        channels = [(channel.code, channel.label) for channel in merchant.channels.order_by("label")]
        places = [(LATER, _("not placed yet")), *channels, (ELSEWHERE, _("booked elsewhere: leave it out"))]
        for name in self.names:
            at, known = field_key(name), gateways.get(name)
            place = LATER if known is None else known.get("channel", ELSEWHERE)
            self.fields[f"place_{at}"] = forms.ChoiceField(label=_("Channel"), choices=places, required=False, initial=place)
            method = (known or {}).get("method") or str(Method.CREDIT_CARD)
            self.fields[f"method_{at}"] = forms.ChoiceField(label=_("Method"), choices=METHODS, required=False, initial=method)

    @property
    def rows(self) -> list[tuple]:
        """Of each gateway: its name, how many payments wait for a place, place and method; those that wait come first."""
        found = [
            (name, self.unplaced.get(name, 0), self[f"place_{field_key(name)}"], self[f"method_{field_key(name)}"]) for name in self.names
        ]
        return sorted(found, key=lambda row: row[1] == 0)

    def clean_since(self) -> date:
        since = self.cleaned_data["since"]
        if since.year < 2000:
            raise forms.ValidationError(_("This day is too early."))
        return since

    def clean(self) -> dict:
        given = super().clean()
        for at in map(field_key, self.names):
            if given.get(f"place_{at}") not in (LATER, ELSEWHERE, None) and not given.get(f"method_{at}"):
                self.add_error(f"method_{at}", _("Choose how these customers paid."))
        return given

    @property
    def gateways(self) -> dict[str, dict]:
        """As `StorefrontReading.gateways` keeps them."""
        given, places = self.cleaned_data, {}
        for name in self.names:
            at = field_key(name)
            place = given.get(f"place_{at}", LATER)
            if place != LATER:
                places[name] = {} if place == ELSEWHERE else {"channel": place, "method": given[f"method_{at}"]}
        return places

    @property
    def moment(self) -> datetime:
        """The beginning of that day on the merchant's clock."""
        return datetime.combine(self.cleaned_data["since"], time(), ZoneInfo(self.merchant.timezone))
