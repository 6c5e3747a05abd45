/* Records what a process does to the files of one folder, in order, with the data.
 *
 * Preloaded under libc's file calls (LD_PRELOAD). Three variables name absolute, canonical paths:
 *   POWERCUT_FOLDER  the folder that is watched
 *   POWERCUT_LOG     the log that is appended to
 *   POWERCUT_MARKS   a file outside the folder; what is written to it becomes a mark in the log
 *
 * A record is: kind (1 byte), inode (u64), number (u64), then two byte strings, each with its
 * length (u64) before it; integers in the machine's order.
 *   C inode - path           a file was created
 *   M inode - path           a folder was created
 *   L inode - path           a further name of a file
 *   R -     - from, to       rename
 *   U -     - path           a file's name or an empty folder was removed
 *   W inode offset data      write
 *   P inode -      data      the whole content, written through stdio
 *   T inode size             the size was set, by truncating or allocating
 *   S inode                  fsync or fdatasync of a file
 *   D inode                  fsync or fdatasync of a folder
 *   A -     - text           a mark
 *
 * One lock is held around each call and its record, so that the log has the order of the calls.
 * Writes through mmap are not seen: SQLite uses them for its -shm file alone, which need not
 * survive. copy_file_range and sendfile are refused, so that callers fall back to write.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* A recursive lock, because libc may call one of these functions from another. */
static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static const char *folder, *marks;
static int log_fd = -1;

/* The function that this one hides. */
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static void fail(const char *what) {
    dprintf(2, "powercut: %s: %s\n", what, strerror(errno));
    abort();
}

__attribute__((constructor)) static void start(void) {
    folder = getenv("POWERCUT_FOLDER");
    marks = getenv("POWERCUT_MARKS");
    const char *path = getenv("POWERCUT_LOG");
    if (!folder || !marks || !path) fail("POWERCUT_FOLDER, _MARKS and _LOG must be set");
    log_fd = REAL(open)(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (log_fd < 0) fail(path);
}

static void append(const void *bytes, size_t len) {
    const char *at = bytes;
    while (len > 0) {
        ssize_t done = REAL(write)(log_fd, at, len);
        if (done < 0) fail("cannot write the log");
        at += done;
        len -= done;
    }
}

static void append_bytes(const void *bytes, uint64_t len) {
    append(&len, sizeof len);
    append(bytes, len);
}

static void record(char kind, uint64_t inode, uint64_t number, const void *first, size_t first_len,
                   const char *second) {
    int saved = errno;
    append(&kind, 1);
    append(&inode, sizeof inode);
    append(&number, sizeof number);
    append_bytes(first, first_len);
    append_bytes(second, strlen(second));
    errno = saved;
}

static bool is_watched(const char *path) {
    size_t len = strlen(folder);
    return strncmp(path, folder, len) == 0 && (path[len] == '/' || path[len] == 0);
}

/* The path behind a descriptor; empty if it has none. */
static void path_of(int fd, char out[PATH_MAX]) {
    int saved = errno;
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, out, PATH_MAX - 1);
    out[len < 0 ? 0 : len] = 0;
    errno = saved;
}

/* The absolute form of a path argument. Its folder is expected to be canonical. */
static void absolute(int dirfd, const char *path, char out[PATH_MAX]) {
    if (path[0] == '/') {
        snprintf(out, PATH_MAX, "%s", path);
        return;
    }
    if (dirfd == AT_FDCWD) {
        if (!getcwd(out, PATH_MAX)) fail("getcwd");
    } else {
        path_of(dirfd, out);
    }
    size_t len = strlen(out);
    snprintf(out + len, PATH_MAX - len, "/%s", path);
}

/* A descriptor's file, if it is watched. */
static bool watched_fd(int fd, struct stat *st) {
    char path[PATH_MAX];
    path_of(fd, path);
    return is_watched(path) && fstat(fd, st) == 0;
}

static bool is_marks(int fd) {
    char path[PATH_MAX];
    path_of(fd, path);
    return strcmp(path, marks) == 0;
}

static uint64_t inode_at(const char *path) {
    struct stat st;
    if (lstat(path, &st) != 0) fail(path);
    return st.st_ino;
}

#define LOCKED(call)                                                                               \
    pthread_mutex_lock(&lock);                                                                     \
    __typeof__(call) result = call
#define UNLOCK_AND_RETURN                                                                          \
    pthread_mutex_unlock(&lock);                                                                   \
    return result

/* ---- opening ---- */

