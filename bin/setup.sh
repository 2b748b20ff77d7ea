# Sourced by bin/run, bin/test and bin/lint from the top of the checkout. POSIX sh.
# Sets $python to the one in .venv, made and filled when it is missing or when a requirements file has changed.

usable() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11 python; do
        if usable "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    echo "Hezhang needs Python 3.11 or later. Debian and Ubuntu: apt install python3 python3-venv; macOS: brew install python@3.13." >&2
    exit 1
}

# install_packages run|test: the second adds the test and lint tools.
install_packages() {
    files="-r requirements.txt"
    [ "$1" = run ] || files="$files -r requirements-test.txt"
    python=.venv/bin/python
    if ! usable "$python"; then
        base=$(find_python)
        if ! "$base" -m venv --clear .venv; then
            echo "Could not make .venv. On Debian and Ubuntu: apt install python3-venv" >&2
            exit 1
        fi
    fi
    lock=$(cat requirements.txt requirements-test.txt constraints.txt | cksum)
    stamp=.venv/.hezhang-$1
    # What serves the tests also serves a run.
    for done in "$stamp" .venv/.hezhang-test; do
        if [ -f "$done" ] && [ "$(cat "$done")" = "$lock" ]; then
            return
        fi
    done
    echo "Installing Python packages (once; again only when the lock changes) …"
    # Python compiles what it imports, which is a part of what comes; beforehand it would be all, and a third of the wait.
    # shellcheck disable=SC2086  $files is a list
    "$python" -m pip install -q --no-compile --disable-pip-version-check --no-warn-script-location $files -c constraints.txt
    echo "$lock" >"$stamp"
}

write_env_once() {
    [ -f .env ] && return
    (
        umask 077
        key=$("$python" -c 'import secrets; print(secrets.token_urlsafe(50))')
        printf '# Made by bin/run once. Keep it private; docs/deployment.md lists what else may stand here.\nSECRET_KEY=%s\n' "$key" >.env
    )
}
