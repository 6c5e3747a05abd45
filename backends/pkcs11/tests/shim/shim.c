/* A PKCS#11 module before a real one, which lets chosen calls hang, fail, or write to a dead pipe.
 *
 *   SHIM_MODULE   the real module
 *   SHIM_CONTROL  a folder; a file in it, named like a function, says what becomes of its calls:
 *
 *     hang            wait until the file is gone, then go on; meanwhile there is a file NAME.inside.TID
 *                     for each thread that waits
 *     0x32            return this, without the real call
 *     0x32 once       the same, for one call: it takes the file away
 *     0x32 after      the real call first
 *     alter           the real call, and then another first byte where its fifth argument points: what
 *                     C_WrapKey gives
 *     pipe            write to a pipe that nobody reads; CKR_DEVICE_REMOVED when that gives EPIPE
 *     iv own          for C_EncryptInit with AES-GCM: the token's own vector, A0 and a counter, in place of
 *                     the one that it was given
 *     iv own strict   the same where it was given zeros; CKR_MECHANISM_PARAM_INVALID elsewhere
 *     iv zeros        zeros as they are; CKR_MECHANISM_PARAM_INVALID elsewhere
 *
 *                   a file in it that is named session-N, N a session's handle in decimal, says what every
 *                   function answers to that session
 *
 * All arguments of all functions are integers or pointers, so that one wrapper fits them all: what is
 * passed beyond a function's own arguments, it does not see. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DEVICE_REMOVED 0x32
#define GENERAL_ERROR 0x05
#define MECHANISM_PARAM_INVALID 0x71
#define AES_GCM 0x1087

typedef unsigned long (*function)(long, long, long, long, long, long, long, long, long, long);

struct functions {
    unsigned char version[2];
    function call[68];
};

static struct functions *real, shim;

/* What the control folder says of a function; 0 when it says nothing. */
static int control(const char *name, char *text, size_t size)
{
    char path[4096];
    const char *folder = getenv("SHIM_CONTROL");
    if (!folder) return 0;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    ssize_t length = read(file, text, size - 1);
    close(file);
    if (length <= 0) return 0;
    text[length] = 0;
    /* Of several callers one takes it away. */
    if (strstr(text, "once") && unlink(path) != 0) return 0;
    return 1;
}

static unsigned long write_to_dead_pipe(void)
{
    int ends[2];
    if (pipe(ends) != 0) return GENERAL_ERROR;
    close(ends[0]);
    ssize_t written = write(ends[1], "x", 1);
    int dead = written < 0 && errno == EPIPE;
    close(ends[1]);
    return dead ? DEVICE_REMOVED : GENERAL_ERROR;
}

/* Notes that this thread is inside a call that hangs, or that it is so no more. */
static void note(const char *name, int inside)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.inside.%ld", getenv("SHIM_CONTROL"), name, syscall(SYS_gettid));
    if (!inside) {
        unlink(path);
        return;
    }
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (file >= 0) close(file);
}

/* What a token answers that has opinions about the vector of AES-GCM. */
static unsigned long take_iv(const char *order, unsigned long *mechanism)
{
    static unsigned long count;
    if (mechanism[0] != AES_GCM) return 0;
    /* CK_GCM_PARAMS begins with pIv and ulIvLen. */
    unsigned long *parameters = (unsigned long *)mechanism[1];
    unsigned char *iv = (unsigned char *)parameters[0];
    unsigned long length = parameters[1], zeros = 0;
    while (zeros < length && iv[zeros] == 0) zeros++;
    if (!strstr(order, "own") || strstr(order, "strict")) {
        if (zeros < length) return MECHANISM_PARAM_INVALID;
    }
    if (strstr(order, "own")) {
        memset(iv, 0xA0, length);
        iv[length - 1] = (unsigned char)__sync_add_and_fetch(&count, 1);
    }
    return 0;
}

/* Whether a function's first argument is a session. */
static int of_session(int index)
{
    return index >= 13 && index <= 66 && index != 14;
}

