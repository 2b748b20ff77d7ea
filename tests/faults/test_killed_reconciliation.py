"""Kill -9 at any statement, start again: the discrepancies are the same to the byte. Real processes, real kills."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from tests.settlements.worlds.test_worlds import WORLDS

ROOT = Path(__file__).parents[2]
AS_OF = ["reconcile", "--merchant", "qingtian", "--as-of", "2026-10-15"]

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


def manage(env, *arguments: str) -> None:
    subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=env, check=True, capture_output=True)


def killed(env, count: int, *arguments: str) -> bool:
    """Runs a command to its n-th statement; False when it ended before that."""
    code = subprocess.run(
        [sys.executable, "tests/faults/killed_command.py", str(count), *arguments], cwd=ROOT, env=env, check=False, capture_output=True
    ).returncode
    assert code in (0, -signal.SIGKILL)
    return code != 0


def export(env, path: Path) -> bytes:
    manage(env, "export_discrepancies", "--merchant", "qingtian", "--output", str(path))
    return path.read_bytes()


def test_killed_anywhere_and_started_again_gives_the_same_discrepancies(tmp_path):
    drop, dice = str(WORLDS / "basic" / "drop"), random.Random(20261015)
    calm = environment(tmp_path / "calm")
    manage(calm, "ingest", drop)
    manage(calm, *AS_OF)
    expected = export(calm, tmp_path / "calm.csv")

    rough = environment(tmp_path / "rough")
    kills = [killed(rough, dice.randrange(20, 1_500), "ingest", drop) for _ in range(2)]
    manage(rough, "ingest", drop)
    kills.append(killed(rough, dice.randrange(5, 60), *AS_OF))
    manage(rough, *AS_OF)

    assert kills[2]
    assert any(kills[:2])
    assert len(expected.splitlines()) == 37
    assert export(rough, tmp_path / "rough.csv") == expected
