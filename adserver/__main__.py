"""The command line: `python -m adserver COMMAND`."""

import argparse
import os
import sys

from adserver.commands import (
    asking,
    audiences,
    campaigns,
    certify,
    creatives,
    customers,
    demo,
    feeds,
    identities,
    keys,
    learning,
    ledger,
    models,
    packing,
    preview,
    serving,
    supply,
    traffic,
)
from adserver.commands.terminal import FAILED, INTERRUPTED, tell_failure, tell_faults
from adserver.errors import Fault, InvalidConfig, Unavailable

EPILOG = (
    "Exit codes: 0 done, 1 it did not work out, 2 input or settings cannot be used, 130 Ctrl-C."
)


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = argparse.ArgumentParser(prog="adserver", description=__doc__, epilog=EPILOG)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for group in (
        demo, serving, campaigns, creatives, preview, feeds, audiences, customers, identities, learning, keys, asking,
        certify, supply, traffic, ledger, models, packing,
    ):  # fmt: skip
        group.add(commands)
    options = parser.parse_args(arguments)
    try:
        code: int = options.action(options)
        sys.stdout.flush()
    except InvalidConfig as error:
        return tell_faults(error, as_json=options.json)
    except Unavailable as error:
        return tell_failure(str(error), as_json=options.json)
    except BrokenPipeError:
        # Whoever read our output has gone (`| head`); Python would complain about it when it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        if error.filename is None:
            raise
        fault = Fault(str(error.filename), "$", error.strerror or str(error))
        return tell_faults(InvalidConfig([fault]), as_json=options.json)
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


if __name__ == "__main__":
    sys.exit(main())
