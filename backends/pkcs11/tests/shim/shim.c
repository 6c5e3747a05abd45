/* A PKCS#11 module before a real one, which lets chosen calls hang, fail, or write to a dead pipe.
 *
 *   SHIM_MODULE   the real module
 *   SHIM_CONTROL  a folder; a file in it, named like a function, says what becomes of its calls:
 *
 *     hang            wait until the file is gone, then go on
 *     0x32            return this, without the real call
 *     0x32 once       the same, for one call: it takes the file away
 *     0x32 after      the real call first
 *     alter           the real call, and then another first byte where its fifth argument points: what
 *                     C_WrapKey gives
 *     pipe            write to a pipe that nobody reads; CKR_DEVICE_REMOVED when that gives EPIPE
 *
 * All arguments of all functions are integers or pointers, so that one wrapper fits them all: what is
 * passed beyond a function's own arguments, it does not see. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEVICE_REMOVED 0x32
#define GENERAL_ERROR 0x05

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

static unsigned long pass(int index, const char *name, long a, long b, long c, long d, long e, long f,
                          long g, long h, long i, long j)
{
    char text[64];
    int said = control(name, text, sizeof text);
    while (said && strncmp(text, "hang", 4) == 0) {
        usleep(1000);
        said = control(name, text, sizeof text);
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
