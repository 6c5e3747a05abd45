"""Reads include/strongroom.h, for the tests that compare the package with it."""

import pathlib
import re
from typing import Dict, List, NamedTuple, Tuple

HEADER = pathlib.Path(__file__).parents[3] / "include" / "strongroom.h"


class Function(NamedTuple):
    result: str
    #: (type, name) of each.
    arguments: List[Tuple[str, str]]
    comment: str


def source() -> str:
    return HEADER.read_text()


def without_comments(text: str) -> str:
    return re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.DOTALL)


def tidy(c_type: str) -> str:
    """One way to write each type: `const char *` becomes `const char*`."""
    words = re.sub(r"\bstruct\b", "", c_type).replace("*", " * ")
    return " ".join(words.split()).replace(" *", "*").replace("*const", "*").strip()


def functions() -> Dict[str, Function]:
    """Every line that declares a function, with the comment before it."""
    found = {}
    comment_before = r"/\*\*((?:(?!\*/).)*)\*/\s*(?:STRONGROOM_MUST_CHECK\s+)?"
    pattern = comment_before + r"([\w *]+?)\b(strongroom_\w+)\(([^)]*)\)\s*;"
    for comment, result, name, arguments in re.findall(pattern, source(), flags=re.DOTALL):
        split = [] if arguments.strip() == "void" else arguments.split(",")
        pairs = [re.fullmatch(r"\s*(.*?)(\w+)\s*", a, flags=re.DOTALL) for a in split]
        found[name] = Function(tidy(result), [(tidy(p[1]), p[2]) for p in pairs if p], comment)
    return found


def structs() -> Dict[str, List[str]]:
    """Each struct with the names of its fields."""
    found = {}
    text = without_comments(source())
    for body, name in re.findall(r"typedef struct \w+ \{(.*?)\} (\w+);", text, flags=re.DOTALL):
        fields = [field for field in body.split(";") if field.strip()]
        found[name] = [re.search(r"(\w+)(\[\d+\])?\s*$", field)[1] for field in fields]  # type: ignore[index]
    return found


def opaque() -> List[str]:
    return re.findall(r"typedef struct (\w+) \1;", without_comments(source()))


def constants() -> Dict[str, int]:
    return {n: int(v) for n, v in re.findall(r"#define STRONGROOM_(\w+) (\d+)\b", source())}