static int opened(int fd, const char *path, bool existed, int flags) {
    if (fd < 0) return fd;
    struct stat st;
    if (fstat(fd, &st) != 0) fail(path);
    if (!existed) record('C', st.st_ino, 0, path, strlen(path), "");
    else if (flags & O_TRUNC) record('T', st.st_ino, 0, "", 0, "");
    return fd;
}

#define OPENAT(name, dirfd, call)                                                                  \
    mode_t mode = 0;                                                                               \
    if (flags & (O_CREAT | __O_TMPFILE)) {                                                         \
        va_list arguments;                                                                         \
        va_start(arguments, flags);                                                                \
        mode = va_arg(arguments, mode_t);                                                          \
        va_end(arguments);                                                                         \
    }                                                                                              \
    char whole[PATH_MAX];                                                                          \
    absolute(dirfd, path, whole);                                                                  \
    if (!(flags & (O_CREAT | O_TRUNC)) || !is_watched(whole)) return call;                         \
    pthread_mutex_lock(&lock);                                                                     \
    struct stat before;                                                                            \
    bool existed = lstat(whole, &before) == 0;                                                     \
    int fd = opened(call, whole, existed, flags);                                                  \
    pthread_mutex_unlock(&lock);                                                                   \
    return fd

int open(const char *path, int flags, ...) {
    OPENAT(open, AT_FDCWD, REAL(open)(path, flags, mode));
}
int open64(const char *path, int flags, ...) {
    OPENAT(open64, AT_FDCWD, REAL(open64)(path, flags, mode));
}
int openat(int dirfd, const char *path, int flags, ...) {
    OPENAT(openat, dirfd, REAL(openat)(dirfd, path, flags, mode));
}
int openat64(int dirfd, const char *path, int flags, ...) {
    OPENAT(openat64, dirfd, REAL(openat64)(dirfd, path, flags, mode));
}
int creat(const char *path, mode_t mode) { return open(path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return creat(path, mode); }

/* ---- writing ---- */

ssize_t write(int fd, const void *data, size_t len) {
    struct stat st;
    bool mark = is_marks(fd);
    if (!mark && !watched_fd(fd, &st)) return REAL(write)(fd, data, len);
    LOCKED(REAL(write)(fd, data, len));
    if (result > 0 && mark) record('A', 0, 0, data, result, "");
    else if (result > 0) {
        off_t end = lseek(fd, 0, SEEK_CUR);
        record('W', st.st_ino, end - result, data, result, "");
    }
    UNLOCK_AND_RETURN;
}

#define PWRITE(name)                                                                               \
    struct stat st;                                                                                \
    if (!watched_fd(fd, &st)) return REAL(name)(fd, data, len, offset);                            \
    LOCKED(REAL(name)(fd, data, len, offset));                                                     \
    if (result > 0) record('W', st.st_ino, offset, data, result, "");                              \
    UNLOCK_AND_RETURN

ssize_t pwrite(int fd, const void *data, size_t len, off_t offset) { PWRITE(pwrite); }
ssize_t pwrite64(int fd, const void *data, size_t len, off64_t offset) { PWRITE(pwrite64); }

/* A part at a time; a short count is a legal answer. */
ssize_t writev(int fd, const struct iovec *parts, int count) {
    struct stat st;
    if (!is_marks(fd) && !watched_fd(fd, &st)) return REAL(writev)(fd, parts, count);
    for (int i = 0; i < count; i++)
        if (parts[i].iov_len > 0) return write(fd, parts[i].iov_base, parts[i].iov_len);
    return 0;
}

static void record_size(int fd) {
    struct stat st;
    if (fstat(fd, &st) != 0) fail("fstat");
    record('T', st.st_ino, st.st_size, "", 0, "");
}

#define RESIZE(call)                                                                               \
    struct stat st;                                                                                \
    if (!watched_fd(fd, &st)) return call;                                                         \
    LOCKED(call);                                                                                  \
    if (result == 0) record_size(fd);                                                              \
    UNLOCK_AND_RETURN

int ftruncate(int fd, off_t size) { RESIZE(REAL(ftruncate)(fd, size)); }
int ftruncate64(int fd, off64_t size) { RESIZE(REAL(ftruncate64)(fd, size)); }
int posix_fallocate(int fd, off_t at, off_t len) { RESIZE(REAL(posix_fallocate)(fd, at, len)); }
int posix_fallocate64(int fd, off64_t at, off64_t len) {
    RESIZE(REAL(posix_fallocate64)(fd, at, len));
}
int fallocate(int fd, int mode, off_t at, off_t len) {
    RESIZE(REAL(fallocate)(fd, mode, at, len));
}
int fallocate64(int fd, int mode, off64_t at, off64_t len) {
    RESIZE(REAL(fallocate64)(fd, mode, at, len));
}

static ssize_t refused(void) {
    errno = ENOSYS;
    return -1;
}
ssize_t copy_file_range(int in, off64_t *in_at, int out, off64_t *out_at, size_t len,
                        unsigned flags) {
    (void)in, (void)in_at, (void)out, (void)out_at, (void)len, (void)flags;
    return refused();
}
ssize_t sendfile(int out, int in, off_t *at, size_t len) {
    (void)out, (void)in, (void)at, (void)len;
    return refused();
}
ssize_t sendfile64(int out, int in, off64_t *at, size_t len) {
    (void)out, (void)in, (void)at, (void)len;
    return refused();
}

/* ---- writing through stdio ----
 *
 * libc writes a stream's buffer without any call that could be preloaded under. So each time a program
 * pushes a stream out, the whole file is recorded as it is then; what was written before the end of
 * the push is not seen. Streams that are opened and never flushed or closed are not seen at all. */

static void record_stream(FILE *stream) {
    struct stat st;
    int stream_fd = stream ? fileno(stream) : -1;
    if (stream_fd < 0 || !watched_fd(stream_fd, &st) || !S_ISREG(st.st_mode)) return;
    if ((fcntl(stream_fd, F_GETFL) & O_ACCMODE) == O_RDONLY) return;
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", stream_fd);
    int fd = REAL(open)(link, O_RDONLY | O_CLOEXEC);
    char *data = malloc(st.st_size + 1);
    if (fd < 0 || !data) fail("cannot read a stream's file");
    ssize_t len = pread(fd, data, st.st_size, 0);
    if (len < 0) fail("cannot read a stream's file");
    record('P', st.st_ino, 0, data, len, "");
    free(data);
    close(fd);
}

int fflush(FILE *stream) {
    LOCKED(REAL(fflush)(stream));
    int saved = errno;
    if (result == 0) record_stream(stream);
    errno = saved;
    UNLOCK_AND_RETURN;
}

int fclose(FILE *stream) {
    pthread_mutex_lock(&lock);
    if (REAL(fflush)(stream) == 0) record_stream(stream);
    int result = REAL(fclose)(stream);
    UNLOCK_AND_RETURN;
}

/* ---- making durable ---- */

#define SYNC(name)                                                                                 \
    struct stat st;                                                                                \
    if (!watched_fd(fd, &st)) return REAL(name)(fd);                                               \
    LOCKED(REAL(name)(fd));                                                                        \
    if (result == 0) record(S_ISDIR(st.st_mode) ? 'D' : 'S', st.st_ino, 0, "", 0, "");             \
    UNLOCK_AND_RETURN

int fsync(int fd) { SYNC(fsync); }
int fdatasync(int fd) { SYNC(fdatasync); }

/* ---- names ---- */

#define NAMED(dirfd, path, call, kind, inode)                                                      \
    char whole[PATH_MAX];                                                                          \
    absolute(dirfd, path, whole);                                                                  \
    if (!is_watched(whole)) return call;                                                           \
    LOCKED(call);                                                                                  \
    if (result == 0) record(kind, inode, 0, whole, strlen(whole), "");                             \
    UNLOCK_AND_RETURN

int mkdirat(int dirfd, const char *path, mode_t mode) {
    NAMED(dirfd, path, REAL(mkdirat)(dirfd, path, mode), 'M', inode_at(whole));
}
int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }

int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags) {
    NAMED(to_dir, to, REAL(linkat)(from_dir, from, to_dir, to, flags), 'L', inode_at(whole));
}
int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

int unlinkat(int dirfd, const char *path, int flags) {
    NAMED(dirfd, path, REAL(unlinkat)(dirfd, path, flags), 'U', 0);
}
int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }
int remove(const char *path) {
    struct stat st;
    if (lstat(path, &st) != 0) return -1;
    return S_ISDIR(st.st_mode) ? rmdir(path) : unlink(path);
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags) {
    char whole_from[PATH_MAX], whole_to[PATH_MAX];
    absolute(from_dir, from, whole_from);
    absolute(to_dir, to, whole_to);
    if (!is_watched(whole_from) && !is_watched(whole_to))
        return REAL(renameat2)(from_dir, from, to_dir, to, flags);
    LOCKED(REAL(renameat2)(from_dir, from, to_dir, to, flags));
    if (result == 0) record('R', 0, flags, whole_from, strlen(whole_from), whole_to);
    UNLOCK_AND_RETURN;
}
int renameat(int from_dir, const char *from, int to_dir, const char *to) {
    return renameat2(from_dir, from, to_dir, to, 0);
}
int rename(const char *from, const char *to) {
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}
