/* Everything once changes nothing of the process that does it: see `struct host`. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fenv.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "workout.h"

extern char **environ;

/* What a host may rely on. Compared as bytes, so it is zero before it is filled. */
struct host {
    struct {
        void *handler;
        int flags;
        uint64_t mask;
    } signals[NSIG];
    uint64_t mask, pending;
    stack_t alternate_stack;
    struct itimerval timers[3];
    struct rlimit limits[RLIM_NLIMITS];
    char locale[128], folder[512], thread_name[16];
    mode_t umask;
    unsigned long environment;
    long stdin_at, kept_at;
    int rounding, dumpable, no_new_privileges, priority, descriptors, tasks, descriptor_flags[3];
};

static FILE *kept;

static int entries_of(const char *folder)
{
    DIR *entries = opendir(folder);
    CHECK(entries != NULL);
    int count = 0;
    while (readdir(entries) != NULL) count++;
    closedir(entries);
    return count;
}

/* A sum over the variables, and over where they are: setenv() moves them. */
static unsigned long sum_of_environment(void)
{
    unsigned long sum = (unsigned long)environ;
    for (char **variable = environ; *variable != NULL; variable++) {
        sum = sum * 31 + (unsigned long)*variable;
        for (const char *c = *variable; *c != '\0'; c++) sum = sum * 31 + (unsigned char)*c;
    }
    return sum;
}

/* The signals that there are; glibc leaves the rest of a set as it was. */
static uint64_t first_64(const sigset_t *set)
{
    uint64_t bits;
    memcpy(&bits, set, sizeof(bits));
    return bits;
}

static void look(struct host *h)
{
    sigset_t set;
    memset(h, 0, sizeof(*h));
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action;
        memset(&action, 0, sizeof(action));
        if (sigaction(number, NULL, &action) != 0) continue;
        h->signals[number].handler = (void *)action.sa_sigaction;
        h->signals[number].flags = action.sa_flags;
        h->signals[number].mask = first_64(&action.sa_mask);
    }
    pthread_sigmask(SIG_SETMASK, NULL, &set);
    h->mask = first_64(&set);
    sigpending(&set);
    h->pending = first_64(&set);
    sigaltstack(NULL, &h->alternate_stack);
    for (int i = 0; i < 3; i++) getitimer(i, &h->timers[i]);
    for (int i = 0; i < RLIM_NLIMITS; i++) getrlimit(i, &h->limits[i]);
    snprintf(h->locale, sizeof(h->locale), "%s", setlocale(LC_ALL, NULL));
    CHECK(getcwd(h->folder, sizeof(h->folder)) != NULL);
    pthread_getname_np(pthread_self(), h->thread_name, sizeof(h->thread_name));
    h->umask = umask(0);
    umask(h->umask);
    h->environment = sum_of_environment();
    h->stdin_at = ftell(stdin);
    h->kept_at = ftell(kept);
    h->rounding = fegetround();
    h->dumpable = prctl(PR_GET_DUMPABLE);
    h->no_new_privileges = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
    h->priority = getpriority(PRIO_PROCESS, 0);
    h->descriptors = entries_of("/proc/self/fd");
    h->tasks = entries_of("/proc/self/task");
    for (int i = 0; i < 3; i++) h->descriptor_flags[i] = fcntl(i, F_GETFL);
}

static volatile sig_atomic_t caught;

static void catch_signal(int number)
{
    caught = number;
}

/* Unusual settings, so that setting the usual ones would show. */
static void be_an_unusual_host(void)
{
    struct sigaction action = {.sa_handler = catch_signal, .sa_flags = SA_RESTART};
    for (int number = 1; number < 32; number++) {
        if (number == SIGKILL || number == SIGSTOP) continue;
        sigaction(number, &action, NULL);
    }
    signal(SIGPIPE, SIG_IGN);
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR2);
    sigaddset(&blocked, SIGXFSZ);
    pthread_sigmask(SIG_SETMASK, &blocked, NULL);
    raise(SIGUSR2);
    CHECK(setlocale(LC_ALL, "C.UTF-8") != NULL);
    umask(0013);
    fesetround(FE_UPWARD);
    setenv("STRONGROOM_CONFIG", "must not be read", 1);
    setenv("TZ", "Antarctica/Troll", 1);
    pthread_setname_np(pthread_self(), "a host");
    struct itimerval later = {.it_value = {.tv_sec = 3600}};
    setitimer(ITIMER_VIRTUAL, &later, NULL);
}

int main(void)
{
    struct host before, after;
    be_an_unusual_host();
    /* Half of a line in a buffer of stdio, which nobody may flush. */
    kept = fopen("kept", "w+");
    CHECK(kept != NULL && fputs("half a line", kept) > 0);

    look(&before);
    workout("store");
    look(&after);
    /* A timer runs, so what is left of it is less. */
    CHECK(after.timers[ITIMER_VIRTUAL].it_value.tv_sec >= 3590);
    after.timers[ITIMER_VIRTUAL] = before.timers[ITIMER_VIRTUAL];
    for (size_t i = 0; i < sizeof(before); i++) {
        if (((char *)&before)[i] != ((char *)&after)[i]) {
            fprintf(stderr, "byte %zu of struct host has changed\n", i);
            return 1;
        }
    }
    struct stat file;
    CHECK(stat("kept", &file) == 0 && file.st_size == 0);
    CHECK(caught == 0);

    /* The control: a change is seen. */
    umask(0077);
    look(&after);
    CHECK(memcmp(&before, &after, sizeof(before)) != 0);
    fclose(kept);
    return 0;
}
