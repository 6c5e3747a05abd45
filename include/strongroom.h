/*
 * Strongroom: an embeddable secret store for backup tools.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Made from ffi/src by `make header`: change those files, not this one.
 *
 * What holds for every function:
 *
 * Status    A function that can fail returns a strongroom_status, and takes a strongroom_error ** last.
 *           It is optional; what was in it is not read. It becomes NULL on success, and on failure an
 *           error that the caller frees. Other outputs are written only on success, but for the size
 *           that a buffer would need.
 * Pointers  A pointer that is not NULL must point to what its type and comment say, until the call
 *           returns. NULL where a value is needed is STRONGROOM_INVALID_ARGUMENT. Text is UTF-8 and ends
 *           with a zero byte; payloads are bytes with a length.
 * Structs   Those that the caller allocates begin with struct_size; start from the _INIT macro. Those
 *           that the library allocates may grow at their end: never copy one. strongroom_label never
 *           changes.
 * Numbers   What is an enumeration elsewhere is a uint32_t here, and is checked.
 * Threads   Any number of threads may use one store. Freeing what another thread uses is undefined. A
 *           thread that is cancelled ends after the call. Signal handlers may call nothing of this.
 * Fork      In a forked child a store answers STRONGROOM_FORKED until strongroom_store_reopen(), and
 *           secrets are zero. Freeing is safe; the parent is unharmed.
 * Host      The library prints nothing, reads no environment but TMPDIR and where that is said, installs
 *           no signal handlers, and ends the process only where memory for anything but a secret runs
 *           out: it says so on stderr and aborts. A config may name a PKCS#11 module, which is loaded
 *           and runs in the process, and a variable or a program as the source of its PIN.
 */

#ifndef STRONGROOM_H
#define STRONGROOM_H

#include <stddef.h>
#include <stdint.h>

#ifndef STRONGROOM_MUST_CHECK
#if defined(__GNUC__)
#define STRONGROOM_MUST_CHECK __attribute__((warn_unused_result))
#else
#define STRONGROOM_MUST_CHECK
#endif
#endif

/* Every option at its default. A struct begins with one of these. */
#define STRONGROOM_LAYOUT_INIT {sizeof(strongroom_layout), 0, 0, 0, 0, 0}
#define STRONGROOM_PUT_OPTIONS_INIT {sizeof(strongroom_put_options), 0, 0, 0, 0, 0, 0, 0, 0, 0}
#define STRONGROOM_PUT_RECEIPT_INIT {sizeof(strongroom_put_receipt), 0, 0, {0}}
#define STRONGROOM_GET_OPTIONS_INIT {sizeof(strongroom_get_options), 0, 0}
#define STRONGROOM_LIST_OPTIONS_INIT {sizeof(strongroom_list_options), 0, 0, 0}
#define STRONGROOM_DATES_INIT {sizeof(strongroom_dates), 0, 0, 0, 0}
#define STRONGROOM_LABEL_CHANGES_INIT {sizeof(strongroom_label_changes), 0, 0, 0, 0}
#define STRONGROOM_ROTATE_OPTIONS_INIT {sizeof(strongroom_rotate_options), 0, 0, 0, 0}
#define STRONGROOM_DOCTOR_OPTIONS_INIT {sizeof(strongroom_doctor_options), 0, 0, 0, 0}
#define STRONGROOM_BACKUP_OPTIONS_INIT {sizeof(strongroom_backup_options), 0, 0, 0, 0}
#define STRONGROOM_BACKUP_REPORT_INIT {sizeof(strongroom_backup_report), 0, 0, 0, 0}
#define STRONGROOM_BACKUP_FILE_INIT {sizeof(strongroom_backup_file), 0, 0, 0, {0}}
#define STRONGROOM_RESTORE_OPTIONS_INIT {sizeof(strongroom_restore_options), 0, 0, 0, 0, 0, 0}

/**
 * The ABI of this header: major << 16 | minor. The shared library's soname ends in the major number.
 */
#define STRONGROOM_ABI_VERSION 1

/**
 * The longest payload, in bytes.
 */
#define STRONGROOM_PAYLOAD_LIMIT 1048576

/**
 * The longest name of a project, in bytes.
 */
#define STRONGROOM_PROJECT_NAME_LIMIT 64

/**
 * The longest name of a secret in its project, in bytes.
 */
#define STRONGROOM_SECRET_NAME_LIMIT 255

/**
 * The longest name or value of a label, in bytes.
 */
#define STRONGROOM_LABEL_LIMIT 1024

/**
 * The most labels of a secret.
 */
#define STRONGROOM_LABELS_LIMIT 64

/**
 * The length of an id, in bytes.
 */
#define STRONGROOM_ID_BYTES 16

/**
 * The room for an id as text, with its zero byte.
 */
#define STRONGROOM_ID_TEXT_BYTES 37

/**
 * The shortest passphrase that is generated, and the default: 43 letters and digits hold 256 bits.
 */
#define STRONGROOM_PASSPHRASE_LENGTH 43

/**
 * The room for a time as text, with its zero byte.
 */
#define STRONGROOM_TIMESTAMP_BYTES 40

/**
 * A passphrase: text for people and programs to type.
 */
#define STRONGROOM_TYPE_PASSPHRASE 1

/**
 * A symmetric key.
 */
#define STRONGROOM_TYPE_SYMMETRIC_KEY 2

/**
 * A private key.
 */
#define STRONGROOM_TYPE_PRIVATE_KEY 3

/**
 * A public key.
 */
#define STRONGROOM_TYPE_PUBLIC_KEY 4

/**
 * A certificate.
 */
#define STRONGROOM_TYPE_CERTIFICATE 5

/**
 * Any other bytes.
 */
#define STRONGROOM_TYPE_OPAQUE 6

/**
 * Not yet to be used.
 */
#define STRONGROOM_STATE_PRE_ACTIVE 1

/**
 * In use.
 */
#define STRONGROOM_STATE_ACTIVE 2

/**
 * No longer to be used for anything new; old backups still open.
 */
#define STRONGROOM_STATE_DEACTIVATED 3

/**
 * Known, or feared, to be known to others.
 */
#define STRONGROOM_STATE_COMPROMISED 4

/**
 * The payload is gone.
 */
#define STRONGROOM_STATE_DESTROYED 5

/**
 * The payload is gone, and was compromised.
 */
#define STRONGROOM_STATE_DESTROYED_COMPROMISED 6

/**
 * In use.
 */
#define STRONGROOM_PROJECT_LIVE 1

/**
 * Invisible already; its payloads are being destroyed.
 */
#define STRONGROOM_PROJECT_ERASING 2

/**
 * Gone.
 */
#define STRONGROOM_PROJECT_ERASED 3

/**
 * Protects new payloads or keys.
 */
#define STRONGROOM_KEY_ACTIVE 1

/**
 * Opens what it protected, protects nothing new.
 */
#define STRONGROOM_KEY_DEACTIVATED 2

/**
 * Gone.
 */
#define STRONGROOM_KEY_DESTROYED 3

/**
 * A put expects whatever is there.
 */
#define STRONGROOM_EXPECT_ANYTHING 0

/**
 * A put expects no secret of this name; otherwise ALREADY_EXISTS.
 */
#define STRONGROOM_EXPECT_ABSENT 1

/**
 * A put expects a secret whose newest version is `expected_version`; otherwise CONFLICT.
 */
#define STRONGROOM_EXPECT_VERSION 2

/**
 * Generate a passphrase of letters and digits; the length counts characters, from 43 to 1024.
 */
#define STRONGROOM_GENERATE_PASSPHRASE 0

/**
 * Generate random bytes; the length counts bytes, from 16 to 1024.
 */
#define STRONGROOM_GENERATE_KEY 1

/**
 * The part works.
 */
#define STRONGROOM_SEVERITY_OK 0

/**
 * The part works, but somebody should act.
 */
#define STRONGROOM_SEVERITY_WARNING 1

/**
 * The part does not work.
 */
#define STRONGROOM_SEVERITY_ERROR 2

/**
 * What went wrong: a status, a sentence that says what to do next, and where it happened.
 *
 * Never holds secret bytes, a PIN or a password. Belongs to the caller, who frees it with
 * strongroom_error_free(); it outlives the store.
 */
typedef struct strongroom_error strongroom_error;

/**
 * A list of findings, for strongroom_health_list_next().
 */
typedef struct strongroom_health_list strongroom_health_list;

/**
 * A list of outcomes, for strongroom_key_check_list_next().
 */
typedef struct strongroom_key_check_list strongroom_key_check_list;

/**
 * A list of projects, for strongroom_project_list_next().
 */
typedef struct strongroom_project_list strongroom_project_list;

/**
 * A list of root keys, for strongroom_root_key_list_next().
 */
typedef struct strongroom_root_key_list strongroom_root_key_list;

/**
 * A payload, in memory that is locked where the limit allows, left out of core dumps, zero in a forked
 * child, and wiped by strongroom_secret_free(). It outlives the store that it came from.
 */
typedef struct strongroom_secret strongroom_secret;

/**
 * A list of secrets, for strongroom_secret_list_next().
 */
typedef struct strongroom_secret_list strongroom_secret_list;

/**
 * A store, open, as a principal sees it: the local owner, who may do everything.
 *
 * Any number of threads may use one handle at once, and any number of processes one store. A handle
 * that is freed while a thread still uses it is undefined behaviour.
 */
typedef struct strongroom_store strongroom_store;

/**
 * A list of versions, for strongroom_version_list_next().
 */
typedef struct strongroom_version_list strongroom_version_list;

/**
 * How a call went: `STRONGROOM_OK`, `STRONGROOM_DONE` from an iterator, or the number of what went
 * wrong. More may be added; treat one that you do not know as a failure.
 */
typedef uint32_t strongroom_status;

/**
 * Where the files of a new store go, and its root key. Begin with STRONGROOM_LAYOUT_INIT; give all four
 * paths, or three and `key`.
 */
