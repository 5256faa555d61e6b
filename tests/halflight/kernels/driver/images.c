/* What a program in PTX says of its kernels' parameters. */
#include "pretended.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_PARAMETERS = 1024 };

/* The bytes of each parameter of a kernel, ending with 0; NULL where there is no such kernel. They
 * are in ".param .u64 name_param_0," and so on, after ".entry name(". */
char *widths_of(const char *text, const char *name) {
    const size_t length = strlen(name);
    const char *at = text;
    while ((at = strstr(at, ".entry ")) && (strncmp(at += 7, name, length) || at[length] != '('))
        continue;
    if (!at) return NULL;
    char *widths = calloc(1, MOST_PARAMETERS + 1);
    const char *end = strchr(at, ')');
    for (int i = 0; i < MOST_PARAMETERS && (at = strstr(at, ".param .")) && at < end; i++) {
        at += strlen(".param .");
        widths[i] = (char)(strtol(at + 1, NULL, 10) / 8);
    }
    return widths;
}
