/* Keeps a passphrase in a store, and reads it back: keep FOLDER. The store is made when it is not there. */

#include <stdio.h>
#include <string.h>

#include <strongroom.h>

static int fail(strongroom_error *error)
{
    fprintf(stderr, "keep: %s\n", strongroom_error_message(error));
    strongroom_error_free(error);
    return 1;
}

static int keep(strongroom_store *store)
{
    const char passphrase[] = "correct horse battery staple";
    const size_t len = sizeof passphrase - 1;
    strongroom_error *error = NULL;
    strongroom_secret *secret = NULL;

    if (strongroom_put(store, "example/keep", (const uint8_t *)passphrase, len, &error) != STRONGROOM_OK)
        return fail(error);
    if (strongroom_get(store, "example/keep", &secret, &error) != STRONGROOM_OK)
        return fail(error);
    int same = strongroom_secret_len(secret) == len && memcmp(strongroom_secret_data(secret), passphrase, len) == 0;
    printf("version %u %s\n", (unsigned)strongroom_secret_version(secret), same ? "kept" : "DIFFERS");
    strongroom_secret_free(secret);
    return !same;
}

int main(int argc, char **argv)
{
    strongroom_error *error = NULL;
    strongroom_store *store = NULL;
    char config[4096];

    if (argc != 2 || snprintf(config, sizeof config, "%s/strongroom.toml", argv[1]) >= (int)sizeof config) {
        fprintf(stderr, "usage: keep FOLDER\n");
        return 2;
    }
    strongroom_status status = strongroom_store_create(argv[1], &store, &error);
    if (status == STRONGROOM_ALREADY_EXISTS) {
        strongroom_error_free(error);
        status = strongroom_store_open(config, &store, &error);
    }
    if (status != STRONGROOM_OK)
        return fail(error);
    int result = keep(store);
    strongroom_store_free(store);
    return result;
}
