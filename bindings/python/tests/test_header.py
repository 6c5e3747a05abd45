"""The package declares what include/strongroom.h does: every function, every struct, every constant."""

import ctypes
import re
import subprocess
from ctypes import POINTER
from typing import Any
from uuid import uuid4

import header
import pytest

import strongroom
from strongroom import _call, _functions, _library, _structs, errors, words

FUNCTIONS = header.functions()
STRUCTS = header.structs()

SIMPLE = {
    "void": None,
    "uint32_t": ctypes.c_uint32,
    "strongroom_status": ctypes.c_uint32,
    "size_t": ctypes.c_size_t,
    "int64_t": ctypes.c_int64,
    "uint64_t": ctypes.c_uint64,
    "uint8_t": ctypes.c_uint8,
    "const char*": ctypes.c_char_p,
    "char*": POINTER(ctypes.c_char),
}


def expected(c_type: str) -> Any:
    """The ctypes type of a C type."""
    if c_type in SIMPLE:
        return SIMPLE[c_type]
    if c_type.endswith("*"):
        return POINTER(expected(c_type[:-1]))
    without = c_type.replace("const ", "")
    return expected(without) if without != c_type else getattr(_structs, c_type)


def test_the_header_was_read_whole() -> None:
    text = header.without_comments(header.source())
    assert len(FUNCTIONS) == len(set(re.findall(r"\b(strongroom_\w+)\(", text))) > 80
    assert len(STRUCTS) + len(header.opaque()) == text.count("typedef struct") > 20


def test_every_function_is_declared_and_no_other() -> None:
    assert set(_functions.FUNCTIONS) == set(FUNCTIONS)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_function_has_the_header_s_types(name: str) -> None:
    result, arguments = _functions.FUNCTIONS[name]
    assert result is expected(FUNCTIONS[name].result)
    assert arguments == [expected(c_type) for c_type, _ in FUNCTIONS[name].arguments]
    loaded = getattr(_library.lib, name)
    assert (loaded.restype, loaded.argtypes) == (result, arguments)


def test_a_wrong_type_would_be_noticed() -> None:
    assert expected("const uint8_t*") is POINTER(ctypes.c_uint8) is not ctypes.c_char_p
    assert expected("strongroom_store**") == POINTER(POINTER(_structs.strongroom_store))


def test_every_function_is_used(repository: Any) -> None:
    """But for those that another one with options, or a UUID, stands for."""
    package = repository / "bindings/python/strongroom"
    code = "".join(f.read_text() for f in package.glob("*.py") if f.name != "_functions.py")
    for noun in re.findall(r'"(\w+)", \w+\._of', code):
        code += f" lib.strongroom_{noun}_list_next lib.strongroom_{noun}_list_free "
    used = set(re.findall(r"lib\.(strongroom_\w+)", code)) | {"strongroom_abi_version"}
    with_options = {"strongroom_put", "strongroom_generate"}
    of_a_uuid = {"strongroom_id_format", "strongroom_id_text_bytes"}
    assert set(FUNCTIONS) - used == with_options | of_a_uuid


def test_c_char_p_never_carries_a_payload_or_something_to_free() -> None:
    """ctypes copies the text and drops the pointer."""
    owned = re.compile(r"the caller frees|strongroom_\w+_free\(\)")
    texts = 0
    for name, (result, arguments) in _functions.FUNCTIONS.items():
        declared = FUNCTIONS[name]
        for python, (c_type, argument) in zip(arguments, declared.arguments):
            if argument in ("data", "buffer", "payload", "passphrase"):
                assert python is not ctypes.c_char_p, (name, argument)
            assert not (c_type.startswith("uint8_t") or c_type.startswith("const uint8_t")) or (
                python is POINTER(ctypes.c_uint8)
            )
            assert python is not POINTER(ctypes.c_char_p), (name, argument)
        if result is ctypes.c_char_p:
            texts += 1
            ownership = re.search(r"- ownership: (.*?)- threads", declared.comment, re.DOTALL)
            assert ownership and not owned.search(ownership[1]), name
            assert re.search(r"static|belongs to", ownership[1]), name
    assert texts > 5
    for name in STRUCTS:
        for field, python, *_ in getattr(_structs, name)._fields_:
            if field in ("data", "payload", "passphrase"):
                assert python is POINTER(ctypes.c_uint8), (name, field)


def test_structs_are_laid_out_as_the_compiler_does(tmp_path: Any, repository: Any) -> None:
    lines = []
    for name, fields in STRUCTS.items():
        lines.append(f'printf("{name} %zu\\n", sizeof({name}));')
        for field in fields:
            size = f"sizeof((({name} *)0)->{field})"
            lines.append(f'printf("{name}.{field} %zu %zu\\n", offsetof({name}, {field}), {size});')
    program = "#include <stdio.h>\n#include <strongroom.h>\nint main(void) {" + "\n".join(lines)
    (tmp_path / "layout.c").write_text(program + "return 0; }\n")
    command = ["cc", "-I", repository / "include", "-o", tmp_path / "layout", tmp_path / "layout.c"]
    subprocess.run(command, check=True)
    by_compiler = subprocess.run([tmp_path / "layout"], check=True, stdout=subprocess.PIPE, text=True)

    by_ctypes = []
    for name in STRUCTS:
        struct = getattr(_structs, name)
        by_ctypes.append(f"{name} {ctypes.sizeof(struct)}")
        for field, *_ in struct._fields_:
            place = getattr(struct, field)
            by_ctypes.append(f"{name}.{field} {place.offset} {place.size}")
    assert by_compiler.stdout.splitlines() == by_ctypes


def test_structs_that_the_caller_makes_begin_with_their_size() -> None:
    for name, fields in STRUCTS.items():
        struct = getattr(_structs, name)()
        if fields[0] == "struct_size":
            assert struct.struct_size == ctypes.sizeof(struct)
            rest = bytes(struct)[ctypes.sizeof(ctypes.c_size_t) :]
            assert not any(rest)


def test_constants_are_the_header_s() -> None:
    left = header.constants()
    prefixes = {
        "TYPE_": words.SecretType,
        "STATE_": words.State,
        "PROJECT_": words.ProjectState,
        "KEY_": words.KeyState,
        "EXPECT_": words.Expect,
        "GENERATE_": words.Recipe,
        "SEVERITY_": words.Severity,
    }
    assert left.pop("ABI_VERSION") == _library.ABI_VERSION
    assert left.pop("ID_BYTES") == _library.lib.strongroom_id_bytes() == 16
    assert left.pop("ID_TEXT_BYTES") == _library.lib.strongroom_id_text_bytes() == len(str(uuid4())) + 1
    assert left.pop("TIMESTAMP_BYTES") == _library.lib.strongroom_timestamp_bytes()
    limits = [name for name in left if name.endswith("_LIMIT") or name == "PASSPHRASE_LENGTH"]
    for name in limits:
        assert left.pop(name) == getattr(strongroom, name)
    for prefix, enum in prefixes.items():
        members = {name: number for name, number in left.items() if name.startswith(prefix)}
        assert {prefix + member.name: member.value for member in enum} == members
        left = {name: number for name, number in left.items() if name not in members}
    assert (left.pop("OK"), left.pop("DONE")) == (_call.OK, _call.DONE)
    names = {re.sub(r"(?<!^)([A-Z])", r"_\1", k.__name__).upper(): c for c, k in errors.BY_CODE.items()}
    assert names == left
