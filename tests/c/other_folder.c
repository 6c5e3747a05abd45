/* A program that goes to another folder while a store is open, as daemons do: relative paths still mean
 * what they meant when the store was opened. */
#include <sys/wait.h>

#include "store.h"

static const char toml[] = "metadata = 'metadata.db'\n"
                           "default_backend = 'main'\n"
                           "[backends.main]\n"
                           "kind = 'enveloped'\n"
                           "key = { kind = 'software', keyring = 'keyring.json' }\n"
                           "shelf = 'payloads.db'\n";

static void works(strongroom_store *store, const char *path)
{
    put_text(store, path, "here");
    check_text(store, path, "here");
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        CHECK_OK(strongroom_store_reopen(store, &error));
        check_text(store, path, "here");
        strongroom_store_free(store);
        _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    strongroom_store_free(store);
}

int main(void)
{
    strongroom_store *made, *opened, *described, *in_it;
    made = new_store("store");
    CHECK_OK(strongroom_store_open("store/strongroom.toml", &opened, &error));
    CHECK_OK(strongroom_store_open_toml(toml, "store", &described, &error));
    CHECK(chdir("store") == 0);
    CHECK_OK(strongroom_store_open_toml(toml, "", &in_it, &error));
    CHECK(chdir("/") == 0);
    /* A new project needs the keyring, which is read again in a child. */
    works(made, "made/n");
    works(opened, "opened/n");
    works(described, "described/n");
    works(in_it, "in-it/n");
    return 0;
}
