"""Replaces a passphrase by a new one, and makes the first one where there is none:

    rotate.py CONFIG PATH

Then lists the versions of the secret and the secrets of its project, and shows that the replaced version still
opens: an old backup needs it.

Exits with 0; with the number of the error, as docs/errors.md lists them; or with 1 when the output could not
be written. examples/c/rotate.c is the same in C.
"""

import sys

import strongroom


def make_first(store: strongroom.Store, path: str) -> None:
    """Makes the first version. Of two processes that try, one does, and both are content."""
    try:
        store.generate(path, if_absent=True)
    except strongroom.AlreadyExists:
        pass


def replace(store: strongroom.Store, path: str, old: int) -> None:
    """Puts a new version after this one; Conflict if somebody else was faster."""
    new = store.generate(path, if_version=old)

    # Here a backup tool gives its repository the new passphrase: both versions are active.

    print(f"{path}: version {new.version} replaces version {old}")
    store.set_state(path, old, strongroom.State.DEACTIVATED)


def show(store: strongroom.Store, path: str) -> None:
    """Lists the versions, the newest first, and the neighbours."""
    for version in store.versions(path):
        print(f"  version {version.number}, {version.state}, {version.size} bytes")
    project = store.describe(path).project
    print(f"{project}:")
    for secret in store.list(project):
        print(f"  {secret.name}, {secret.type}, current version {secret.current or 0}")


def rotate(store: strongroom.Store, path: str) -> None:
    make_first(store, path)
    with store.get(path) as old:
        replace(store, path, old.version)
        show(store, path)
        # By its number, because it is no longer active; into a buffer, which can be wiped.
        buffer = bytearray(len(old))
        try:
            store.get_into(path, buffer, version=old.version)
            same = old.equals(buffer)
        finally:
            strongroom.wipe(buffer)
        print(f"version {old.version} still opens: {'the same bytes' if same else 'OTHER BYTES'}")


def main() -> int:
    if len(sys.argv) != 3:
        print("usage: rotate CONFIG PATH", file=sys.stderr)
        return strongroom.InvalidArgument.code
    config, path = sys.argv[1:]
    try:
        with strongroom.open(config) as store:
            rotate(store, path)
        sys.stdout.flush()
    except strongroom.StrongroomError as error:
        print(f"rotate: {error}", file=sys.stderr)
        return error.code
    except OSError as error:
        print(f"rotate: standard output: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
