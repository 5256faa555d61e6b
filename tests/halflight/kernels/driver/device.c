/* The pretended GPU itself, its one context, and how a program finds the driver's functions. */
#define _GNU_SOURCE
#include "pretended.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

enum { VERSION = 13000, DEEPEST = 64 };

static int initialized, context;
static __thread Handle stack[DEEPEST];
static __thread int depth;

Handle current_context(void) { return depth ? stack[depth - 1] : NULL; }

Result cuInit(unsigned flags) {
    CALLED;
    initialized = 1;
    return flags ? INVALID_VALUE : SUCCESS;
}

Result cuDriverGetVersion(int *version) {
    CALLED;
    *version = VERSION;
    return SUCCESS;
}

/* The newest variant of a function: cuMemAlloc is cuMemAlloc_v2. Those of CUDA 13 differ: none. */
Result cuGetProcAddress_v2(const char *symbol, void **found, int version, uint64_t flags,
                           int *status) {
    (void)flags;
    static const char *variants[] = {"_v3", "_v2", ""};
    Dl_info here;
    dladdr((void *)cuInit, &here);
    void *library = dlopen(here.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
    *found = NULL;
    for (int i = 0; i < 3 && !*found && version < VERSION; i++) {
        char name[128];
        snprintf(name, sizeof name, "%s%s", symbol, variants[i]);
        *found = dlsym(library, name);
    }
    dlclose(library);
    if (status) *status = *found ? 0 : 1;
    return *found ? SUCCESS : NOT_FOUND;
}

Result cuGetErrorName(Result error, const char **text) {
    static const struct {
        Result error;
        const char *name;
    } names[] = {
        {SUCCESS, "CUDA_SUCCESS"},
        {INVALID_VALUE, "CUDA_ERROR_INVALID_VALUE"},
        {OUT_OF_MEMORY, "CUDA_ERROR_OUT_OF_MEMORY"},
        {NOT_INITIALIZED, "CUDA_ERROR_NOT_INITIALIZED"},
        {INVALID_IMAGE, "CUDA_ERROR_INVALID_IMAGE"},
        {INVALID_CONTEXT, "CUDA_ERROR_INVALID_CONTEXT"},
        {INVALID_HANDLE, "CUDA_ERROR_INVALID_HANDLE"},
        {NOT_FOUND, "CUDA_ERROR_NOT_FOUND"},
        {ILLEGAL_ADDRESS, "CUDA_ERROR_ILLEGAL_ADDRESS"},
    };
    CALLED;
    *text = "unrecognized error code";
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].error == error) *text = names[i].name;
    return SUCCESS;
}

Result cuGetErrorString(Result error, const char **text) { return cuGetErrorName(error, text); }

Result cuDeviceGetCount(int *count) {
    CALLED;
    if (!initialized) return NOT_INITIALIZED;
    *count = 1;
    return SUCCESS;
}

Result cuDeviceGet(int *device, int ordinal) {
    CALLED;
    if (!initialized) return NOT_INITIALIZED;
    *device = 0;
    return ordinal ? INVALID_VALUE : SUCCESS;
}

Result cuDeviceGetName(char *name, int length, int device) {
    CALLED;
    (void)device;
    snprintf(name, (size_t)length, "Pretended GPU");
    return SUCCESS;
}

Result cuDeviceGetUuid_v2(char *uuid, int device) {
    CALLED;
    (void)device;
    memset(uuid, 1, 16);
    return SUCCESS;
}

/* Limits of an H100, by CUDA's number of the attribute. */
Result cuDeviceGetAttribute(int *value, int attribute, int device) {
    CALLED;
    (void)device;
    static const int attributes[256] = {
        [1] = 1024,   [2] = 1024,    [3] = 1024,   [4] = 64,     [5] = 2147483647, [6] = 65535,
        [7] = 65535,  [8] = 49152,   [9] = 65536,  [10] = 32,    [12] = 65536,     [13] = 1980000,
        [16] = 132,   [19] = 1,      [31] = 1,     [38] = 52428800, [39] = 2048,   [40] = 3,
        [41] = 1,     [75] = 9,      [76] = 0,     [78] = 1,     [81] = 233472,    [82] = 65536,
        [83] = 1,     [95] = 1,      [97] = 232448, [106] = 32,  [115] = 1,
    };
    if (attribute < 1 || attribute > 255) return INVALID_VALUE;
    *value = attributes[attribute];
    return SUCCESS;
}

Result cuDevicePrimaryCtxRetain(Handle *found, int device) {
    CALLED;
    (void)device;
    if (!initialized) return NOT_INITIALIZED;
    *found = &context;
    return SUCCESS;
}

Result cuDevicePrimaryCtxRelease_v2(int device) {
    CALLED;
    return device ? INVALID_VALUE : SUCCESS;
}

Result cuDevicePrimaryCtxReset_v2(int device) {
    WAITS;
    return device ? INVALID_VALUE : SUCCESS;
}

Result cuCtxGetCurrent(Handle *found) {
    CALLED;
    *found = current_context();
    return SUCCESS;
}

Result cuCtxSetCurrent(Handle chosen) {
    CALLED;
    if (chosen && chosen != &context) return INVALID_CONTEXT;
    if (depth) depth--;
    if (chosen) stack[depth++] = chosen;
    return SUCCESS;
}

Result cuCtxPushCurrent_v2(Handle chosen) {
    CALLED;
    if (chosen != &context || depth == DEEPEST) return INVALID_CONTEXT;
    stack[depth++] = chosen;
    return SUCCESS;
}

Result cuCtxPopCurrent_v2(Handle *popped) {
    CALLED;
    NEEDS_CONTEXT;
    depth--;
    if (popped) *popped = stack[depth];
    return SUCCESS;
}

Result cuCtxGetDevice(int *device) {
    CALLED;
    NEEDS_CONTEXT;
    *device = 0;
    return SUCCESS;
}

Result cuCtxSynchronize(void) {
    WAITS;
    NEEDS_CONTEXT;
    return SUCCESS;
}
