/* Loads, uses and unloads the library a hundred times; the threads that used it end afterwards. */
#include <pthread.h>

#include "loaded.h"

enum { TIMES = 100 };

static pthread_barrier_t used, unloaded;
static struct loaded l;
static strongroom_store *store;

/* What the library keeps for this thread is destroyed when the thread ends: after the dlclose(). */
static void *use_and_outlive(void *path)
{
    put_and_get(&l, store, path);
    CHECK(l.put(store, "", NULL, 0, NULL) == STRONGROOM_INVALID_ARGUMENT);
    pthread_barrier_wait(&used);
    pthread_barrier_wait(&unloaded);
    return NULL;
}

int main(void)
{
    CHECK(pthread_barrier_init(&used, NULL, 3) == 0 && pthread_barrier_init(&unloaded, NULL, 3) == 0);
    for (int i = 0; i < TIMES; i++) {
        pthread_t threads[2];
        l = load();
        strongroom_status status = i == 0 ? l.create("store", &store, NULL) : l.open("store/strongroom.toml", &store, NULL);
        CHECK(status == STRONGROOM_OK);
        CHECK(pthread_create(&threads[0], NULL, use_and_outlive, "p/a") == 0);
        CHECK(pthread_create(&threads[1], NULL, use_and_outlive, "p/b") == 0);
        pthread_barrier_wait(&used);
        put_and_get(&l, store, "p/c");
        l.store_free(store);
        CHECK(dlclose(l.library) == 0);
        pthread_barrier_wait(&unloaded);
        CHECK(pthread_join(threads[0], NULL) == 0 && pthread_join(threads[1], NULL) == 0);
    }
    return 0;
}
