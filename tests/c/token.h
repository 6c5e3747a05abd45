/*
 * For the tests of stores whose root key is in a token: a real SoftHSM2 in the folder of the test, behind
 * the module token/shim.so, which lets chosen calls hang or fail. scripts/c-tests makes both.
 */
#ifndef TOKEN_H
#define TOKEN_H

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "child.h"
#include "store.h"

/* How the root key is reached, from store/strongroom.toml. One call may take two seconds. */
#define KEY_WITH_PIN(file)                                                          \
    "kind = 'pkcs11'\nmodule = '../token/shim.so'\ntoken = 'test'\ncall_timeout = 2\n" \
    "pin = { file = '../token/" file "' }\n"
#define KEY KEY_WITH_PIN("pin")

/* What becomes of every call of a function of the module: see the shim. NULL for what it does itself. */
static inline void token_call(const char *function, const char *what)
{
    char path[128];
    snprintf(path, sizeof(path), "token/control/%s", function);
    unlink(path);
    if (what == NULL) return;
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    CHECK(file >= 0 && write(file, what, strlen(what)) == (ssize_t)strlen(what));
    close(file);
}

static inline void take_token_away(void)
{
    CHECK(rename("token/tokens", "token/away") == 0);
}

static inline void give_token_back(void)
{
    CHECK(rename("token/away", "token/tokens") == 0);
}

static inline void layout_on_token(strongroom_layout *layout, const char *key)
{
    *layout = (strongroom_layout)STRONGROOM_LAYOUT_INIT;
    layout->config = "store/strongroom.toml";
    layout->metadata = "store/metadata.db";
    layout->shelf = "store/payloads.db";
    layout->key = key;
}

static inline strongroom_store *new_store_on_token(void)
{
    strongroom_layout layout;
    strongroom_store *store;
    layout_on_token(&layout, KEY);
    CHECK_OK(strongroom_store_create_with(&layout, &store, &error));
    return store;
}

static inline strongroom_store *open_store(const char *config)
{
    strongroom_store *store;
    CHECK_OK(strongroom_store_open(config, &store, &error));
    return store;
}

static inline double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

#endif
