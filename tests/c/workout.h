/* Everything that the library does, once, in a new store: successes and failures. */
#ifndef WORKOUT_H
#define WORKOUT_H

#include "store.h"

static inline void count_progress(void *context, const char *what, uint64_t done, uint64_t total)
{
    (void)done;
    (void)total;
    CHECK(what[0] != '\0');
    ++*(int *)context;
}

static inline void work_with_secrets(strongroom_store *store)
{
    strongroom_label label = {"host", "web1"};
    strongroom_put_options options = STRONGROOM_PUT_OPTIONS_INIT;
    strongroom_put_receipt receipt = STRONGROOM_PUT_RECEIPT_INIT;
    options.secret_type = STRONGROOM_TYPE_OPAQUE;
    options.content_type = "text/plain";
    options.labels = &label;
    options.labels_len = 1;
    CHECK_OK(strongroom_put_with(store, "p/with", (const uint8_t *)"one", 3, &options, &receipt, &error));
    CHECK(receipt.version == 1 && receipt.created_project == 1);
    put_text(store, "p/with", "two");
    CHECK_OK(strongroom_generate(store, "p/made", &error));
    CHECK_OK(strongroom_generate_with(store, "q/key", STRONGROOM_GENERATE_KEY, 0, NULL, NULL, &error));

    strongroom_get_options first = STRONGROOM_GET_OPTIONS_INIT;
    strongroom_secret *secret;
    uint8_t buffer[3];
    size_t len;
    first.version = 1;
    CHECK_OK(strongroom_get_with(store, "p/with", &first, &secret, &error));
    CHECK(strongroom_secret_equals(secret, (const uint8_t *)"one", 3) == 1);
    CHECK(strcmp(strongroom_secret_content_type(secret), "text/plain") == 0);
    CHECK(strongroom_secret_version(secret) == 1 && strongroom_secret_type(secret) == STRONGROOM_TYPE_OPAQUE);
    strongroom_secret_free(secret);
    CHECK_OK(strongroom_get_into(store, "p/with", NULL, buffer, sizeof(buffer), &len, &error));
    CHECK(memcmp(buffer, "two", 3) == 0);
    strongroom_wipe(buffer, sizeof(buffer));
    CHECK_FAILS(STRONGROOM_NOT_FOUND, strongroom_get(store, "p/none", &secret, &error));
}

static inline void look_at_everything(strongroom_store *store)
{
    strongroom_secret_list *secrets;
    strongroom_version_list *versions;
    strongroom_project_list *projects;
    strongroom_health_list *health;
    strongroom_root_key_list *keys;
    strongroom_key_check_list *checks;
    const strongroom_secret_info *secret;
    const strongroom_version_info *version;
    const strongroom_project_info *project;
    const strongroom_health_finding *finding;
    const strongroom_root_key_info *key;
    const strongroom_key_check *check;
    strongroom_list_options small_pages = STRONGROOM_LIST_OPTIONS_INIT;
    int found[6] = {0};
    small_pages.page = 1;
    CHECK_OK(strongroom_list(store, "p", &small_pages, &secrets, &error));
    CHECK_OK(strongroom_versions(store, "p/with", &versions, &error));
    CHECK_OK(strongroom_projects(store, NULL, &projects, &error));
    CHECK_OK(strongroom_health(store, &health, &error));
    CHECK_OK(strongroom_root_keys(store, &keys, &error));
    CHECK_OK(strongroom_check_keys(store, &checks, &error));
    while (strongroom_secret_list_next(secrets, &secret, &error) == STRONGROOM_OK) found[0]++;
    while (strongroom_version_list_next(versions, &version, &error) == STRONGROOM_OK) found[1]++;
    while (strongroom_project_list_next(projects, &project, &error) == STRONGROOM_OK) found[2]++;
    while (strongroom_health_list_next(health, &finding, &error) == STRONGROOM_OK) found[3]++;
    while (strongroom_root_key_list_next(keys, &key, &error) == STRONGROOM_OK) found[4]++;
    while (strongroom_key_check_list_next(checks, &check, &error) == STRONGROOM_OK) found[5]++;
    CHECK(found[0] == 2 && found[1] == 2 && found[2] == 2 && found[3] > 2 && found[4] == 1 && found[5] == 1);
    strongroom_secret_list_free(secrets);
    strongroom_version_list_free(versions);
    strongroom_project_list_free(projects);
    strongroom_health_list_free(health);
    strongroom_root_key_list_free(keys);
    strongroom_key_check_list_free(checks);
}

