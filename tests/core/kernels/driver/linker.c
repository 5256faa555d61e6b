/* The driver's own linker, for where nvJitLink is not installed: it joins the texts. */
#include "pretended.h"

#include <stdlib.h>
#include <string.h>

struct link {
    char *text;
    size_t length;
};

Result cuLinkCreate_v2(unsigned number, int *options, void **values, struct link **found) {
    (void)number, (void)options, (void)values;
    CALLED;
    NEEDS_CONTEXT;
    *found = calloc(1, sizeof **found);
    (*found)->text = calloc(1, 1);
    return SUCCESS;
}

Result cuLinkAddData_v2(struct link *link, int kind, const char *data, size_t size,
                        const char *name, unsigned number, int *options, void **values) {
    (void)kind, (void)name, (void)number, (void)options, (void)values;
    CALLED;
    if (!size || memchr(data, 0, size - 1)) return INVALID_IMAGE; /* PTX is text */
    link->text = realloc(link->text, link->length + size + 1);
    memcpy(link->text + link->length, data, size);
    link->length += size;
    link->text[link->length] = 0;
    return SUCCESS;
}

Result cuLinkComplete(struct link *link, void **image, size_t *size) {
    CALLED;
    *image = link->text;
    *size = link->length + 1;
    return SUCCESS;
}

Result cuLinkDestroy(struct link *link) {
    CALLED;
    free(link->text);
    free(link);
    return SUCCESS;
}
