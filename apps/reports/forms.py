"""What people write down when they act on a month."""

from django import forms
from django.utils.translation import gettext_lazy as _


class ReturnForm(forms.Form):
    """Why a prepared month goes back to draft; the reason stays in the audit trail."""

    reason = forms.CharField(label=_("Reason"), max_length=300, strip=True)
