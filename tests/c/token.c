/*
 * A store whose root key is in a token: only the config differs from one with a keyring. Each part runs in
 * a process of its own, which loads the module anew.
 */
#include "token.h"

/* The root key of this state, by its number among those; its id comes into `id`. */
static void root_key(strongroom_store *store, uint32_t state, const char *key_backend, char id[64])
{
    strongroom_root_key_list *list;
    const strongroom_root_key_info *info;
    int found = 0;
    CHECK_OK(strongroom_root_keys(store, &list, &error));
    while (strongroom_root_key_list_next(list, &info, &error) == STRONGROOM_OK) {
        if (info->state != state || strcmp(info->backend, key_backend) != 0) continue;
        CHECK(info->at_hand == 1);
        snprintf(id, 64, "%s", info->id);
        found++;
    }
    CHECK(found == 1);
    strongroom_root_key_list_free(list);
}

/* How many root keys there are: each is the store's own, and the token keeps it as it must be. */
static int good_keys(strongroom_store *store)
{
    strongroom_key_check_list *list;
    const strongroom_key_check *check;
    int good = 0;
    CHECK_OK(strongroom_check_keys(store, &list, &error));
    while (strongroom_key_check_list_next(list, &check, &error) == STRONGROOM_OK) {
        CHECK(check->status == STRONGROOM_OK && check->message == NULL);
        for (size_t i = 0; i < check->findings_len; i++) {
            CHECK(check->findings[i]->part[0] != '\0' && check->findings[i]->message[0] != '\0');
            CHECK(check->findings[i]->severity != STRONGROOM_SEVERITY_ERROR);
        }
        CHECK((check->findings_len > 0) == (strcmp(check->backend, "hsm") == 0));
        good++;
    }
    strongroom_key_check_list_free(list);
    return good;
}

static void a_wrong_pin_makes_no_store(void)
{
    strongroom_layout layout;
    strongroom_store *store = NULL;
    layout_on_token(&layout, KEY_WITH_PIN("wrong-pin"));
    CHECK_FAILS(STRONGROOM_UNAUTHENTICATED, strongroom_store_create_with(&layout, &store, &error));
    layout_on_token(&layout, "kind = 'pkcs11'\nmodul = 'x'\n");
    CHECK_FAILS(STRONGROOM_CONFIG, strongroom_store_create_with(&layout, &store, &error));
    layout_on_token(&layout, NULL);
    CHECK_FAILS(STRONGROOM_INVALID_ARGUMENT, strongroom_store_create_with(&layout, &store, &error));
    CHECK(store == NULL && access("store/strongroom.toml", F_OK) != 0 && access("store/metadata.db", F_OK) != 0);
}

static void a_new_store_has_its_root_key_in_the_token(void)
{
    char id[64];
    strongroom_store *store = new_store_on_token();
    put_text(store, "p/n", "first");
    check_text(store, "p/n", "first");
    root_key(store, STRONGROOM_KEY_ACTIVE, "hsm", id);
    CHECK(good_keys(store) == 1);
    strongroom_store_free(store);
}

static void count_progress(void *context, const char *what, uint64_t done, uint64_t total)
{
    CHECK(what[0] != '\0' && done <= total);
    ++*(int *)context;
}

static void its_root_key_is_rotated_and_retired(void)
{
    char old[64], new[64];
    int told = 0;
    strongroom_rotate_options options = STRONGROOM_ROTATE_OPTIONS_INIT;
    strongroom_rotate_report *report;
    strongroom_store *store = open_store("store/strongroom.toml");
    root_key(store, STRONGROOM_KEY_ACTIVE, "hsm", old);
    CHECK_FAILS(STRONGROOM_CONFLICT, strongroom_retire_key(store, "hsm", old, &error));
    options.key_backend = "hsm";
    options.progress = count_progress;
    options.context = &told;
    CHECK_OK(strongroom_rotate_keys(store, &options, &report, &error));
    CHECK(strcmp(report->key_backend, "hsm") == 0 && strcmp(report->id, old) != 0);
    /* The store key, and the project's. */
    CHECK(report->rewrapped == 2 && report->resumed == 0 && told > 0);
    CHECK(report->damaged_len == 0 && report->stale_backends_len == 0);
    root_key(store, STRONGROOM_KEY_ACTIVE, "hsm", new);
    CHECK(strcmp(report->id, new) == 0);
    strongroom_rotate_report_free(report);
    CHECK(good_keys(store) == 2);
    check_text(store, "p/n", "first");
    CHECK_OK(strongroom_retire_key(store, "hsm", old, &error));
    CHECK_FAILS(STRONGROOM_NOT_FOUND, strongroom_retire_key(store, "hsm", "no-such-key", &error));
    options.to = "elsewhere";
    CHECK_FAILS(STRONGROOM_CONFIG, strongroom_rotate_keys(store, &options, NULL, &error));
    strongroom_store_free(store);
}

