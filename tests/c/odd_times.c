/* Times that are over, impossible, or at the ends of what a number holds. */
#include <time.h>

#include "store.h"

static strongroom_store *store;

static strongroom_status put_with_dates(const char *path, int64_t activates_at, int64_t expires_at)
{
    strongroom_put_options options = STRONGROOM_PUT_OPTIONS_INIT;
    options.activates_at = activates_at;
    options.expires_at = expires_at;
    return strongroom_put_with(store, path, (const uint8_t *)"x", 1, &options, NULL, &error);
}

static strongroom_status change_dates(const char *path, int64_t activates_at, int64_t expires_at, uint32_t clear)
{
    strongroom_dates dates = STRONGROOM_DATES_INIT;
    dates.activates_at = activates_at;
    dates.expires_at = expires_at;
    dates.clear_expires_at = clear;
    return strongroom_set_dates(store, path, 1, &dates, &error);
}

static strongroom_status get_current(const char *path)
{
    strongroom_secret *secret;
    strongroom_status status = strongroom_get(store, path, &secret, &error);
    if (status == STRONGROOM_OK) strongroom_secret_free(secret);
    return status;
}

/* No time crashes anything, and what is taken is told as it was given. */
static void every_time_is_taken_or_refused(void)
{
    const int64_t times[] = {INT64_MIN, INT64_MIN + 1, -62135596800000001, -62135596800000000, -1, 1,
                             253402300799999999, 253402300800000000, INT64_MAX - 1, INT64_MAX};
    int taken = 0;
    for (size_t a = 0; a < COUNT(times); a++) {
        for (size_t e = 0; e < COUNT(times); e++) {
            int is_legal = times[e] > 1 && times[a] < times[e];
            if (!is_legal) {
                CHECK_FAILS(STRONGROOM_INVALID_ARGUMENT, put_with_dates("p/times", times[a], times[e]));
                continue;
            }
            CHECK_OK(put_with_dates("p/times", times[a], times[e]));
            taken++;
        }
    }
    strongroom_version_list *list;
    const strongroom_version_info *version;
    CHECK_OK(strongroom_versions(store, "p/times", &list, &error));
    for (; strongroom_version_list_next(list, &version, &error) == STRONGROOM_OK; taken--) {
        CHECK(version->activates_at < version->expires_at && version->expires_at > 1);
    }
    CHECK(taken == 0);
    strongroom_version_list_free(list);
    CHECK_OK(change_dates("p/times", 0, INT64_MAX, 0));
    CHECK_FAILS(STRONGROOM_INVALID_ARGUMENT, change_dates("p/times", 0, 1, 1));
}

/* The date decides when it is read: nobody needs to run when it comes. */
static void a_version_expires_by_its_date(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t soon = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000 + 300000;
    CHECK_OK(put_with_dates("p/expires", 0, soon));
    strongroom_status status;
    do {
        status = get_current("p/expires");
        clock_gettime(CLOCK_REALTIME, &now);
    } while (status == STRONGROOM_OK && (int64_t)now.tv_sec * 1000000 < soon + 60000000);
    CHECK(status == STRONGROOM_EXPIRED && strongroom_error_status(error) == status);
    strongroom_error_free(error);
    strongroom_get_options by_number = STRONGROOM_GET_OPTIONS_INIT;
    by_number.version = 1;
    strongroom_secret *secret;
    CHECK_OK(strongroom_get_with(store, "p/expires", &by_number, &secret, &error));
    strongroom_secret_free(secret);
    CHECK_OK(put_with_dates("p/later", soon + 3600000000, 0));
    CHECK_FAILS(STRONGROOM_NOT_ACTIVE, get_current("p/later"));
}

static void times_as_text(void)
{
    const char *const bad[] = {"", "now", "2026-02-29", "2026-13-01T00:00:00Z", "9999999999-01-01", "+", "+99999999999999d",
                               "2026-11-22T24:00:00Z", "2026-11-22T10:30:00+99:99", "2026-11-22T10:30:00Zjunk"};
    int64_t micros = 77;
    for (size_t i = 0; i < COUNT(bad); i++) {
        CHECK_FAILS(STRONGROOM_INVALID_ARGUMENT, strongroom_timestamp_parse(bad[i], &micros, &error));
        CHECK(micros == 77);
    }
    const int64_t ends[] = {INT64_MIN, -1, 0, INT64_MAX};
    for (size_t i = 0; i < COUNT(ends); i++) {
        char text[STRONGROOM_TIMESTAMP_BYTES];
        size_t len;
        CHECK_OK(strongroom_timestamp_format(ends[i], text, sizeof(text), &len, &error));
        CHECK(len == strlen(text) + 1);
    }
}

int main(void)
{
    store = new_store("store");
    every_time_is_taken_or_refused();
    a_version_expires_by_its_date();
    times_as_text();
    strongroom_store_free(store);
    return 0;
}
