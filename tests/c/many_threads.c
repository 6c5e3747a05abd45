/* Sixteen threads on one handle: each does everything, and finds its own work as it left it. */
#include <pthread.h>

#include "store.h"

enum { THREADS = 16, ROUNDS = 12 };

static strongroom_store *store;

/* All threads put to one secret; what any of them gets is whole. */
static void use_the_shared_secret(int number)
{
    uint8_t payload[1000];
    memset(payload, 'a' + number, sizeof(payload));
    strongroom_status status = strongroom_put(store, "shared/one", payload, sizeof(payload), &error);
    CHECK(status == STRONGROOM_OK || status == STRONGROOM_CONFLICT);
    strongroom_error_free(error);
    strongroom_secret *secret;
    status = strongroom_get(store, "shared/one", &secret, &error);
    if (status != STRONGROOM_OK) {
        CHECK(status == STRONGROOM_NOT_FOUND);
        strongroom_error_free(error);
        return;
    }
    const uint8_t *data = strongroom_secret_data(secret);
    CHECK(strongroom_secret_len(secret) == sizeof(payload));
    for (size_t i = 1; i < sizeof(payload); i++) CHECK(data[i] == data[0]);
    strongroom_secret_free(secret);
}

static void list_what_is_there(const char *own)
{
    strongroom_list_options options = STRONGROOM_LIST_OPTIONS_INIT;
    options.page = 3;
    strongroom_secret_list *list;
    const strongroom_secret_info *info;
    int found = 0;
    CHECK_OK(strongroom_list(store, "p", &options, &list, &error));
    while (strongroom_secret_list_next(list, &info, &error) == STRONGROOM_OK) found |= strcmp(info->name, own) == 0;
    CHECK(error == NULL && found);
    strongroom_secret_list_free(list);
}

/* PENDING is as good: the bytes of what is erased wait for a reader that another thread has open. */
static void erase(const char *path)
{
    strongroom_status status = strongroom_erase(store, path, &error);
    CHECK(status == STRONGROOM_OK || status == STRONGROOM_PENDING);
    strongroom_error_free(error);
    CHECK_FAILS(STRONGROOM_NOT_FOUND, strongroom_erase(store, path, &error));
}

static void *work(void *argument)
{
    int number = (int)(size_t)argument;
    char name[16], path[24], text[32];
    snprintf(name, sizeof(name), "own-%d", number);
    snprintf(path, sizeof(path), "p/%s", name);
    for (int round = 0; round < ROUNDS; round++) {
        snprintf(text, sizeof(text), "%d of %d", round, number);
        put_text(store, path, text);
        use_the_shared_secret(number);
        check_text(store, path, text);
        list_what_is_there(name);
        if (round % 4 == 3) erase(path);
    }
    return NULL;
}

int main(void)
{
    store = new_store("store");
    put_text(store, "p/first", "x");
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, work, (void *)i) == 0);
    for (size_t i = 0; i < THREADS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    strongroom_doctor_options options = STRONGROOM_DOCTOR_OPTIONS_INIT;
    strongroom_doctor_report *report;
    options.repair = 1;
    CHECK_OK(strongroom_doctor(store, &options, &report, &error));
    CHECK(report->damaged_len == 0 && report->pending_erasures == 0);
    strongroom_doctor_report_free(report);
    strongroom_store_free(store);
    return 0;
}
