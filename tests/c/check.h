/*
 * What every C test begins with: a check that fails says where, and ends the program. A test that
 * passes prints nothing at all, and neither does the library: scripts/c-tests looks.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHECK(condition)                                                                \
    do {                                                                                \
        if (!(condition)) {                                                             \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);     \
            _exit(1);                                                                   \
        }                                                                               \
    } while (0)

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
