"""The desk's filter and the forms of its actions."""

from decimal import Decimal

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from apps.channels.models import Channel
from apps.merchants.access import has_right
from apps.merchants.models import Membership, User
from apps.settlements.enums import DiscrepancyState, Kind, Resolution, Severity
from apps.settlements.models import Discrepancy
from apps.settlements.selectors.ageing import LABELS, in_bucket
from apps.settlements.selectors.discrepancies import STAKE, at_stake, is_large, only_open, waiting_signatures

SORT_CHOICES = [("due", _("Due first")), ("amount", _("Largest first")), ("age", _("Oldest first")), ("kind", _("By kind"))]
VIEWS = {"mine": _("Mine"), "overdue": _("Overdue"), "large": _("Large amounts"), "second": _("Second person")}
MINE, NOBODY, ANY_STATE, CLOSED = "me", "nobody", "all", "closed"
MOST_AT_ONCE = 500  # rows that one bulk action may change


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self):
        super().__init__(format="%Y-%m-%d")


def _choice(label: str, choices=(), **options) -> django_filters.ChoiceFilter:
    return django_filters.ChoiceFilter(label=label, empty_label=_("all"), choices=choices, **options)


class DiscrepancyFilter(django_filters.FilterSet):
    """Open differences unless a state is asked for; a search looks at closed ones, too. The whole filter lives in the address."""

    q = django_filters.CharFilter(label=_("Order or provider number"), method="search")
    channel = _choice(_("Channel"), field_name="channel__code")
    kind = _choice(_("Kind"), Kind.choices, field_name="kind")
    severity = _choice(_("Severity"), Severity.choices, field_name="severity")
    owner = _choice(_("Owner"), method="of_owner")
    state = _choice(_("State"), method="in_state")
    currency = _choice(_("Currency"), field_name="currency")
    age = _choice(_("Open since"), [*LABELS.items()], method="of_age")
    least = django_filters.NumberFilter(label=_("Amount at least"), method="at_least", min_value=0, max_value=Decimal(10) ** 13)
    first = django_filters.DateFilter(label=_("From day"), field_name="business_date", lookup_expr="gte", widget=DayInput)
    last = django_filters.DateFilter(label=_("To day"), field_name="business_date", lookup_expr="lte", widget=DayInput)
    sort = django_filters.ChoiceFilter(label=_("Sort"), empty_label=None, choices=SORT_CHOICES, method="keep")
    view = django_filters.ChoiceFilter(choices=[*VIEWS.items()], method="in_view", widget=forms.HiddenInput)

    class Meta:
        model = Discrepancy
        fields = ()

    def __init__(self, data, queryset: QuerySet, *, user: User, merchant, people: list[User], now):
        super().__init__(data, queryset)
        self.user, self.merchant, self.now = user, merchant, now
        channels = list(Channel.objects.for_merchant(merchant).order_by("label").values_list("code", "label", "currency"))
        fields = self.form.fields
        fields["channel"].choices = [("", _("all")), *((code, label) for code, label, _currency in channels)]
        fields["owner"].choices = [("", _("all")), (MINE, _("Me")), (NOBODY, _("Nobody")), *((str(one.pk), str(one)) for one in people)]
        fields["state"].choices = [
            ("", _("open ones")),
            *DiscrepancyState.choices,
            (CLOSED, _("all closed")),
            (ANY_STATE, _("every state")),
        ]
        codes = {currency for _code, _label, currency in channels} | {merchant.currency}
        fields["currency"].choices = [("", _("all")), *((code, code) for code in sorted(codes | self._asked_currency()))]

    def _asked_currency(self) -> set[str]:
        asked = str(self.data.get("currency", ""))
        return {asked} if len(asked) == 3 and asked.isascii() and asked.isupper() else set()

    @property
    def order(self) -> str:
        asked = self.data.get("sort", "")
        return asked if asked in dict(SORT_CHOICES) else "due"

    @property
    def tab(self) -> str:
        asked = self.data.get("view", "")
        return asked if asked in VIEWS else ""

    @property
    def is_plain(self) -> bool:
        """Nothing but the open ones: the tab counts are this list's totals."""
        return not any(self.data.get(name) for name in self.filters if name != "sort")

    @property
    def has_more(self) -> bool:
        """Whether a filter of the folded part is set."""
        return any(self.data.get(name) for name in ("severity", "owner", "state", "currency", "age", "least", "first", "last"))

    @property
    def qs(self):
        rows = super().qs
        asked = getattr(self.form, "cleaned_data", {})  # what could not be read is left out, and said above the list
        return rows if asked.get("state") or asked.get("q") else only_open(rows)

    def search(self, rows, _name, value):
        """Exact or by its beginning; never in the middle, so that an index can serve."""
        text = value.strip()
        return rows.filter(Q(order_no__istartswith=text) | Q(merchant_ref__istartswith=text) | Q(provider_ref__istartswith=text))

    def of_owner(self, rows, _name, value):
        if value == NOBODY:
            return rows.filter(owner=None)
        return rows.filter(owner=self.user if value == MINE else value)

    def of_age(self, rows, _name, value):
        return rows.filter(in_bucket(value, self.merchant, self.now))

    def in_state(self, rows, _name, value):
        if value == ANY_STATE:
            return rows
        return rows.filter(closed_at__isnull=False) if value == CLOSED else rows.filter(state=value)

    def at_least(self, rows, _name, value):
        """A figure in major units, met by each currency in its own digits: no rate is assumed."""
        return rows.alias(stake=STAKE).filter(at_stake(lambda digits: int(value.scaleb(digits))))

    def in_view(self, rows, _name, value):
        if value == "mine":
            return rows.filter(owner=self.user)
        if value == "second":
            return rows.filter(pk__in=waiting_signatures(self.merchant).values("discrepancy_id"))
        return rows.filter(due_at__lt=self.now) if value == "overdue" else rows.alias(stake=STAKE).filter(is_large(self.merchant))

    def keep(self, rows, _name, _value):
        """Order and paging are by key, hence the view's."""
        return rows


