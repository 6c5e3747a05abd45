"""Writes a secret to standard output, and nothing else:

    get.py CONFIG PATH

Exits with 0; with the number of the error, as docs/errors.md lists them; or with 1 when the output could not
be written. examples/c/get.c is the same in C.
"""

import sys

import strongroom


def main() -> int:
    if len(sys.argv) != 3:
        print("usage: get CONFIG PATH", file=sys.stderr)
        return strongroom.InvalidArgument.code
    config, path = sys.argv[1:]
    try:
        with strongroom.open(config) as store, store.get(path) as secret:
            # Not through sys.stdout: its buffer would be one more copy, which nobody wipes.
            secret.write_to(sys.stdout.fileno())
    except strongroom.StrongroomError as error:
        print(f"get: {error}", file=sys.stderr)
        return error.code
    except OSError as error:
        print(f"get: standard output: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
