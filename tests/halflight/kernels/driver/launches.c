/* Modules and launches: nothing is computed, but what a real driver refuses is refused. */
#define _GNU_SOURCE
#include "pretended.h"

#include <stdlib.h>
#include <string.h>

struct library {
    char *image;
};
struct kernel {
    struct library *library;
    char *widths; /* of each parameter: 8 bytes for an address or an int64 */
    char name[];
};
enum { MOST_THREADS = 1024, MOST_SHARED = 49152 };

Result cuLibraryLoadData(struct library **found, const char *image, void *o, void *v, unsigned n,
                         void *p, void *w, unsigned m) {
    (void)o, (void)v, (void)n, (void)p, (void)w, (void)m;
    MAY_WAIT;
    NEEDS_CONTEXT;
    if (!image || !*image) return INVALID_IMAGE;
    *found = malloc(sizeof **found);
    (*found)->image = strdup(image);
    return SUCCESS;
}

Result cuLibraryUnload(struct library *library) {
    MAY_WAIT;
    free(library->image);
    free(library);
    return SUCCESS;
}

Result cuLibraryGetKernel(struct kernel **found, struct library *library, const char *name) {
    CALLED;
    char *widths = widths_of(library->image, name);
    if (!widths) return NOT_FOUND;
    *found = malloc(sizeof **found + strlen(name) + 1);
    (*found)->library = library;
    (*found)->widths = widths;
    strcpy((*found)->name, name);
    return SUCCESS;
}

Result cuKernelGetFunction(struct kernel **function, struct kernel *kernel) {
    CALLED;
    *function = kernel;
    return SUCCESS;
}

/* Numba passes an array as two addresses that are 0 on a GPU, its length, the bytes of an element,
 * and its address; then lengths and strides. Whether all such arrays lie in allocated memory. */
static int arrays_exist(const char *widths, void **arguments) {
    for (int i = 0; widths[i]; i++) {
        uint64_t v[5];
        int known = 0;
        while (known < 5 && widths[i + known] == 8) {
            memcpy(&v[known], arguments[i + known], 8);
            known++;
        }
        if (known == 5 && !v[0] && !v[1] && v[2] && (v[3] == 4 || v[3] == 8) && v[4] >> 32) {
            if (!allocated(v[4], v[2] * v[3])) return 0;
            i += 4;
        }
    }
    return 1;
}

Result cuLaunchKernel(struct kernel *kernel, unsigned gx, unsigned gy, unsigned gz, unsigned bx,
                      unsigned by, unsigned bz, unsigned shared, Handle stream, void **arguments,
                      void **extra) {
    (void)stream, (void)extra;
    static const unsigned grids[3] = {2147483647, 65535, 65535}, blocks[3] = {1024, 1024, 64};
    const unsigned grid[3] = {gx, gy, gz}, block[3] = {bx, by, bz};
    CALLED;
    NEEDS_CONTEXT;
    if (!kernel) return INVALID_HANDLE;
    for (int i = 0; i < 3; i++) {
        if (grid[i] < 1 || grid[i] > grids[i]) return INVALID_VALUE;
        if (block[i] < 1 || block[i] > blocks[i]) return INVALID_VALUE;
    }
    if (bx * by * bz > MOST_THREADS || shared > MOST_SHARED) return INVALID_VALUE;
    if (!arrays_exist(kernel->widths, arguments)) return ILLEGAL_ADDRESS;
    return SUCCESS;
}