typedef struct strongroom_layout {
    /**
     * The size of this struct: sizeof(strongroom_layout).
     */
    size_t struct_size;
    /**
     * The config, which names the others.
     */
    const char *config;
    /**
     * The keyring. Without it, no secret of the store can ever be read.
     */
    const char *keyring;
    /**
     * The metadata database.
     */
    const char *metadata;
    /**
     * The shelf, which holds the encrypted payloads.
     */
    const char *shelf;
    /**
     * Where the root key is made instead of in a keyring: TOML text as below [keys.NAME] in a config,
     * with paths relative to the config's folder. For a token, `kind = "pkcs11"`, `module`, `token` and
     * `pin`, which says where the PIN comes from. The config calls it `hsm`. A KMIP server is
     * `kind = "kmip"`, and `kmip`, in a library that is built with it. NULL for a keyring.
     */
    const char *key;
} strongroom_layout;

/**
 * A label of a secret: free UTF-8 text.
 */
typedef struct strongroom_label {
    /**
     * Its name.
     */
    const char *name;
    /**
     * Its value.
     */
    const char *value;
} strongroom_label;

/**
 * How a payload is put. Begin with STRONGROOM_PUT_OPTIONS_INIT; zero means the default.
 */
typedef struct strongroom_put_options {
    /**
     * The size of this struct: sizeof(strongroom_put_options).
     */
    size_t struct_size;
    /**
     * One of STRONGROOM_TYPE_...; 0 keeps the type, and makes a new secret a passphrase, or one of the
     * type of the object that strongroom_adopt() takes. The type of a secret never changes.
     */
    uint32_t secret_type;
    /**
     * One of STRONGROOM_EXPECT_...: compare-and-swap.
     */
    uint32_t expect;
    /**
     * The version for STRONGROOM_EXPECT_VERSION.
     */
    uint32_t expected_version;
    /**
     * Must be 0.
     */
    uint32_t reserved;
    /**
     * A media type of up to 255 bytes; NULL keeps it as it was.
     */
    const char *content_type;
    /**
     * Labels to set, beside those that are there.
     */
    const struct strongroom_label *labels;
    /**
     * How many labels.
     */
    size_t labels_len;
    /**
     * When the version becomes active, in microseconds since the start of 1970; 0: at once.
     */
    int64_t activates_at;
    /**
     * When the version expires; 0: never. An expired version still opens when asked for by number.
     */
    int64_t expires_at;
} strongroom_put_options;

/**
 * What a put has done. Begin with STRONGROOM_PUT_RECEIPT_INIT.
 */
typedef struct strongroom_put_receipt {
    /**
     * The size of this struct: sizeof(strongroom_put_receipt).
     */
    size_t struct_size;
    /**
     * The number of the new version.
     */
    uint32_t version;
    /**
     * 1 when the project was made for it.
     */
    uint32_t created_project;
    /**
     * The secret's id.
     */
    uint8_t secret_id[16];
} strongroom_put_receipt;

/**
 * Which version a get returns. Begin with STRONGROOM_GET_OPTIONS_INIT; zero means the current one.
 */
typedef struct strongroom_get_options {
    /**
     * The size of this struct: sizeof(strongroom_get_options).
     */
    size_t struct_size;
    /**
     * The version with this number, even if it is deactivated, expired or compromised; 0: no number.
     */
    uint32_t version;
    /**
     * 1, without a number: the newest version that has a payload, even if it is deactivated, expired
     * or compromised.
     */
    uint32_t allow_inactive;
} strongroom_get_options;

/**
 * Which names a list has. Begin with STRONGROOM_LIST_OPTIONS_INIT; zero means every name.
 */
typedef struct strongroom_list_options {
    /**
     * The size of this struct: sizeof(strongroom_list_options).
     */
    size_t struct_size;
    /**
     * Only names that begin with this; NULL for all.
     */
    const char *prefix;
    /**
     * Only names after this one; NULL for all.
     */
    const char *after;
    /**
     * How many are read from the database at once, from 1 to 10000; 0 for 1000. Every name is listed,
     * whatever this is.
     */
    size_t page;
} strongroom_list_options;

/**
 * A secret. Made by the library only; fields may be added at its end.
 */
typedef struct strongroom_secret_info {
    /**
     * The name of its project.
     */
    const char *project;
    /**
     * Its name in the project.
     */
    const char *name;
    /**
     * The media type that it was given, or NULL.
     */
    const char *content_type;
    /**
     * Its labels, in the order of their names.
     */
    const struct strongroom_label *labels;
    /**
     * How many labels.
     */
    size_t labels_len;
    /**
     * What it is: one of STRONGROOM_TYPE_...
     */
    uint32_t secret_type;
    /**
     * The number of the current version, the newest active one; 0 when there is none.
     */
    uint32_t current;
    /**
     * The number of the newest version.
     */
    uint32_t newest;
    /**
     * 0.
     */
    uint32_t reserved;
    /**
     * When it was made, in microseconds since the start of 1970, UTC.
     */
    int64_t created_at;
    /**
     * When it, or one of its versions, was changed last.
     */
    int64_t updated_at;
    /**
     * Its id; a name that is used again after an erase gets a new one.
     */
    uint8_t id[16];
} strongroom_secret_info;

/**
 * A version of a secret. Made by the library only; fields may be added at its end. Times are
 * microseconds since the start of 1970, UTC; 0 for what has not happened or was not set.
 */
typedef struct strongroom_version_info {
    /**
     * Its number, from 1.
     */
    uint32_t number;
    /**
     * Its state now, its dates applied: one of STRONGROOM_STATE_...
     */
    uint32_t state;
    /**
     * 1 when it is deactivated by its expiry date alone.
     */
    uint32_t expired;
    /**
     * 1 when it was destroyed and its bytes are not gone yet.
     */
    uint32_t pending_destroy;
    /**
     * The payload's length in bytes.
     */
    uint32_t size;
    /**
     * The generation of the project key that protects the payload.
     */
    uint32_t generation;
    /**
     * When it was put.
     */
    int64_t created_at;
    /**
     * When it becomes, or became, active, if it was not at once.
     */
    int64_t activates_at;
    /**
     * When it expires, or has.
     */
    int64_t expires_at;
    /**
     * When it was deactivated.
     */
    int64_t deactivated_at;
    /**
     * When it was marked as compromised.
     */
    int64_t compromised_at;
    /**
     * When it was destroyed.
     */
    int64_t destroyed_at;
} strongroom_version_info;

/**
 * Changes of a version's dates. Begin with STRONGROOM_DATES_INIT; zero changes nothing. Times are
 * microseconds since the start of 1970, UTC.
 */
typedef struct strongroom_dates {
    /**
     * The size of this struct: sizeof(strongroom_dates).
     */
    size_t struct_size;
    /**
     * When it becomes active, only while it is pre-active; 0 keeps it.
     */
    int64_t activates_at;
    /**
     * When it expires, only while it is pre-active or active; 0 keeps it.
     */
    int64_t expires_at;
    /**
     * 1 takes the activation date away.
     */
    uint32_t clear_activates_at;
    /**
     * 1 takes the expiry date away.
     */
    uint32_t clear_expires_at;
} strongroom_dates;

/**
 * Changes of a secret's labels. Begin with STRONGROOM_LABEL_CHANGES_INIT.
 */
typedef struct strongroom_label_changes {
    /**
     * The size of this struct: sizeof(strongroom_label_changes).
     */
    size_t struct_size;
    /**
     * Labels to set.
     */
    const struct strongroom_label *set;
    /**
     * How many to set.
     */
    size_t set_len;
    /**
     * Names of labels to remove; one that is not there is no error.
     */
    const char *const *remove;
    /**
     * How many to remove.
     */
    size_t remove_len;
} strongroom_label_changes;

/**
 * A project. Made by the library only; fields may be added at its end.
 */
typedef struct strongroom_project_info {
    /**
     * Its name.
     */
    const char *name;
    /**
     * The backend that keeps its payloads.
     */
    const char *backend;
    /**
     * How many secrets it has.
     */
    uint64_t secrets;
    /**
     * When it was made, in microseconds since the start of 1970, UTC.
     */
    int64_t created_at;
    /**
     * Its state: one of STRONGROOM_PROJECT_...
     */
    uint32_t state;
    /**
     * The generation of its key that protects new payloads.
     */
    uint32_t generation;
    /**
     * Its id.
     */
    uint8_t id[16];
} strongroom_project_info;

/**
 * One finding about one part. Made by the library only; fields may be added at its end.
 */
typedef struct strongroom_health_finding {
    /**
     * The part, in words that stay the same: "metadata", "clock", "keyring main".
     */
    const char *part;
    /**
     * What was found, and what to do about it.
     */
    const char *message;
    /**
     * How bad it is: one of STRONGROOM_SEVERITY_...
     */
    uint32_t severity;
    /**
     * 0.
     */
    uint32_t reserved;
} strongroom_health_finding;

/**
 * A root key that the store knows. Made by the library only; fields may be added at its end.
 */
typedef struct strongroom_root_key_info {
    /**
     * The key backend that holds it, by its name in the config.
     */
    const char *backend;
    /**
     * Its id.
     */
    const char *id;
    /**
     * How many store and project keys it wraps.
     */
    uint64_t wraps;
    /**
     * When the store learned of it, in microseconds since the start of 1970, UTC.
     */
    int64_t created_at;
    /**
     * Its state: one of STRONGROOM_KEY_...
     */
    uint32_t state;
    /**
     * 1 when the key backend has it now.
     */
    uint32_t at_hand;
} strongroom_root_key_info;

/**
 * The outcome of testing a root key. Made by the library only; fields may be added at its end.
 */
