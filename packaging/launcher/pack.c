/* Reads footer and index at the end of the own file. */
#define _GNU_SOURCE
#include "launcher.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#define INDEX_LIMIT (8u << 20)

static void read_at(int file, void *into, size_t size, uint64_t offset) {
    char *place = into;
    while (size > 0) {
        ssize_t got = pread(file, place, size, (off_t)offset);
        if (got <= 0) fail("This file is incomplete: download it again.");
        place += got, size -= (size_t)got, offset += (uint64_t)got;
    }
}

/* Whether a path of the index stays below the folder it is unpacked into. */
static bool inside(const char *path) {
    if (*path == '\0' || *path == '/') return false;
    for (const char *part = path; part != NULL; part = strchr(part, '/')) {
        if (*part == '/') part++;
        size_t length = strcspn(part, "/");
        if (length == 0 || (length == 2 && strncmp(part, "..", 2) == 0)) return false;
    }
    return true;
}

static struct entry parsed(char *line) {
    char *fields[5] = {NULL};
    for (size_t at = 0; at < 5; at++) fields[at] = strsep(&line, "\t");
    if (fields[4] == NULL || strlen(fields[0]) != 1 || strchr("dfl", fields[0][0]) == NULL || !inside(fields[3]))
        fail("This file is damaged: download it again.");
    return (struct entry){.kind = fields[0][0],
                          .mode = (mode_t)strtoul(fields[1], NULL, 8),
                          .size = strtoull(fields[2], NULL, 10),
                          .path = fields[3],
                          .target = fields[4]};
}

void open_pack(struct pack *pack, const char *argv0) {
    const char *started = (const char *)getauxval(AT_EXECFN);
    pack->own_path = realpath("/proc/self/exe", NULL);
    if (pack->own_path == NULL) pack->own_path = realpath(started != NULL ? started : argv0, NULL);
    pack->file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (pack->file < 0 && pack->own_path != NULL) pack->file = open(pack->own_path, O_RDONLY | O_CLOEXEC);
    struct stat own;
    if (pack->own_path == NULL || pack->file < 0 || fstat(pack->file, &own) != 0)
        fail("It cannot read its own file; it must be readable as well as executable.");

    struct footer *footer = &pack->footer;
    uint64_t size = (uint64_t)own.st_size;
    if (size < sizeof *footer) fail("This file is incomplete: download it again.");
    read_at(pack->file, footer, sizeof *footer, size - sizeof *footer);
    uint64_t end = size - sizeof *footer;
    if (memcmp(footer->magic, MAGIC, sizeof footer->magic) != 0 || footer->index_size > INDEX_LIMIT || footer->index_size > end ||
        footer->index_offset != end - footer->index_size || footer->payload_size > footer->index_offset ||
        footer->payload_offset != footer->index_offset - footer->payload_size || footer->name[sizeof footer->name - 1] != '\0' ||
        strchr(footer->name, '/') != NULL || strncmp(footer->name, "lemmy-lite-", 11) != 0)
        fail("This file is incomplete: download it again.");

    char *index = malloc(footer->index_size + 1);
    if (index == NULL) fail("There is no memory left.");
    read_at(pack->file, index, footer->index_size, footer->index_offset);
    index[footer->index_size] = '\0';
    size_t lines = 0;
    for (char *at = index; *at != '\0'; at++) lines += *at == '\n';
    pack->entries = calloc(lines + 1, sizeof *pack->entries);
    if (pack->entries == NULL) fail("There is no memory left.");
    for (pack->count = 0; pack->count < lines; pack->count++) pack->entries[pack->count] = parsed(strsep(&index, "\n"));
}
