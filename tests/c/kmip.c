/*
 * Stores on a KMIP server: only the config differs from one with files. The program with_kmip runs this
 * beside a server, and says in the environment how it is reached and what another client made there.
 */
#include "store.h"

static const char *object;

/* A table of a config that names the server; each store has a namespace of its own. */
static const char *server(const char *before, const char *name)
{
    static char text[4096];
    snprintf(text, sizeof(text), "%snamespace = '%s'\n%s", before, name, getenv("STRONGROOM_TEST_KMIP"));
    return text;
}

static strongroom_store *created(const char *folder, const char *key)
{
    char config[64], metadata[64], shelf[64];
    strongroom_layout layout = STRONGROOM_LAYOUT_INIT;
    strongroom_store *store;
    snprintf(config, sizeof(config), "%s/strongroom.toml", folder);
    snprintf(metadata, sizeof(metadata), "%s/metadata.db", folder);
    snprintf(shelf, sizeof(shelf), "%s/payloads.db", folder);
    layout.config = config;
    layout.metadata = metadata;
    layout.shelf = shelf;
    layout.key = key;
    CHECK_OK(strongroom_store_create_with(&layout, &store, &error));
    return store;
}

static strongroom_store *opened(const char *config)
{
    strongroom_store *store;
    CHECK_OK(strongroom_store_open(config, &store, &error));
    return store;
}

static void a_store_lives_with_its_root_key_in_the_server(const char *name, const char *before)
{
    char config[64];
    strongroom_rotate_report *report;
    strongroom_store *store = created(name, server(before, name));
    put_text(store, "p/n", "first");
    check_text(store, "p/n", "first");
    CHECK_OK(strongroom_rotate_keys(store, NULL, &report, &error));
    CHECK(strcmp(report->key_backend, "kmip") == 0 && report->rewrapped == 2);
    strongroom_rotate_report_free(report);
    /* Its payloads are envelopes on a shelf. */
    CHECK_FAILS(STRONGROOM_UNSUPPORTED, strongroom_adopt(store, "p/adopted", object, NULL, NULL, &error));
    strongroom_store_free(store);
    snprintf(config, sizeof(config), "%s/strongroom.toml", name);
    store = opened(config);
    check_text(store, "p/n", "first");
    strongroom_store_free(store);
}

/* A store whose payloads are objects. The command makes it: a layout has no word for that. */
static strongroom_store *with_plain_objects(void)
{
    char line[4096];
    snprintf(line, sizeof(line),
             "exec >log && \"$STRONGROOM_TEST_COMMAND\" --quiet init plain --namespace c-plain --payloads server %s"
             " && sed -i '/^kind = \"kmip-objects\"/a plaintext_objects = true' plain/strongroom.toml",
             getenv("STRONGROOM_TEST_OPTIONS"));
    CHECK(system(line) == 0);
    return opened("plain/strongroom.toml");
}

static void payloads_are_objects_and_others_are_adopted(void)
{
    strongroom_put_receipt receipt = STRONGROOM_PUT_RECEIPT_INIT;
    strongroom_put_options options = STRONGROOM_PUT_OPTIONS_INIT;
    strongroom_store *store = with_plain_objects();
    put_text(store, "plain/own", "our own");
    check_text(store, "plain/own", "our own");
    CHECK_OK(strongroom_adopt(store, "plain/adopted", object, NULL, &receipt, &error));
    CHECK(receipt.version == 1);
    check_text(store, "plain/adopted", "correct horse");
    options.expect = STRONGROOM_EXPECT_ABSENT;
    CHECK_FAILS(STRONGROOM_ALREADY_EXISTS,
                strongroom_adopt(store, "plain/adopted", object, &options, NULL, &error));
    CHECK_FAILS(STRONGROOM_NOT_FOUND, strongroom_adopt(store, "plain/no", "no-such-object", NULL, NULL, &error));
    CHECK_FAILS(STRONGROOM_INVALID_ARGUMENT, strongroom_adopt(store, "plain/no", "", NULL, NULL, &error));
    CHECK_OK(strongroom_erase(store, "plain/adopted", &error));
    /* It was let go of, and is there. */
    CHECK_OK(strongroom_adopt(store, "plain/again", object, NULL, NULL, &error));
    check_text(store, "plain/again", "correct horse");
    CHECK_OK(strongroom_erase(store, "plain/own", &error));
    strongroom_store_free(store);
}

int main(void)
{
    object = getenv("STRONGROOM_TEST_OBJECT");
    CHECK(object != NULL && getenv("STRONGROOM_TEST_KMIP") != NULL);
    a_store_lives_with_its_root_key_in_the_server("in-server", "kind = 'kmip'\n");
    a_store_lives_with_its_root_key_in_the_server("fetched", "kind = 'kmip'\nroot_key = 'fetched'\n");
    payloads_are_objects_and_others_are_adopted();
    return 0;
}
