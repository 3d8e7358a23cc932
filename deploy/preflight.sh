#!/bin/sh
# What this machine lacks, with the package to install; run by `make setup`.
# usage: preflight.sh PYTHON
python=${1:-python3}
missing=0
say() { printf '%s\n' "$1" >&2; missing=1; }

command -v "$python" >/dev/null 2>&1 || { say "Python is missing: install python3 (3.11 or later), or name it with PYTHON=..."; exit 1; }
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    say "Python 3.11 or later is needed, $("$python" --version 2>&1) is here: install it and run again with PYTHON=python3.11"
"$python" -c 'import venv, ensurepip' 2>/dev/null ||
    say "Python's venv module is missing: install python3-venv (Debian, Ubuntu)"
"$python" -c 'import ctypes; ctypes.CDLL("libgomp.so.1")' 2>/dev/null ||
    say "libgomp.so.1 is missing, which LightGBM needs: install libgomp1 (Debian, Ubuntu) or libgomp (Fedora)"
"$python" -c 'import zoneinfo; zoneinfo.ZoneInfo("Europe/Berlin")' 2>/dev/null ||
    say "The time zone database is missing: install tzdata"
exit $missing
