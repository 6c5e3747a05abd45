/* Forks while other threads are in the middle of everything: the child neither hangs nor harms them. */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "store.h"

enum { THREADS = 6, FORKS = 60 };

static strongroom_store *store;
static atomic_int stop, rounds;

static void *work(void *argument)
{
    char path[16];
    snprintf(path, sizeof(path), "p/%d", (int)(size_t)argument);
    while (!atomic_load(&stop)) {
        put_text(store, path, "busy");
        check_text(store, path, "busy");
        strongroom_secret_list *list;
        CHECK_OK(strongroom_list(store, "p", NULL, &list, &error));
        strongroom_secret_list_free(list);
        CHECK(strongroom_put(store, "bad path", (const uint8_t *)"x", 1, NULL) == STRONGROOM_INVALID_ARGUMENT);
        atomic_fetch_add(&rounds, 1);
    }
    return NULL;
}

/* Whatever lock another thread held when the child was made, nobody will ever give back there. */
static void child(strongroom_secret *inherited, int number)
{
    strongroom_secret *secret = NULL;
    alarm(60);
    CHECK_FAILS(STRONGROOM_FORKED, strongroom_get(store, "p/0", &secret, &error));
    CHECK_FAILS(STRONGROOM_FORKED, strongroom_put(store, "p/0", (const uint8_t *)"x", 1, &error));
    strongroom_secret_free(inherited);
    if (number % 3 == 0) _exit(0);
    CHECK_OK(strongroom_store_reopen(store, &error));
    check_text(store, "p/fixed", "fixed");
    put_text(store, "p/child", "child");
    strongroom_store_free(store);
    if (number % 3 == 1) _exit(0);
    exit(0);
}

int main(void)
{
    store = new_store("store");
    put_text(store, "p/fixed", "fixed");
    strongroom_secret *secret;
    CHECK_OK(strongroom_get(store, "p/fixed", &secret, &error));
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, work, (void *)i) == 0);
    while (atomic_load(&rounds) < THREADS) usleep(100);
    for (int i = 0; i < FORKS; i++) {
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) child(secret, i);
        int status;
        CHECK(waitpid(pid, &status, 0) == pid);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            fprintf(stderr, "child %d ended with status %#x\n", i, status);
            _exit(1);
        }
    }
    int before = atomic_load(&rounds);
    while (atomic_load(&rounds) < before + THREADS) usleep(100);
    atomic_store(&stop, 1);
    for (size_t i = 0; i < THREADS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(strongroom_secret_equals(secret, (const uint8_t *)"fixed", 5) == 1);
    check_text(store, "p/child", "child");
    strongroom_secret_free(secret);
    strongroom_store_free(store);
    return 0;
}
