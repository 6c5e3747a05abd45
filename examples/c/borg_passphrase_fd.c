/*
 * Runs borg with the passphrase of its repository, which is in a store:
 *
 *     borg_passphrase_fd CONFIG PATH -- borg ARGS...
 *
 * The passphrase is never in an argument, in the environment or in a file: borg reads it from a pipe
 * that no other process inherits.
 *
 * Exits as borg does; before borg runs, with the number of the error, as docs/errors.md lists them, or
 * with 1 when the system refused something; with 127 when there is no such command.
 */
#define _GNU_SOURCE /* pipe2 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <strongroom.h>

/* The reading end of a pipe that holds a passphrase and ends after it; -1 when there is none. */
static int pipe_with(const strongroom_secret *passphrase)
{
    size_t length = strongroom_secret_len(passphrase);
    ssize_t written;
    int ends[2];

    /* So much goes into an empty pipe at once; more could wait for a reader that is not there yet. */
    if (length > PIPE_BUF) {
        errno = EFBIG;
        return -1;
    }
    /* Closed in every child, but for the one below. */
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    written = write(ends[1], strongroom_secret_data(passphrase), length);
    close(ends[1]);
    if (written != (ssize_t)length) {
        close(ends[0]);
        return -1;
    }
    return ends[0];
}

/* Runs a command that finds its passphrase in a descriptor; gives its exit status as a shell does. */
static int run(char **command, int passphrase)
{
    char number[16];
    pid_t child;
    int status;

    /* What borg would ask first must not be there. */
    snprintf(number, sizeof number, "%d", passphrase);
    if (unsetenv("BORG_PASSPHRASE") != 0 || unsetenv("BORG_PASSCOMMAND") != 0
        || setenv("BORG_PASSPHRASE_FD", number, 1) != 0) {
        perror("borg_passphrase_fd");
        return EXIT_FAILURE;
    }

    child = fork();
    if (child < 0) {
        perror("borg_passphrase_fd: fork");
        return EXIT_FAILURE;
    }
    if (child == 0) {
        if (fcntl(passphrase, F_SETFD, 0) == 0)
            execvp(command[0], command);
        fprintf(stderr, "borg_passphrase_fd: %s: %s\n", command[0], strerror(errno));
        _exit(127);
    }
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            perror("borg_passphrase_fd: wait");
            return EXIT_FAILURE;
        }
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
    strongroom_store *store = NULL;
    strongroom_secret *secret = NULL;
    strongroom_error *error = NULL;
    int passphrase = -1;
    int result = EXIT_FAILURE;

    if (argc < 5 || strcmp(argv[3], "--") != 0) {
        fputs("usage: borg_passphrase_fd CONFIG PATH -- borg ARGS...\n", stderr);
        return STRONGROOM_INVALID_ARGUMENT;
    }

    if (strongroom_store_open(argv[1], &store, &error) != STRONGROOM_OK)
        goto end;
    if (strongroom_get(store, argv[2], &secret, &error) != STRONGROOM_OK)
        goto end;
    passphrase = pipe_with(secret);
    if (passphrase < 0) {
        perror("borg_passphrase_fd: pipe");
        goto end;
    }

    /* A backup takes hours: from here on, only the pipe has the passphrase, until borg has read it. */
    strongroom_secret_free(secret);
    secret = NULL;
    strongroom_store_free(store);
    store = NULL;
    result = run(argv + 4, passphrase);

end:
    if (error != NULL) {
        fprintf(stderr, "borg_passphrase_fd: %s\n", strongroom_error_message(error));
        result = (int)strongroom_error_status(error);
    }
    if (passphrase >= 0)
        close(passphrase);
    strongroom_error_free(error);
    strongroom_secret_free(secret);
    strongroom_store_free(store);
    return result;
}
