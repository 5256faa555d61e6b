/* What the files of the pretended driver share: its calls are counted, and its memory is a list. */
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef int Result; /* CUDA's numbers for errors */
enum {
    SUCCESS = 0,
    INVALID_VALUE = 1,
    OUT_OF_MEMORY = 2,
    NOT_INITIALIZED = 3,
    INVALID_IMAGE = 200,
    INVALID_CONTEXT = 201,
    INVALID_HANDLE = 400,
    NOT_FOUND = 500,
    ILLEGAL_ADDRESS = 700,
};

typedef uint64_t Pointer; /* an address in the GPU's memory: here, an address of the host's */
typedef void *Handle;

/* A function of the driver, its calls so far, and how many of them made the host wait. */
struct calls {
    const char *name;
    long count, waited;
    struct calls *next;
    int known;
};
void called(struct calls *calls, int waits);

/* Every function of the driver that the host can call begins with one of these: CALLED returns at
 * once, WAITS when all copies are done; MAY_WAIT is for what itself takes time in a real driver. */
#define COUNTED(waits)                                  \
    do {                                                \
        static struct calls calls = {.name = __func__}; \
        called(&calls, waits);                          \
    } while (0)
#define CALLED COUNTED(0)
#define MAY_WAIT COUNTED(1)
#define WAITS             \
    COUNTED(1);           \
    complete(UINT64_MAX)
#define NEEDS_CONTEXT                                   \
    do {                                                \
        if (!current_context()) return INVALID_CONTEXT; \
    } while (0)

Handle current_context(void); /* of this thread, or NULL */

void complete(uint64_t until); /* do all copies up to this one, of those still to be done */

/* Whether a range lies in one allocation of the GPU's memory, or of the host's that is pinned. */
int allocated(Pointer start, size_t size);
int is_pinned(const void *start, size_t size);

/* Of a program in PTX, the bytes of each parameter of one of its kernels, or NULL. */
char *widths_of(const char *text, const char *name);
