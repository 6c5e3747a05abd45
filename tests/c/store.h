/*
 * For the tests that use a store. Each runs in an empty folder of its own, which is where it begins.
 */
#ifndef STORE_H
#define STORE_H

#include <strongroom.h>

#include "check.h"

/* For the calls inside CHECK_OK and CHECK_FAILS; garbage at first, because it is never read. */
static _Thread_local strongroom_error *error __attribute__((unused)) = (strongroom_error *)0x5a5a;

/* The call, with `&error` last, succeeds and leaves no error. */
#define CHECK_OK(call) check_ok((call), &error, #call, __FILE__, __LINE__)

/* The call, with `&error` last, fails with this status, and the error says the same and what to do. */
#define CHECK_FAILS(status, call) check_fails((status), (call), &error, #call, __FILE__, __LINE__)

static inline void check_ok(strongroom_status got, strongroom_error *const *why, const char *call,
                            const char *file, int line)
{
    if (got == STRONGROOM_OK && *why == NULL) {
        return;
    }
    fprintf(stderr, "%s:%d: %s gave %s: %s\n", file, line, call, strongroom_status_name(got),
            strongroom_error_message(*why));
    _exit(1);
}

static inline void check_fails(strongroom_status expected, strongroom_status got, strongroom_error **why,
                               const char *call, const char *file, int line)
{
    if (got != expected || got == STRONGROOM_OK || strongroom_error_status(*why) != got ||
        strongroom_error_what(*why)[0] == '\0' || strongroom_error_next(*why)[0] == '\0') {
        fprintf(stderr, "%s:%d: %s gave %s, not %s; its error: %s\n", file, line, call,
                strongroom_status_name(got), strongroom_status_name(expected),
                got == STRONGROOM_OK ? "" : strongroom_error_message(*why));
        _exit(1);
    }
    strongroom_error_free(*why);
    *why = (strongroom_error *)0x5a5a;
}

static inline strongroom_store *new_store(const char *folder)
{
    strongroom_store *store;
    CHECK_OK(strongroom_store_create(folder, &store, &error));
    return store;
}

static inline void append(const char *path, const char *text)
{
    FILE *file = fopen(path, "a");
    CHECK(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
}

static inline void put_text(strongroom_store *store, const char *path, const char *text)
{
    CHECK_OK(strongroom_put(store, path, (const uint8_t *)text, strlen(text), &error));
}

static inline void check_text(const strongroom_store *store, const char *path, const char *text)
{
    strongroom_secret *secret;
    CHECK_OK(strongroom_get(store, path, &secret, &error));
    CHECK(strongroom_secret_len(secret) == strlen(text));
    CHECK(memcmp(strongroom_secret_data(secret), text, strlen(text)) == 0);
    strongroom_secret_free(secret);
}

#endif
