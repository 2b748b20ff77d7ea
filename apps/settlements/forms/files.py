"""Forms about delivered files."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

MOST_FILES = 60
LARGEST_MB = 200


class ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """Several files in one field, each checked by itself."""

    widget = ManyFiles

    def clean(self, data, initial=None):
        one = super().clean
        given = data if isinstance(data, list | tuple) else [data]
        return [one(item, initial) for item in given if item]


class UploadForm(forms.Form):
    """Files dropped on the page. What they are is found out by reading them."""

    files = ManyFilesField(label=_("Files"))

    def clean_files(self):
        given = self.cleaned_data["files"]
        if len(given) > MOST_FILES:
            raise forms.ValidationError(_("At most %(count)s files at a time."), params={"count": MOST_FILES})
        largest = getattr(settings, "LARGEST_UPLOAD_MB", LARGEST_MB)
        for file in given:
            if file.size > largest * 1024 * 1024:
                raise forms.ValidationError(_("%(name)s is larger than %(mb)s MB."), params={"name": file.name, "mb": largest})
        return given


class WithdrawForm(forms.Form):
    """Why a file is taken back."""

    reason = forms.CharField(label=_("Reason"), max_length=300)
