"""Other processes: one that holds a lock, one that changes a database. They have a SQLite of their own: a
second one in this process would drop the locks of the library's."""

import contextlib
import pathlib
import subprocess
import sys
from typing import Callable, Iterator

_HOLD = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.readline()
database.execute("ROLLBACK")
"""

_CHANGE = """
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as database:
    database.execute(sys.argv[2])
"""


@contextlib.contextmanager
def writer_s_lock(database: pathlib.Path) -> Iterator[Callable[[], None]]:
    """Another process writes to this database, until the block ends or what it gives is called."""
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdin and holder.stdout
        assert holder.stdout.readline() == b"held\n"
        try:
            yield holder.stdin.close
        finally:
            holder.stdin.close()


def change(database: pathlib.Path, statement: str) -> None:
    """Another process changes this database."""
    subprocess.run([sys.executable, "-c", _CHANGE, str(database), statement], check=True)
