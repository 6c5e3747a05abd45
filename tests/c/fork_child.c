/* A forked child: handles answer FORKED until they are opened again, and the parent is unharmed. */
#include "child.h"
#include "store.h"

static strongroom_store *store;
static strongroom_secret *secret;
static strongroom_secret_list *list;

static void every_use_is_refused(void)
{
    strongroom_secret *got = NULL;
    strongroom_secret_list *secrets = NULL;
    strongroom_version_list *versions = NULL;
    strongroom_project_list *projects = NULL;
    strongroom_root_key_list *keys = NULL;
    strongroom_key_check_list *checks = NULL;
    strongroom_secret_info *info = NULL;
    strongroom_project_info *project = NULL;
    strongroom_doctor_report *report = NULL;
    strongroom_rotate_report *rotated = NULL;
    strongroom_root_key_info *key = NULL;
    strongroom_dates dates = STRONGROOM_DATES_INIT;
    strongroom_label_changes labels = STRONGROOM_LABEL_CHANGES_INIT;
    size_t len = 77;
#define FORKED(call) CHECK_FAILS(STRONGROOM_FORKED, call)
    FORKED(strongroom_put(store, "p/n", (const uint8_t *)"x", 1, &error));
    FORKED(strongroom_generate(store, "p/n", &error));
    FORKED(strongroom_get(store, "p/n", &got, &error));
    FORKED(strongroom_get_into(store, "p/n", NULL, NULL, 0, &len, &error));
    FORKED(strongroom_list(store, "p", NULL, &secrets, &error));
    FORKED(strongroom_describe(store, "p/n", &info, &error));
    FORKED(strongroom_versions(store, "p/n", &versions, &error));
    FORKED(strongroom_set_state(store, "p/n", 1, STRONGROOM_STATE_DEACTIVATED, &error));
    FORKED(strongroom_set_dates(store, "p/n", 1, &dates, &error));
    FORKED(strongroom_set_labels(store, "p/n", &labels, &error));
    FORKED(strongroom_destroy(store, "p/n", 1, &error));
    FORKED(strongroom_erase(store, "p/n", &error));
    FORKED(strongroom_create_project(store, "q", NULL, &project, &error));
    FORKED(strongroom_describe_project(store, "p", &project, &error));
    FORKED(strongroom_projects(store, NULL, &projects, &error));
    FORKED(strongroom_erase_project(store, "p", &error));
    FORKED(strongroom_root_keys(store, &keys, &error));
    FORKED(strongroom_check_keys(store, &checks, &error));
    FORKED(strongroom_rotate_keys(store, NULL, &rotated, &error));
    FORKED(strongroom_init_keys(store, "main", &key, &error));
    FORKED(strongroom_retire_key(store, "main", "root-1", &error));
    FORKED(strongroom_doctor(store, NULL, &report, &error));
    FORKED(strongroom_backup(store, "backup", NULL, NULL, &error));
    CHECK(!got && !secrets && !versions && !projects && !keys && !checks && !info && !project && !report);
    CHECK(!rotated && !key);
    CHECK(len == 77 && access("backup", F_OK) != 0);
}

/* The parent's secret is there and zero; the rest of a list must be asked of a store. */
static void what_the_parent_had_is_zero(void)
{
    CHECK(strongroom_secret_len(secret) == 6);
    for (size_t i = 0; i < 6; i++) CHECK(strongroom_secret_data(secret)[i] == 0);
    const strongroom_secret_info *info;
    strongroom_status status;
    while ((status = strongroom_secret_list_next(list, &info, &error)) == STRONGROOM_OK) continue;
    CHECK(status == STRONGROOM_FORKED);
    strongroom_error_free(error);
    strongroom_health_list *health;
    if (strongroom_health(store, &health, NULL) == STRONGROOM_OK) strongroom_health_list_free(health);
}

static void frees_are_safe(void)
{
    strongroom_secret_list_free(list);
    strongroom_secret_free(secret);
    strongroom_store_free(store);
}

static void reopens_and_works(void)
{
    every_use_is_refused();
    CHECK_OK(strongroom_store_reopen(store, &error));
    CHECK_OK(strongroom_store_reopen(store, &error));
    check_text(store, "p/n", "parent");
    put_text(store, "p/child", "child");
    strongroom_secret_free(secret);
    strongroom_store_free(store);
}

/* A child's child, of one that opened the store again and of one that did not. */
static void forks_again(void)
{
    in_child(reopens_and_works, _exit);
    CHECK_OK(strongroom_store_reopen(store, &error));
    in_child(every_use_is_refused, exit);
    check_text(store, "p/child", "child");
}

static void opens_a_handle_of_its_own(void)
{
    strongroom_store *own;
    CHECK_OK(strongroom_store_open("store/strongroom.toml", &own, &error));
    put_text(own, "p/own", "own");
    check_text(own, "p/n", "parent");
    strongroom_store_free(own);
}

static void cannot_reopen_what_is_gone(void)
{
    CHECK(rename("store", "moved") == 0);
    CHECK(strongroom_store_reopen(store, &error) != STRONGROOM_OK && error != NULL);
    strongroom_error_free(error);
    every_use_is_refused();
    CHECK(rename("moved", "store") == 0);
}

static void nothing(void)
{
}

int main(void)
{
    void (*const works[])(void) = {nothing, every_use_is_refused, what_the_parent_had_is_zero, frees_are_safe,
                                   reopens_and_works, forks_again, opens_a_handle_of_its_own,
                                   cannot_reopen_what_is_gone};
    strongroom_list_options small_pages = STRONGROOM_LIST_OPTIONS_INIT;
    const strongroom_secret_info *first;
    small_pages.page = 1;
    store = new_store("store");
    put_text(store, "p/m", "other");
    put_text(store, "p/n", "parent");
    CHECK_OK(strongroom_get(store, "p/n", &secret, &error));
    CHECK_OK(strongroom_list(store, "p", &small_pages, &list, &error));
    CHECK(strongroom_secret_list_next(list, &first, &error) == STRONGROOM_OK);
    for (size_t i = 0; i < COUNT(works); i++) {
        /* With exit() the library's own last words run in the child too. */
        in_child(works[i], exit);
        in_child(works[i], _exit);
        CHECK(strongroom_secret_equals(secret, (const uint8_t *)"parent", 6) == 1);
        CHECK(strcmp(first->name, "m") == 0);
        put_text(store, "p/after", "after");
        check_text(store, "p/after", "after");
        check_text(store, "p/n", "parent");
    }
    check_text(store, "p/child", "child");
    check_text(store, "p/own", "own");
    CHECK(strongroom_secret_list_next(list, &first, &error) == STRONGROOM_OK);
    frees_are_safe();
    return 0;
}
