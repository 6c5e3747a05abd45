/* Lengths of nothing, of too much, and of more than there is memory. */
#include "edge.h"
#include "store.h"

static strongroom_store *store;

static void payloads(void)
{
    uint8_t *one = at_the_edge(1);
    uint8_t *largest = at_the_edge(STRONGROOM_PAYLOAD_LIMIT);
    memset(largest, 7, STRONGROOM_PAYLOAD_LIMIT);
    CHECK_FAILS(STRONGROOM_INVALID_ARGUMENT, strongroom_put(store, "p/n", one, 0, &error));
    CHECK_FAILS(STRONGROOM_INVALID_ARGUMENT, strongroom_put(store, "p/n", NULL, 0, &error));
    CHECK_FAILS(STRONGROOM_INVALID_ARGUMENT, strongroom_put(store, "p/n", NULL, 1, &error));
    const size_t too_large[] = {STRONGROOM_PAYLOAD_LIMIT + 1, SIZE_MAX / 2, SIZE_MAX / 2 + 1, SIZE_MAX};
    for (size_t i = 0; i < COUNT(too_large); i++) {
        CHECK_FAILS(STRONGROOM_TOO_LARGE, strongroom_put(store, "p/n", one, too_large[i], &error));
        CHECK_FAILS(STRONGROOM_TOO_LARGE, strongroom_put(store, "p/n", NULL, too_large[i], &error));
    }
    CHECK_OK(strongroom_put(store, "p/largest", largest, STRONGROOM_PAYLOAD_LIMIT, &error));
    CHECK_OK(strongroom_put(store, "p/smallest", one, 1, &error));
}

static void buffers_for_payloads(void)
{
    put_text(store, "p/ten", "0123456789");
    uint8_t *buffer = at_the_edge(10);
    for (size_t capacity = 0; capacity < 10; capacity++) {
        size_t len = 99;
        memset(buffer, 0xa5, 10);
        CHECK_FAILS(STRONGROOM_BUFFER_TOO_SMALL,
                    strongroom_get_into(store, "p/ten", NULL, buffer, capacity, &len, &error));
        CHECK(len == 10 && buffer[0] == 0xa5 && buffer[9] == 0xa5);
    }
    const size_t enough[] = {10, 11, SIZE_MAX / 2, SIZE_MAX};
    for (size_t i = 0; i < COUNT(enough); i++) {
        size_t len = 99;
        memset(buffer, 0xa5, 10);
        CHECK_OK(strongroom_get_into(store, "p/ten", NULL, buffer, enough[i], &len, &error));
        CHECK(len == 10 && memcmp(buffer, "0123456789", 10) == 0);
        CHECK_OK(strongroom_get_into(store, "p/ten", NULL, NULL, enough[i], &len, &error));
    }
}

static void buffers_for_texts(void)
{
    size_t len = 99;
    CHECK_OK(strongroom_timestamp_format(0, NULL, SIZE_MAX, &len, &error));
    CHECK(len <= STRONGROOM_TIMESTAMP_BYTES);
    char *buffer = at_the_edge(len);
    memset(buffer, 'x', len);
    CHECK_FAILS(STRONGROOM_BUFFER_TOO_SMALL, strongroom_timestamp_format(0, buffer, len - 1, &len, &error));
    CHECK_FAILS(STRONGROOM_BUFFER_TOO_SMALL, strongroom_timestamp_format(0, buffer, 0, &len, &error));
    CHECK(buffer[0] == 'x');
    CHECK_OK(strongroom_timestamp_format(0, buffer, SIZE_MAX, &len, &error));
    CHECK(strlen(buffer) == len - 1);

    setenv("STRONGROOM_CONFIG", "store/strongroom.toml", 1);
    CHECK_OK(strongroom_config_find(NULL, 0, &len, &error));
    buffer = at_the_edge(len);
    CHECK_FAILS(STRONGROOM_BUFFER_TOO_SMALL, strongroom_config_find(buffer, len - 1, &len, &error));
    CHECK_OK(strongroom_config_find(buffer, len, &len, &error));
    CHECK(strlen(buffer) == len - 1);
}