typedef struct strongroom_key_check {
    /**
     * The key backend that holds it, by its name in the config.
     */
    const char *backend;
    /**
     * Its id.
     */
    const char *id;
    /**
     * What is wrong and what to do about it; NULL when nothing is.
     */
    const char *message;
    /**
     * STRONGROOM_OK when it is at hand and is the key that the store knows.
     */
    strongroom_status status;
    /**
     * 0.
     */
    uint32_t reserved;
    /**
     * How the key backend keeps it, a pointer for each finding: for a token, whether it is sensitive
     * and can never leave. A STRONGROOM_SEVERITY_ERROR among them means that it is not kept as it must
     * be.
     */
    const struct strongroom_health_finding *const *findings;
    /**
     * How many findings.
     */
    size_t findings_len;
} strongroom_key_check;

/**
 * Called now and then by a long operation, on the thread that called it: `what` is being done, as in
 * "reading versions"; `done` of `total`, which is 0 when it is not known.
 *
 * It must return, not unwind, longjmp or throw, and not use or free what the operation works on.
 */
typedef void (*strongroom_progress)(void *context, const char *what, uint64_t done, uint64_t total);

/**
 * Which root key is replaced, and where its successor is. Begin with STRONGROOM_ROTATE_OPTIONS_INIT.
 */
typedef struct strongroom_rotate_options {
    /**
     * The size of this struct: sizeof(strongroom_rotate_options).
     */
    size_t struct_size;
    /**
     * The key backend whose active root key is replaced; NULL where only one is in use.
     */
    const char *key_backend;
    /**
     * The key backend that gets the new root key, by its name, or its kind where only one is of that;
     * NULL makes the new one beside the old one.
     */
    const char *to;
    /**
     * Called now and then, or NULL.
     */
    strongroom_progress progress;
    /**
     * Passed to `progress`.
     */
    void *context;
} strongroom_rotate_options;

/**
 * What a rotation has done. Made by the library only; fields may be added at its end.
 */
typedef struct strongroom_rotate_report {
    /**
     * The key backend of the root key that wraps now.
     */
    const char *key_backend;
    /**
     * The root key that wraps now.
     */
    const char *id;
    /**
     * How many keys were wrapped anew.
     */
    uint64_t rewrapped;
    /**
     * Keys that do not open, and so stay under their old root key, a line each. What they protect was
     * lost before.
     */
    const char *const *damaged;
    /**
     * How many lines.
     */
    size_t damaged_len;
    /**
     * Backends whose config names a key backend that is not used any more: write key = "NAME" there,
     * with the name of the new one.
     */
    const char *const *stale_backends;
    /**
     * How many of them.
     */
    size_t stale_backends_len;
    /**
     * 1 when this finished an earlier rotation that was interrupted, and made no new key.
     */
    uint32_t resumed;
    /**
     * 0.
     */
    uint32_t reserved;
} strongroom_rotate_report;

/**
 * What doctor does beyond looking. Begin with STRONGROOM_DOCTOR_OPTIONS_INIT.
 */
typedef struct strongroom_doctor_options {
    /**
     * The size of this struct: sizeof(strongroom_doctor_options).
     */
    size_t struct_size;
    /**
     * 1 finishes pending erasures and removes strays.
     */
    uint32_t repair;
    /**
     * 1 makes this copy of the store the one that may remove payloads, before all else. For a store
     * whose files were copied or restored by hand; no other copy removes anything afterwards.
     */
    uint32_t adopt;
    /**
     * Called now and then, or NULL.
     */
    strongroom_progress progress;
    /**
     * Passed to `progress`.
     */
    void *context;
} strongroom_doctor_options;

/**
 * What doctor found and did. Made by the library only; fields may be added at its end.
 */
typedef struct strongroom_doctor_report {
    /**
     * 1 when this is a copy of a store, which removes nothing until it is adopted.
     */
    uint32_t copy;
    /**
     * 1 when this copy was made the store now.
     */
    uint32_t adopted;
    /**
     * Secrets that were read.
     */
    uint64_t secrets;
    /**
     * Versions whose payload was opened.
     */
    uint64_t versions;
    /**
     * What is damaged, a line each. Doctor never removes it.
     */
    const char *const *damaged;
    /**
     * How many lines.
     */
    size_t damaged_len;
    /**
     * Payloads that belong to no version.
     */
    uint64_t strays;
    /**
     * Strays that were removed.
     */
    uint64_t strays_removed;
    /**
     * Strays that are too new to be judged: nothing was written since.
     */
    uint64_t strays_left;
    /**
     * Erasures that are still pending.
     */
    uint64_t pending_erasures;
    /**
     * Erasures that were finished.
     */
    uint64_t erasures_finished;
    /**
     * Why repair left things alone; NULL when it did not.
     */
    const char *refused;
} strongroom_doctor_report;

/**
 * How a backup is made. Begin with STRONGROOM_BACKUP_OPTIONS_INIT.
 */
typedef struct strongroom_backup_options {
    /**
     * The size of this struct: sizeof(strongroom_backup_options).
     */
    size_t struct_size;
    /**
     * The passphrase under which the root keys go into the backup (Argon2id); NULL for a backup
     * without keys, which is worth nothing without the keyring, or the token.
     */
    const uint8_t *passphrase;
    /**
     * Its length in bytes.
     */
    size_t passphrase_len;
    /**
     * Called now and then, or NULL.
     */
    strongroom_progress progress;
    /**
     * Passed to `progress`.
     */
    void *context;
} strongroom_backup_options;

/**
 * What a backup has done. Begin with STRONGROOM_BACKUP_REPORT_INIT.
 */
typedef struct strongroom_backup_report {
    /**
     * The size of this struct: sizeof(strongroom_backup_report).
     */
    size_t struct_size;
    /**
     * The length of the file in bytes.
     */
    uint64_t bytes;
    /**
     * How many versions it holds.
     */
    uint64_t versions;
    /**
     * 1 when it holds the keys, under the passphrase.
     */
    uint32_t holds_keys;
    /**
     * Of so many key backends it holds no keys although there is a passphrase: a token gives none out.
     * What they wrap opens with the token alone.
     */
    uint32_t keys_left_out;
} strongroom_backup_report;

/**
 * What a backup file says of itself. Begin with STRONGROOM_BACKUP_FILE_INIT.
 */
typedef struct strongroom_backup_file {
    /**
     * The size of this struct: sizeof(strongroom_backup_file).
     */
    size_t struct_size;
    /**
     * When it was made, in microseconds since the start of 1970, UTC.
     */
    int64_t made_at;
    /**
     * 1 when it holds the keys, under a passphrase.
     */
    uint32_t holds_keys;
    /**
     * 0.
     */
    uint32_t reserved;
    /**
     * The id of the store that it is a copy of.
     */
    uint8_t store_id[16];
} strongroom_backup_file;

/**
 * Where a restored store's root keys come from: one of the three. Begin with
 * STRONGROOM_RESTORE_OPTIONS_INIT.
 */
typedef struct strongroom_restore_options {
    /**
     * The size of this struct: sizeof(strongroom_restore_options).
     */
    size_t struct_size;
    /**
     * From the backup, under this passphrase; or NULL.
     */
    const uint8_t *passphrase;
    /**
     * Its length in bytes.
     */
    size_t passphrase_len;
    /**
     * From a copy of the keyring that was kept elsewhere, by its path; or NULL. For a store with one
     * key backend.
     */
    const char *keyring;
    /**
     * Called now and then, or NULL.
     */
    strongroom_progress progress;
    /**
     * Passed to `progress`.
     */
    void *context;
    /**
     * From the key backends that this config names, by its path, under the same names: copies of the
     * keyrings, and the tokens; or NULL. No token is reached because a backup says so.
     */
    const char *keys_from;
} strongroom_restore_options;

/**
 * What a restore has done. Made by the library only; fields may be added at its end.
 */
typedef struct strongroom_restore_report {
    /**
     * The config of the restored store.
     */
    const char *config;
    /**
     * How many secrets it has.
     */
    uint64_t secrets;
    /**
     * How many versions, each of which was opened, or is named below.
     */
    uint64_t versions;
    /**
     * What was damaged in the store already when the backup was made, a line each.
     */
    const char *const *damaged;
    /**
     * How many lines.
     */
    size_t damaged_len;
} strongroom_restore_report;

/**
 * Done as asked.
 */
#define STRONGROOM_OK 0

/**
 * An argument is not acceptable; nothing was done.
 */
#define STRONGROOM_INVALID_ARGUMENT 2

/**
 * No such project, secret, version, key or store.
 */
#define STRONGROOM_NOT_FOUND 10

/**
 * It exists already and would have been overwritten.
 */
#define STRONGROOM_ALREADY_EXISTS 11

/**
 * The state of the thing does not allow this, or somebody else was faster.
 */
#define STRONGROOM_CONFLICT 12

/**
 * The payload, or another input, is longer than its limit.
 */
#define STRONGROOM_TOO_LARGE 13

/**
 * The caller's buffer is too small; the needed size is given.
 */
#define STRONGROOM_BUFFER_TOO_SMALL 14

/**
 * This build, backend or medium cannot do it.
 */
#define STRONGROOM_UNSUPPORTED 15

/**
 * A limit on number or size of things is reached.
 */
#define STRONGROOM_QUOTA 16

/**
 * The principal may not do this, or a file may not be accessed.
 */
#define STRONGROOM_DENIED 20

/**
 * The principal could not be identified.
 */
#define STRONGROOM_UNAUTHENTICATED 21

/**
 * The root key is not in memory.
 */
#define STRONGROOM_SEALED 30

/**
 * The version's expiry date has passed.
 */
#define STRONGROOM_EXPIRED 40

/**
 * The version is pre-active, deactivated or compromised.
 */
#define STRONGROOM_NOT_ACTIVE 41

/**
 * The version's payload was destroyed.
 */
#define STRONGROOM_DESTROYED 42

/**
 * Accepted, but not finished; it will be finished later.
 */
#define STRONGROOM_PENDING 43

/**
 * A part did not answer and the operation certainly had no effect.
 */
