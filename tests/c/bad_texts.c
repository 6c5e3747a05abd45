/* Texts inside structs that are not UTF-8, names over every limit, and names that are none. */
#include "store.h"

#define REFUSED(call) CHECK_FAILS(STRONGROOM_INVALID_ARGUMENT, call)

static strongroom_store *store;

/* Not UTF-8: a lone continuation, a cut sequence, a surrogate, one that is too long, one that is too high. */
static const char *const not_utf8[] = {"\x80", "a\xc3", "\xed\xa0\x80", "\xc0\xaf", "\xf5\x80\x80\x80", "\xff"};

/* `length` letters between two other texts. */
static const char *letters(const char *before, size_t length, const char *after)
{
    static char text[2 * 1024 * 1024];
    char *end = stpcpy(text, before);
    memset(end, 'a', length);
    strcpy(end + length, after);
    return text;
}

static strongroom_status put_labelled(const char *content_type, const char *name, const char *value)
{
    strongroom_label label = {name, value};
    strongroom_put_options options = STRONGROOM_PUT_OPTIONS_INIT;
    options.content_type = content_type;
    options.labels = &label;
    options.labels_len = 1;
    return strongroom_put_with(store, "p/n", (const uint8_t *)"x", 1, &options, NULL, &error);
}

static strongroom_status change_labels(const char *name, const char *value, const char *removed)
{
    strongroom_label label = {name, value};
    strongroom_label_changes changes = STRONGROOM_LABEL_CHANGES_INIT;
    changes.set = &label;
    changes.set_len = 1;
    changes.remove = &removed;
    changes.remove_len = removed != NULL;
    return strongroom_set_labels(store, "p/n", &changes, &error);
}

static strongroom_status list_with(const char *prefix, const char *after)
{
    strongroom_list_options options = STRONGROOM_LIST_OPTIONS_INIT;
    options.prefix = prefix;
    options.after = after;
    strongroom_project_list *projects;
    strongroom_status of_projects = strongroom_projects(store, &options, &projects, NULL);
    if (of_projects == STRONGROOM_OK) strongroom_project_list_free(projects);
    strongroom_secret_list *secrets;
    strongroom_status status = strongroom_list(store, "p", &options, &secrets, &error);
    if (status == STRONGROOM_OK) strongroom_secret_list_free(secrets);
    CHECK(status == of_projects);
    return status;
}

static strongroom_status rotate(const char *key_backend, const char *to)
{
    strongroom_rotate_options options = STRONGROOM_ROTATE_OPTIONS_INIT;
    options.key_backend = key_backend;
    options.to = to;
    return strongroom_rotate_keys(store, &options, NULL, &error);
}

static void texts_in_structs_must_be_utf8(void)
{
    for (size_t i = 0; i < COUNT(not_utf8); i++) {
        const char *bad = not_utf8[i];
        REFUSED(put_labelled(bad, "name", "value"));
        REFUSED(put_labelled(NULL, bad, "value"));
        REFUSED(put_labelled(NULL, "name", bad));
        REFUSED(change_labels(bad, "value", NULL));
        REFUSED(change_labels("name", bad, NULL));
        REFUSED(change_labels("name", "value", bad));
        REFUSED(list_with(bad, NULL));
        REFUSED(list_with(NULL, bad));
        const char *paths[] = {"own/config", "own/keyring", "own/metadata", "own/shelf", NULL};
        for (size_t path = 0; path < COUNT(paths); path++) {
            const char *given[] = {paths[0], paths[1], paths[2], paths[3], paths[4]};
            given[path] = bad;
            strongroom_layout layout = {sizeof(layout), given[0], given[1], given[2], given[3], given[4]};
            strongroom_store *other = NULL;
            REFUSED(strongroom_store_create_with(&layout, &other, &error));
            CHECK(other == NULL);
        }
        strongroom_restore_options options = STRONGROOM_RESTORE_OPTIONS_INIT;
        options.keyring = bad;
        strongroom_restore_report *report = NULL;
        REFUSED(strongroom_restore("backup", "restored", &options, &report, &error));
        options.keyring = NULL;
        options.keys_from = bad;
        REFUSED(strongroom_restore("backup", "restored", &options, &report, &error));
        REFUSED(rotate(bad, NULL));
        REFUSED(rotate(NULL, bad));
    }
}

static void null_texts_in_structs(void)
{
    CHECK_OK(put_labelled(NULL, "name", "value"));
    REFUSED(put_labelled(NULL, NULL, "value"));
    REFUSED(put_labelled(NULL, "name", NULL));
    REFUSED(change_labels(NULL, "value", NULL));
    REFUSED(change_labels("name", NULL, NULL));
}