static void arrays(void)
{
    const strongroom_label one = {"name", "value"};
    const char *const name = "name";
    const size_t too_many[] = {STRONGROOM_LABELS_LIMIT + 1, SIZE_MAX / sizeof(one), SIZE_MAX / 2, SIZE_MAX};
    for (size_t i = 0; i < COUNT(too_many); i++) {
        strongroom_put_options put = STRONGROOM_PUT_OPTIONS_INIT;
        strongroom_label_changes changes = STRONGROOM_LABEL_CHANGES_INIT;
        put.labels = &one;
        put.labels_len = changes.set_len = too_many[i];
        changes.set = &one;
        CHECK_FAILS(STRONGROOM_QUOTA,
                    strongroom_put_with(store, "p/n", (const uint8_t *)"x", 1, &put, NULL, &error));
        CHECK_FAILS(STRONGROOM_QUOTA, strongroom_set_labels(store, "p/ten", &changes, &error));
        changes = (strongroom_label_changes)STRONGROOM_LABEL_CHANGES_INIT;
        changes.remove = &name;
        changes.remove_len = too_many[i];
        CHECK_FAILS(STRONGROOM_INVALID_ARGUMENT, strongroom_set_labels(store, "p/ten", &changes, &error));
    }
    strongroom_label_changes changes = STRONGROOM_LABEL_CHANGES_INIT;
    changes.set_len = 1;
    CHECK_FAILS(STRONGROOM_INVALID_ARGUMENT, strongroom_set_labels(store, "p/ten", &changes, &error));
    changes.set_len = 0;
    changes.remove_len = 1;
    CHECK_FAILS(STRONGROOM_INVALID_ARGUMENT, strongroom_set_labels(store, "p/ten", &changes, &error));
}

static void passphrases(void)
{
    uint8_t *one = at_the_edge(1);
    const size_t bad[] = {0, 1025 * 1024, SIZE_MAX / 2, SIZE_MAX};
    for (size_t i = 0; i < COUNT(bad); i++) {
        strongroom_backup_options options = STRONGROOM_BACKUP_OPTIONS_INIT;
        options.passphrase = one;
        options.passphrase_len = bad[i];
        strongroom_status expected = bad[i] == 0 ? STRONGROOM_INVALID_ARGUMENT : STRONGROOM_TOO_LARGE;
        CHECK_FAILS(expected, strongroom_backup(store, "backup", &options, NULL, &error));
        options.passphrase = NULL;
        if (bad[i] != 0) CHECK_FAILS(expected, strongroom_backup(store, "backup", &options, NULL, &error));
    }
    CHECK(access("backup", F_OK) != 0);
}

static void what_cannot_fail(void)
{
    uint8_t *one = at_the_edge(1);
    *one = 7;
    strongroom_secret *secret;
    CHECK_OK(strongroom_get(store, "p/ten", &secret, &error));
    CHECK(strongroom_secret_equals(secret, one, 0) == 0);
    CHECK(strongroom_secret_equals(secret, one, 11) == 0);
    CHECK(strongroom_secret_equals(secret, one, SIZE_MAX) == 0);
    CHECK(strongroom_secret_equals(secret, (const uint8_t *)"0123456789", 10) == 1);
    strongroom_secret_free(secret);
    strongroom_wipe(one, SIZE_MAX);
    strongroom_wipe(one, 0);
    strongroom_wipe(NULL, SIZE_MAX);
    CHECK(*one == 7);
    strongroom_wipe(one, 1);
    CHECK(*one == 0);
}

int main(void)
{
    store = new_store("store");
    payloads();
    buffers_for_payloads();
    buffers_for_texts();
    arrays();
    passphrases();
    what_cannot_fail();
    strongroom_store_free(store);
    return 0;
}