#define STRONGROOM_UNAVAILABLE 50

/**
 * Time ran out and the outcome is not known: read back.
 */
#define STRONGROOM_TIMEOUT 51

/**
 * The disk, database or token is full; nothing was changed.
 */
#define STRONGROOM_STORAGE_FULL 52

/**
 * Stored data was altered, damaged or is missing.
 */
#define STRONGROOM_CORRUPT 60

/**
 * The handle was opened by the parent of this process: strongroom_store_reopen().
 */
#define STRONGROOM_FORKED 70

/**
 * The config, or a file that it names, is not usable.
 */
#define STRONGROOM_CONFIG 80

/**
 * A fault in Strongroom itself.
 */
#define STRONGROOM_INTERNAL 99

/**
 * From an iterator: there is nothing more. Not an error.
 */
#define STRONGROOM_DONE 256

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Gives the ABI version of the library that runs: compare it with STRONGROOM_ABI_VERSION. The major
 * numbers must be equal, the library's minor number not smaller.
 *
 * - inputs: none.
 * - outputs: major << 16 | minor.
 * - ownership: nothing changes hands.
 * - threads: any thread, at any time.
 * - errors: none.
 * - since: 0.1
 */
uint32_t strongroom_abi_version(void);

/**
 * Gives the version of the library that runs: "0.1.0".
 *
 * - inputs: none.
 * - outputs: the version. Never NULL.
 * - ownership: the text is static; do not free it.
 * - threads: any thread, at any time.
 * - errors: none.
 * - since: 0.1
 */
const char *strongroom_version(void);

/**
 * Gives the longest payload in bytes: STRONGROOM_PAYLOAD_LIMIT, as the library that runs has it.
 *
 * - inputs: none.
 * - outputs: the number.
 * - ownership: nothing changes hands.
 * - threads: any thread, at any time.
 * - errors: none.
 * - since: 0.1
 */
size_t strongroom_payload_limit(void);

/**
 * Gives the longest name of a project in bytes: STRONGROOM_PROJECT_NAME_LIMIT, as the library that runs has it.
 *
 * - inputs: none.
 * - outputs: the number.
 * - ownership: nothing changes hands.
 * - threads: any thread, at any time.
 * - errors: none.
 * - since: 0.1
 */
size_t strongroom_project_name_limit(void);

/**
 * Gives the longest name of a secret in bytes: STRONGROOM_SECRET_NAME_LIMIT, as the library that runs has it.
 *
 * - inputs: none.
 * - outputs: the number.
 * - ownership: nothing changes hands.
 * - threads: any thread, at any time.
 * - errors: none.
 * - since: 0.1
 */
size_t strongroom_secret_name_limit(void);

/**
 * Gives the longest name or value of a label in bytes: STRONGROOM_LABEL_LIMIT, as the library that runs has it.
 *
 * - inputs: none.
 * - outputs: the number.
 * - ownership: nothing changes hands.
 * - threads: any thread, at any time.
 * - errors: none.
 * - since: 0.1
 */
size_t strongroom_label_limit(void);

/**
 * Gives the most labels of a secret: STRONGROOM_LABELS_LIMIT, as the library that runs has it.
 *
 * - inputs: none.
 * - outputs: the number.
 * - ownership: nothing changes hands.
 * - threads: any thread, at any time.
 * - errors: none.
 * - since: 0.1
 */
size_t strongroom_labels_limit(void);

/**
 * Gives the length of an id in bytes: STRONGROOM_ID_BYTES, as the library that runs has it.
 *
 * - inputs: none.
 * - outputs: the number.
 * - ownership: nothing changes hands.
 * - threads: any thread, at any time.
 * - errors: none.
 * - since: 0.1
 */
size_t strongroom_id_bytes(void);

/**
 * Gives the room for an id as text: STRONGROOM_ID_TEXT_BYTES, as the library that runs has it.
 *
 * - inputs: none.
 * - outputs: the number.
 * - ownership: nothing changes hands.
 * - threads: any thread, at any time.
 * - errors: none.
 * - since: 0.1
 */
size_t strongroom_id_text_bytes(void);

/**
 * Gives the shortest generated passphrase: STRONGROOM_PASSPHRASE_LENGTH, as the library that runs has it.
 *
 * - inputs: none.
 * - outputs: the number.
 * - ownership: nothing changes hands.
 * - threads: any thread, at any time.
 * - errors: none.
 * - since: 0.1
 */
size_t strongroom_passphrase_length(void);

/**
 * Gives the room for a time as text: STRONGROOM_TIMESTAMP_BYTES, as the library that runs has it.
 *
 * - inputs: none.
 * - outputs: the number.
 * - ownership: nothing changes hands.
 * - threads: any thread, at any time.
 * - errors: none.
 * - since: 0.1
 */
size_t strongroom_timestamp_bytes(void);

/**
 * Gives the name of a status, in English: "not found".
 *
 * - inputs: any number.
 * - outputs: the name; "unknown" for a number that this version does not have. Never NULL.
 * - ownership: the text is static; do not free it.
 * - threads: any thread, at any time.
 * - errors: none.
 * - since: 0.1
 */
const char *strongroom_status_name(strongroom_status status);

/**
 * Gives the status of an error: the one that the failed call returned.
 *
 * - inputs: `error`, or NULL.
 * - outputs: the status; STRONGROOM_OK for NULL.
 * - ownership: nothing changes hands.
 * - threads: any thread.
 * - errors: none.
 * - since: 0.1
 */
strongroom_status strongroom_error_status(const struct strongroom_error *error);

/**
 * Gives the whole message: what happened, in which backend, and what to do next. One line of UTF-8.
 *
 * - inputs: `error`, or NULL.
 * - outputs: the message; an empty text for NULL. Never NULL.
 * - ownership: the text belongs to the error and goes with it.
 * - threads: any thread.
 * - errors: none.
 * - since: 0.1
 */
const char *strongroom_error_message(const struct strongroom_error *error);

/**
 * Gives what happened, without the advice.
 *
 * - inputs: `error`, or NULL.
 * - outputs: the text; an empty text for NULL. Never NULL.
 * - ownership: the text belongs to the error and goes with it.
 * - threads: any thread.
 * - errors: none.
 * - since: 0.1
 */
const char *strongroom_error_what(const struct strongroom_error *error);

/**
 * Gives what to do next.
 *
 * - inputs: `error`, or NULL.
 * - outputs: the text; an empty text for NULL. Never NULL.
 * - ownership: the text belongs to the error and goes with it.
 * - threads: any thread.
 * - errors: none.
 * - since: 0.1
 */
const char *strongroom_error_next(const struct strongroom_error *error);

/**
 * Names the backend in which it happened.
 *
 * - inputs: `error`, or NULL.
 * - outputs: the name; NULL when no backend is to blame.
 * - ownership: the text belongs to the error and goes with it.
 * - threads: any thread.
 * - errors: none.
 * - since: 0.1
 */
const char *strongroom_error_backend(const struct strongroom_error *error);

/**
 * Gives the code of the layer below: CKR_..., a KMIP reason, an SQLSTATE, SQLITE_...
 *
 * - inputs: `error`, or NULL.
 * - outputs: the code; NULL when there was none.
 * - ownership: the text belongs to the error and goes with it.
 * - threads: any thread.
 * - errors: none.
 * - since: 0.1
 */
const char *strongroom_error_native(const struct strongroom_error *error);

/**
 * Frees an error.
 *
 * - inputs: `error`, or NULL, which does nothing.
 * - outputs: none.
 * - ownership: takes the error; its texts go with it.
 * - threads: any thread, when no other uses the error.
 * - errors: none.
 * - since: 0.1
 */
void strongroom_error_free(struct strongroom_error *error);

/**
 * Gives the word for a type, as the command and the documentation write it.
 *
 * - inputs: one of STRONGROOM_TYPE_...
 * - outputs: the word; NULL for any other number.
 * - ownership: the text is static; do not free it.
 * - threads: any thread, at any time.
 * - errors: none.
 * - since: 0.1
 */
const char *strongroom_type_name(uint32_t number);

/**
 * Reads the word for a type, as strongroom_type_name() gives it.
 *
 * - inputs: `name`, the word.
 * - outputs: `number`, one of STRONGROOM_TYPE_...
 * - ownership: nothing changes hands.
 * - threads: any thread, at any time.
 * - errors: INVALID_ARGUMENT, which lists the words.
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_type_parse(const char *name,
                                        uint32_t *number,
                                        struct strongroom_error **error);

/**
 * Gives the word for a state, as the command and the documentation write it.
 *
 * - inputs: one of STRONGROOM_STATE_...
 * - outputs: the word; NULL for any other number.
 * - ownership: the text is static; do not free it.
 * - threads: any thread, at any time.
 * - errors: none.
 * - since: 0.1
 */
const char *strongroom_state_name(uint32_t number);

/**
 * Reads the word for a state, as strongroom_state_name() gives it.
 *
 * - inputs: `name`, the word.
 * - outputs: `number`, one of STRONGROOM_STATE_...
 * - ownership: nothing changes hands.
 * - threads: any thread, at any time.
 * - errors: INVALID_ARGUMENT, which lists the words.
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_state_parse(const char *name,
                                         uint32_t *number,
                                         struct strongroom_error **error);

/**
 * Gives the word for a project's state.
 *
 * - inputs: one of STRONGROOM_PROJECT_...
 * - outputs: the word; NULL for any other number.
 * - ownership: the text is static; do not free it.
 * - threads: any thread, at any time.
 * - errors: none.
 * - since: 0.1
 */
const char *strongroom_project_state_name(uint32_t number);

/**
 * Gives the word for a key's state.
 *
 * - inputs: one of STRONGROOM_KEY_...
 * - outputs: the word; NULL for any other number.
 * - ownership: the text is static; do not free it.
 * - threads: any thread, at any time.
 * - errors: none.
 * - since: 0.1
 */
const char *strongroom_key_state_name(uint32_t number);

