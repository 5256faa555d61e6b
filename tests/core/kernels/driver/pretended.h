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

/* Every function of the driver that the host can call begins with one of these. */
#define CALLED                                        \
    do {                                              \
        static struct calls calls = {.name = __func__}; \
        called(&calls, 0);                            \
    } while (0)
#define CALLED_AND_WAITED                             \
    do {                                              \
        static struct calls calls = {.name = __func__}; \
        called(&calls, 1);                            \
        complete(UINT64_MAX);                         \
    } while (0)
#define NEEDS_CONTEXT                                      \
    do {                                                   \
        if (!current_context()) return INVALID_CONTEXT;    \
    } while (0)

Handle current_context(void); /* of this thread, or NULL */

/* Work in a stream is done as late as it may be: when the host waits for it. */
uint64_t queued(void);       /* how many copies have been asked for */
void complete(uint64_t until); /* do all copies up to this one */

int allocated(Pointer start, size_t size); /* whether the range lies in one allocation */
