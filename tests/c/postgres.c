/*
 * A store in PostgreSQL: only its places differ from one in files. The program with-postgres runs this beside
 * a server, which it names in the environment.
 */
#include <dirent.h>
#include <pthread.h>

#include "child.h"
#include "store.h"

enum { TIMES = 100, THREADS = 4, ROUNDS = 10 };

static strongroom_store *store;

/* A schema of its own on the server, so that another run may use the same server. */
static const char *place(char *text, const char *what)
{
    snprintf(text, 4096, "%s?schema=c_%s_%ld", getenv("STRONGROOM_TEST_SERVER"), what, (long)getpid());
    return text;
}

static strongroom_store *created(void)
{
    static char metadata[4096], shelf[4096];
    strongroom_layout layout = STRONGROOM_LAYOUT_INIT;
    strongroom_store *made;
    layout.config = "strongroom.toml";
    layout.keyring = "keyring.json";
    layout.metadata = place(metadata, "metadata");
    layout.shelf = place(shelf, "shelf");
    CHECK_OK(strongroom_store_create_with(&layout, &made, &error));
    /* Not in files. */
    CHECK(access("metadata.db", F_OK) != 0 && access("payloads.db", F_OK) != 0);
    return made;
}

static strongroom_store *opened(void)
{
    strongroom_store *another;
    CHECK_OK(strongroom_store_open("strongroom.toml", &another, &error));
    return another;
}

static void a_secret_is_put_got_listed_and_erased(void)
{
    strongroom_secret_list *list;
    const strongroom_secret_info *info;
    strongroom_secret *secret;
    put_text(store, "p/one", "first");
    put_text(store, "p/one", "second");
    put_text(store, "p/two", "other");
    check_text(store, "p/one", "second");
    CHECK_OK(strongroom_list(store, "p", NULL, &list, &error));
    CHECK(strongroom_secret_list_next(list, &info, &error) == STRONGROOM_OK && strcmp(info->name, "one") == 0);
    CHECK(strongroom_secret_list_next(list, &info, &error) == STRONGROOM_OK && strcmp(info->name, "two") == 0);
    CHECK(strongroom_secret_list_next(list, &info, &error) == STRONGROOM_DONE);
    strongroom_secret_list_free(list);
    CHECK_OK(strongroom_erase(store, "p/two", &error));
    CHECK_FAILS(STRONGROOM_NOT_FOUND, strongroom_get(store, "p/two", &secret, &error));
}

static void *puts_and_gets(void *name)
{
    char path[64], text[64];
    for (int i = 0; i < ROUNDS; i++) {
        snprintf(path, sizeof(path), "threads/%s-%d", (const char *)name, i);
        snprintf(text, sizeof(text), "of %s, %d", (const char *)name, i);
        put_text(store, path, text);
        check_text(store, path, text);
    }
    return NULL;
}

static void threads_share_a_handle(void)
{
    pthread_t threads[THREADS];
    char *names[THREADS] = {"a", "b", "c", "d"};
    for (int i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, puts_and_gets, names[i]) == 0);
    for (int i = 0; i < THREADS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    check_text(store, "threads/a-0", "of a, 0");
}

static void a_child_opens_it_again(void)
{
    strongroom_secret *secret;
    CHECK_FAILS(STRONGROOM_FORKED, strongroom_get(store, "p/one", &secret, &error));
    CHECK_FAILS(STRONGROOM_FORKED, strongroom_put(store, "p/one", (const uint8_t *)"x", 1, &error));
    CHECK_OK(strongroom_store_reopen(store, &error));
    check_text(store, "p/one", "second");
    put_text(store, "p/child", "of the child");
    strongroom_store_free(store);
}

static void a_child_frees_it(void)
{
    strongroom_store_free(store);
}

static void a_fork_leaves_the_parent_unharmed(void)
{
    in_child(a_child_frees_it, _exit);
    check_text(store, "p/one", "second");
    in_child(a_child_opens_it_again, exit);
    check_text(store, "p/one", "second");
    check_text(store, "p/child", "of the child");
    put_text(store, "p/parent", "of the parent");
    check_text(store, "p/parent", "of the parent");
}

static int entries(const char *folder)
{
    DIR *all = opendir(folder);
    CHECK(all != NULL);
    int count = 0;
    while (readdir(all) != NULL) count++;
    closedir(all);
    return count;
}

static int tasks(void)
{
    return entries("/proc/self/task");
}

static int descriptors(void)
{
    return entries("/proc/self/fd");
}

/* A thread that was joined may be listed for a moment longer, until the kernel has cleaned up. */
static void settle_at(int expected)
{
    for (int i = 0; i < 10000 && tasks() != expected; i++) usleep(1000);
    CHECK(tasks() == expected);
}

static void a_freed_store_leaves_no_thread_and_no_connection(int tasks_before)
{
    /* The first may leave something open for good. */
    strongroom_store_free(opened());
    settle_at(tasks_before);
    int before = descriptors();
    for (int i = 0; i < TIMES; i++) {
        strongroom_store *another = opened();
        check_text(another, "p/one", "second");
        /* The control: while it is open, both are counted. */
        CHECK(tasks() > tasks_before && descriptors() > before);
        strongroom_store_free(another);
        settle_at(tasks_before);
        CHECK(descriptors() == before);
    }
}

int main(void)
{
    CHECK(getenv("STRONGROOM_TEST_SERVER") != NULL);
    int tasks_before = tasks();
    store = created();
    a_secret_is_put_got_listed_and_erased();
    threads_share_a_handle();
    a_fork_leaves_the_parent_unharmed();
    strongroom_store_free(store);
    settle_at(tasks_before);
    a_freed_store_leaves_no_thread_and_no_connection(tasks_before);
    return 0;
}
