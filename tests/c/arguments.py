"""Writes a program that calls every function of the header with every wrong pointer.

Each function is called as it should be, with every pointer NULL, with one pointer NULL at a time, and
with each text in turn not UTF-8. A NULL that the comment allows must work; any other must be
INVALID_ARGUMENT, with an error, and leave every output as it was.
"""

import sys

import header

# The value of a number, by function and name, else by name.
NUMBERS = {
    "version": "2", "strongroom_destroy version": "1",
    "status": "0", "number": "1", "from": "1", "micros": "1", "recipe": "0", "length": "0",
    "to": "STRONGROOM_STATE_DEACTIVATED", "strongroom_state_may_become to": "STRONGROOM_STATE_ACTIVE",
    "len": "sizeof(payload)", "strongroom_wipe len": "64", "capacity": "64",
}

# The value of a text, likewise.
TEXTS = {
    "config_path": "w->config", "toml": "w->toml", "base_folder": "w->folder", "folder": "w->new_folder",
    "file": "w->backup", "strongroom_backup file": "w->new_file", "time": '"2026-11-22T10:30:00Z"',
    "path": '"p/n"', "project": '"p"', "backend": '"main"',
    "name": '"p"', "strongroom_create_project name": '"new"',
    "identifier": '"1"', "key_backend": '"spare"', "strongroom_retire_key key_backend": '"main"', "id": "w->old_key",
    "strongroom_type_parse name": '"passphrase"', "strongroom_state_parse name": '"active"',
}

# Structs that the caller allocates, to be filled.
REPORTS = ["strongroom_put_receipt *", "strongroom_backup_report *", "strongroom_backup_file *"]

# What the store of these tests, which is in files, refuses whatever the arguments are.
UNSUPPORTED = ["strongroom_adopt"]


class Case:
    """One call: which arguments are wrong, and in what way."""

    def __init__(self, function, wrong=(), value="NULL"):
        self.function, self.wrong, self.value = function, wrong, value
        nulls_are_fine = value == "NULL" and all(function.allows_null(a) for a in wrong)
        unsupported = nulls_are_fine and function.name in UNSUPPORTED
        self.succeeds = nulls_are_fine and not unsupported
        self.refusal = "STRONGROOM_UNSUPPORTED" if unsupported else "STRONGROOM_INVALID_ARGUMENT"
        names = ", ".join(a.name for a in wrong)
        self.title = f"{function.name}: " + (f"{names} {'NULL' if value == 'NULL' else 'not UTF-8'}" if wrong else "as it should be")


def cases_of(function):
    pointers = [a for a in function.arguments if a.is_pointer]
    yield Case(function)
    if len(pointers) > 1:
        yield Case(function, tuple(pointers))
    for argument in pointers:
        yield Case(function, (argument,))
    for argument in pointers:
        if argument.type == "const char *":
            yield Case(function, (argument,), '"p/\\xff\\xfe"')


