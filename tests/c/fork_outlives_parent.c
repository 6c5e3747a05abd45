/* A program that opens a store, forks and ends, as daemons do: the child's work is not lost. */
#include <sys/wait.h>

#include "store.h"

static strongroom_store *store;

/* What the child does before and after its parent has closed the store and ended. */
static void child(int parent_ended, int done)
{
    char byte;
    alarm(60);
    CHECK_OK(strongroom_store_reopen(store, &error));
    put_text(store, "p/before", "before");
    CHECK(write(done, "x", 1) == 1);
    CHECK(read(parent_ended, &byte, 1) == 0);
    for (int i = 0; i < 5; i++) put_text(store, "p/after", "after");
    check_text(store, "p/before", "before");
    _exit(0);
}

/* The process that forks: it closes the store when the child has begun, and ends. */
static pid_t parent(void)
{
    int ended[2], done[2];
    char byte;
    CHECK(pipe(ended) == 0 && pipe(done) == 0);
    store = new_store("store");
    put_text(store, "p/parent", "parent");
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        close(ended[1]);
        child(ended[0], done[1]);
    }
    CHECK(read(done[0], &byte, 1) == 1);
    put_text(store, "p/parent", "again");
    strongroom_store_free(store);
    close(ended[1]);
    int status;
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return pid;
}

int main(void)
{
    parent();
    strongroom_store *later;
    CHECK_OK(strongroom_store_open("store/strongroom.toml", &later, &error));
    check_text(later, "p/parent", "again");
    check_text(later, "p/before", "before");
    check_text(later, "p/after", "after");
    strongroom_store_free(later);
    return 0;
}
