/* A store that was freed leaves no thread behind, whichever threads used it. */
#include <dirent.h>
#include <pthread.h>

#include "workout.h"

static int tasks(void)
{
    DIR *entries = opendir("/proc/self/task");
    CHECK(entries != NULL);
    int count = 0;
    while (readdir(entries) != NULL) count++;
    closedir(entries);
    return count - 2;
}

static void *work(void *folder)
{
    workout(folder);
    return NULL;
}

static void *wait_for_byte(void *end)
{
    char byte;
    CHECK(read(*(int *)end, &byte, 1) == 1);
    return NULL;
}

/* A thread that was joined may be listed for a moment longer, until the kernel has cleaned up. */
static void settle_at(int expected)
{
    for (int i = 0; i < 10000 && tasks() != expected; i++) usleep(1000);
    CHECK(tasks() == expected);
}

int main(void)
{
    CHECK(tasks() == 1);
    workout("store-0");
    settle_at(1);
    pthread_t threads[4];
    char *folders[] = {"store-1", "store-2", "store-3", "store-4"};
    for (int i = 0; i < 4; i++) CHECK(pthread_create(&threads[i], NULL, work, folders[i]) == 0);
    for (int i = 0; i < 4; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    settle_at(1);

    /* The control: a thread that is there is counted. */
    int ends[2];
    CHECK(pipe(ends) == 0);
    CHECK(pthread_create(&threads[0], NULL, wait_for_byte, &ends[0]) == 0);
    CHECK(tasks() == 2);
    CHECK(write(ends[1], "x", 1) == 1);
    pthread_join(threads[0], NULL);
    return 0;
}
