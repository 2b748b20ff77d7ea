#!/usr/bin/env python
"""Django's command line. `DJANGO_SETTINGS_MODULE` picks the environment; without it, development."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    # A command says what it did on its own; the log of every event is for what serves.
    os.environ.setdefault("LOG_LEVEL", "INFO" if "runserver" in sys.argv else "WARNING")
    execute_from_command_line(sys.argv)
