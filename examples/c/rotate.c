/*
 * Replaces a passphrase by a new one, and makes the first one where there is none:
 *
 *     rotate CONFIG PATH
 *
 * Then lists the versions of the secret and the secrets of its project, and shows that the replaced
 * version still opens: an old backup needs it.
 *
 * Exits with 0; with the number of the error, as docs/errors.md lists them; or with 1 when the output
 * could not be written.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <strongroom.h>

/* Makes the first version. Of two processes that try, one does, and both are content. */
static strongroom_status make_first(strongroom_store *store, const char *path,
                                    strongroom_error **error)
{
    strongroom_put_options options = STRONGROOM_PUT_OPTIONS_INIT;
    strongroom_status status;

    options.expect = STRONGROOM_EXPECT_ABSENT;
    status = strongroom_generate_with(store, path, STRONGROOM_GENERATE_PASSPHRASE, 0, &options, NULL,
                                      error);
    if (status != STRONGROOM_ALREADY_EXISTS)
        return status;
    strongroom_error_free(*error);
    *error = NULL;
    return STRONGROOM_OK;
}

/* Puts a new version after this one; CONFLICT if somebody else was faster. */
static strongroom_status replace(strongroom_store *store, const char *path, uint32_t old,
                                 strongroom_error **error)
{
    strongroom_put_options options = STRONGROOM_PUT_OPTIONS_INIT;
    strongroom_put_receipt receipt = STRONGROOM_PUT_RECEIPT_INIT;
    strongroom_status status;

    options.expect = STRONGROOM_EXPECT_VERSION;
    options.expected_version = old;
    status = strongroom_generate_with(store, path, STRONGROOM_GENERATE_PASSPHRASE, 0, &options,
                                      &receipt, error);
    if (status != STRONGROOM_OK)
        return status;

    /* Here a backup tool gives its repository the new passphrase: both versions are active. */

    printf("%s: version %" PRIu32 " replaces version %" PRIu32 "\n", path, receipt.version, old);
    return strongroom_set_state(store, path, old, STRONGROOM_STATE_DEACTIVATED, error);
}

/* Lists the versions, the newest first. */
static strongroom_status list_versions(const strongroom_store *store, const char *path,
                                       strongroom_error **error)
{
    strongroom_version_list *list = NULL;
    const strongroom_version_info *version;
    strongroom_status status;

    status = strongroom_versions(store, path, &list, error);
    if (status != STRONGROOM_OK)
        return status;
    while ((status = strongroom_version_list_next(list, &version, error)) == STRONGROOM_OK)
        printf("  version %" PRIu32 ", %s, %" PRIu32 " bytes\n", version->number,
               strongroom_state_name(version->state), version->size);
    strongroom_version_list_free(list);
    return status == STRONGROOM_DONE ? STRONGROOM_OK : status;
}

/* Lists the secrets of the project that this one is in. */
static strongroom_status list_neighbours(const strongroom_store *store, const char *path,
                                         strongroom_error **error)
{
    strongroom_secret_info *known = NULL;
    strongroom_secret_list *list = NULL;
    const strongroom_secret_info *secret;
    strongroom_status status;

    status = strongroom_describe(store, path, &known, error);
    if (status != STRONGROOM_OK)
        return status;
    status = strongroom_list(store, known->project, NULL, &list, error);
    if (status != STRONGROOM_OK)
        goto end;
    printf("%s:\n", known->project);
    while ((status = strongroom_secret_list_next(list, &secret, error)) == STRONGROOM_OK)
        printf("  %s, %s, current version %" PRIu32 "\n", secret->name,
               strongroom_type_name(secret->secret_type), secret->current);
    if (status == STRONGROOM_DONE)
        status = STRONGROOM_OK;

end:
    strongroom_secret_list_free(list);
    strongroom_secret_info_free(known);
    return status;
}

/* Reads the version that was replaced: by its number, because it is no longer active. */
static strongroom_status read_replaced(const strongroom_store *store, const char *path,
                                       const strongroom_secret *old, strongroom_error **error)
{
    strongroom_get_options options = STRONGROOM_GET_OPTIONS_INIT;
    strongroom_secret *again = NULL;
    strongroom_status status;

    options.version = strongroom_secret_version(old);
    status = strongroom_get_with(store, path, &options, &again, error);
    if (status != STRONGROOM_OK)
        return status;
    printf("version %" PRIu32 " still opens: %s\n", options.version,
           strongroom_secret_equals(again, strongroom_secret_data(old), strongroom_secret_len(old))
               ? "the same bytes"
               : "OTHER BYTES");
    strongroom_secret_free(again);
    return STRONGROOM_OK;
}

int main(int argc, char **argv)
{
    strongroom_store *store = NULL;
    strongroom_secret *old = NULL;
    strongroom_error *error = NULL;
    int result = EXIT_SUCCESS;
    const char *path;

    if (argc != 3) {
        fputs("usage: rotate CONFIG PATH\n", stderr);
        return STRONGROOM_INVALID_ARGUMENT;
    }
    path = argv[2];

    if (strongroom_store_open(argv[1], &store, &error) != STRONGROOM_OK)
        goto end;
    if (make_first(store, path, &error) != STRONGROOM_OK)
        goto end;
    if (strongroom_get(store, path, &old, &error) != STRONGROOM_OK)
        goto end;
    if (replace(store, path, strongroom_secret_version(old), &error) != STRONGROOM_OK)
        goto end;
    if (list_versions(store, path, &error) != STRONGROOM_OK)
        goto end;
    if (list_neighbours(store, path, &error) != STRONGROOM_OK)
        goto end;
    if (read_replaced(store, path, old, &error) != STRONGROOM_OK)
        goto end;

end:
    /* What was printed may still be on its way. */
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("rotate: standard output");
        result = EXIT_FAILURE;
    }
    if (error != NULL) {
        fprintf(stderr, "rotate: %s\n", strongroom_error_message(error));
        result = (int)strongroom_error_status(error);
    }
    strongroom_error_free(error);
    strongroom_secret_free(old);
    strongroom_store_free(store);
    return result;
}
