/* Copies, streams and events. What may be done later is done when the host waits for it: a host
 * that reads a copy too early, or overwrites a source too early, gets wrong numbers. */
#include "pretended.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct copy {
    void *to;
    const void *from;
    size_t size;
};

static struct copy *queue;
static size_t room;
static uint64_t asked, done;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void complete(uint64_t until) {
    pthread_mutex_lock(&lock);
    for (; done < asked && done < until; done++) {
        struct copy *copy = &queue[done % room];
        memmove(copy->to, copy->from, copy->size);
    }
    pthread_mutex_unlock(&lock);
}

static Result later(struct copy copy) {
    pthread_mutex_lock(&lock);
    if (asked - done == room) {
        struct copy *larger = malloc((2 * room + 64) * sizeof *larger);
        for (uint64_t i = done; i < asked; i++) larger[i % (2 * room + 64)] = queue[i % room];
        free(queue);
        queue = larger;
        room = 2 * room + 64;
    }
    queue[asked++ % room] = copy;
    pthread_mutex_unlock(&lock);
    return SUCCESS;
}

static Result now(struct copy copy) {
    later(copy);
    complete(UINT64_MAX);
    return SUCCESS;
}

#define NEEDS(pointer, size)                                                 \
    do {                                                                     \
        NEEDS_CONTEXT;                                                       \
        if ((size) > 0 && !allocated(pointer, size)) return ILLEGAL_ADDRESS; \
    } while (0)

Result cuMemcpyHtoD_v2(Pointer to, const void *from, size_t size) {
    WAITS;
    NEEDS(to, size);
    return now((struct copy){(void *)to, from, size});
}

Result cuMemcpyDtoH_v2(void *to, Pointer from, size_t size) {
    WAITS;
    NEEDS(from, size);
    return now((struct copy){to, (void *)from, size});
}

Result cuMemcpyDtoD_v2(Pointer to, Pointer from, size_t size) {
    WAITS;
    NEEDS(to, size);
    NEEDS(from, size);
    return now((struct copy){(void *)to, (void *)from, size});
}

/* Memory that is not pinned is read before the call returns, through a buffer of the driver's. */
Result cuMemcpyHtoDAsync_v2(Pointer to, const void *from, size_t size, Handle stream) {
    (void)stream;
    CALLED;
    NEEDS(to, size);
    struct copy copy = {(void *)to, from, size};
    return is_pinned(from, size) ? later(copy) : now(copy);
}

/* And a copy into such memory makes the host wait. */
Result cuMemcpyDtoHAsync_v2(void *to, Pointer from, size_t size, Handle stream) {
    (void)stream;
    static struct calls calls = {.name = "cuMemcpyDtoHAsync"};
    called(&calls, !is_pinned(to, size));
    NEEDS(from, size);
    struct copy copy = {to, (void *)from, size};
    return is_pinned(to, size) ? later(copy) : now(copy);
}

Result cuMemcpyDtoDAsync_v2(Pointer to, Pointer from, size_t size, Handle stream) {
    (void)stream;
    CALLED;
    NEEDS(to, size);
    NEEDS(from, size);
    return later((struct copy){(void *)to, (void *)from, size});
}

Result cuStreamCreate(Handle *stream, unsigned flags) {
    CALLED;
    NEEDS_CONTEXT;
    (void)flags;
    *stream = malloc(1);
    return SUCCESS;
}

Result cuStreamCreateWithPriority(Handle *stream, unsigned flags, int priority) {
    (void)priority;
    return cuStreamCreate(stream, flags);
}

Result cuStreamDestroy_v2(Handle stream) {
    CALLED;
    complete(UINT64_MAX);
    free(stream);
    return SUCCESS;
}

Result cuStreamSynchronize(Handle stream) {
    (void)stream;
    WAITS;
    NEEDS_CONTEXT;
    return SUCCESS;
}

Result cuStreamQuery(Handle stream) {
    (void)stream;
    CALLED;
    NEEDS_CONTEXT;
    complete(UINT64_MAX);
    return SUCCESS;
}

/* An event is how many copies had been asked for when it was recorded. */
Result cuEventCreate(uint64_t **event, unsigned flags) {
    CALLED;
    NEEDS_CONTEXT;
    (void)flags;
    *event = calloc(1, sizeof **event);
    return SUCCESS;
}

Result cuEventDestroy_v2(uint64_t *event) {
    CALLED;
    free(event);
    return SUCCESS;
}

Result cuEventRecord(uint64_t *event, Handle stream) {
    (void)stream;
    CALLED;
    NEEDS_CONTEXT;
    *event = __atomic_load_n(&asked, __ATOMIC_SEQ_CST);
    return SUCCESS;
}

Result cuEventSynchronize(uint64_t *event) {
    static struct calls calls = {.name = "cuEventSynchronize"};
    called(&calls, 1);
    complete(*event);
    return SUCCESS;
}

Result cuEventQuery(uint64_t *event) {
    CALLED;
    complete(*event);
    return SUCCESS;
}

Result cuStreamWaitEvent(Handle stream, uint64_t *event, unsigned flags) {
    (void)stream, (void)event, (void)flags;
    CALLED;
    return SUCCESS;
}

Result cuEventElapsedTime_v2(float *milliseconds, uint64_t *start, uint64_t *end) {
    (void)start, (void)end;
    CALLED;
    *milliseconds = 1.0f;
    return SUCCESS;
}