class IdsField(forms.Field):
    """The rows an action is about: `ids` once or several times, each one or more numbers joined by commas."""

    widget = forms.MultipleHiddenInput
    default_error_messages = {"required": _("Choose at least one row."), "many": _("Choose at most 500 rows at once.")}

    def to_python(self, value) -> list[int]:
        parts = [part for text in value or () for part in str(text).split(",") if part]
        if not all(part.isascii() and part.isdecimal() and len(part) < 19 for part in parts):
            raise forms.ValidationError(self.error_messages["required"])
        if len(parts) > MOST_AT_ONCE:
            raise forms.ValidationError(self.error_messages["many"])
        return sorted({int(part) for part in parts})


class AssignForm(forms.Form):
    """Who takes the rows; empty gives them back."""

    ids = IdsField()
    owner = forms.ModelChoiceField(label=_("Owner"), queryset=User.objects.none(), required=False, empty_label=_("Nobody"))

    def __init__(self, data=None, *, people: QuerySet[User], **options):
        super().__init__(data, **options)
        self.fields["owner"].queryset = people


class ResolveForm(forms.Form):
    """How the rows are closed, and why. Several write-offs at once go by their sum, typed by hand."""

    ids = IdsField()
    resolution = forms.ChoiceField(label=_("How"))
    reason = forms.CharField(label=_("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))
    total = forms.CharField(label=_("Total"), max_length=20, required=False)

    def __init__(self, data=None, *, membership: Membership, **options):
        super().__init__(data, **options)
        offered = [choice for choice in Resolution.choices if choice[0] != Resolution.MATCHED]  # a pair is made, not claimed
        if not has_right(membership, "write_off"):
            offered = [choice for choice in offered if choice[0] != Resolution.WRITTEN_OFF]
        self.fields["resolution"].choices = offered


class CommentForm(forms.Form):
    text = forms.CharField(label=_("Comment"), max_length=4000, widget=forms.Textarea(attrs={"rows": 2}))


class MatchForm(forms.Form):
    """The chosen other side as `<type>:<primary key>`, and why the two belong together."""

    candidate = forms.RegexField(label=_("Candidate"), regex=r"^(payment|refund|line|bank_line|payout):[0-9]{1,18}$")
    reason = forms.CharField(label=_("Reason"), max_length=2000)


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=2000)


class AnswerForm(forms.Form):
    """What the second person says; a rejection needs a reason, which the service asks for."""

    verdict = forms.ChoiceField(choices=[("approve", _("Approve")), ("reject", _("Reject"))])
    answer = forms.CharField(label=_("Reason"), max_length=2000, required=False)


class PauseForm(forms.Form):
    """Until when the clock stands still: the start of that day on the merchant's clock."""

    until = forms.DateField(label=_("Until"), widget=DayInput)
    reason = forms.CharField(label=_("Reason"), max_length=300)


class ViewNameForm(forms.Form):
    """A filter kept under a name."""

    name = forms.CharField(label=_("Name"), max_length=60)
    query = forms.CharField(max_length=500, required=False, widget=forms.HiddenInput)
