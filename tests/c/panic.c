/* A panic inside comes back as an error that names the place and quotes nothing; all goes on. */
#include <pthread.h>

#include "store.h"

extern strongroom_status strongroom_test_panic(strongroom_error **error);

static void *panic_twice(void *nothing)
{
    (void)nothing;
    CHECK_FAILS(STRONGROOM_INTERNAL, strongroom_test_panic(&error));
    CHECK(strongroom_test_panic(&error) == STRONGROOM_INTERNAL);
    CHECK(strstr(strongroom_error_message(error), "ffi/src/lib.rs") != NULL);
    CHECK(strstr(strongroom_error_message(error), "must not get out") == NULL);
    strongroom_error_free(error);
    CHECK(strongroom_test_panic(NULL) == STRONGROOM_INTERNAL);
    return NULL;
}

int main(void)
{
    strongroom_store *store = new_store("store");
    panic_twice(NULL);
    pthread_t threads[8];
    for (int i = 0; i < 8; i++) CHECK(pthread_create(&threads[i], NULL, panic_twice, NULL) == 0);
    for (int i = 0; i < 8; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    put_text(store, "p/n", "payload");
    check_text(store, "p/n", "payload");
    strongroom_store_free(store);
    return 0;
}
