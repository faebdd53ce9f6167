"""Named checks: what `checks.mjs` is for Node.

argv[1] is JSON, what the script is told, and argv[2] optionally a part of the names of the checks that are wanted. A script
marks its checks with `@check` and ends with `run()`: a line for each, all of them even if one fails, and exit 1 with the
reasons if any did.
"""

import json
import sys
import time
import traceback

SETTINGS = json.loads(sys.argv[1])

CHECKS = []


def check(function):
    """Marks a check. Its name is its function's."""
    CHECKS.append((function.__name__, function))
    return function


def check_each(values):
    """Marks a check that is made with each of the values."""

    def mark(function):
        for value in values:
            CHECKS.append((f"{function.__name__}[{value}]", lambda value=value: function(value)))
        return function

    return mark


def run():
    """Makes the checks whose name has argv[2] in it (all without), and exits."""
    wanted = sys.argv[2] if len(sys.argv) > 2 else ""
    failed, made = [], 0
    for name, function in CHECKS:
        if wanted not in name:
            continue
        made += 1
        began = time.monotonic()
        try:
            function()
        except Exception:
            failed.append(name)
            print(f"FAILED {name}\n{traceback.format_exc()}", file=sys.stderr)
        print(f"{'FAILED' if name in failed else 'ok'} {name} ({time.monotonic() - began:.1f} s)", flush=True)
    print(f"{made - len(failed)} of {made} checks passed")
    sys.exit(1 if failed or not made else 0)


def same(found, expected, about=None):
    """Fails unless they are equal, and shows both."""
    assert found == expected, f"found {found!r}, expected {expected!r}" + (f": {about}" if about is not None else "")


def raises(kind, call, *arguments, **options):
    """The exception that `call` must raise: of exactly this class, not of one above or below it."""
    try:
        answer = call(*arguments, **options)
    except Exception as raised:
        assert type(raised) is kind, f"raised {type(raised).__name__}, not {kind.__name__}: {raised}"
        return raised
    raise AssertionError(f"accepted, instead of {kind.__name__}: {answer!r}")
