#!/usr/bin/env python3
"""What bin/run leaves for later: the fonts of PDF reports, then the closing of the practice shop's oldest month, which prints one."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    for command in (["bin/assets.py", "fonts"], ["manage.py", "demo", "--close-oldest"]):
        status = subprocess.run([sys.executable, *command], cwd=ROOT, check=False).returncode
        if status:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main())
