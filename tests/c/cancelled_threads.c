/* Threads that are cancelled in the middle of a call end after it, and take neither the program nor the
 * store with them. */
#include <pthread.h>

#include "store.h"

enum { THREADS = 40 };

static strongroom_store *store;

static void *work(void *argument)
{
    (void)argument;
    for (;;) {
        put_text(store, "p/n", "whole");
        check_text(store, "p/n", "whole");
        pthread_testcancel();
    }
    return NULL;
}

int main(void)
{
    store = new_store("store");
    for (int i = 0; i < THREADS; i++) {
        pthread_t thread;
        void *result;
        CHECK(pthread_create(&thread, NULL, work, NULL) == 0);
        usleep(1000 + 137 * (useconds_t)i);
        CHECK(pthread_cancel(thread) == 0);
        CHECK(pthread_join(thread, &result) == 0);
        CHECK(result == PTHREAD_CANCELED);
    }
    check_text(store, "p/n", "whole");
    int state;
    CHECK(pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &state) == 0);
    CHECK(state == PTHREAD_CANCEL_ENABLE);
    CHECK(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state) == 0);
    check_text(store, "p/n", "whole");
    CHECK(pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &state) == 0);
    CHECK(state == PTHREAD_CANCEL_DISABLE);
    strongroom_store_free(store);
    return 0;
}
