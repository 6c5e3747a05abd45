/* Numbers that are no member of their enumeration, or out of their range. */
#include "store.h"

#define REFUSED(call) CHECK_FAILS(STRONGROOM_INVALID_ARGUMENT, call)

static strongroom_store *store;

static void put_refuses(strongroom_put_options options)
{
    strongroom_put_receipt receipt = STRONGROOM_PUT_RECEIPT_INIT;
    REFUSED(strongroom_put_with(store, "p/n", (const uint8_t *)"x", 1, &options, &receipt, &error));
    REFUSED(strongroom_generate_with(store, "p/n", STRONGROOM_GENERATE_KEY, 0, &options, &receipt, &error));
    CHECK(receipt.version == 0);
}

static void options_of_put(void)
{
    const uint32_t types[] = {7, 255, 256, 257, UINT32_MAX};
    for (size_t i = 0; i < COUNT(types); i++) {
        strongroom_put_options options = STRONGROOM_PUT_OPTIONS_INIT;
        options.secret_type = types[i];
        put_refuses(options);
        options.secret_type = 0;
        options.expect = types[i];
        put_refuses(options);
        options.expect = 0;
        options.reserved = types[i];
        put_refuses(options);
    }
}

static void recipes(void)
{
    const struct {
        uint32_t recipe;
        size_t length;
    } bad[] = {{2, 0}, {256, 0}, {UINT32_MAX, 43}, {0, 1}, {0, 42}, {0, 1025}, {0, SIZE_MAX},
               {1, 1}, {1, 15}, {1, 1025}, {1, SIZE_MAX}};
    for (size_t i = 0; i < COUNT(bad); i++) {
        REFUSED(strongroom_generate_with(store, "p/n", bad[i].recipe, bad[i].length, NULL, NULL, &error));
    }
}

static void flags(void)
{
    const uint32_t bad[] = {2, 256, UINT32_MAX};
    for (size_t i = 0; i < COUNT(bad); i++) {
        strongroom_get_options get = STRONGROOM_GET_OPTIONS_INIT;
        get.allow_inactive = bad[i];
        strongroom_secret *secret = NULL;
        REFUSED(strongroom_get_with(store, "p/n", &get, &secret, &error));
        strongroom_dates dates = STRONGROOM_DATES_INIT;
        dates.clear_activates_at = bad[i];
        REFUSED(strongroom_set_dates(store, "p/n", 1, &dates, &error));
        dates = (strongroom_dates)STRONGROOM_DATES_INIT;
        dates.clear_expires_at = bad[i];
        REFUSED(strongroom_set_dates(store, "p/n", 1, &dates, &error));
        strongroom_doctor_options doctor = STRONGROOM_DOCTOR_OPTIONS_INIT;
        strongroom_doctor_report *report = NULL;
        doctor.repair = bad[i];
        REFUSED(strongroom_doctor(store, &doctor, &report, &error));
        doctor.repair = 0;
        doctor.adopt = bad[i];
        REFUSED(strongroom_doctor(store, &doctor, &report, &error));
        CHECK(secret == NULL && report == NULL);
    }
}

static void states_and_versions(void)
{
    const uint32_t states[] = {0, 7, 255, 258, UINT32_MAX};
    for (size_t i = 0; i < COUNT(states); i++) {
        REFUSED(strongroom_set_state(store, "p/n", 1, states[i], &error));
        CHECK(strongroom_state_name(states[i]) == NULL);
        CHECK(strongroom_type_name(states[i]) == NULL);
        CHECK(strongroom_state_may_become(states[i], STRONGROOM_STATE_ACTIVE) == 0);
        CHECK(strongroom_state_may_become(STRONGROOM_STATE_ACTIVE, states[i]) == 0);
        CHECK(strcmp(strongroom_status_name(states[i] + 1000), "unknown") == 0);
    }
    const uint32_t versions[] = {2, INT32_MAX, UINT32_MAX};
    for (size_t i = 0; i < COUNT(versions); i++) {
        size_t len = 77;
        strongroom_get_options get = STRONGROOM_GET_OPTIONS_INIT;
        get.version = versions[i];
        CHECK_FAILS(STRONGROOM_NOT_FOUND, strongroom_get_into(store, "p/n", &get, NULL, 0, &len, &error));
        CHECK_FAILS(STRONGROOM_NOT_FOUND, strongroom_destroy(store, "p/n", versions[i], &error));
        CHECK(len == 77);
    }
    CHECK_FAILS(STRONGROOM_NOT_FOUND, strongroom_destroy(store, "p/n", 0, &error));
}

static void pages(void)
{
    const size_t bad[] = {10001, SIZE_MAX / 2, SIZE_MAX};
    for (size_t i = 0; i < COUNT(bad); i++) {
        strongroom_list_options options = STRONGROOM_LIST_OPTIONS_INIT;
        options.page = bad[i];
        strongroom_secret_list *secrets = NULL;
        strongroom_project_list *projects = NULL;
        REFUSED(strongroom_list(store, "p", &options, &secrets, &error));
        REFUSED(strongroom_projects(store, &options, &projects, &error));
        CHECK(secrets == NULL && projects == NULL);
    }
}

int main(void)
{
    store = new_store("store");
    put_text(store, "p/n", "payload");
    options_of_put();
    recipes();
    flags();
    states_and_versions();
    pages();
    check_text(store, "p/n", "payload");
    strongroom_store_free(store);
    return 0;
}