static unsigned long pass(int index, const char *name, long a, long b, long c, long d, long e, long f,
                          long g, long h, long i, long j)
{
    char text[64], session[32];
    snprintf(session, sizeof session, "session-%ld", a);
    if (of_session(index) && control(session, text, sizeof text)) return strtoul(text, NULL, 16);
    int said = control(name, text, sizeof text);
    if (said && strncmp(text, "hang", 4) == 0) {
        note(name, 1);
        while (said && strncmp(text, "hang", 4) == 0) {
            usleep(1000);
            said = control(name, text, sizeof text);
        }
        note(name, 0);
    }
    if (said && strncmp(text, "iv", 2) == 0) {
        unsigned long refusal = take_iv(text, (unsigned long *)b);
        return refusal ? refusal : real->call[index](a, b, c, d, e, f, g, h, i, j);
    }
    if (said && strncmp(text, "pipe", 4) == 0) return write_to_dead_pipe();
    if (said && strncmp(text, "alter", 5) == 0) {
        unsigned long answer = real->call[index](a, b, c, d, e, f, g, h, i, j);
        if (e) *(unsigned char *)e ^= 1;
        return answer;
    }
    if (said && !strstr(text, "after")) return strtoul(text, NULL, 16);
    unsigned long result = real->call[index](a, b, c, d, e, f, g, h, i, j);
    return said ? strtoul(text, NULL, 16) : result;
}

#define FUNCTIONS(X)                                                                               \
    X(0, Initialize) X(1, Finalize) X(2, GetInfo) X(4, GetSlotList) X(5, GetSlotInfo)              \
    X(6, GetTokenInfo) X(7, GetMechanismList) X(8, GetMechanismInfo) X(9, InitToken) X(10, InitPIN)\
    X(11, SetPIN) X(12, OpenSession) X(13, CloseSession) X(14, CloseAllSessions)                   \
    X(15, GetSessionInfo) X(16, GetOperationState) X(17, SetOperationState) X(18, Login)           \
    X(19, Logout) X(20, CreateObject) X(21, CopyObject) X(22, DestroyObject) X(23, GetObjectSize)  \
    X(24, GetAttributeValue) X(25, SetAttributeValue) X(26, FindObjectsInit) X(27, FindObjects)    \
    X(28, FindObjectsFinal) X(29, EncryptInit) X(30, Encrypt) X(31, EncryptUpdate)                 \
    X(32, EncryptFinal) X(33, DecryptInit) X(34, Decrypt) X(35, DecryptUpdate) X(36, DecryptFinal) \
    X(37, DigestInit) X(38, Digest) X(39, DigestUpdate) X(40, DigestKey) X(41, DigestFinal)        \
    X(42, SignInit) X(43, Sign) X(44, SignUpdate) X(45, SignFinal) X(46, SignRecoverInit)          \
    X(47, SignRecover) X(48, VerifyInit) X(49, Verify) X(50, VerifyUpdate) X(51, VerifyFinal)      \
    X(52, VerifyRecoverInit) X(53, VerifyRecover) X(54, DigestEncryptUpdate)                       \
    X(55, DecryptDigestUpdate) X(56, SignEncryptUpdate) X(57, DecryptVerifyUpdate)                 \
    X(58, GenerateKey) X(59, GenerateKeyPair) X(60, WrapKey) X(61, UnwrapKey) X(62, DeriveKey)     \
    X(63, SeedRandom) X(64, GenerateRandom) X(65, GetFunctionStatus) X(66, CancelFunction)         \
    X(67, WaitForSlotEvent)

#define WRAPPER(index, name)                                                                       \
    static unsigned long shim_##name(long a, long b, long c, long d, long e, long f, long g,       \
                                     long h, long i, long j)                                       \
    {                                                                                              \
        return pass(index, "C_" #name, a, b, c, d, e, f, g, h, i, j);                              \
    }
FUNCTIONS(WRAPPER)

unsigned long C_GetFunctionList(struct functions **list)
{
    void *module = dlopen(getenv("SHIM_MODULE"), RTLD_NOW | RTLD_LOCAL);
    unsigned long (*get)(struct functions **) = module ? dlsym(module, "C_GetFunctionList") : NULL;
    if (!get || get(&real) != 0) return GENERAL_ERROR;
    shim.version[0] = 2;
    shim.version[1] = 40;
    shim.call[3] = (function)C_GetFunctionList;
#define ENTRY(index, name) shim.call[index] = shim_##name;
    FUNCTIONS(ENTRY)
    *list = &shim;
    return 0;
}
