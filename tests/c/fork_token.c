/*
 * A forked child of a process that uses a token: FORKED until it opens the store again, then it logs in for
 * itself. The parent's sessions are unharmed, whatever the child does and however it ends.
 */
#include "token.h"

static strongroom_store *store;

static void every_use_is_refused(void)
{
    strongroom_secret *secret = NULL;
    strongroom_rotate_report *report = NULL;
    strongroom_root_key_info *info = NULL;
    CHECK_FAILS(STRONGROOM_FORKED, strongroom_get(store, "p/n", &secret, &error));
    CHECK_FAILS(STRONGROOM_FORKED, strongroom_put(store, "p/n", (const uint8_t *)"x", 1, &error));
    CHECK_FAILS(STRONGROOM_FORKED, strongroom_rotate_keys(store, NULL, &report, &error));
    CHECK_FAILS(STRONGROOM_FORKED, strongroom_init_keys(store, "hsm", &info, &error));
    CHECK_FAILS(STRONGROOM_FORKED, strongroom_retire_key(store, "hsm", "root-1", &error));
    CHECK(secret == NULL && report == NULL && info == NULL);
}

static void only_frees(void)
{
    strongroom_store_free(store);
}

static void reopens_and_works(void)
{
    every_use_is_refused();
    CHECK_OK(strongroom_store_reopen(store, &error));
    check_text(store, "p/n", "parent");
    /* A new project needs the token. */
    strongroom_project_info *project;
    CHECK_OK(strongroom_create_project(store, "child", NULL, &project, &error));
    strongroom_project_info_free(project);
    CHECK_OK(strongroom_erase_project(store, "child", &error));
    CHECK_OK(strongroom_rotate_keys(store, NULL, NULL, &error));
    check_text(store, "p/n", "parent");
    strongroom_store_free(store);
}

static void forks_again(void)
{
    in_child(reopens_and_works, _exit);
    CHECK_OK(strongroom_store_reopen(store, &error));
    in_child(every_use_is_refused, exit);
    check_text(store, "p/n", "parent");
}

static void nothing(void)
{
}

int main(void)
{
    void (*const works[])(void) = {nothing, every_use_is_refused, only_frees, reopens_and_works, forks_again};
    char project[32];
    store = new_store_on_token();
    put_text(store, "p/n", "parent");
    for (size_t i = 0; i < COUNT(works); i++) {
        in_child(works[i], exit);
        in_child(works[i], _exit);
        check_text(store, "p/n", "parent");
        snprintf(project, sizeof(project), "p%zu/n", i);
        put_text(store, project, "after");
        check_text(store, project, "after");
    }
    CHECK_OK(strongroom_rotate_keys(store, NULL, NULL, &error));
    check_text(store, "p/n", "parent");
    strongroom_store_free(store);
    return 0;
}