/**
 * Tells whether KMIP allows a version to go from one state to another (KMIP 1.4, section 3.22).
 *
 * - inputs: `from` and `to`, of STRONGROOM_STATE_...
 * - outputs: 1 when the step is legal, else 0.
 * - ownership: nothing changes hands.
 * - threads: any thread, at any time.
 * - errors: none.
 * - since: 0.1
 */
uint32_t strongroom_state_may_become(uint32_t from, uint32_t to);

/**
 * Reads a time as RFC 3339 writes it: 2026-11-22T10:30:00Z.
 *
 * - inputs: `time`, the text.
 * - outputs: `micros`, microseconds since the start of 1970, UTC.
 * - ownership: nothing changes hands.
 * - threads: any thread, at any time.
 * - errors: INVALID_ARGUMENT.
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_timestamp_parse(const char *time,
                                             int64_t *micros,
                                             struct strongroom_error **error);

/**
 * Writes a time as RFC 3339 does, in UTC.
 *
 * - inputs: `micros`; `buffer`, `capacity` bytes of room: STRONGROOM_TIMESTAMP_BYTES are always
 *   enough. NULL asks for the size.
 * - outputs: the text with its zero byte in `buffer`; `len`, its length with the zero byte.
 * - ownership: nothing changes hands.
 * - threads: any thread, at any time.
 * - errors: BUFFER_TOO_SMALL, with the needed size in `len`.
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_timestamp_format(int64_t micros,
                                              char *buffer,
                                              size_t capacity,
                                              size_t *len,
                                              struct strongroom_error **error);

/**
 * Checks the path of a secret, as every function that takes one does: PROJECT/NAME, or a NAME alone,
 * which is in the project "default".
 *
 * - inputs: `path`.
 * - outputs: none.
 * - ownership: nothing changes hands.
 * - threads: any thread, at any time.
 * - errors: INVALID_ARGUMENT says what is wrong with it.
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_path_check(const char *path,
                                        struct strongroom_error **error);

/**
 * Writes an id as a UUID: 01234567-89ab-cdef-0123-456789abcdef.
 *
 * - inputs: `id`, STRONGROOM_ID_BYTES bytes; `buffer`, `capacity` bytes of room:
 *   STRONGROOM_ID_TEXT_BYTES are enough. NULL asks for the size.
 * - outputs: the text with its zero byte in `buffer`; `len`, its length with the zero byte.
 * - ownership: nothing changes hands.
 * - threads: any thread, at any time.
 * - errors: BUFFER_TOO_SMALL, with the needed size in `len`.
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_id_format(const uint8_t *id,
                                       char *buffer,
                                       size_t capacity,
                                       size_t *len,
                                       struct strongroom_error **error);

/**
 * Opens the store that a config file describes. Never creates one.
 *
 * Erases that were recorded and not finished are finished here. Nothing but TMPDIR is read from the
 * environment.
 *
 * - inputs: `config_path`, the path of a strongroom.toml, UTF-8.
 * - outputs: `store`.
 * - ownership: the caller frees the store with strongroom_store_free().
 * - threads: any thread.
 * - errors: NOT_FOUND or CONFIG when a file is missing, unsafe or not the store's own; CORRUPT;
 *   DENIED.
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_store_open(const char *config_path,
                                        struct strongroom_store **store,
                                        struct strongroom_error **error);

/**
 * Opens the store that a config's text describes. Never creates one.
 *
 * - inputs: `toml`, the text of a config; `base_folder`, to which its relative paths are relative. It
 *   may itself be relative, to the folder in which the process is now.
 * - outputs: `store`.
 * - ownership: the caller frees the store with strongroom_store_free().
 * - threads: any thread.
 * - errors: as strongroom_store_open().
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_store_open_toml(const char *toml,
                                             const char *base_folder,
                                             struct strongroom_store **store,
                                             struct strongroom_error **error);

/**
 * Opens the store that the command `strongroom` would: the config that STRONGROOM_CONFIG names, else
 * the user's, else the machine's. This is the only way to open that reads the environment.
 *
 * - inputs: none.
 * - outputs: `store`.
 * - ownership: the caller frees the store with strongroom_store_free().
 * - threads: any thread, while no other changes the environment.
 * - errors: NOT_FOUND, which names each place that was looked at; as strongroom_store_open().
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_store_open_default(struct strongroom_store **store,
                                                struct strongroom_error **error);

/**
 * Finds the config that strongroom_store_open_default() would open. Reads the environment.
 *
 * - inputs: `buffer`, `capacity` bytes of room; NULL asks for the size.
 * - outputs: the path with its zero byte in `buffer`; `len`, its length with the zero byte.
 * - ownership: nothing changes hands.
 * - threads: any thread, while no other changes the environment.
 * - errors: NOT_FOUND, which names each place that was looked at; CONFIG when the path is not UTF-8;
 *   BUFFER_TOO_SMALL, with the needed size in `len`.
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_config_find(char *buffer,
                                         size_t capacity,
                                         size_t *len,
                                         struct strongroom_error **error);

/**
 * Makes a new store with everything in one folder, and opens it. The config is
 * `folder`/strongroom.toml. Nothing is ever replaced.
 *
 * Keep a copy of the keyring elsewhere: without it, the store's backups are worth nothing.
 *
 * - inputs: `folder`, which is made when it is not there.
 * - outputs: `store`.
 * - ownership: the caller frees the store with strongroom_store_free().
 * - threads: any thread.
 * - errors: ALREADY_EXISTS names the first file that is in the way; DENIED; STORAGE_FULL.
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_store_create(const char *folder,
                                          struct strongroom_store **store,
                                          struct strongroom_error **error);

/**
 * Makes a new store with each file, and its root key, where the caller wants it, and opens it.
 *
 * - inputs: `layout`, or NULL for the user's place, where strongroom_store_open_default() finds it:
 *   that reads the environment.
 * - outputs: `store`.
 * - ownership: the caller frees the store with strongroom_store_free().
 * - threads: any thread.
 * - errors: as strongroom_store_create(); CONFIG for a `key` that cannot be used, NOT_FOUND when its
 *   token is not there, UNAUTHENTICATED when the PIN is wrong, UNAVAILABLE.
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_store_create_with(const struct strongroom_layout *layout,
                                               struct strongroom_store **store,
                                               struct strongroom_error **error);

/**
 * Gives the store's id, which no other store has.
 *
 * - inputs: `store`.
 * - outputs: `id`, STRONGROOM_ID_BYTES bytes.
 * - ownership: nothing changes hands.
 * - threads: any thread.
 * - errors: INVALID_ARGUMENT.
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_store_id(const struct strongroom_store *store,
                                      uint8_t *id,
                                      struct strongroom_error **error);

/**
 * Tells whether the store can only be read here, because its files or their medium do not allow more.
 *
 * - inputs: `store`.
 * - outputs: `read_only`, 1 or 0.
 * - ownership: nothing changes hands.
 * - threads: any thread.
 * - errors: INVALID_ARGUMENT.
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_store_is_read_only(const struct strongroom_store *store,
                                                uint32_t *read_only,
                                                struct strongroom_error **error);

/**
 * Opens a store again in a child of the process that opened it, where its handle answers FORKED. In
 * the process that opened it, this does nothing.
 *
 * What the parent had opened stays in the child's memory until it ends. The parent is unharmed.
 *
 * - inputs: `store`.
 * - outputs: none.
 * - ownership: nothing changes hands; the handle stays the same.
 * - threads: any thread of the child, while others use the handle or do the same.
 * - errors: as strongroom_store_open(); then the handle still answers FORKED.
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_store_reopen(struct strongroom_store *store,
                                          struct strongroom_error **error);

/**
 * Closes a store and frees its handle. Iterators and secrets that came from it live on. In a forked
 * child it releases memory only.
 *
 * - inputs: `store`, or NULL, which does nothing.
 * - outputs: none.
 * - ownership: takes the store.
 * - threads: any thread, when no other uses the handle.
 * - errors: none.
 * - since: 0.1
 */
void strongroom_store_free(struct strongroom_store *store);

/**
 * Gives the bytes of a payload. They do not end with a zero byte, and may contain some.
 *
 * - inputs: `secret`, or NULL.
 * - outputs: the first of strongroom_secret_len() bytes; NULL for NULL.
 * - ownership: the bytes belong to the secret and are wiped with it.
 * - threads: any thread.
 * - errors: none.
 * - since: 0.1
 */
const uint8_t *strongroom_secret_data(const struct strongroom_secret *secret);

/**
 * Gives the length of a payload in bytes: 1 to STRONGROOM_PAYLOAD_LIMIT.
 *
 * - inputs: `secret`, or NULL.
 * - outputs: the length; 0 for NULL.
 * - ownership: nothing changes hands.
 * - threads: any thread.
 * - errors: none.
 * - since: 0.1
 */
size_t strongroom_secret_len(const struct strongroom_secret *secret);

/**
 * Gives the number of the version that the payload is.
 *
 * - inputs: `secret`, or NULL.
 * - outputs: the number, from 1; 0 for NULL.
 * - ownership: nothing changes hands.
 * - threads: any thread.
 * - errors: none.
 * - since: 0.1
 */
uint32_t strongroom_secret_version(const struct strongroom_secret *secret);

/**
 * Gives what the secret is: one of STRONGROOM_TYPE_...
 *
 * - inputs: `secret`, or NULL.
 * - outputs: the type; 0 for NULL.
 * - ownership: nothing changes hands.
 * - threads: any thread.
 * - errors: none.
 * - since: 0.1
 */
uint32_t strongroom_secret_type(const struct strongroom_secret *secret);

/**
 * Gives the media type that the secret was given.
 *
 * - inputs: `secret`, or NULL.
 * - outputs: the media type; NULL when there is none.
 * - ownership: the text belongs to the secret and goes with it.
 * - threads: any thread.
 * - errors: none.
 * - since: 0.1
 */
