"""Where settings come from: the process environment first, then the `.env` file beside manage.py."""

import os
from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = environ.Env()

# An empty HEZHANG_ENV_FILE means "no file": the tests must not depend on what a developer keeps in theirs.
_file = os.environ.get("HEZHANG_ENV_FILE", str(BASE_DIR / ".env"))
if _file and Path(_file).is_file():
    environ.Env.read_env(_file)
