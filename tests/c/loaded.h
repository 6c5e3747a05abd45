/* For the tests that load the library at run time: the functions that they use, by pointer. */
#ifndef LOADED_H
#define LOADED_H

#include <dlfcn.h>
#include <strongroom.h>

#include "check.h"

struct loaded {
    void *library;
    strongroom_status (*create)(const char *, strongroom_store **, strongroom_error **);
    strongroom_status (*open)(const char *, strongroom_store **, strongroom_error **);
    strongroom_status (*put)(strongroom_store *, const char *, const uint8_t *, size_t, strongroom_error **);
    strongroom_status (*get)(const strongroom_store *, const char *, strongroom_secret **, strongroom_error **);
    uint32_t (*equals)(const strongroom_secret *, const uint8_t *, size_t);
    void (*secret_free)(strongroom_secret *);
    void (*store_free)(strongroom_store *);
};

static inline void *symbol(void *library, const char *name)
{
    void *found = dlsym(library, name);
    CHECK(found != NULL);
    return found;
}

static inline struct loaded load(void)
{
    struct loaded l = {.library = dlopen("libstrongroom.so.0", RTLD_NOW | RTLD_LOCAL)};
    if (l.library == NULL) fprintf(stderr, "%s\n", dlerror());
    CHECK(l.library != NULL);
    *(void **)&l.create = symbol(l.library, "strongroom_store_create");
    *(void **)&l.open = symbol(l.library, "strongroom_store_open");
    *(void **)&l.put = symbol(l.library, "strongroom_put");
    *(void **)&l.get = symbol(l.library, "strongroom_get");
    *(void **)&l.equals = symbol(l.library, "strongroom_secret_equals");
    *(void **)&l.secret_free = symbol(l.library, "strongroom_secret_free");
    *(void **)&l.store_free = symbol(l.library, "strongroom_store_free");
    return l;
}

static inline void put_and_get(const struct loaded *l, strongroom_store *store, const char *path)
{
    strongroom_secret *secret;
    CHECK(l->put(store, path, (const uint8_t *)"payload", 7, NULL) == STRONGROOM_OK);
    CHECK(l->get(store, path, &secret, NULL) == STRONGROOM_OK);
    CHECK(l->equals(secret, (const uint8_t *)"payload", 7) == 1);
    l->secret_free(secret);
}

#endif
