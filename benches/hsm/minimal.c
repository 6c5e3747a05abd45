/* The least that a program can do to decrypt with a key in a token: load the module, log in, find the key
 * by its CKA_ID, encrypt 64 bytes and decrypt them.
 *
 *   minimal MODULE LABEL PIN_FILE CKA_ID */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

typedef unsigned long ulong;
typedef ulong (*call)();
struct functions { unsigned char version[2]; call f[68]; };
struct attribute { ulong type; void *value; ulong length; };
struct mechanism { ulong type; void *parameter; ulong length; };
struct gcm { unsigned char *iv; ulong iv_length, iv_bits; unsigned char *aad; ulong aad_length, tag_bits; };

enum { INITIALIZE = 0, FINALIZE = 1, GET_SLOT_LIST = 4, GET_TOKEN_INFO = 6, OPEN_SESSION = 12, LOGIN = 18,
       FIND_INIT = 26, FIND = 27, FIND_FINAL = 28, ENCRYPT_INIT = 29, ENCRYPT = 30, DECRYPT_INIT = 33, DECRYPT = 34 };
enum { SERIAL = 4, USER = 1, CLASS = 0, SECRET_KEY = 4, ID = 0x102, AES_GCM = 0x1087, LOCKING = 2 };

#define MUST(what) do { ulong rv = (what); if (rv) { fprintf(stderr, "%s: %#lx\n", #what, rv); return 1; } } while (0)

int main(int argc, char **argv)
{
    if (argc != 5) return 2;
    void *library = dlopen(argv[1], RTLD_NOW);
    if (!library) return 3;
    struct functions *p;
    ulong (*get)(struct functions **) = (ulong (*)(struct functions **))dlsym(library, "C_GetFunctionList");
    MUST(get(&p));
    struct { void *locks[4]; ulong flags; void *reserved; } arguments = {{0}, LOCKING, 0};
    MUST(p->f[INITIALIZE](&arguments));

    ulong slots[64], count = 64, slot = 0, found = 0;
    MUST(p->f[GET_SLOT_LIST](1, slots, &count));
    for (ulong i = 0; i < count; i++) {
        unsigned char info[512];
        MUST(p->f[GET_TOKEN_INFO](slots[i], info));
        if (!memcmp(info, argv[2], strlen(argv[2]))) { slot = slots[i]; found = 1; }
    }
    if (!found) return 4;

    char pin[256];
    FILE *file = fopen(argv[3], "r");
    if (!file || !fgets(pin, sizeof pin, file)) return 5;
    fclose(file);
    pin[strcspn(pin, "\n")] = 0;
    ulong session, key, class = SECRET_KEY;
    MUST(p->f[OPEN_SESSION](slot, (ulong)SERIAL, (void *)0, (void *)0, &session));
    MUST(p->f[LOGIN](session, (ulong)USER, pin, (ulong)strlen(pin)));
    struct attribute wanted[] = {{CLASS, &class, sizeof class}, {ID, argv[4], strlen(argv[4])}};
    MUST(p->f[FIND_INIT](session, wanted, (ulong)2));
    MUST(p->f[FIND](session, &key, (ulong)1, &count));
    MUST(p->f[FIND_FINAL](session));
    if (count != 1) return 6;

    unsigned char iv[12] = {7}, plain[64] = {9}, sealed[128], opened[128];
    struct gcm gcm = {iv, sizeof iv, 96, (unsigned char *)"aad", 3, 128};
    struct mechanism mechanism = {AES_GCM, &gcm, sizeof gcm};
    ulong sealed_length = sizeof sealed, length = sizeof opened;
    MUST(p->f[ENCRYPT_INIT](session, &mechanism, key));
    MUST(p->f[ENCRYPT](session, plain, (ulong)sizeof plain, sealed, &sealed_length));
    MUST(p->f[DECRYPT_INIT](session, &mechanism, key));
    MUST(p->f[DECRYPT](session, sealed, sealed_length, opened, &length));
    MUST(p->f[FINALIZE]((void *)0));
    return length == sizeof plain && opened[0] == 9 ? 0 : 7;
}
