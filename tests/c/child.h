/* For the tests that fork. */
#ifndef CHILD_H
#define CHILD_H

#include <sys/wait.h>

#include "check.h"

/* Runs `work` in a child, which must end as it should, within two minutes. */
static inline void in_child(void (*work)(void), void (*leave)(int))
{
    fflush(NULL);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        alarm(120);
        work();
        leave(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

#endif
