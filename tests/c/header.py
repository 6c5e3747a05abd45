"""Reads include/strongroom.h, so that a test can be made for everything in it.

What is not understood is an error: nothing of the header is left out in silence.
"""

import re
import sys
from pathlib import Path
from typing import NamedTuple


def text():
    """The header that the command line names, else the repository's."""
    own = Path(__file__).resolve().parents[2] / "include" / "strongroom.h"
    return Path(sys.argv[1] if len(sys.argv) > 1 else own).read_text()


class Argument(NamedTuple):
    type: str
    name: str

    @property
    def is_pointer(self):
        return self.type.endswith("*")


class Function(NamedTuple):
    name: str
    result: str
    arguments: tuple
    comment: str

    def allows_null(self, argument):
        """Whether the comment says that this argument may be NULL."""
        if argument.type == "strongroom_error **":
            return True
        if argument.name == "buffer" and "NULL asks for the size" in self.comment:
            return True
        if f"`{argument.name}`" in self.comment and re.search(r"NULL (does|equals) nothing", self.comment):
            return True
        return f"`{argument.name}`, or NULL" in self.comment


def functions(text):
    """Every function that the header declares."""
    found = [_function(*match.groups()) for match in _DECLARATION.finditer(text)]
    code = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    calls = [line for line in code.splitlines() if re.match(r"\w[\w ]*\**\s*\**strongroom_\w+\(", line)]
    if len(found) != len(calls) or len(found) < 60:
        raise SystemExit(f"{len(calls)} functions in the header, of which {len(found)} were understood")
    return found


def init_macros(text):
    """The structs that begin with an _INIT macro, by the macro."""
    return dict(re.findall(r"^#define (STRONGROOM_\w+_INIT) \{sizeof\((strongroom_\w+)\)", text, re.M))


def grown_structs(text):
    """The structs that begin with struct_size."""
    bodies = re.findall(r"^typedef struct (strongroom_\w+) \{\n(.*?)^\} \1;", text, re.M | re.S)
    plain = [(name, re.sub(r"/\*.*?\*/", "", body, flags=re.S)) for name, body in bodies]
    return [name for name, body in plain if body.split()[:2] == ["size_t", "struct_size;"]]


_DECLARATION = re.compile(
    r"/\*\*\n((?: \*[^\n]*\n)*?) \*/\n"
    r"(?:STRONGROOM_MUST_CHECK\n)?"
    r"([\w ]+?[ *]+)(strongroom_\w+)\(([^)]*)\);",
)


def _function(comment, result, name, arguments):
    comment = re.sub(r"\s+", " ", comment.replace("\n *", "\n"))
    arguments = re.sub(r"\s+", " ", arguments)
    parsed = () if arguments == "void" else tuple(_argument(text, name) for text in arguments.split(", "))
    return Function(name, _plain(result), parsed, comment)


def _argument(text, function):
    match = re.fullmatch(r"([\w ]+?[ *]+)(\w+)", text)
    if not match:
        raise SystemExit(f"{function}: the argument '{text}' was not understood")
    return Argument(_plain(match[1]), match[2])


def _plain(type_):
    """`const struct strongroom_store *` is told as `const strongroom_store *`."""
    return re.sub(r"\bstruct ", "", type_).strip()


if __name__ == "__main__":
    print("\n".join(function.name for function in functions(text())))
