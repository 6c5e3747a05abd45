"""Backs up folders with restic, into a repository whose password is in a store:

    restic_backup.py CONFIG PATH REPOSITORY FOLDER...

The first run makes password and repository; every later one only uses them. restic reads the password from a
pipe that no other process inherits: it is never in an argument, in the environment or in a file.

Exits as restic does; before restic runs, with the number of the error, as docs/errors.md lists them.
"""

import os
import subprocess
import sys

import strongroom


def make_password(store: strongroom.Store, path: str) -> None:
    """Only if there is none: never a new one over one that opens older backups."""
    try:
        store.generate(path, if_absent=True, labels={"tool": "restic"})
    except strongroom.AlreadyExists:
        pass


def restic(store: strongroom.Store, path: str, repository: str, *command: str) -> int:
    """Runs restic; gives its exit status."""
    reading, writing = os.pipe()
    with store.get(path) as password:
        # 43 characters: the pipe takes them at once.
        password.write_to(writing)
    os.close(writing)
    try:
        return subprocess.call(
            ["restic", "--repo", repository, "--password-file", f"/dev/fd/{reading}", *command],
            pass_fds=[reading],
        )
    finally:
        os.close(reading)


def backup(config: str, path: str, repository: str, *folders: str) -> int:
    with strongroom.open(config) as store:
        make_password(store, path)
        if not os.path.exists(os.path.join(repository, "config")):
            status = restic(store, path, repository, "init")
            if status != 0:
                return status
        return restic(store, path, repository, "backup", *folders)


def main() -> int:
    if len(sys.argv) < 5:
        print("usage: restic_backup CONFIG PATH REPOSITORY FOLDER...", file=sys.stderr)
        return strongroom.InvalidArgument.code
    try:
        return backup(*sys.argv[1:])
    except strongroom.StrongroomError as error:
        print(f"restic_backup: {error}", file=sys.stderr)
        return error.code


if __name__ == "__main__":
    sys.exit(main())
