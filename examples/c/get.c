/*
 * Writes a secret to standard output, and nothing else:
 *
 *     get CONFIG PATH
 *
 * Exits with 0; with the number of the error, as docs/errors.md lists them; or with 1 when the output
 * could not be written.
 */
#include <stdio.h>
#include <stdlib.h>

#include <strongroom.h>

int main(int argc, char **argv)
{
    strongroom_store *store = NULL;
    strongroom_secret *secret = NULL;
    strongroom_error *error = NULL;
    int result = EXIT_FAILURE;
    size_t length;

    if (argc != 3) {
        fputs("usage: get CONFIG PATH\n", stderr);
        return STRONGROOM_INVALID_ARGUMENT;
    }

    if (strongroom_store_open(argv[1], &store, &error) != STRONGROOM_OK)
        goto end;
    if (strongroom_get(store, argv[2], &secret, &error) != STRONGROOM_OK)
        goto end;

    /* Unbuffered: a stream's buffer would be one more copy, which nobody wipes. */
    length = strongroom_secret_len(secret);
    if (setvbuf(stdout, NULL, _IONBF, 0) != 0
        || fwrite(strongroom_secret_data(secret), 1, length, stdout) != length)
        perror("get: standard output");
    else
        result = EXIT_SUCCESS;

end:
    if (error != NULL) {
        fprintf(stderr, "get: %s\n", strongroom_error_message(error));
        result = (int)strongroom_error_status(error);
    }
    strongroom_error_free(error);
    strongroom_secret_free(secret);
    strongroom_store_free(store);
    return result;
}