class Writer:
    """Writes cases as C; knows how a value of each type is made, looked at and freed."""

    def __init__(self, functions):
        frees = [f for f in functions if f.name.endswith("_free")]
        self.free_of = {f.arguments[0].type: f.name for f in frees}

    def case(self, number, case):
        before, after, values, freed = [], [], [], None
        for argument in case.function.arguments:
            made, checked, value = self.argument(case, argument)
            values.append(case.value if argument in case.wrong else value)
            if argument not in case.wrong:
                before += made
                after += checked
                if self.free_of.get(argument.type) == case.function.name:
                    freed = f"    {value} = NULL;"
        call = f"{case.function.name}({', '.join(values)})"
        lines = [f"/* {case.title} */", f"static void case_{number}(struct world *w)", "{", "    (void)w;"]
        lines += [f"    {line}" for line in before] + self.checked_call(case, call)
        lines += [f"    {line}" for line in after] + ([freed] if freed else []) + ["}", ""]
        return "\n".join(lines)

    def checked_call(self, case, call):
        """The call and what must hold of its result."""
        result = case.function.result
        error_is_given = not any(a.type == "strongroom_error **" for a in case.wrong)
        if result == "void":
            return [f"    {call};"]
        if case.function.arguments and case.function.arguments[-1].type == "strongroom_error **":
            if case.succeeds:
                looked = f"check_done(got, {'got_error' if error_is_given else 'NULL'}, \"{case.title}\");"
                return [f"    strongroom_status got = {call};", f"    {looked}"]
            looked = ["    check_refused(got, got_error);"] if error_is_given else []
            return [f"    strongroom_status got = {call};", f"    CHECK(got == {case.refusal});"] + looked
        nothing = {"const char *": "got == NULL || got[0] == 0", "const uint8_t *": "got == NULL"}.get(result, "got == 0")
        return [f"    {result} got = {call};", f"    CHECK({nothing});" if case.wrong else "    (void)got;"]

    def argument(self, case, argument):
        """What is needed before the call, what is looked at after it, and the value."""
        type_, name = argument
        key = f"{case.function.name} {name}"
        if type_ == "strongroom_error **":
            return ["strongroom_error *got_error = GARBAGE;"], [], "&got_error"
        if not argument.is_pointer:
            return [], [], NUMBERS.get(key) or self.known(NUMBERS, name, case)
        if type_ == "const char *":
            return [], [], TEXTS.get(key) or self.known(TEXTS, name, case)
        if type_ in ("char *", "uint8_t *"):
            return self.filled(case, name, f"{type_[:-2]} {name}[64]", name, name)
        if type_ == "const uint8_t *":
            return [], [], "payload"
        if type_ in ("uint32_t *", "int64_t *", "size_t *"):
            return self.filled(case, name, f"{type_[:-2]} {name}", f"&{name}", f"&{name}")
        if type_ in REPORTS:
            macro = type_[:-2].upper() + "_INIT"
            return self.filled(case, name, f"{type_[:-2]} {name}", f"&{name}", f"(char *)&{name} + sizeof(size_t)",
                               [f"{name} = ({type_[:-2]}){macro};"])
        if type_.endswith(" **"):
            return self.output_object(case, type_, name)
        return self.input_object(type_)

    def filled(self, case, name, declared, value, place, then=()):
        """An output in the caller's memory, which a failure must leave as it was."""
        size = f"sizeof({name})" + (" - sizeof(size_t)" if "sizeof(size_t)" in place else "")
        made = [f"{declared};", *then, f"memset({place}, 0xa5, {size});"]
        return made, [] if case.succeeds else [f"CHECK(is_untouched({place}, {size}));"], value

    def output_object(self, case, type_, name):
        made = [f"{type_[:-1].strip()} {name} = GARBAGE;"]
        if not case.succeeds:
            return made, [f"CHECK({name} == GARBAGE);"], f"&{name}"
        free = self.free_of.get(type_[:-1])
        if free:
            return made, [f"{free}({name});"], f"&{name}"
        return made, [f"CHECK(got == STRONGROOM_DONE || {name} != GARBAGE);"], f"&{name}"

    def input_object(self, type_):
        name = type_.removeprefix("const ").removeprefix("strongroom_").removesuffix(" *")
        if type_.startswith("const ") and not type_.removeprefix("const ") in self.free_of:
            return [], [], f"&w->{name}"
        if type_.removeprefix("const ") in self.free_of:
            return [], [], f"w->{name}"
        raise SystemExit(f"the type {type_} is not understood")

    def known(self, table, name, case):
        if name not in table:
            raise SystemExit(f"{case.function.name}: no value is known for {name}")
        return table[name]


HEAD = """#include "world.h"

#define GARBAGE ((void *)0x5a5a)

static int is_untouched(const void *place, size_t len)
{
    const unsigned char *bytes = place;
    while (len > 0 && bytes[len - 1] == 0xa5) len--;
    return len == 0;
}

static void check_done(strongroom_status got, strongroom_error *why, const char *title)
{
    if ((got == STRONGROOM_OK || got == STRONGROOM_DONE) && why == NULL) return;
    fprintf(stderr, "%s: %s\\n", title, why == NULL ? strongroom_status_name(got) : strongroom_error_message(why));
    _exit(1);
}

static void check_refused(strongroom_status got, strongroom_error *why)
{
    CHECK(why != NULL && why != GARBAGE);
    CHECK(strongroom_error_status(why) == got);
    CHECK(strongroom_error_message(why)[0] != 0);
    strongroom_error_free(why);
}
"""

# What succeeds may change the world, so it gets one of its own.
TAIL = """
int main(void)
{
    struct world shared, own;
    hide_the_machine();
    world_begin(&shared);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct world *w = &shared;
        if (cases[i].changes) world_begin(w = &own);
        cases[i].run(w);
        if (cases[i].changes) world_end(w);
    }
    check_text(shared.store, "p/n", "second");
    world_end(&shared);
    return 0;
}"""


def main():
    functions = header.functions(header.text())
    cases = [case for function in functions for case in cases_of(function)]
    writer = Writer(functions)
    print(HEAD)
    for number, case in enumerate(cases):
        print(writer.case(number, case))
    print("static const struct { void (*run)(struct world *); int changes; } cases[] = {")
    for number, case in enumerate(cases):
        print(f"    {{case_{number}, {int(case.succeeds)}}},")
    print("};" + TAIL)
    pointers = sum(a.is_pointer for f in functions for a in f.arguments)
    print(f"arguments: {len(functions)} functions, {pointers} pointer arguments, {len(cases)} calls", file=sys.stderr)


main()
