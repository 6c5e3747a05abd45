/* A host with an SQLite and an OpenSSL of its own, both in use while the library is. */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <sqlite3.h>

#include "loaded.h"

enum { ROUNDS = 40 };

static int count_rows(void *context, int columns, char **values, char **names)
{
    (void)columns;
    (void)names;
    *(int *)context = atoi(values[0]);
    return 0;
}

static void *use_sqlite(void *nothing)
{
    (void)nothing;
    sqlite3 *database;
    int rows = 0;
    CHECK(sqlite3_open("host.db", &database) == SQLITE_OK);
    CHECK(sqlite3_exec(database, "PRAGMA journal_mode = WAL; CREATE TABLE t(x)", NULL, NULL, NULL) == SQLITE_OK);
    for (int i = 0; i < ROUNDS; i++) {
        CHECK(sqlite3_exec(database, "INSERT INTO t VALUES(randomblob(500))", NULL, NULL, NULL) == SQLITE_OK);
    }
    CHECK(sqlite3_exec(database, "SELECT count(*) FROM t", count_rows, &rows, NULL) == SQLITE_OK);
    CHECK(rows == ROUNDS);
    CHECK(sqlite3_close(database) == SQLITE_OK);
    return NULL;
}

static void *use_openssl(void *nothing)
{
    (void)nothing;
    for (int i = 0; i < ROUNDS * 100; i++) {
        unsigned char digest[EVP_MAX_MD_SIZE];
        unsigned int len;
        CHECK(EVP_Digest("abc", 3, digest, &len, EVP_sha256(), NULL) == 1);
        CHECK(len == 32 && digest[0] == 0xba && digest[31] == 0xad);
    }
    return NULL;
}

static struct loaded l;

static void *use_strongroom(void *nothing)
{
    (void)nothing;
    strongroom_store *store;
    CHECK(l.create("store", &store, NULL) == STRONGROOM_OK);
    for (int i = 0; i < ROUNDS; i++) put_and_get(&l, store, "p/n");
    l.store_free(store);
    return NULL;
}

/* Nobody's function is taken for another's: the host's are still the host's. */
static void symbols_are_apart(void)
{
    Dl_info sqlite, openssl;
    CHECK(dladdr((void *)(size_t)sqlite3_libversion, &sqlite) != 0 && strstr(sqlite.dli_fname, "strongroom") == NULL);
    CHECK(dladdr((void *)(size_t)OpenSSL_version, &openssl) != 0 && strstr(openssl.dli_fname, "strongroom") == NULL);
    Dl_info own;
    void *found = dlsym(l.library, "sqlite3_open");
    CHECK(found == NULL || (dladdr(found, &own) != 0 && strstr(own.dli_fname, "strongroom") == NULL));
    CHECK(strcmp(sqlite3_libversion(), SQLITE_VERSION) == 0);
}

int main(void)
{
    void *(*const users[])(void *) = {use_sqlite, use_openssl, use_strongroom};
    pthread_t threads[COUNT(users)];
    use_openssl(NULL);
    l = load();
    symbols_are_apart();
    for (size_t i = 0; i < COUNT(users); i++) CHECK(pthread_create(&threads[i], NULL, users[i], NULL) == 0);
    for (size_t i = 0; i < COUNT(users); i++) CHECK(pthread_join(threads[i], NULL) == 0);
    symbols_are_apart();
    CHECK(dlclose(l.library) == 0);

    /* The files are whole by the other's measure too: the store's is a database to any SQLite. */
    sqlite3 *database;
    int tables = 0;
    CHECK(sqlite3_open_v2("store/metadata.db", &database, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK);
    CHECK(sqlite3_exec(database, "SELECT count(*) FROM sqlite_schema", count_rows, &tables, NULL) == SQLITE_OK);
    CHECK(tables > 0);
    CHECK(sqlite3_close(database) == SQLITE_OK);
    return 0;
}
