/*
 * A program with a SQLite database of its own, on a file of its own, and a store.
 *
 *   own_sqlite own|shared FOLDER
 *
 * `own`: the library has its SQLite inside, and the program's must not notice it. `shared`: both use one.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>
#include <strongroom.h>

static sqlite3 *database;
static strongroom_store *store;

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "own_sqlite: %s: %s\n", what, why);
    exit(1);
}

static void check(strongroom_status status, strongroom_error *error)
{
    if (status != STRONGROOM_OK)
        fail("store", strongroom_error_message(error));
}

static void sql(const char *statement)
{
    if (sqlite3_exec(database, statement, NULL, NULL, NULL) != SQLITE_OK)
        fail(statement, sqlite3_errmsg(database));
}

/* The two take turns, in the middle of each other's work. */
static void take_turns(void)
{
    strongroom_error *error = NULL;
    strongroom_secret *secret = NULL;

    for (int turn = 0; turn < 20; turn++) {
        sql("BEGIN; INSERT INTO host VALUES (1)");
        check(strongroom_put(store, "host/secret", (const uint8_t *)"payload", 7, &error), error);
        sql("COMMIT");
        check(strongroom_get(store, "host/secret", &secret, &error), error);
        if (strongroom_secret_len(secret) != 7 || memcmp(strongroom_secret_data(secret), "payload", 7) != 0)
            fail("store", "not what was put");
        strongroom_secret_free(secret);
    }
}

int main(int argc, char **argv)
{
    char path[4096];
    strongroom_error *error = NULL;

    if (argc != 3)
        fail("usage", "own_sqlite own|shared FOLDER");
    int shared = strcmp(argv[1], "shared") == 0;

    /* Before the program has opened anything, its SQLite holds memory only if the library uses it. */
    snprintf(path, sizeof path, "%s/store", argv[2]);
    check(strongroom_store_create(path, &store, &error), error);
    if ((sqlite3_memory_used() > 0) != shared)
        fail("the program's SQLite", shared ? "is not the library's" : "is used by the library");
    if (strcmp(sqlite3_libversion(), SQLITE_VERSION) != 0)
        fail("the program's SQLite is not the one it was compiled for", sqlite3_libversion());

    snprintf(path, sizeof path, "%s/host.db", argv[2]);
    if (sqlite3_open(path, &database) != SQLITE_OK)
        fail(path, sqlite3_errmsg(database));
    sql("PRAGMA journal_mode = WAL; CREATE TABLE host (turn)");
    take_turns();

    /* Freeing one leaves the other as it is. */
    strongroom_store_free(store);
    sql("INSERT INTO host VALUES (2)");
    if (sqlite3_close(database) != SQLITE_OK)
        fail("close", sqlite3_errmsg(database));
    printf("SQLite %s %s\n", SQLITE_VERSION, argv[1]);
    return 0;
}