/* No token is reached because a backup says so: the caller names the config with the keys. */
static void its_backup_is_restored_with_the_token(void)
{
    strongroom_backup_options options = STRONGROOM_BACKUP_OPTIONS_INIT;
    strongroom_restore_options keys = STRONGROOM_RESTORE_OPTIONS_INIT;
    strongroom_restore_report *report;
    strongroom_store *store = open_store("store/strongroom.toml"), *restored;
    options.passphrase = (const uint8_t *)"a passphrase";
    options.passphrase_len = 12;
    CHECK_FAILS(STRONGROOM_UNSUPPORTED, strongroom_backup(store, "backup", &options, NULL, &error));
    CHECK_OK(strongroom_backup(store, "backup", NULL, NULL, &error));
    keys.keys_from = "store/strongroom.toml";
    keys.keyring = "store/keyring.json";
    CHECK_FAILS(STRONGROOM_INVALID_ARGUMENT, strongroom_restore("backup", "restored", &keys, &report, &error));
    keys.keyring = NULL;
    CHECK_OK(strongroom_restore("backup", "restored", &keys, &report, &error));
    restored = open_store(report->config);
    check_text(restored, "p/n", "first");
    strongroom_restore_report_free(report);
    strongroom_store_free(restored);
    strongroom_store_free(store);
}

static void move(strongroom_store *store, const char *to, const char *arrives_at, size_t stale)
{
    strongroom_rotate_options options = STRONGROOM_ROTATE_OPTIONS_INIT;
    strongroom_rotate_report *report;
    options.to = to;
    CHECK_OK(strongroom_rotate_keys(store, &options, &report, &error));
    CHECK(strcmp(report->key_backend, arrives_at) == 0 && report->rewrapped == 2);
    CHECK(report->stale_backends_len == stale);
    if (stale == 1) CHECK(strcmp(report->stale_backends[0], "main") == 0);
    strongroom_rotate_report_free(report);
    check_text(store, "p/n", "from a keyring");
}

static void some_keys_are_left_out_of_a_backup(strongroom_store *store)
{
    strongroom_backup_options options = STRONGROOM_BACKUP_OPTIONS_INIT;
    strongroom_backup_report made = STRONGROOM_BACKUP_REPORT_INIT;
    options.passphrase = (const uint8_t *)"a passphrase";
    options.passphrase_len = 12;
    CHECK_OK(strongroom_backup(store, "soft-backup", &options, &made, &error));
    CHECK(made.holds_keys == 1 && made.keys_left_out == 1);
}

static void keys_move_from_a_keyring_to_the_token_and_back(void)
{
    strongroom_root_key_info *made;
    strongroom_store_free(new_store("soft"));
    append("soft/strongroom.toml", "\n[keys.hsm]\n" KEY);
    strongroom_store *store = open_store("soft/strongroom.toml");
    put_text(store, "p/n", "from a keyring");
    CHECK_FAILS(STRONGROOM_ALREADY_EXISTS, strongroom_init_keys(store, "main", &made, &error));
    CHECK_OK(strongroom_init_keys(store, "pkcs11", &made, &error));
    CHECK(strcmp(made->backend, "hsm") == 0 && made->at_hand == 1 && made->wraps == 0);
    strongroom_root_key_info_free(made);
    move(store, "hsm", "hsm", 1);
    CHECK(good_keys(store) == 2);
    some_keys_are_left_out_of_a_backup(store);
    move(store, "software", "main", 0);
    strongroom_store_free(store);
}

static void a_wrong_pin_is_told(void)
{
    strongroom_store *store;
    CHECK(rename("token/pin", "token/right") == 0 && rename("token/wrong-pin", "token/pin") == 0);
    CHECK_FAILS(STRONGROOM_UNAUTHENTICATED, strongroom_store_open("store/strongroom.toml", &store, &error));
    CHECK(rename("token/pin", "token/wrong-pin") == 0 && rename("token/right", "token/pin") == 0);
}

/* That a token is away is told in bounded time: by the open, or by what needs the key. */
static strongroom_status tried(void)
{
    strongroom_store *store;
    strongroom_secret *secret;
    double before = seconds_now();
    strongroom_status status = strongroom_store_open("store/strongroom.toml", &store, &error);
    if (status == STRONGROOM_OK) {
        status = strongroom_get(store, "p/n", &secret, &error);
        if (status == STRONGROOM_OK) strongroom_secret_free(secret);
        strongroom_store_free(store);
    }
    CHECK(seconds_now() - before < 30);
    CHECK((status == STRONGROOM_OK) == (error == NULL));
    strongroom_error_free(error);
    return status;
}

static void a_token_that_is_away_is_told(void)
{
    take_token_away();
    CHECK(tried() == STRONGROOM_UNAVAILABLE);
    give_token_back();
}

static void a_token_that_fails_is_told_until_it_works_again(void)
{
    token_call("C_OpenSession", "0x32");
    CHECK(tried() == STRONGROOM_UNAVAILABLE);
    token_call("C_OpenSession", NULL);
    CHECK(tried() == STRONGROOM_OK);
}

/* The call hangs until the process is gone: SoftHSM cannot bear one that goes on during its exit(). */
static void a_token_that_hangs_is_told(void)
{
    token_call("C_OpenSession", "hang");
    CHECK(tried() == STRONGROOM_TIMEOUT);
}

static void everything_is_as_before(void)
{
    token_call("C_OpenSession", NULL);
    CHECK(tried() == STRONGROOM_OK);
}

int main(void)
{
    void (*const parts[])(void) = {a_wrong_pin_makes_no_store,
                                   a_new_store_has_its_root_key_in_the_token,
                                   its_root_key_is_rotated_and_retired,
                                   its_backup_is_restored_with_the_token,
                                   keys_move_from_a_keyring_to_the_token_and_back,
                                   a_wrong_pin_is_told,
                                   a_token_that_is_away_is_told,
                                   a_token_that_fails_is_told_until_it_works_again,
                                   a_token_that_hangs_is_told,
                                   everything_is_as_before};
    for (size_t i = 0; i < COUNT(parts); i++) in_child(parts[i], exit);
    return 0;
}
