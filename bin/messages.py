#!/usr/bin/env python3
"""Translations without the gettext programs.

compile   writes locale/*/LC_MESSAGES/*.mo where the .po is newer
update    collects the marked strings of apps/, config/ and templates/ into every .po; new ones arrive untranslated and are printed
check     fails when a string is missing, fuzzy or untranslated, or when a translation has other placeholders than its original
"""

import io
import re
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("apps", "config", "templates")
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
# What a translation has to keep: named and plain placeholders, doubled percent signs, tags.
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd%]|(?<!\{)\{\w*\}|</?[a-z][^>]*>")
HEADER = """\
msgid ""
msgstr ""
"Project-Id-Version: hezhang\\n"
"Language: {language}\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def po_files() -> list[Path]:
    return sorted(ROOT.glob("locale/*/LC_MESSAGES/*.po"))


def load(file: Path) -> Catalog:
    with file.open("rb") as source:
        return read_po(source)


def compile_all() -> int:
    for file in po_files():
        target = file.with_suffix(".mo")
        if target.is_file() and target.stat().st_mtime >= file.stat().st_mtime:
            continue
        half = target.with_suffix(".mo.new")
        with half.open("wb") as out:
            write_mo(out, load(file))
        half.replace(target)  # a server that starts at this moment reads the old or the new one
    return 0


def collect() -> Catalog:
    """Every marked string of the sources, with where it stands (file only: line numbers would change every commit)."""
    from django.conf import settings  # noqa: PLC0415  only this command needs Django, and only its template reader
    from django.utils.translation.template import templatize  # noqa: PLC0415

    if not settings.configured:
        settings.configure()
    catalog = Catalog()
    for file in sorted(file for folder in SOURCES for file in (ROOT / folder).rglob("*")):
        if file.suffix not in (".py", ".html", ".txt") or "migrations" in file.parts:
            continue
        text = file.read_text(encoding="utf-8")
        if file.suffix != ".py":
            # What is left is calls between blanked-out words: without its indentation it reads as Python.
            text = re.sub(r"(?m)^[ \t]+", "", templatize(text, origin=str(file)))
        for _line, message, _comments, context in extract("python", io.BytesIO(text.encode()), keywords=KEYWORDS):
            catalog.add(message, locations=[(str(file.relative_to(ROOT)), 0)], context=context)
    return catalog


def store(file: Path, catalog: Catalog) -> None:
    """Sorted, and with a header that never changes, so that a commit shows words only."""
    with file.open("wb") as out:
        out.write(HEADER.format(language=file.parts[-3]).encode())
        write_po(out, catalog, width=140, sort_output=True, include_lineno=False, ignore_obsolete=True, omit_header=True)


def update_all() -> int:
    template = collect()
    for file in po_files():
        catalog = load(file)
        catalog.update(template, no_fuzzy_matching=True)
        store(file, catalog)
        for message in catalog:
            if message.id and not all(message.string if isinstance(message.string, tuple) else (message.string,)):
                print(f"{file.relative_to(ROOT)}: {message.id!r}")
    return 0


def faults(file: Path, template: Catalog) -> list[str]:
    """What `check` objects to in one file."""
    catalog = load(file)
    found = []
    for message in template:
        if not message.id:
            continue  # the header
        ours = catalog.get(message.id, message.context)
        original = message.id[-1] if isinstance(message.id, tuple) else message.id
        string = ours.string if ours else ""
        texts = string if isinstance(string, tuple) else (string,)
        if ours is None or not all(texts):
            found.append(f"untranslated: {original!r} ({message.locations[0][0]})")
        elif ours.fuzzy:
            found.append(f"fuzzy: {original!r}")
        elif any(sorted(set(PLACEHOLDER.findall(text))) != sorted(set(PLACEHOLDER.findall(original))) for text in texts):
            found.append(f"other placeholders: {original!r}")
    return found


def check_all() -> int:
    template = collect()
    status = 0
    for file in po_files():
        found = faults(file, template)
        for line in found:
            print(f"{file.relative_to(ROOT)}: {line}")
        status = status or bool(found)
    return int(status)


if __name__ == "__main__":
    steps = {"compile": compile_all, "update": update_all, "check": check_all}
    chosen = sys.argv[1] if len(sys.argv) == 2 else ""
    if chosen not in steps:
        raise SystemExit(f"usage: bin/messages.py {'|'.join(steps)}")
    sys.exit(steps[chosen]())
