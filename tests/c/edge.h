/* Memory that ends at a page that nobody may touch: one byte too far is a crash. */
#ifndef EDGE_H
#define EDGE_H

#include <sys/mman.h>

#include "check.h"

/* Room for `len` bytes, the last of which is the last that may be touched. */
static inline void *at_the_edge(size_t len)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t pages = (len + page - 1) / page * page;
    char *memory = mmap(NULL, pages + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(memory != MAP_FAILED);
    CHECK(mprotect(memory + pages, page, PROT_NONE) == 0);
    return memory + pages - len;
}

#endif
