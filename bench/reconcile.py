#!/usr/bin/env python
"""The product beside a bare pipeline, a pandas script and datacompy: same files, same PostgreSQL, one run, printed as ratios.

    DATABASE_URL=postgres://… bench/reconcile.py [--rows 10000 100000 1000000] [--runs 1]

Give it an empty database of a server with default durability. pandas and datacompy want other versions of the product's own libraries, so
they get an environment of their own in var/ at the first run. The contenders take turns, so that a busy minute hits all of them; with
several runs the median counts. The product's time is that of its steps `statements` and `reconcile`:
from statement files on disk to links and discrepancies committed, the books being in as they are for the reference.
"""

import argparse
import itertools
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "bench"
COUNTED = ("statements", "reconcile")
SCRIPTS = ROOT / "var" / "bench"  # the environment of pandas and datacompy


def scripts_python() -> Path:
    """Python with pandas and datacompy; made once."""
    python, wanted = SCRIPTS / "bin" / "python", (HERE / "requirements.txt").read_text()
    stamp = SCRIPTS / "installed"
    if not stamp.is_file() or stamp.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", SCRIPTS], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", HERE / "requirements.txt"], check=True)
        stamp.write_text(wanted)
    return python


def call(python: Path | str, *command: str | Path, environment: dict | None = None) -> dict | None:
    """The JSON that a command prints last, or None with its last words when it fails."""
    done = subprocess.run(
        [python, *map(str, command)], cwd=ROOT, capture_output=True, text=True, check=False, env=os.environ | (environment or {})
    )
    if done.returncode:
        print(f"{' '.join(map(str, command))}: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return None
    return json.loads(done.stdout.strip().splitlines()[-1])


def product(rows: int) -> dict | None:
    """On a database of its own, so that the rows of an earlier run, deleted but not yet cleared away, slow nothing."""
    with fresh_database() as url:
        said = call(sys.executable, "manage.py", "bench_reconcile", "--rows", str(rows), "--keep", environment={"DATABASE_URL": url})
    return said and said | {"total_s": sum(said["steps"][step] for step in COUNTED)}


@contextmanager
def fresh_database() -> Iterator[str]:
    """A copy of the empty, migrated database that DATABASE_URL names; dropped afterwards."""
    import psycopg  # noqa: PLC0415  after the check that there is a PostgreSQL at all

    url = urlsplit(os.environ["DATABASE_URL"])
    name, copy = url.path.lstrip("/"), f"{url.path.lstrip('/')}_run"
    with psycopg.connect(urlunsplit(url._replace(path="/postgres")), autocommit=True) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{copy}"')
        server.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{name}"')
        yield urlunsplit(url._replace(path=f"/{copy}"))
        server.execute(f'DROP DATABASE "{copy}"')


def one_run(rows: int, folder: Path) -> dict[str, dict | None]:
    results = {"reference": call(sys.executable, HERE / "contenders.py", "reference", folder)}
    results |= {name: call(scripts_python(), HERE / "contenders.py", name, folder) for name in ("pandas", "datacompy")}
    return results | {"product": product(rows)}


def measure(rows: int, runs: int) -> dict[str, dict]:
    """Medians by contender; one that failed is left out."""
    with tempfile.TemporaryDirectory(prefix="hezhang-bench-") as place:
        folder = Path(place) / "drop"
        subprocess.run([sys.executable, HERE / "reconcile_files.py", folder, str(rows)], check=True, capture_output=True, cwd=ROOT)
        every = [one_run(rows, folder) for _ in range(runs)]
    medians = {}
    for name in every[0]:
        took = [run[name] for run in every if run[name]]
        if took:
            medians[name] = took[-1] | {"total_s": statistics.median(one["total_s"] for one in took)}
    return medians


def tell(rows: int, medians: dict[str, dict]) -> None:
    base = medians["reference"]["total_s"]
    for name, one in medians.items():
        log = f"  {one['log_bytes_per_line']:>5} bytes of log a line" if one.get("log_bytes_per_line") else ""
        print(
            f"{rows:>9,}  {name:<10} {one['total_s']:>8.2f} s  {one['total_s'] / base:>6.2f} × the reference  {one['peak_mb']:>6} MB{log}"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--runs", type=int, default=1)
    chosen = parser.parse_args()
    if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        parser.error("set DATABASE_URL to an empty PostgreSQL database")
    subprocess.run([sys.executable, "manage.py", "migrate", "-v", "0"], cwd=ROOT, check=True)
    taken = {}
    for rows in sorted(chosen.rows):
        medians = measure(rows, chosen.runs)
        tell(rows, medians)
        taken[rows] = medians
    sizes = sorted(taken)
    for small, large in itertools.pairwise(sizes):
        growth = math.log(taken[large]["product"]["total_s"] / taken[small]["product"]["total_s"]) / math.log(large / small)
        print(f"product, {small:,} to {large:,} lines: rows^{growth:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
