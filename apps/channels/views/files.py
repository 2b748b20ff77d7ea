"""merchant.toml in and out."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.channels.errors import UnableToLoadMerchantFile
from apps.channels.forms import MerchantFileForm
from apps.channels.services.merchant_dump import dump_merchant_file
from apps.channels.services.merchant_file import load_merchant_file, preview_merchant_file
from apps.core import clock
from apps.merchants.access import needs


@needs("edit_channels")
def upload(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """Shows what a file would change; the same file with `apply` makes it so."""
    form = MerchantFileForm(request.POST, request.FILES) if request.method == "POST" else MerchantFileForm()
    context = {"form": form}
    if request.method == "POST" and form.is_valid():
        data = form.data_bytes
        run = load_merchant_file if "apply" in request.POST else preview_merchant_file
        try:
            loaded = run(data, by=request.user, now=clock.now(), merchant=request.merchant)
        except UnableToLoadMerchantFile as error:
            return render(request, "channels/file.html", {**context, "faults": error.faults}, status=422)
        if "apply" in request.POST:
            messages.success(request, _("merchant.toml is loaded."))
            return redirect("channels:channels", merchant_slug)
        context |= {"loaded": loaded, "confirm": MerchantFileForm(initial={"text": data.decode("utf-8-sig")})}
    return render(request, "channels/file.html", context, status=422 if form.errors else 200)


@require_safe
@needs("download_reports")
def download(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """The rows as a merchant.toml that loads without a change."""
    response = HttpResponse(dump_merchant_file(request.merchant), content_type="application/toml; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="merchant.toml"'
    return response
