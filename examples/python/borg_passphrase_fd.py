"""Runs borg with the passphrase of its repository, which is in a store:

    borg_passphrase_fd.py CONFIG PATH -- borg ARGS...

The passphrase is never in an argument, in the environment or in a file: borg reads it from a pipe that no
other process inherits. It is never in an object of Python either.

Exits as borg does; before borg runs, with the number of the error, as docs/errors.md lists them, or with 1
when the system refused something; with 127 when there is no such command. examples/c/borg_passphrase_fd.c is
the same in C.
"""

import os
import select
import subprocess
import sys
from typing import List

import strongroom


def pipe_with(secret: strongroom.Secret) -> int:
    """The reading end of a pipe that holds a passphrase and ends after it."""
    # So much goes into an empty pipe at once; more could wait for a reader that is not there yet.
    if len(secret) > select.PIPE_BUF:
        raise OSError("the secret is too long for a pipe")
    reading, writing = os.pipe()
    try:
        secret.write_to(writing)
    finally:
        os.close(writing)
    return reading


def run(command: List[str], passphrase: int) -> int:
    """Runs a command that finds its passphrase in a descriptor; gives its exit status as a shell does."""
    environment = dict(os.environ, BORG_PASSPHRASE_FD=str(passphrase))
    # What borg would ask first must not be there.
    for name in ("BORG_PASSPHRASE", "BORG_PASSCOMMAND"):
        environment.pop(name, None)
    status = subprocess.call(command, env=environment, pass_fds=[passphrase])
    return status if status >= 0 else 128 - status


def main() -> int:
    if len(sys.argv) < 5 or sys.argv[3] != "--":
        print("usage: borg_passphrase_fd CONFIG PATH -- borg ARGS...", file=sys.stderr)
        return strongroom.InvalidArgument.code
    config, path, command = sys.argv[1], sys.argv[2], sys.argv[4:]
    try:
        # A backup takes hours: after this line only the pipe has the passphrase, until borg has read it.
        with strongroom.open(config) as store, store.get(path) as secret:
            passphrase = pipe_with(secret)
    except strongroom.StrongroomError as error:
        print(f"borg_passphrase_fd: {error}", file=sys.stderr)
        return error.code
    except OSError as error:
        print(f"borg_passphrase_fd: pipe: {error}", file=sys.stderr)
        return 1
    try:
        return run(command, passphrase)
    except OSError as error:
        print(f"borg_passphrase_fd: {command[0]}: {error.strerror}", file=sys.stderr)
        return 127
    finally:
        os.close(passphrase)


if __name__ == "__main__":
    sys.exit(main())
