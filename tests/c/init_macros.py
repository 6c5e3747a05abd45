"""Writes a program, C99 and C++17, that uses every _INIT macro of the header and compares every limit."""

import re

import header


def main():
    text = header.text()
    macros = header.init_macros(text)
    structs = header.grown_structs(text)
    if sorted(macros.values()) != sorted(structs):
        raise SystemExit(f"these structs and these macros differ: {structs}, {macros}")
    print("#include <strongroom.h>\n\nint main(void)\n{\n    size_t i;\n    int failed = 0;")
    for macro, struct in macros.items():
        print(_all_zero.format(macro=macro, struct=struct))
    limits = [f.name for f in header.functions(text) if f.result == "size_t" and not f.arguments]
    for name in limits:
        print(f"    failed |= {name}() != {name.upper()};")
    if len(limits) < 8 or not all(re.search(f"^#define {n.upper()} ", text, re.M) for n in limits):
        raise SystemExit(f"a limit has no macro: {limits}")
    print("    failed |= strongroom_abi_version() != STRONGROOM_ABI_VERSION;")
    print("    return failed;\n}")


_all_zero = """    {{
        {struct} value = {macro};
        const unsigned char *bytes = (const unsigned char *)&value;
        failed |= value.struct_size != sizeof(value);
        for (i = sizeof(size_t); i < sizeof(value); i++) failed |= bytes[i] != 0;
    }}"""

main()
