/*
 * For the generated test of every argument: a store with a little of everything, and a valid value for
 * every argument of every function.
 */
#ifndef WORLD_H
#define WORLD_H

#include <sched.h>
#include <sys/mount.h>

#include "store.h"

/* What a test ends with that could not do its work here. */
#define SKIPPED 77

struct world {
    char folder[32], config[64], backup[64], new_folder[64], new_file[64];
    const char *toml;
    char old_key[64];
    strongroom_store *store;
    strongroom_error *error;
    strongroom_secret *secret;
    strongroom_secret_list *secret_list;
    strongroom_secret_info *secret_info;
    strongroom_version_list *version_list;
    strongroom_project_list *project_list;
    strongroom_project_info *project_info;
    strongroom_health_list *health_list;
    strongroom_root_key_list *root_key_list;
    strongroom_root_key_info *root_key_info;
    strongroom_key_check_list *key_check_list;
    strongroom_rotate_report *rotate_report;
    strongroom_doctor_report *doctor_report;
    strongroom_restore_report *restore_report;
    strongroom_layout layout;
    strongroom_put_options put_options;
    strongroom_get_options get_options;
    strongroom_list_options list_options;
    strongroom_dates dates;
    strongroom_label_changes label_changes;
    strongroom_rotate_options rotate_options;
    strongroom_doctor_options doctor_options;
    strongroom_backup_options backup_options;
    strongroom_restore_options restore_options;
};

static const uint8_t payload[] = "correct horse battery staple";

static inline const char *in_folder(char *place, const char *folder, const char *name)
{
    snprintf(place, 64, "%s/%s", folder, name);
    return place;
}

/* A root key that can be retired. */
static inline void fill_keys(struct world *w)
{
    strongroom_root_key_list *keys;
    const strongroom_root_key_info *key;
    CHECK_OK(strongroom_root_keys(w->store, &keys, &error));
    CHECK(strongroom_root_key_list_next(keys, &key, &error) == STRONGROOM_OK);
    snprintf(w->old_key, sizeof(w->old_key), "%s", key->id);
    strongroom_root_key_list_free(keys);
    CHECK_OK(strongroom_rotate_keys(w->store, NULL, &w->rotate_report, &error));
}

/* The secret p/n has version 1, deactivated, and version 2, active. */
static inline void fill_store(struct world *w)
{
    strongroom_store_free(new_store(w->folder));
    append(w->config, "\n[keys.spare]\nkind = 'software'\nkeyring = 'spare.json'\n"
                      "[keys.other]\nkind = 'software'\nkeyring = 'other.json'\n");
    CHECK_OK(strongroom_store_open(w->config, &w->store, &error));
    fill_keys(w);
    CHECK_OK(strongroom_init_keys(w->store, "other", &w->root_key_info, &error));
    put_text(w->store, "p/n", "first");
    put_text(w->store, "p/n", "second");
    CHECK_OK(strongroom_set_state(w->store, "p/n", 1, STRONGROOM_STATE_DEACTIVATED, &error));
    CHECK_OK(strongroom_backup(w->store, w->backup, NULL, NULL, &error));
}

static inline void fill_objects(struct world *w)
{
    CHECK(strongroom_get(w->store, "p/missing", &w->secret, &w->error) == STRONGROOM_NOT_FOUND);
    CHECK_OK(strongroom_get(w->store, "p/n", &w->secret, &error));
    CHECK_OK(strongroom_list(w->store, "p", NULL, &w->secret_list, &error));
    CHECK_OK(strongroom_describe(w->store, "p/n", &w->secret_info, &error));
    CHECK_OK(strongroom_versions(w->store, "p/n", &w->version_list, &error));
    CHECK_OK(strongroom_projects(w->store, NULL, &w->project_list, &error));
    CHECK_OK(strongroom_describe_project(w->store, "p", &w->project_info, &error));
    CHECK_OK(strongroom_health(w->store, &w->health_list, &error));
    CHECK_OK(strongroom_root_keys(w->store, &w->root_key_list, &error));
    CHECK_OK(strongroom_check_keys(w->store, &w->key_check_list, &error));
    CHECK_OK(strongroom_doctor(w->store, NULL, &w->doctor_report, &error));
    char restored[64];
    CHECK_OK(strongroom_restore(w->backup, in_folder(restored, w->folder, "restored"), &w->restore_options,
                                &w->restore_report, &error));
}