const char *strongroom_secret_content_type(const struct strongroom_secret *secret);

/**
 * Tells whether a payload is equal to other bytes, in a time that depends on the lengths alone.
 *
 * - inputs: `secret`; `data` and `len`, the other bytes. NULL equals nothing.
 * - outputs: 1 when they are equal, else 0.
 * - ownership: nothing changes hands.
 * - threads: any thread.
 * - errors: none.
 * - since: 0.1
 */
uint32_t strongroom_secret_equals(const struct strongroom_secret *secret,
                                  const uint8_t *data,
                                  size_t len);

/**
 * Wipes a payload and frees it.
 *
 * - inputs: `secret`, or NULL, which does nothing.
 * - outputs: none.
 * - ownership: takes the secret; its bytes are gone.
 * - threads: any thread, when no other uses the secret.
 * - errors: none.
 * - since: 0.1
 */
void strongroom_secret_free(struct strongroom_secret *secret);

/**
 * Overwrites a caller's own bytes with zeros, in a way that no compiler leaves out.
 *
 * - inputs: `data` and `len`, the bytes. NULL does nothing.
 * - outputs: the bytes are zero.
 * - ownership: nothing changes hands.
 * - threads: any thread, when no other uses the bytes.
 * - errors: none.
 * - since: 0.1
 */
void strongroom_wipe(uint8_t *data, size_t len);

/**
 * Puts a payload as the newest version of a secret, and returns when it would survive a power cut.
 *
 * The secret is made when it is not there, and so is its project where the config allows it.
 *
 * - inputs: `store`; `path`, PROJECT/NAME; `data` and `len`, 1 to STRONGROOM_PAYLOAD_LIMIT bytes.
 * - outputs: none.
 * - ownership: the bytes stay the caller's to wipe: strongroom_wipe().
 * - threads: any thread.
 * - errors: INVALID_ARGUMENT; TOO_LARGE; CONFLICT; STORAGE_FULL; UNSUPPORTED on a read-only medium;
 *   UNAVAILABLE: it had no effect; TIMEOUT: read back; FORKED.
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_put(struct strongroom_store *store,
                                 const char *path,
                                 const uint8_t *data,
                                 size_t len,
                                 struct strongroom_error **error);

/**
 * Puts a payload, with options and a receipt.
 *
 * - inputs: as strongroom_put(); `options`, or NULL for the defaults.
 * - outputs: `receipt`, or NULL.
 * - ownership: as strongroom_put().
 * - threads: any thread.
 * - errors: as strongroom_put(); ALREADY_EXISTS or CONFLICT when the expectation is not met, or the
 *   type is another one; QUOTA for too many labels.
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_put_with(struct strongroom_store *store,
                                      const char *path,
                                      const uint8_t *data,
                                      size_t len,
                                      const struct strongroom_put_options *options,
                                      struct strongroom_put_receipt *receipt,
                                      struct strongroom_error **error);

/**
 * Puts a new passphrase of 43 letters and digits, 256 bits, that nobody has seen.
 *
 * - inputs: `store`; `path`, PROJECT/NAME.
 * - outputs: none; strongroom_get() gives the passphrase.
 * - ownership: nothing changes hands.
 * - threads: any thread.
 * - errors: as strongroom_put().
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_generate(struct strongroom_store *store,
                                      const char *path,
                                      struct strongroom_error **error);

/**
 * Puts a new payload that nobody has seen, with options and a receipt.
 *
 * - inputs: `store`; `path`, PROJECT/NAME; `recipe`, one of STRONGROOM_GENERATE_...; `length`, as
 *   the recipe counts it, 0 for its default: 43 characters, or 32 bytes; `options`, or NULL for the
 *   defaults.
 * - outputs: `receipt`, or NULL; strongroom_get() gives the payload.
 * - ownership: nothing changes hands.
 * - threads: any thread.
 * - errors: as strongroom_put_with(); INVALID_ARGUMENT for a length that is too short or too long.
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_generate_with(struct strongroom_store *store,
                                           const char *path,
                                           uint32_t recipe,
                                           size_t length,
                                           const struct strongroom_put_options *options,
                                           struct strongroom_put_receipt *receipt,
                                           struct strongroom_error **error);

/**
 * Makes an object that others made, where the project's backend keeps its own, the newest version of a
 * secret. On a KMIP server with plaintext_objects; elsewhere UNSUPPORTED.
 *
 * The object is read, never written, and stays whose it was: strongroom_destroy() and strongroom_erase() let
 * go of it, and whoever made it destroys it.
 *
 * - inputs: `store`; `path`, PROJECT/NAME; `identifier`, what the server calls the object: its Unique
 *   Identifier, 1 to 1,000 bytes; `options`, or NULL for the defaults, with which a new secret is of the
 *   object's type.
 * - outputs: `receipt`, or NULL.
 * - ownership: nothing changes hands.
 * - threads: any thread.
 * - errors: as strongroom_put_with(); NOT_FOUND when there is no such object; DENIED when it is not for this
 *   client; NOT_ACTIVE when its state is neither Pre-Active nor Active; CONFLICT when a store made it, or
 *   when it is a key or certificate and the secret is something else.
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_adopt(struct strongroom_store *store,
                                   const char *path,
                                   const char *identifier,
                                   const struct strongroom_put_options *options,
                                   struct strongroom_put_receipt *receipt,
                                   struct strongroom_error **error);

/**
 * Gets the payload of a secret's current version: the newest active one.
 *
 * - inputs: `store`; `path`, PROJECT/NAME.
 * - outputs: `secret`.
 * - ownership: the caller frees the secret with strongroom_secret_free(), which wipes it.
 * - threads: any thread.
 * - errors: NOT_FOUND; EXPIRED, NOT_ACTIVE or DESTROYED when there is no current version, by the
 *   newest one; CORRUPT when metadata or payload were altered; UNAVAILABLE; FORKED.
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_get(const struct strongroom_store *store,
                                 const char *path,
                                 struct strongroom_secret **secret,
                                 struct strongroom_error **error);

/**
 * Gets the payload of the version that options choose.
 *
 * - inputs: `store`; `path`, PROJECT/NAME; `options`, or NULL for the current version.
 * - outputs: `secret`.
 * - ownership: the caller frees the secret with strongroom_secret_free(), which wipes it.
 * - threads: any thread.
 * - errors: as strongroom_get().
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_get_with(const struct strongroom_store *store,
                                      const char *path,
                                      const struct strongroom_get_options *options,
                                      struct strongroom_secret **secret,
                                      struct strongroom_error **error);

/**
 * Gets a payload into the caller's own memory.
 *
 * - inputs: `store`; `path`, PROJECT/NAME; `options`, or NULL for the current version; `buffer`,
 *   `capacity` bytes of room. NULL asks for the size.
 * - outputs: the payload in `buffer`, nothing added; `len`, its length, also when the buffer is too
 *   small.
 * - ownership: the bytes are the caller's to wipe: strongroom_wipe().
 * - threads: any thread.
 * - errors: BUFFER_TOO_SMALL, with the needed size in `len`; as strongroom_get().
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_get_into(const struct strongroom_store *store,
                                      const char *path,
                                      const struct strongroom_get_options *options,
                                      uint8_t *buffer,
                                      size_t capacity,
                                      size_t *len,
                                      struct strongroom_error **error);

/**
 * Lists the secrets of a project, in the order of the bytes of their names.
 *
 * What is put or erased while the list is read may or may not be in it.
 *
 * - inputs: `store`; `project`; `options`, or NULL for every name.
 * - outputs: `list`, for strongroom_secret_list_next().
 * - ownership: the caller frees the list with strongroom_secret_list_free().
 * - threads: any thread.
 * - errors: NOT_FOUND when there is no such project; INVALID_ARGUMENT; CORRUPT; FORKED.
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_list(const struct strongroom_store *store,
                                  const char *project,
                                  const struct strongroom_list_options *options,
                                  struct strongroom_secret_list **list,
                                  struct strongroom_error **error);

/**
 * Gives the next secret of a list.
 *
 * - inputs: `list`.
 * - outputs: `info`; as it was when there is nothing more.
 * - ownership: the list owns what `info` points to, until the next call with it or its free.
 * - threads: one thread at a time for one list.
 * - errors: STRONGROOM_DONE, which is none, after the last; as strongroom_list(): a call that failed
 *   may be tried again.
 * - since: 0.1
 */
strongroom_status strongroom_secret_list_next(struct strongroom_secret_list *list,
                                              const struct strongroom_secret_info **info,
                                              struct strongroom_error **error);

/**
 * Frees a list.
 *
 * - inputs: `list`, or NULL, which does nothing.
 * - outputs: none.
 * - ownership: takes the list; its last item goes with it.
 * - threads: any thread, when no other uses the list.
 * - errors: none.
 * - since: 0.1
 */
void strongroom_secret_list_free(struct strongroom_secret_list *list);

/**
 * Tells what is known of a secret, but for its payloads.
 *
 * - inputs: `store`; `path`, PROJECT/NAME.
 * - outputs: `info`.
 * - ownership: the caller frees it with strongroom_secret_info_free().
 * - threads: any thread.
 * - errors: NOT_FOUND; CORRUPT; FORKED.
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_describe(const struct strongroom_store *store,
                                      const char *path,
                                      struct strongroom_secret_info **info,
                                      struct strongroom_error **error);

/**
 * Frees what strongroom_describe() gave.
 *
 * - inputs: `info`, or NULL, which does nothing. Never one that a list lent.
 * - outputs: none.
 * - ownership: takes it; its texts go with it.
 * - threads: any thread, when no other uses it.
 * - errors: none.
 * - since: 0.1
 */
void strongroom_secret_info_free(struct strongroom_secret_info *info);

