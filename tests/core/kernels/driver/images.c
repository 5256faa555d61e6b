/* What a module says of its kernels' parameters: PTX in its text, machine code in an ELF file. */
#define _GNU_SOURCE
#include "pretended.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PARAMETERS = 1024, SIZED = 4, PARAMETER = 0x17 };

static const Elf64_Shdr *sections_of(const char *image) {
    return (const Elf64_Shdr *)(image + ((const Elf64_Ehdr *)image)->e_shoff);
}

/* Bytes of an image, of which a program gives the beginning only; PTX ends with a 0. */
static size_t size_of(const char *image) {
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)image;
    if (memcmp(image, ELFMAG, SELFMAG)) return strlen(image) + 1;
    size_t size = header->e_shoff + (size_t)header->e_shnum * sizeof(Elf64_Shdr);
    for (int i = 0; i < header->e_shnum; i++) {
        const Elf64_Shdr *section = &sections_of(image)[i];
        size_t end = section->sh_offset + section->sh_size;
        if (section->sh_type != SHT_NOBITS && end > size) size = end;
    }
    return size;
}

char *copy_of_image(const char *image) {
    const size_t size = size_of(image);
    return memcpy(malloc(size), image, size);
}

/* ".param .u64 name_param_0," and so on, after ".entry name(". */
static int in_text(const char *text, const char *name, char *widths) {
    const size_t length = strlen(name);
    const char *at = text;
    while ((at = strstr(at, ".entry ")) && (strncmp(at += 7, name, length) || at[length] != '('))
        continue;
    if (!at) return 0;
    const char *end = strchr(at, ')');
    for (int i = 0; i < MOST_PARAMETERS && (at = strstr(at, ".param .")) && at < end; i++) {
        at += strlen(".param .");
        widths[i] = (char)(strtol(at + 1, NULL, 10) / 8);
    }
    return 1;
}

/* The section .nv.info.name: attributes of a format, a kind and a size; those of parameters hold
 * an index of 4 bytes, the parameter's number and offset of 2 each, and its width in upper bits. */
static int in_machine_code(const char *image, const char *name, char *widths) {
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)image;
    const Elf64_Shdr *sections = sections_of(image);
    const char *names = image + sections[header->e_shstrndx].sh_offset;
    for (int i = 0; i < header->e_shnum; i++) {
        const char *found = names + sections[i].sh_name;
        if (strncmp(found, ".nv.info.", 9) || strcmp(found + 9, name)) continue;
        const char *at = image + sections[i].sh_offset, *end = at + sections[i].sh_size;
        while (at + 4 <= end) {
            uint16_t size, number;
            uint32_t packed;
            memcpy(&size, at + 2, 2);
            if (at[0] == SIZED && at[1] == PARAMETER) {
                memcpy(&number, at + 8, 2);
                memcpy(&packed, at + 12, 4);
                if (number < MOST_PARAMETERS) widths[number] = (char)(packed >> 18);
            }
            at += at[0] == SIZED ? 4 + size : 4;
        }
        return 1;
    }
    return 0;
}

/* The bytes of each parameter of a kernel, ending with 0; NULL where there is no such kernel. */
char *widths_of(const char *image, const char *name) {
    char *widths = calloc(1, MOST_PARAMETERS + 1);
    int machine_code = !memcmp(image, ELFMAG, SELFMAG);
    if (machine_code ? in_machine_code(image, name, widths) : in_text(image, name, widths))
        return widths;
    free(widths);
    return NULL;
}