static inline void fill_structs(struct world *w)
{
    static char paths[4][64];
    w->layout = (strongroom_layout)STRONGROOM_LAYOUT_INIT;
    w->layout.config = in_folder(paths[0], w->folder, "own/strongroom.toml");
    w->layout.keyring = in_folder(paths[1], w->folder, "own/keyring.json");
    w->layout.metadata = in_folder(paths[2], w->folder, "own/metadata.db");
    w->layout.shelf = in_folder(paths[3], w->folder, "own/payloads.db");
    w->put_options = (strongroom_put_options)STRONGROOM_PUT_OPTIONS_INIT;
    w->get_options = (strongroom_get_options)STRONGROOM_GET_OPTIONS_INIT;
    w->list_options = (strongroom_list_options)STRONGROOM_LIST_OPTIONS_INIT;
    w->dates = (strongroom_dates)STRONGROOM_DATES_INIT;
    w->dates.clear_expires_at = 1;
    w->label_changes = (strongroom_label_changes)STRONGROOM_LABEL_CHANGES_INIT;
    w->rotate_options = (strongroom_rotate_options)STRONGROOM_ROTATE_OPTIONS_INIT;
    w->rotate_options.key_backend = "main";
    w->doctor_options = (strongroom_doctor_options)STRONGROOM_DOCTOR_OPTIONS_INIT;
    w->backup_options = (strongroom_backup_options)STRONGROOM_BACKUP_OPTIONS_INIT;
    w->restore_options = (strongroom_restore_options)STRONGROOM_RESTORE_OPTIONS_INIT;
    w->restore_options.keys_from = w->config;
}

/*
 * Without a layout, root's new store is the machine's own, in /etc and /var/lib: empty ones, which only
 * this process sees, must hide the real ones.
 */
static inline void hide_the_machine(void)
{
    if (geteuid() != 0) return;
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", "/etc", "tmpfs", 0, NULL) != 0 || mount("tmpfs", "/var/lib", "tmpfs", 0, NULL) != 0) {
        exit(SKIPPED);
    }
}

/* A new world, in a folder of its own; the environment leads to it and nowhere else. */
static inline void world_begin(struct world *w)
{
    static int number;
    memset(w, 0, sizeof(*w));
    snprintf(w->folder, sizeof(w->folder), "world-%d", ++number);
    in_folder(w->config, w->folder, "strongroom.toml");
    in_folder(w->backup, w->folder, "backup");
    in_folder(w->new_folder, w->folder, "new-folder");
    in_folder(w->new_file, w->folder, "new-file");
    w->toml = "metadata = 'metadata.db'\ndefault_backend = 'main'\n"
              "[backends.main]\nkind = 'enveloped'\nshelf = 'payloads.db'\n"
              "[backends.main.key]\nkind = 'software'\nkeyring = 'keyring.json'\n";
    fill_structs(w);
    fill_store(w);
    fill_objects(w);
    char home[256];
    CHECK(getcwd(home, 128) != NULL);
    in_folder(home + strlen(home), "", w->folder);
    setenv("STRONGROOM_CONFIG", w->config, 1);
    setenv("HOME", home, 1);
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("XDG_DATA_HOME");
}

/* Frees what is still there. */
static inline void world_end(struct world *w)
{
    strongroom_error_free(w->error);
    strongroom_secret_free(w->secret);
    strongroom_secret_list_free(w->secret_list);
    strongroom_secret_info_free(w->secret_info);
    strongroom_version_list_free(w->version_list);
    strongroom_project_list_free(w->project_list);
    strongroom_project_info_free(w->project_info);
    strongroom_health_list_free(w->health_list);
    strongroom_root_key_list_free(w->root_key_list);
    strongroom_root_key_info_free(w->root_key_info);
    strongroom_key_check_list_free(w->key_check_list);
    strongroom_rotate_report_free(w->rotate_report);
    strongroom_doctor_report_free(w->doctor_report);
    strongroom_restore_report_free(w->restore_report);
    strongroom_store_free(w->store);
}

#endif