static void names_over_their_limits(void)
{
    put_text(store, letters("", STRONGROOM_PROJECT_NAME_LIMIT, "/n"), "x");
    put_text(store, letters("p/", STRONGROOM_SECRET_NAME_LIMIT, ""), "x");
    const uint8_t *x = (const uint8_t *)"x";
    const size_t over[] = {1, 1000, 1024 * 1024};
    for (size_t i = 0; i < COUNT(over); i++) {
        const char *project = letters("", STRONGROOM_PROJECT_NAME_LIMIT + over[i], "/n");
        REFUSED(strongroom_put(store, project, x, 1, &error));
        REFUSED(strongroom_generate(store, project, &error));
        REFUSED(strongroom_erase(store, project, &error));
        const char *name = letters("p/", STRONGROOM_SECRET_NAME_LIMIT + over[i], "");
        REFUSED(strongroom_put(store, name, x, 1, &error));
        REFUSED(strongroom_destroy(store, name, 1, &error));
        REFUSED(strongroom_create_project(store, letters("", 64 + over[i], ""), NULL, NULL, &error));
        REFUSED(put_labelled(letters("text/", 251 + over[i] - 1, ""), "name", "value"));
        REFUSED(put_labelled(NULL, letters("", STRONGROOM_LABEL_LIMIT + over[i], ""), "value"));
        REFUSED(put_labelled(NULL, "name", letters("", STRONGROOM_LABEL_LIMIT + over[i], "")));
        REFUSED(change_labels(letters("", STRONGROOM_LABEL_LIMIT + over[i], ""), "value", NULL));
        REFUSED(change_labels("name", letters("", STRONGROOM_LABEL_LIMIT + over[i], ""), NULL));
    }
    CHECK_OK(put_labelled(letters("text/", 250, ""), "name", "value"));
    CHECK_OK(put_labelled(NULL, letters("", STRONGROOM_LABEL_LIMIT, ""), "value"));
    CHECK_OK(put_labelled(NULL, "name", letters("", STRONGROOM_LABEL_LIMIT, "")));
}

static void names_that_are_none(void)
{
    const char *const bad[] = {"", "/", ".", "..", "-n", "a b", "p/", "/n", "p//n", "p/n/", "../n", "p/..", "p/../n", "./n", "p/.",
                               "p/-n", "p\n/n", "p/n\n", "p/\x01", "p/\x7f", "//////"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        strongroom_secret *secret = NULL;
        REFUSED(strongroom_put(store, bad[i], (const uint8_t *)"x", 1, &error));
        REFUSED(strongroom_get(store, bad[i], &secret, &error));
        CHECK(secret == NULL);
    }
    uint32_t number = 77;
    REFUSED(strongroom_type_parse("", &number, &error));
    REFUSED(strongroom_type_parse(letters("", 1024 * 1024, ""), &number, &error));
    REFUSED(strongroom_state_parse("Active ", &number, &error));
    CHECK(number == 77);
}

/* As many labels as are allowed, given in two steps; then one more. */
static void labels_over_their_number(void)
{
    char names[STRONGROOM_LABELS_LIMIT][8];
    strongroom_label labels[STRONGROOM_LABELS_LIMIT];
    for (int i = 0; i < STRONGROOM_LABELS_LIMIT; i++) {
        snprintf(names[i], sizeof(names[i]), "n%d", i);
        labels[i] = (strongroom_label){names[i], "value"};
    }
    put_text(store, "p/labels", "x");
    strongroom_label_changes changes = STRONGROOM_LABEL_CHANGES_INIT;
    changes.set = labels;
    changes.set_len = COUNT(labels);
    CHECK_OK(strongroom_set_labels(store, "p/labels", &changes, &error));
    labels[0].name = "one more";
    changes.set_len = 1;
    CHECK_FAILS(STRONGROOM_QUOTA, strongroom_set_labels(store, "p/labels", &changes, &error));
    strongroom_secret_info *info;
    CHECK_OK(strongroom_describe(store, "p/labels", &info, &error));
    CHECK(info->labels_len == STRONGROOM_LABELS_LIMIT);
    strongroom_secret_info_free(info);
}

int main(void)
{
    store = new_store("store");
    put_text(store, "p/n", "x");
    texts_in_structs_must_be_utf8();
    null_texts_in_structs();
    names_over_their_limits();
    names_that_are_none();
    labels_over_their_number();
    strongroom_store_free(store);
    return 0;
}
