/* Faults on purpose: each memory checker must see each of them. Without a checker, nothing may show. */
#include "store.h"

static strongroom_store *store;
static volatile uint32_t looked_at;

static void none(void)
{
}

/* An object of the library that the host forgets. */
static void leak(void)
{
    strongroom_secret *secret;
    CHECK_OK(strongroom_get(store, "p/n", &secret, &error));
    strongroom_secret_info *info;
    CHECK_OK(strongroom_describe(store, "p/n", &info, &error));
    info = NULL;
    strongroom_secret_free(secret);
}

/* The host reads what it has freed. */
static void use_after_free(void)
{
    strongroom_secret_info *info;
    CHECK_OK(strongroom_describe(store, "p/n", &info, &error));
    strongroom_secret_info_free(info);
    looked_at = info->newest;
}

/* The host reads over the end of its own memory. */
static void over_read(void)
{
    volatile uint8_t *data = calloc(100, 1);
    size_t volatile end = 100;
    looked_at = data[end];
    free((void *)data);
}

/* The library reads over the end of what the host gave it, because the host gave a wrong length. */
static void over_read_inside(void)
{
    uint8_t *data = calloc(100, 1);
    CHECK_OK(strongroom_put(store, "p/n", data, 116, &error));
    free(data);
}

/* The library uses what the host has freed. */
static void use_after_free_inside(void)
{
    strongroom_secret_list *list;
    const strongroom_secret_info *info;
    CHECK_OK(strongroom_list(store, "p", NULL, &list, &error));
    strongroom_secret_list_free(list);
    (void)strongroom_secret_list_next(list, &info, &error);
}

int main(int argc, char **argv)
{
    const struct {
        const char *name;
        void (*commit)(void);
    } faults[] = {{"none", none}, {"leak", leak}, {"use_after_free", use_after_free}, {"over_read", over_read},
                  {"over_read_inside", over_read_inside}, {"use_after_free_inside", use_after_free_inside}};
    CHECK(argc == 2);
    store = new_store("store");
    put_text(store, "p/n", "payload");
    int known = 0;
    for (size_t i = 0; i < COUNT(faults); i++) {
        if (strcmp(faults[i].name, argv[1]) != 0) continue;
        faults[i].commit();
        known = 1;
    }
    strongroom_store_free(store);
    return !known;
}