/**
 * Lists every version of a secret, the newest first.
 *
 * - inputs: `store`; `path`, PROJECT/NAME.
 * - outputs: `list`, for strongroom_version_list_next().
 * - ownership: the caller frees the list with strongroom_version_list_free().
 * - threads: any thread.
 * - errors: NOT_FOUND; CORRUPT; FORKED.
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_versions(const struct strongroom_store *store,
                                      const char *path,
                                      struct strongroom_version_list **list,
                                      struct strongroom_error **error);

/**
 * Gives the next version of a list.
 *
 * - inputs: `list`.
 * - outputs: `info`; as it was when there is nothing more.
 * - ownership: the list owns what `info` points to, until the next call with it or its free.
 * - threads: one thread at a time for one list.
 * - errors: STRONGROOM_DONE, which is none, after the last; INVALID_ARGUMENT.
 * - since: 0.1
 */
strongroom_status strongroom_version_list_next(struct strongroom_version_list *list,
                                               const struct strongroom_version_info **info,
                                               struct strongroom_error **error);

/**
 * Frees a list.
 *
 * - inputs: `list`, or NULL, which does nothing.
 * - outputs: none.
 * - ownership: takes the list; its last item goes with it.
 * - threads: any thread, when no other uses the list.
 * - errors: none.
 * - since: 0.1
 */
void strongroom_version_list_free(struct strongroom_version_list *list);

/**
 * Takes a version to another state, if KMIP allows the step. To STRONGROOM_STATE_DESTROYED it is
 * strongroom_destroy().
 *
 * - inputs: `store`; `path`, PROJECT/NAME; `version`, its number; `to`, one of STRONGROOM_STATE_...
 * - outputs: none.
 * - ownership: nothing changes hands.
 * - threads: any thread.
 * - errors: NOT_FOUND; CONFLICT when the step is not legal; INVALID_ARGUMENT; PENDING as
 *   strongroom_destroy(), or when the version has the state and a backend that shows states, a KMIP
 *   server, was not told: the same call tells it again; FORKED.
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_set_state(struct strongroom_store *store,
                                       const char *path,
                                       uint32_t version,
                                       uint32_t to,
                                       struct strongroom_error **error);

/**
 * Changes when a version becomes active or expires.
 *
 * - inputs: `store`; `path`, PROJECT/NAME; `version`, its number; `dates`, the changes.
 * - outputs: none.
 * - ownership: nothing changes hands.
 * - threads: any thread.
 * - errors: NOT_FOUND; CONFLICT when that has happened already; INVALID_ARGUMENT; FORKED.
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_set_dates(struct strongroom_store *store,
                                       const char *path,
                                       uint32_t version,
                                       const struct strongroom_dates *dates,
                                       struct strongroom_error **error);

/**
 * Sets and removes labels of a secret.
 *
 * - inputs: `store`; `path`, PROJECT/NAME; `changes`.
 * - outputs: none.
 * - ownership: nothing changes hands.
 * - threads: any thread.
 * - errors: NOT_FOUND; INVALID_ARGUMENT for labels that are too long, or more to remove than a secret may
 *   have; QUOTA for too many; FORKED.
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_set_labels(struct strongroom_store *store,
                                        const char *path,
                                        const struct strongroom_label_changes *changes,
                                        struct strongroom_error **error);

/**
 * Destroys the payload of a version; what is known of it stays, and says so.
 *
 * - inputs: `store`; `path`, PROJECT/NAME; `version`, its number.
 * - outputs: none.
 * - ownership: nothing changes hands.
 * - threads: any thread.
 * - errors: NOT_FOUND; CONFLICT while the version is active: deactivate it first; PENDING when it can
 *   no longer be read but its bytes are not gone yet; FORKED.
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_destroy(struct strongroom_store *store,
                                     const char *path,
                                     uint32_t version,
                                     struct strongroom_error **error);

/**
 * Erases a secret with all its versions, in any state; its name is free at once.
 *
 * After STRONGROOM_OK no operation gives a payload back, and no file that the store controls holds its
 * ciphertext.
 *
 * - inputs: `store`; `path`, PROJECT/NAME.
 * - outputs: none.
 * - ownership: nothing changes hands.
 * - threads: any thread.
 * - errors: NOT_FOUND; PENDING when it is invisible already and bytes remain, because a backup runs or
 *   a reader holds a file: opening the store, or doctor, finishes it; FORKED.
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_erase(struct strongroom_store *store,
                                   const char *path,
                                   struct strongroom_error **error);

/**
 * Makes a project with a key of its own.
 *
 * - inputs: `store`; `name`; `backend`, or NULL for the one that the config gives it.
 * - outputs: `info`, or NULL when it is of no interest.
 * - ownership: the caller frees `info` with strongroom_project_info_free().
 * - threads: any thread.
 * - errors: ALREADY_EXISTS when a live project has the name; INVALID_ARGUMENT; CONFIG when there is no
 *   such backend; FORKED.
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_create_project(struct strongroom_store *store,
                                            const char *name,
                                            const char *backend,
                                            struct strongroom_project_info **info,
                                            struct strongroom_error **error);

/**
 * Tells what is known of a project.
 *
 * - inputs: `store`; `name`.
 * - outputs: `info`.
 * - ownership: the caller frees it with strongroom_project_info_free().
 * - threads: any thread.
 * - errors: NOT_FOUND; CORRUPT; FORKED.
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_describe_project(const struct strongroom_store *store,
                                              const char *name,
                                              struct strongroom_project_info **info,
                                              struct strongroom_error **error);

/**
 * Frees what strongroom_describe_project() or strongroom_create_project() gave.
 *
 * - inputs: `info`, or NULL, which does nothing. Never one that a list lent.
 * - outputs: none.
 * - ownership: takes it; its texts go with it.
 * - threads: any thread, when no other uses it.
 * - errors: none.
 * - since: 0.1
 */
void strongroom_project_info_free(struct strongroom_project_info *info);

/**
 * Lists live projects, in the order of the bytes of their names.
 *
 * - inputs: `store`; `options`, or NULL for every name.
 * - outputs: `list`, for strongroom_project_list_next().
 * - ownership: the caller frees the list with strongroom_project_list_free().
 * - threads: any thread.
 * - errors: INVALID_ARGUMENT; CORRUPT; FORKED.
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_projects(const struct strongroom_store *store,
                                      const struct strongroom_list_options *options,
                                      struct strongroom_project_list **list,
                                      struct strongroom_error **error);

/**
 * Gives the next project of a list.
 *
 * - inputs: `list`.
 * - outputs: `info`; as it was when there is nothing more.
 * - ownership: the list owns what `info` points to, until the next call with it or its free.
 * - threads: one thread at a time for one list.
 * - errors: STRONGROOM_DONE, which is none, after the last; as strongroom_projects(): a call that
 *   failed may be tried again.
 * - since: 0.1
 */
strongroom_status strongroom_project_list_next(struct strongroom_project_list *list,
                                               const struct strongroom_project_info **info,
                                               struct strongroom_error **error);

/**
 * Frees a list.
 *
 * - inputs: `list`, or NULL, which does nothing.
 * - outputs: none.
 * - ownership: takes the list; its last item goes with it.
 * - threads: any thread, when no other uses the list.
 * - errors: none.
 * - since: 0.1
 */
void strongroom_project_list_free(struct strongroom_project_list *list);

/**
 * Erases a project with all its secrets and its keys; its name is free at once.
 *
 * - inputs: `store`; `name`.
 * - outputs: none.
 * - ownership: nothing changes hands.
 * - threads: any thread.
 * - errors: NOT_FOUND; PENDING as strongroom_erase(); FORKED.
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_erase_project(struct strongroom_store *store,
                                           const char *name,
                                           struct strongroom_error **error);

/**
 * Gives the word for a severity.
 *
 * - inputs: one of STRONGROOM_SEVERITY_...
 * - outputs: the word; NULL for any other number.
 * - ownership: the text is static; do not free it.
 * - threads: any thread, at any time.
 * - errors: none.
 * - since: 0.1
 */
const char *strongroom_severity_name(uint32_t number);

/**
 * Tests every part for real: metadata, root keys, key backends, backends, clock. Warns until a backup
 * exists, and 30 days before a version expires.
 *
 * What does not work is a finding, not an error of this call.
 *
 * - inputs: `store`.
 * - outputs: `list`, for strongroom_health_list_next().
 * - ownership: the caller frees the list with strongroom_health_list_free().
 * - threads: any thread.
 * - errors: INVALID_ARGUMENT.
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_health(const struct strongroom_store *store,
                                    struct strongroom_health_list **list,
                                    struct strongroom_error **error);

/**
 * Gives the next finding of a list.
 *
 * - inputs: `list`.
 * - outputs: `finding`; as it was when there is nothing more.
 * - ownership: the list owns what `finding` points to, until the next call with it or its free.
 * - threads: one thread at a time for one list.
 * - errors: STRONGROOM_DONE, which is none, after the last; INVALID_ARGUMENT.
 * - since: 0.1
 */
strongroom_status strongroom_health_list_next(struct strongroom_health_list *list,
                                              const struct strongroom_health_finding **finding,
                                              struct strongroom_error **error);

/**
 * Frees a list.
 *
 * - inputs: `list`, or NULL, which does nothing.
 * - outputs: none.
 * - ownership: takes the list; its last item goes with it.
 * - threads: any thread, when no other uses the list.
 * - errors: none.
 * - since: 0.1
 */
void strongroom_health_list_free(struct strongroom_health_list *list);

