/* A forked child that has its parent's process id, as the first one of a new namespace can, is a child
 * all the same. */
#include <sched.h>
#include <sys/wait.h>

#include "store.h"

/* The child of a fork into a new namespace, in which it is process 1; 0 in the child itself. */
static pid_t fork_as_first(void)
{
    if (unshare(CLONE_NEWPID) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0) {
        fprintf(stderr, "this user may not make a process namespace\n");
        _exit(77);
    }
    pid_t child = fork();
    CHECK(child >= 0);
    return child;
}

static int status_of(pid_t child)
{
    int status;
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int in_child(strongroom_store *store)
{
    strongroom_secret *secret;
    CHECK(getpid() == 1);
    CHECK_FAILS(STRONGROOM_FORKED, strongroom_get(store, "p/n", &secret, &error));
    CHECK_OK(strongroom_store_reopen(store, &error));
    check_text(store, "p/n", "whole");
    put_text(store, "p/child", "its own");
    strongroom_store_free(store);
    return 0;
}

static int in_parent(void)
{
    CHECK(getpid() == 1);
    strongroom_store *store = new_store("store");
    put_text(store, "p/n", "whole");
    pid_t child = fork_as_first();
    if (child == 0) {
        _exit(in_child(store));
    }
    int result = status_of(child);
    CHECK(result == 0 || result == 77);
    check_text(store, "p/n", "whole");
    check_text(store, "p/child", "its own");
    strongroom_store_free(store);
    return result;
}

int main(void)
{
    pid_t parent = fork_as_first();
    if (parent == 0) {
        _exit(in_parent());
    }
    return status_of(parent);
}
