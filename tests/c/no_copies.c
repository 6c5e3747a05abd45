/*
 * A secret leaves no copy in memory: one process puts, gets and frees it, and another looks through all
 * of its memory after each step. Both know the secret only in a masked form, so neither finds the other's
 * knowledge of it; whenever the secret is held, the search must find it.
 */
#include <fcntl.h>
#include <sys/random.h>
#include <sys/wait.h>

#include "store.h"

enum { NEEDLE = 64, PIECE = 16, MASK = 0x5a, LARGE = 300000, CHUNK = 1 << 16 };

static uint8_t masked[NEEDLE];
static int to_searcher[2], to_holder[2];

/* The process that holds the secret. */

static uint8_t own[LARGE];

/* The secret again and again, in the caller's own memory. */
static void unmask(size_t len)
{
    for (size_t i = 0; i < len; i++) own[i] = masked[i % NEEDLE] ^ MASK;
}

/* Lets the other process look now. */
static void expect(char held_or_gone, int line)
{
    char answer;
    struct { char expected; int line; } question = {held_or_gone, line};
    CHECK(write(to_searcher[1], &question, sizeof(question)) == sizeof(question));
    CHECK(read(to_holder[0], &answer, 1) == 1);
}
#define HELD() expect('h', __LINE__)
#define GONE() expect('g', __LINE__)

static void puts_leave_nothing(strongroom_store *store)
{
    const size_t lens[] = {NEEDLE, 5000, LARGE};
    for (size_t i = 0; i < COUNT(lens); i++) {
        unmask(lens[i]);
        HELD();
        CHECK_OK(strongroom_put(store, "p/n", own, lens[i], &error));
        CHECK_FAILS(STRONGROOM_INVALID_ARGUMENT, strongroom_put(store, "p/bad name", own, lens[i], &error));
        strongroom_put_options options = STRONGROOM_PUT_OPTIONS_INIT;
        options.expect = STRONGROOM_EXPECT_ABSENT;
        CHECK_FAILS(STRONGROOM_ALREADY_EXISTS, strongroom_put_with(store, "p/n", own, lens[i], &options, NULL, &error));
        strongroom_wipe(own, lens[i]);
        GONE();
    }
}

static void gets_leave_nothing(strongroom_store *store)
{
    strongroom_get_options versions = STRONGROOM_GET_OPTIONS_INIT;
    for (versions.version = 1; versions.version <= 3; versions.version++) {
        strongroom_secret *secret, *same;
        size_t len;
        CHECK_OK(strongroom_get_with(store, "p/n", &versions, &secret, &error));
        HELD();
        CHECK_OK(strongroom_get(store, "p/n", &same, &error));
        CHECK(strongroom_secret_equals(secret, strongroom_secret_data(same), strongroom_secret_len(same)) <= 1);
        strongroom_secret_free(same);
        HELD();
        strongroom_secret_free(secret);
        GONE();
        CHECK_FAILS(STRONGROOM_BUFFER_TOO_SMALL, strongroom_get_into(store, "p/n", &versions, own, 1, &len, &error));
        GONE();
        CHECK_OK(strongroom_get_into(store, "p/n", &versions, own, sizeof(own), &len, &error));
        HELD();
        strongroom_wipe(own, len);
        GONE();
    }
}

static void passphrases_leave_nothing(strongroom_store *store)
{
    unmask(NEEDLE);
    strongroom_backup_options backup = STRONGROOM_BACKUP_OPTIONS_INIT;
    backup.passphrase = own;
    backup.passphrase_len = NEEDLE;
    CHECK_OK(strongroom_backup(store, "backup", &backup, NULL, &error));
    strongroom_restore_options restore = STRONGROOM_RESTORE_OPTIONS_INIT;
    strongroom_restore_report *report;
    restore.passphrase = own;
    restore.passphrase_len = NEEDLE;
    CHECK_OK(strongroom_restore("backup", "restored", &restore, &report, &error));
    strongroom_restore_report_free(report);
    HELD();
    strongroom_wipe(own, NEEDLE);
    GONE();
}

static void hold(void)
{
    strongroom_store *store = new_store("store");
    GONE();
    puts_leave_nothing(store);
    gets_leave_nothing(store);
    passphrases_leave_nothing(store);
    strongroom_store_free(store);
    GONE();
}

/* The process that searches. */

static int is_piece(const uint8_t *memory)
{
    for (int piece = 0; piece < NEEDLE; piece += PIECE) {
        int at = 0;
        while (at < PIECE && (memory[at] ^ MASK) == masked[piece + at]) at++;
        if (at == PIECE) return 1;
    }
    return 0;
}

/* Whether a piece of the secret is in a range of the other's memory. */
static int is_in_range(int memory, size_t start, size_t end)
{
    static uint8_t chunk[CHUNK];
    for (size_t at = start; at + PIECE <= end; at += CHUNK - PIECE) {
        ssize_t len = pread(memory, chunk, end - at < CHUNK ? end - at : CHUNK, (off_t)at);
        for (ssize_t i = 0; i + PIECE <= len; i++) {
            if (is_piece(chunk + i)) return 1;
        }
    }
    return 0;
}

static int is_in_memory_of(pid_t pid)
{
    char path[64], line[512];
    snprintf(path, sizeof(path), "/proc/%d/mem", pid);
    int memory = open(path, O_RDONLY);
    snprintf(path, sizeof(path), "/proc/%d/maps", pid);
    FILE *maps = fopen(path, "r");
    CHECK(memory >= 0 && maps != NULL);
    int found = 0, ranges = 0;
    size_t start, end;
    while (!found && fgets(line, sizeof(line), maps) != NULL) {
        if (sscanf(line, "%zx-%zx rw", &start, &end) != 2 || strstr(line, " rw") == NULL) continue;
        found = is_in_range(memory, start, end);
        ranges++;
    }
    CHECK(found || ranges > 10);
    fclose(maps);
    close(memory);
    return found;
}

int main(void)
{
    CHECK(getrandom(masked, sizeof(masked), 0) == sizeof(masked));
    CHECK(pipe(to_searcher) == 0 && pipe(to_holder) == 0);
    pid_t holder = fork();
    CHECK(holder >= 0);
    if (holder == 0) {
        hold();
        _exit(0);
    }
    close(to_searcher[1]);
    struct { char expected; int line; } question;
    while (read(to_searcher[0], &question, sizeof(question)) == sizeof(question)) {
        if (is_in_memory_of(holder) != (question.expected == 'h')) {
            fprintf(stderr, "%s:%d: the secret was %sfound\n", __FILE__, question.line,
                    question.expected == 'h' ? "not " : "");
            _exit(1);
        }
        CHECK(write(to_holder[1], "x", 1) == 1);
    }
    int status;
    CHECK(waitpid(holder, &status, 0) == holder);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return 0;
}
