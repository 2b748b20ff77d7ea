"""The studio: say once what the columns of an export mean, see at once what becomes of its rows, save that as a version."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.channels.forms_mapping import SampleForm, SharedMappingForm, StudioForm, format_examples
from apps.channels.mapped.sniffing import Sniffed
from apps.channels.models import Channel, MappingSource
from apps.channels.selectors import studio
from apps.channels.selectors.details import is_mapped
from apps.channels.selectors.sample_files import Sample, draft_of, draft_token, sample_of, samples_of, take_in, token_of
from apps.channels.services.mappings import MappingRefused, NotAMapping, dump_mapping, load_mapping, save_mapping, versions_of
from apps.channels.views.shared import channel_for, channel_page
from apps.core import clock, files
from apps.merchants.access import has_right, needs
from apps.merchants.enums import BankFormat
from apps.merchants.models import BankAccount

SHOWN_SAMPLES = 8


@dataclass(frozen=True, slots=True)
class Bench:
    """Whose mapping it is, and the file it is tried on."""

    owner: Channel | BankAccount
    lane: str
    sample: Sample | None

    def address(self, request: HttpRequest, name: str, **query) -> str:
        start = "channels:mapping" if self.lane == "channel" else "channels:bank_mapping"
        told = {key: value for key, value in query.items() if value}
        return reverse(f"{start}{name}", args=[request.merchant.slug, self.owner.code]) + (f"?{urlencode(told)}" if told else "")


def _bench(request: HttpRequest, lane: str, code: str) -> Bench:
    """:raises Http404: there is no such channel or account, or its files need no mapping."""
    if lane == "channel":
        owner = channel_for(request, code)
        if not is_mapped(owner):
            raise Http404
    else:
        accounts = BankAccount.objects.for_merchant(request.merchant).select_related("merchant").filter(format=BankFormat.CSV)
        owner = get_object_or_404(accounts, code=code)
    token = request.POST.get("sample") or request.GET.get("sample") or ""
    return Bench(owner, lane, sample_of(request.merchant, token) if token else None)


@needs("edit_mappings")
def page(request: HttpRequest, merchant_slug: str, code: str, lane: str) -> HttpResponse:
    """The form beside what it makes of the sample; posting it saves a version."""
    bench = _bench(request, lane, code)
    if request.method == "POST":
        return _save(request, bench)
    bench = bench if bench.sample else Bench(bench.owner, lane, next(iter(samples_of(bench.owner)), None))
    draft = draft_of(request.GET["draft"]) if "draft" in request.GET else None
    found = studio.looked_at(bench.owner, bench.sample, draft or {}) if bench.sample else None
    mapping = draft or _start(request, bench, found)
    form = StudioForm(owner=bench.owner, found=_cells(found), mapping=mapping, initial={"valid_from": _valid_from(bench, found)})
    preview = studio.preview_of(bench.owner, bench.sample, found, mapping) if bench.sample and _cells(found) and mapping else None
    return render(request, "channels/studio.html", _context(request, bench, form, found, preview))


def _start(request: HttpRequest, bench: Bench, found: Sniffed | str | None) -> dict:
    if _cells(found) is None:
        return bench.owner.mapping
    return studio.guess_of(bench.owner, found) if "guess" in request.GET else studio.start_of(bench.owner, found)


def _cells(found: Sniffed | str | None) -> Sniffed | None:
    return found if isinstance(found, Sniffed) else None


def _valid_from(bench: Bench, found: Sniffed | str | None):
    """Where the columns have changed the days before stay with the version before; a correction is for all files."""
    if not bench.owner.mapping or _cells(found) is None:
        return None
    start = studio.start_of(bench.owner, found)
    return None if start == bench.owner.mapping else studio.preview_of(bench.owner, bench.sample, found, start).first_day


@require_POST
@needs("edit_mappings")
def preview(request: HttpRequest, merchant_slug: str, code: str, lane: str) -> HttpResponse:
    """What the form as it stands makes of the sample, and the words of the columns it names."""
    bench = _bench(request, lane, code)
    form, found, tried = _tried(request, bench)
    context = _context(request, bench, form, found, tried)
    return render(request, "channels/_studio_answer.html", context)


def _tried(request: HttpRequest, bench: Bench) -> tuple[StudioForm, Sniffed | str | None, studio.Preview | None]:
    told = {key: request.POST.get(key, "") for key in ("encoding", "delimiter", "sheet")}
    found = studio.looked_at(bench.owner, bench.sample, told) if bench.sample else None
    form = StudioForm(request.POST, owner=bench.owner, found=_cells(found), mapping=bench.owner.mapping)
    # A column of the mapping that the header lacks is a choice too: its absence is for the preview to say.
    for name, one in form.fields.items():
        values = [value for value in request.POST.getlist(name) if value]
        if hasattr(one, "choices"):
            one.choices = [*one.choices, *((value, value) for value in values if value not in dict(one.choices))]
    if not form.is_valid() or _cells(found) is None:
        return form, found, None
    return form, found, studio.preview_of(bench.owner, bench.sample, found, form.mapping)


def _save(request: HttpRequest, bench: Bench) -> HttpResponse:
    form, found, tried = _tried(request, bench)
    if tried and tried.is_clean:
        changed = studio.start_of(bench.owner, found) != bench.owner.mapping
        source = MappingSource.LAYOUT if bench.owner.mapping and changed else MappingSource.STUDIO
        options = {"valid_from": form.cleaned_data["valid_from"], "source": source}
        version = save_mapping(owner=bench.owner, mapping=form.mapping, by=request.user, now=clock.now(), **options)
        waits = has_right(request.membership, "import_files") and take_in(
            owner=bench.owner, sample=bench.sample, by=request.user, now=clock.now()
        )
        messages.success(request, _("The column mapping is saved as version %(number)s.") % {"number": version.version})
        return redirect(_after(request, bench, waits=waits))
    if not form.errors:
        form.add_error(None, _("Nothing is saved before the sample reads cleanly: mend the rows below, or show another file."))
    return render(request, "channels/studio.html", _context(request, bench, form, found, tried), status=422)


def _after(request: HttpRequest, bench: Bench, *, waits: bool) -> str:
    if waits:
        return reverse("settlements:statements", args=[request.merchant.slug]) + "#waiting"
    if bench.lane == "bank":
        return reverse("merchants:bank_accounts", args=[request.merchant.slug])
    return reverse("channels:statements", args=[request.merchant.slug, bench.owner.code])


@require_POST
@needs("edit_mappings")
def sample(request: HttpRequest, merchant_slug: str, code: str, lane: str) -> HttpResponse:
    """Keeps a file to try the mapping on. It is imported only after a version that reads it is saved."""
    bench, form = _bench(request, lane, code), SampleForm(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(request, " ".join(form.errors.get("file", [])))
        return redirect(bench.address(request, ""))
    file = form.cleaned_data["file"]
    token = token_of(request.merchant, Sample(file.name, files.store(file.read())))
    return redirect(bench.address(request, "", sample=token))


@require_POST
@needs("edit_mappings")
def load(request: HttpRequest, merchant_slug: str, code: str, lane: str) -> HttpResponse:
    """A shared mapping as the draft to go on with; nothing is saved."""
    bench, form = _bench(request, lane, code), SharedMappingForm(request.POST, request.FILES)
    draft = ""
    if not form.is_valid():
        messages.error(request, " ".join(form.errors.get("file", [])))
    else:
        try:
            draft = draft_token(load_mapping(bench.owner, form.cleaned_data["file"].read()))
        except (NotAMapping, MappingRefused) as error:
            messages.error(request, str(error.message))
    return redirect(bench.address(request, "", sample=request.POST.get("sample"), draft=draft))


@require_safe
@needs("download_reports")
def download(request: HttpRequest, merchant_slug: str, code: str, lane: str) -> HttpResponse:
    """The newest version, to be shared: names of columns and words of the file, nothing of the shop."""
    bench = _bench(request, lane, code)
    response = HttpResponse(dump_mapping(bench.owner), content_type="application/toml; charset=utf-8")
    name = bench.owner.provider if lane == "channel" else "bank"
    response["Content-Disposition"] = f'attachment; filename="mapping-{name}.toml"'
    return response


def _context(request: HttpRequest, bench: Bench, form: StudioForm, found, preview) -> dict:
    samples = samples_of(bench.owner)[:SHOWN_SAMPLES]
    context = {
        "owner": bench.owner,
        "lane": bench.lane,
        "form": form,
        "sample": bench.sample,
        "sample_token": token_of(request.merchant, bench.sample) if bench.sample else "",
        "samples": [(one, bench.address(request, "", sample=token_of(request.merchant, one))) for one in samples],
        "found": _cells(found),
        "problem": found if isinstance(found, str) else "",
        "preview": preview,
        "formats": format_examples(),
        "versions": versions_of(bench.owner).select_related("created_by")[:20],
        "addresses": {
            "save": bench.address(request, ""), "preview": bench.address(request, "_preview"), "sample": bench.address(request, "_sample"),
            "load": bench.address(request, "_load"), "download": bench.address(request, "_download"),
            "guess": bench.address(request, "", guess="1", sample=token_of(request.merchant, bench.sample) if bench.sample else ""),
        },
    }  # fmt: skip
    return channel_page(request, bench.owner, "channels:statements", **context) if bench.lane == "channel" else context