static inline void change_and_erase(strongroom_store *store)
{
    strongroom_label label = {"host", "web2"};
    strongroom_label_changes labels = STRONGROOM_LABEL_CHANGES_INIT;
    strongroom_dates dates = STRONGROOM_DATES_INIT;
    strongroom_secret_info *secret;
    strongroom_project_info *project;
    labels.set = &label;
    labels.set_len = 1;
    CHECK_OK(strongroom_set_labels(store, "p/with", &labels, &error));
    CHECK_OK(strongroom_describe(store, "p/with", &secret, &error));
    CHECK(secret->labels_len == 1 && strcmp(secret->labels[0].value, "web2") == 0);
    strongroom_secret_info_free(secret);
    CHECK_OK(strongroom_timestamp_parse("+30d", &dates.expires_at, &error));
    CHECK_OK(strongroom_set_dates(store, "p/with", 2, &dates, &error));
    CHECK_FAILS(STRONGROOM_CONFLICT, strongroom_destroy(store, "p/with", 1, &error));
    CHECK_OK(strongroom_set_state(store, "p/with", 1, STRONGROOM_STATE_DEACTIVATED, &error));
    CHECK_OK(strongroom_destroy(store, "p/with", 1, &error));
    CHECK_OK(strongroom_erase(store, "p/made", &error));
    CHECK_OK(strongroom_create_project(store, "r", NULL, &project, &error));
    strongroom_project_info_free(project);
    CHECK_OK(strongroom_describe_project(store, "r", &project, &error));
    CHECK(project->secrets == 0);
    strongroom_project_info_free(project);
    CHECK_OK(strongroom_erase_project(store, "r", &error));
}

/* The old root key is retired at the end. */
static inline void rotate_and_retire(strongroom_store *store)
{
    int told = 0;
    strongroom_rotate_options options = STRONGROOM_ROTATE_OPTIONS_INIT;
    strongroom_rotate_report *report;
    strongroom_root_key_list *keys;
    strongroom_root_key_info *made;
    const strongroom_root_key_info *key;
    options.progress = count_progress;
    options.context = &told;
    CHECK_OK(strongroom_rotate_keys(store, &options, &report, &error));
    CHECK(report->rewrapped >= 2 && report->damaged_len == 0 && told > 0);
    CHECK_OK(strongroom_root_keys(store, &keys, &error));
    while (strongroom_root_key_list_next(keys, &key, &error) == STRONGROOM_OK) {
        if (strcmp(key->id, report->id) != 0) CHECK_OK(strongroom_retire_key(store, key->backend, key->id, &error));
    }
    CHECK_FAILS(STRONGROOM_CONFLICT, strongroom_retire_key(store, report->key_backend, report->id, &error));
    CHECK_FAILS(STRONGROOM_ALREADY_EXISTS, strongroom_init_keys(store, "main", &made, &error));
    strongroom_root_key_list_free(keys);
    strongroom_rotate_report_free(report);
}

/* `folder`-backup and `folder`-restored are made too. */
static inline void back_up_and_restore(strongroom_store *store, const char *folder)
{
    char file[256], restored[256];
    int told = 0;
    snprintf(file, sizeof(file), "%s-backup", folder);
    snprintf(restored, sizeof(restored), "%s-restored", folder);
    strongroom_doctor_options doctor = STRONGROOM_DOCTOR_OPTIONS_INIT;
    strongroom_doctor_report *found;
    doctor.repair = 1;
    doctor.progress = count_progress;
    doctor.context = &told;
    CHECK_OK(strongroom_doctor(store, &doctor, &found, &error));
    CHECK(found->damaged_len == 0 && found->versions >= 2);
    strongroom_doctor_report_free(found);

    strongroom_backup_options backup = STRONGROOM_BACKUP_OPTIONS_INIT;
    strongroom_backup_report made = STRONGROOM_BACKUP_REPORT_INIT;
    strongroom_backup_file info = STRONGROOM_BACKUP_FILE_INIT;
    backup.passphrase = (const uint8_t *)"a passphrase";
    backup.passphrase_len = 12;
    CHECK_OK(strongroom_backup(store, file, &backup, &made, &error));
    CHECK_OK(strongroom_backup_info(file, &info, &error));
    CHECK(made.holds_keys == 1 && info.holds_keys == 1);
    CHECK_FAILS(STRONGROOM_ALREADY_EXISTS, strongroom_backup(store, file, &backup, &made, &error));

    strongroom_restore_options restore = STRONGROOM_RESTORE_OPTIONS_INIT;
    strongroom_restore_report *report = NULL;
    restore.passphrase = (const uint8_t *)"another passphrase";
    restore.passphrase_len = 18;
    CHECK(strongroom_restore(file, restored, &restore, &report, NULL) != STRONGROOM_OK && report == NULL);
    restore.passphrase = backup.passphrase;
    restore.passphrase_len = backup.passphrase_len;
    restore.progress = count_progress;
    restore.context = &told;
    CHECK_OK(strongroom_restore(file, restored, &restore, &report, &error));
    CHECK(told > 0);
    strongroom_store *other;
    CHECK_OK(strongroom_store_open(report->config, &other, &error));
    check_text(other, "p/with", "two");
    strongroom_store_free(other);
    strongroom_restore_report_free(report);
}

static inline void workout(const char *folder)
{
    strongroom_store *store = new_store(folder);
    work_with_secrets(store);
    look_at_everything(store);
    change_and_erase(store);
    rotate_and_retire(store);
    back_up_and_restore(store, folder);
    CHECK_OK(strongroom_store_reopen(store, &error));
    strongroom_store_free(store);
    CHECK_FAILS(STRONGROOM_NOT_FOUND, strongroom_store_open("nowhere/strongroom.toml", &store, &error));
}

#endif
