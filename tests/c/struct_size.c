/* Structs of programs that were built with an older or a newer header. */
#include "edge.h"
#include "store.h"

static strongroom_store *store;

/* One call for each struct that begins with its size; all else is as it should be. */
static strongroom_status put_options(void *s)
{
    return strongroom_put_with(store, "p/n", (const uint8_t *)"x", 1, s, NULL, &error);
}

static strongroom_status put_receipt(void *s)
{
    return strongroom_put_with(store, "p/n", (const uint8_t *)"x", 1, NULL, s, &error);
}

static strongroom_status get_options(void *s)
{
    size_t len;
    return strongroom_get_into(store, "p/n", s, NULL, 0, &len, &error);
}

static strongroom_status list_options(void *s)
{
    strongroom_secret_list *list;
    strongroom_status status = strongroom_list(store, "p", s, &list, &error);
    if (status == STRONGROOM_OK) strongroom_secret_list_free(list);
    return status;
}

static strongroom_status dates(void *s)
{
    return strongroom_set_dates(store, "p/n", 1, s, &error);
}

static strongroom_status label_changes(void *s)
{
    return strongroom_set_labels(store, "p/n", s, &error);
}

static strongroom_status rotate_options(void *s)
{
    return strongroom_rotate_keys(store, s, NULL, &error);
}

static strongroom_status doctor_options(void *s)
{
    strongroom_doctor_report *report;
    strongroom_status status = strongroom_doctor(store, s, &report, &error);
    if (status == STRONGROOM_OK) strongroom_doctor_report_free(report);
    return status;
}

static strongroom_status backup_options(void *s)
{
    unlink("backup");
    return strongroom_backup(store, "backup", s, NULL, &error);
}

static strongroom_status backup_report(void *s)
{
    unlink("backup");
    return strongroom_backup(store, "backup", NULL, s, &error);
}

static strongroom_status backup_file(void *s)
{
    return strongroom_backup_info("kept-backup", s, &error);
}

/* These two need a field that only a full struct has. */
static strongroom_status layout(void *s)
{
    strongroom_store *other;
    return strongroom_store_create_with(s, &other, &error);
}

static strongroom_status restore_options(void *s)
{
    strongroom_restore_report *report;
    return strongroom_restore("kept-backup", "restored", s, &report, &error);
}

static const struct {
    const char *name;
    size_t size;
    strongroom_status (*call)(void *);
    int is_report, needs_fields;
} structs[] = {
    {"put_options", sizeof(strongroom_put_options), put_options, 0, 0},
    {"put_receipt", sizeof(strongroom_put_receipt), put_receipt, 1, 0},
    {"get_options", sizeof(strongroom_get_options), get_options, 0, 0},
    {"list_options", sizeof(strongroom_list_options), list_options, 0, 0},
    {"dates", sizeof(strongroom_dates), dates, 0, 0},
    {"label_changes", sizeof(strongroom_label_changes), label_changes, 0, 0},
    {"rotate_options", sizeof(strongroom_rotate_options), rotate_options, 0, 0},
    {"doctor_options", sizeof(strongroom_doctor_options), doctor_options, 0, 0},
    {"backup_options", sizeof(strongroom_backup_options), backup_options, 0, 0},
    {"backup_report", sizeof(strongroom_backup_report), backup_report, 1, 0},
    {"backup_file", sizeof(strongroom_backup_file), backup_file, 1, 0},
    {"layout", sizeof(strongroom_layout), layout, 0, 1},
    {"restore_options", sizeof(strongroom_restore_options), restore_options, 0, 1},
};

/* A struct of `room` zero bytes that says that it has `size`. */
static void *sized(size_t room, size_t size)
{
    char *memory = at_the_edge(room);
    memcpy(memory, &size, sizeof(size) < room ? sizeof(size) : room);
    return memory;
}

/* Only `struct_size` itself is read of what says that it is impossible. */
static void impossible_sizes_are_refused(size_t i)
{
    const size_t sizes[] = {0, 1, sizeof(size_t) - 1, 4097, SIZE_MAX / 2, SIZE_MAX - 7, SIZE_MAX};
    for (size_t n = 0; n < COUNT(sizes); n++) {
        CHECK_FAILS(STRONGROOM_INVALID_ARGUMENT, structs[i].call(sized(sizeof(size_t), sizes[n])));
    }
}

/* An older struct ends earlier, and nothing after its end is touched. */
static void an_older_struct_is_taken(size_t i)
{
    for (size_t size = sizeof(size_t); size <= structs[i].size; size += 8) {
        void *older = sized(size, size);
        if (structs[i].needs_fields) {
            CHECK_FAILS(STRONGROOM_INVALID_ARGUMENT, structs[i].call(older));
        } else {
            CHECK_OK(structs[i].call(older));
        }
        CHECK(*(size_t *)older == size);
    }
}

/* A newer struct has a tail, which must be zero: what is asked for there is not known here. */
static void a_newer_struct_is_taken_while_its_tail_is_zero(size_t i)
{
    size_t size = structs[i].size + 24;
    char *newer = sized(size, size);
    if (!structs[i].needs_fields) CHECK_OK(structs[i].call(newer));
    CHECK(newer[size - 1] == 0);
    newer[size - 1] = 1;
    if (structs[i].is_report) {
        CHECK_OK(structs[i].call(newer));
        CHECK(newer[size - 1] == 1);
        return;
    }
    CHECK(structs[i].call(newer) == STRONGROOM_INVALID_ARGUMENT);
    CHECK(strstr(strongroom_error_next(error), "newer libstrongroom") != NULL);
    strongroom_error_free(error);
}

int main(void)
{
    store = new_store("store");
    put_text(store, "p/n", "first");
    CHECK_OK(strongroom_backup(store, "kept-backup", NULL, NULL, &error));
    for (size_t i = 0; i < COUNT(structs); i++) {
        impossible_sizes_are_refused(i);
        an_older_struct_is_taken(i);
        a_newer_struct_is_taken_while_its_tail_is_zero(i);
    }
    /* What fits is written, though the struct is older. */
    strongroom_put_receipt *receipt = sized(16, 16);
    CHECK_OK(put_receipt(receipt));
    CHECK(receipt->version > 1);
    strongroom_store_free(store);
    return 0;
}
