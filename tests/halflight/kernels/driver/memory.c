/* The pretended GPU's memory: the host's, in a list of what is allocated. */
#define _GNU_SOURCE
#include "pretended.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct range {
    Pointer start;
    size_t size;
};
struct list {
    struct range *ranges;
    size_t length, room;
};

static struct list device, pinned; /* pinned: memory of the host that a copy may read later */
static size_t used;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct range *find(struct list *list, Pointer start, size_t size) {
    for (size_t i = list->length; i-- > 0;) {
        struct range *range = &list->ranges[i];
        if (start >= range->start && start - range->start < range->size)
            return size <= range->size - (start - range->start) ? range : NULL;
    }
    return NULL;
}

static int holds(struct list *list, Pointer start, size_t size) {
    pthread_mutex_lock(&lock);
    int found = find(list, start, size) != NULL;
    pthread_mutex_unlock(&lock);
    return found;
}

int allocated(Pointer start, size_t size) { return holds(&device, start, size); }

static void add(struct list *list, Pointer start, size_t size) {
    pthread_mutex_lock(&lock);
    if (list->length == list->room) {
        list->room = 2 * list->room + 64;
        list->ranges = realloc(list->ranges, list->room * sizeof *list->ranges);
    }
    list->ranges[list->length++] = (struct range){start, size};
    pthread_mutex_unlock(&lock);
}

/* The size of what begins here, taken off the list; 0 if nothing does. */
static size_t take(struct list *list, Pointer start) {
    size_t size = 0;
    pthread_mutex_lock(&lock);
    struct range *range = find(list, start, 1);
    if (range && range->start == start) {
        size = range->size;
        *range = list->ranges[--list->length];
    }
    pthread_mutex_unlock(&lock);
    return size;
}

/* Pages are given when they are first touched: a large GPU costs nothing. */
static void *pages(size_t size) {
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void *start = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, -1, 0);
    return start == MAP_FAILED ? NULL : start;
}

/* Such pages full of one number, 1 or PRETENDED_CONTENT: as no kernel writes anything, this is what
 * a program reads as its loss, and as the answer to whether all gradients are finite. */
static void *filled(size_t size) {
    enum { PIECE = 16 << 20 };
    static int file = -1;
    const char *chosen = getenv("PRETENDED_CONTENT");
    const float number = chosen ? strtof(chosen, NULL) : 1.0f;
    pthread_mutex_lock(&lock);
    if (file < 0) {
        file = memfd_create("content", 0);
        float *piece = MAP_FAILED;
        if (!ftruncate(file, PIECE)) piece = mmap(NULL, PIECE, PROT_WRITE, MAP_SHARED, file, 0);
        if (piece == MAP_FAILED) abort();
        for (size_t i = 0; i < PIECE / sizeof(float); i++) piece[i] = number;
        munmap(piece, PIECE);
    }
    pthread_mutex_unlock(&lock);
    char *start = pages(size);
    const int flags = MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE;
    for (size_t i = 0; start && i < size; i += PIECE) {
        size_t length = size - i < PIECE ? size - i : PIECE;
        if (mmap(start + i, length, PROT_READ | PROT_WRITE, flags, file, 0) == MAP_FAILED) abort();
    }
    return start;
}

static size_t total(void) {
    const char *chosen = getenv("PRETENDED_MEMORY");
    return chosen ? strtoull(chosen, NULL, 10) : (size_t)8 << 30;
}

static Result allocate(Pointer *found, size_t size) {
    NEEDS_CONTEXT;
    if (!size) return INVALID_VALUE;
    if (size > total() || used > total() - size) return OUT_OF_MEMORY;
    void *start = filled(size);
    if (!start) return OUT_OF_MEMORY;
    *found = (Pointer)start;
    __atomic_add_fetch(&used, size, __ATOMIC_SEQ_CST);
    add(&device, *found, size);
    return SUCCESS;
}

static Result release(Pointer start) {
    size_t size = take(&device, start);
    if (!size) return start ? INVALID_VALUE : SUCCESS;
    __atomic_sub_fetch(&used, size, __ATOMIC_SEQ_CST);
    munmap((void *)start, size);
    return SUCCESS;
}

Result cuMemAlloc_v2(Pointer *found, size_t size) {
    MAY_WAIT;
    return allocate(found, size);
}

Result cuMemFree_v2(Pointer start) {
    WAITS;
    return release(start);
}

Result cuMemGetInfo_v2(size_t *unused, size_t *all) {
    CALLED;
    NEEDS_CONTEXT;
    *unused = total() - used;
    *all = total();
    return SUCCESS;
}

Result cuMemGetAddressRange_v2(Pointer *start, size_t *size, Pointer inside) {
    CALLED;
    pthread_mutex_lock(&lock);
    struct range *range = find(&device, inside, 1);
    if (range && start) *start = range->start;
    if (range && size) *size = range->size;
    pthread_mutex_unlock(&lock);
    return range ? SUCCESS : INVALID_VALUE;
}

Result cuMemHostAlloc(void **found, size_t size, unsigned flags) {
    MAY_WAIT;
    NEEDS_CONTEXT;
    (void)flags;
    *found = size ? pages(size) : NULL;
    if (!*found) return OUT_OF_MEMORY;
    add(&pinned, (Pointer)*found, size);
    return SUCCESS;
}

Result cuMemFreeHost(void *start) {
    WAITS;
    size_t size = take(&pinned, (Pointer)start);
    if (!size) return INVALID_VALUE;
    munmap(start, size);
    return SUCCESS;
}

int is_pinned(const void *start, size_t size) { return holds(&pinned, (Pointer)start, size); }
