"""Kill -9 at any statement, start again: the discrepancies are the same to the byte. Real processes, real kills."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from tests.settlements.worlds.test_worlds import WORLDS

ROOT = Path(__file__).parents[2]
AS_OF = ["reconcile", "--merchant", "qingtian", "--as-of", "2026-09-14"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not (WORLDS / "score.py").exists(), reason="the practice worlds are not beside this checkout (HEZHANG_SHARED)"),
]


def environment(folder: Path) -> dict[str, str]:
    """A database and files of its own for the processes of one test; the tables are copied from the test's empty database."""
    folder.mkdir()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [f"{folder}/db.sqlite3"])
    return os.environ | {
        "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
        "DJANGO_SETTINGS_MODULE": "config.settings.dev",
        "MEDIA_ROOT": str(folder / "files"),
        "PYTHONPATH": str(ROOT),
    }


def manage(env, *commands: list[str]) -> None:
    """Runs management commands one after the other in a process of their own."""
    code = (
        "import sys, json, django; django.setup(); from django.core.management import call_command; "
        "[call_command(*one) for one in json.load(sys.stdin)]"
    )
    subprocess.run([sys.executable, "-c", code], input=json.dumps(commands), text=True, cwd=ROOT, env=env, check=True, capture_output=True)


def killed(env, count: int, *arguments: str) -> bool:
    """Runs a command to its n-th statement; False when it ended before that."""
    code = subprocess.run(
        [sys.executable, "tests/faults/killed_command.py", str(count), *arguments], cwd=ROOT, env=env, check=False, capture_output=True
    ).returncode
    assert code in (0, -signal.SIGKILL)
    return code != 0


def exported(path: Path) -> list[str]:
    return ["export_discrepancies", "--merchant", "qingtian", "--output", str(path)]


def first_days(folder: Path) -> str:
    """The practice world with its statements up to 12 September."""
    later = re.compile(r"_2026(09(1[3-9]|[23])|10)")
    shutil.copytree(WORLDS / "basic" / "drop", folder, ignore=lambda _place, names: [name for name in names if later.search(name)])
    return str(folder)


def test_killed_anywhere_and_started_again_gives_the_same_discrepancies(tmp_path):
    drop, dice = first_days(tmp_path / "drop"), random.Random(20261015)
    calm = environment(tmp_path / "calm")
    manage(calm, ["ingest", drop], AS_OF, exported(tmp_path / "calm.csv"))

    rough = environment(tmp_path / "rough")
    kills = [killed(rough, dice.randrange(20, 700), "ingest", drop) for _ in range(2)]
    manage(rough, ["ingest", drop])
    kills.append(killed(rough, dice.randrange(5, 60), *AS_OF))
    manage(rough, AS_OF, exported(tmp_path / "rough.csv"))

    assert kills[2]
    assert any(kills[:2])
    expected = (tmp_path / "calm.csv").read_bytes()
    assert len(expected.splitlines()) == 11
    assert (tmp_path / "rough.csv").read_bytes() == expected