/**
 * Tells how much secret memory of this process cannot be swapped out, and how much could, because the
 * limit (`ulimit -l`) is reached.
 *
 * - inputs: none.
 * - outputs: `locked` and `unlocked`, in bytes.
 * - ownership: nothing changes hands.
 * - threads: any thread, at any time.
 * - errors: INVALID_ARGUMENT.
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_memory_status(size_t *locked,
                                           size_t *unlocked,
                                           struct strongroom_error **error);

/**
 * Lists every root key that the store knows.
 *
 * - inputs: `store`.
 * - outputs: `list`, for strongroom_root_key_list_next().
 * - ownership: the caller frees the list with strongroom_root_key_list_free().
 * - threads: any thread.
 * - errors: CORRUPT; FORKED; INVALID_ARGUMENT.
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_root_keys(const struct strongroom_store *store,
                                       struct strongroom_root_key_list **list,
                                       struct strongroom_error **error);

/**
 * Gives the next root key of a list.
 *
 * - inputs: `list`.
 * - outputs: `info`; as it was when there is nothing more.
 * - ownership: the list owns what `info` points to, until the next call with it or its free.
 * - threads: one thread at a time for one list.
 * - errors: STRONGROOM_DONE, which is none, after the last; INVALID_ARGUMENT.
 * - since: 0.1
 */
strongroom_status strongroom_root_key_list_next(struct strongroom_root_key_list *list,
                                                const struct strongroom_root_key_info **info,
                                                struct strongroom_error **error);

/**
 * Frees a list.
 *
 * - inputs: `list`, or NULL, which does nothing.
 * - outputs: none.
 * - ownership: takes the list; its last item goes with it.
 * - threads: any thread, when no other uses the list.
 * - errors: none.
 * - since: 0.1
 */
void strongroom_root_key_list_free(struct strongroom_root_key_list *list);

/**
 * Tests for real that each root key is at hand and the one that the store knows, and how it is kept. A
 * key that is not is an item of the list, not an error of this call. A retired key is not looked for, and a
 * finding says so.
 *
 * - inputs: `store`.
 * - outputs: `list`, for strongroom_key_check_list_next().
 * - ownership: the caller frees the list with strongroom_key_check_list_free().
 * - threads: any thread.
 * - errors: CORRUPT; FORKED; INVALID_ARGUMENT.
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_check_keys(const struct strongroom_store *store,
                                        struct strongroom_key_check_list **list,
                                        struct strongroom_error **error);

/**
 * Gives the next outcome of a list.
 *
 * - inputs: `list`.
 * - outputs: `check`; as it was when there is nothing more.
 * - ownership: the list owns what `check` points to, until the next call with it or its free.
 * - threads: one thread at a time for one list.
 * - errors: STRONGROOM_DONE, which is none, after the last; INVALID_ARGUMENT.
 * - since: 0.1
 */
strongroom_status strongroom_key_check_list_next(struct strongroom_key_check_list *list,
                                                 const struct strongroom_key_check **check,
                                                 struct strongroom_error **error);

/**
 * Frees a list.
 *
 * - inputs: `list`, or NULL, which does nothing.
 * - outputs: none.
 * - ownership: takes the list; its last item goes with it.
 * - threads: any thread, when no other uses the list.
 * - errors: none.
 * - since: 0.1
 */
void strongroom_key_check_list_free(struct strongroom_key_check_list *list);

/**
 * Makes a new root key, and wraps the store key and every project key of the old one under it. Payloads
 * are not touched. Others may use the store meanwhile.
 *
 * The old root key stays where it is, deactivated: backups that were made before need it. A rotation
 * that was interrupted is finished first; when it was of the kind that is asked for, that is all.
 *
 * - inputs: `store`; `options`, or NULL for a new root key beside the only one in use.
 * - outputs: `report`, or NULL. Damage is in it, and is no error of this call.
 * - ownership: the caller frees the report with strongroom_rotate_report_free().
 * - threads: any thread.
 * - errors: INVALID_ARGUMENT when it is not clear which key is meant; NOT_FOUND when there is no such
 *   key, or its token is gone; UNSUPPORTED when keys that cannot leave their device would have to move,
 *   or the store can only be read; CONFLICT; UNAUTHENTICATED; UNAVAILABLE and TIMEOUT, after which it is
 *   finished by the next one; FORKED.
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_rotate_keys(struct strongroom_store *store,
                                         const struct strongroom_rotate_options *options,
                                         struct strongroom_rotate_report **report,
                                         struct strongroom_error **error);

/**
 * Frees a report.
 *
 * - inputs: `report`, or NULL, which does nothing.
 * - outputs: none.
 * - ownership: takes the report; its texts go with it.
 * - threads: any thread, when no other uses it.
 * - errors: none.
 * - since: 0.1
 */
void strongroom_rotate_report_free(struct strongroom_rotate_report *report);

/**
 * Makes the first root key of this store in a key backend that the config names: what prepares a
 * rotation to it. A keyring is made where there is none; nothing is ever replaced.
 *
 * - inputs: `store`; `key_backend`, its name, or its kind where only one is of that.
 * - outputs: `info`, or NULL when it is of no interest.
 * - ownership: the caller frees `info` with strongroom_root_key_info_free().
 * - threads: any thread.
 * - errors: ALREADY_EXISTS when the store has an active root key there; CONFLICT while a rotation away
 *   from it is not finished; INVALID_ARGUMENT and CONFIG when there is no such key backend, or it cannot
 *   be used; UNSUPPORTED when the store can only be read; NOT_FOUND; UNAUTHENTICATED; UNAVAILABLE;
 *   TIMEOUT; FORKED.
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_init_keys(struct strongroom_store *store,
                                       const char *key_backend,
                                       struct strongroom_root_key_info **info,
                                       struct strongroom_error **error);

/**
 * Frees what strongroom_init_keys() gave.
 *
 * - inputs: `info`, or NULL, which does nothing. Never one that a list lent.
 * - outputs: none.
 * - ownership: takes it; its texts go with it.
 * - threads: any thread, when no other uses it.
 * - errors: none.
 * - since: 0.1
 */
void strongroom_root_key_info_free(struct strongroom_root_key_info *info);

/**
 * Retires a root key for good: it is never used again, nor is its id. The key itself is left where it
 * is: backups from before its rotation still need it.
 *
 * - inputs: `store`; `key_backend` and `id`, as strongroom_root_keys() lists them.
 * - outputs: none.
 * - ownership: nothing changes hands.
 * - threads: any thread.
 * - errors: CONFLICT while it is active or wraps any key; NOT_FOUND when the store knows no such key;
 *   INVALID_ARGUMENT; UNSUPPORTED when the store can only be read; FORKED.
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_retire_key(struct strongroom_store *store,
                                        const char *key_backend,
                                        const char *id,
                                        struct strongroom_error **error);

/**
 * Reads every row and every payload, and reports what is damaged, stray or pending. Damaged things are
 * never removed. Safe while others use the store; takes about 20 microseconds for each version.
 *
 * - inputs: `store`; `options`, or NULL to look only.
 * - outputs: `report`. Damage is in it, and is no error of this call.
 * - ownership: the caller frees it with strongroom_doctor_report_free().
 * - threads: any thread.
 * - errors: UNSUPPORTED for a repair on a read-only medium; UNAVAILABLE; FORKED; INVALID_ARGUMENT.
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_doctor(struct strongroom_store *store,
                                    const struct strongroom_doctor_options *options,
                                    struct strongroom_doctor_report **report,
                                    struct strongroom_error **error);

/**
 * Frees a report.
 *
 * - inputs: `report`, or NULL, which does nothing.
 * - outputs: none.
 * - ownership: takes the report; its texts go with it.
 * - threads: any thread, when no other uses it.
 * - errors: none.
 * - since: 0.1
 */
void strongroom_doctor_report_free(struct strongroom_doctor_report *report);

/**
 * Writes a consistent copy of a store to a new file, while others use the store. Erases of others are
 * held meanwhile and report PENDING.
 *
 * - inputs: `store`; `file`, the path of a file that is not there; `options`, or NULL for a backup
 *   without keys.
 * - outputs: `report`, or NULL.
 * - ownership: the passphrase stays the caller's to wipe.
 * - threads: any thread.
 * - errors: ALREADY_EXISTS when the file is there; UNSUPPORTED for a passphrase when every root key is in
 *   a token; STORAGE_FULL; DENIED; FORKED.
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_backup(struct strongroom_store *store,
                                    const char *file,
                                    const struct strongroom_backup_options *options,
                                    struct strongroom_backup_report *report,
                                    struct strongroom_error **error);

/**
 * Reads what a backup file says of itself: to know whether a passphrase will be needed. Nothing of it
 * is authenticated before strongroom_restore().
 *
 * - inputs: `file`, its path.
 * - outputs: `info`.
 * - ownership: nothing changes hands.
 * - threads: any thread.
 * - errors: NOT_FOUND; CORRUPT when it is no backup; UNSUPPORTED when it is a newer one.
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_backup_info(const char *file,
                                         struct strongroom_backup_file *info,
                                         struct strongroom_error **error);

/**
 * Restores a backup into a new folder, and opens every payload as a proof. The store there is opened
 * with strongroom_store_open() and the config that the report names.
 *
 * - inputs: `file`, the backup; `folder`, which is not there or empty; `options`, the keys.
 * - outputs: `report`. What was damaged before the backup was made is in it, and is no error.
 * - ownership: the caller frees the report with strongroom_restore_report_free().
 * - threads: any thread.
 * - errors: ALREADY_EXISTS when the folder is not empty; DENIED when the passphrase is not the backup's;
 *   CORRUPT when the file was altered, or the keys are not its store's: then nothing is left behind;
 *   INVALID_ARGUMENT; STORAGE_FULL.
 * - since: 0.1
 */
STRONGROOM_MUST_CHECK
strongroom_status strongroom_restore(const char *file,
                                     const char *folder,
                                     const struct strongroom_restore_options *options,
                                     struct strongroom_restore_report **report,
                                     struct strongroom_error **error);

/**
 * Frees a report.
 *
 * - inputs: `report`, or NULL, which does nothing.
 * - outputs: none.
 * - ownership: takes the report; its texts go with it.
 * - threads: any thread, when no other uses it.
 * - errors: none.
 * - since: 0.1
 */
void strongroom_restore_report_free(struct strongroom_restore_report *report);

extern int pthread_setcancelstate(int state, int *old);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* STRONGROOM_H */
