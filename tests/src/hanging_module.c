/* A PKCS#11 module that passes every call on to SoftHSM2 and hangs in one of them while a file of that name is there:
 * HANGS_WHILE names the folder, HANGS_BEFORE the module behind. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long (*call)(void *, void *, void *, void *, void *);

/* CK_FUNCTION_LIST of PKCS#11 2.40: a version, then 68 functions in the order of the standard. */
struct list {
  unsigned char version[2];
  call functions[68];
};

static struct list ours, *theirs;

static void hang(const char *name) {
  char path[4096];
  const char *folder = getenv("HANGS_WHILE");
  snprintf(path, sizeof path, "%s/%s", folder ? folder : "/nonexistent", name);
  while (access(path, F_OK) == 0) usleep(10000);
}

#define HANGING(NAME, PLACE)                                           \
  static unsigned long NAME(void *a, void *b, void *c, void *d, void *e) { \
    hang(#NAME);                                                       \
    return theirs->functions[PLACE](a, b, c, d, e);                    \
  }

HANGING(C_Initialize, 0)
HANGING(C_OpenSession, 12)
HANGING(C_Login, 18)
HANGING(C_Sign, 43)

unsigned long C_GetFunctionList(struct list **out) {
  if (!theirs) {
    void *module = dlopen(getenv("HANGS_BEFORE"), RTLD_NOW | RTLD_LOCAL);
    unsigned long (*get)(struct list **) = module ? (unsigned long (*)(struct list **))dlsym(module, "C_GetFunctionList") : 0;
    if (!get || get(&theirs) != 0) return 5; /* CKR_GENERAL_ERROR */
    memcpy(&ours, theirs, sizeof ours);
    ours.functions[0] = C_Initialize;
    ours.functions[12] = C_OpenSession;
    ours.functions[18] = C_Login;
    ours.functions[43] = C_Sign;
  }
  *out = &ours;
  return 0;
}

/* What a module cleans up when its program ends. */
__attribute__((destructor)) static void at_exit(void) { hang("exit"); }
