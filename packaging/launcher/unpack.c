/* Writes the files of the pack into a new folder, and tells whether a folder still holds them all. */
#define _GNU_SOURCE
#include "launcher.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

const char DAMAGED[] = "This file is damaged: compare it with SHA256SUMS, or download it again.";

bool complete(const struct pack *pack, int folder) {
    for (size_t at = 0; at < pack->count; at++) {
        const struct entry *entry = &pack->entries[at];
        struct stat found;
        if (fstatat(folder, entry->path, &found, AT_SYMLINK_NOFOLLOW) != 0) return false;
        bool same = entry->kind == 'd'   ? S_ISDIR(found.st_mode)
                    : entry->kind == 'l' ? S_ISLNK(found.st_mode)
                                         : S_ISREG(found.st_mode) && (uint64_t)found.st_size == entry->size &&
                                               (uint64_t)found.st_mtime == pack->footer.time;
        if (!same) return false;
    }
    return true;
}

/* The stream of all files' contents, a piece at a time. */
struct stream {
    const struct pack *pack;
    ZSTD_DStream *unpacker;
    ZSTD_inBuffer input;
    uint64_t taken, made;
    size_t expected; /* what zstd said last: 0 at the end of the frame, where it has checked its checksum */
    char *compressed, *plain;
    int shown;
};

static void show(struct stream *stream) {
    int percent = (int)(100 * stream->made / (stream->pack->footer.unpacked_size + 1));
    if (!isatty(2) || percent == stream->shown) return;
    stream->shown = percent;
    fprintf(stderr, "\rUnpacking, this once: %d %%", percent);
}

/* Up to `most` further bytes in `stream->plain`; 0 means that the pack is damaged. */
static size_t next(struct stream *stream, size_t most) {
    ZSTD_outBuffer output = {stream->plain, most < ZSTD_DStreamOutSize() ? most : ZSTD_DStreamOutSize(), 0};
    while (output.pos == 0) {
        if (stream->input.pos == stream->input.size && stream->taken < stream->pack->footer.payload_size) {
            uint64_t left = stream->pack->footer.payload_size - stream->taken;
            size_t wanted = left < ZSTD_DStreamInSize() ? (size_t)left : ZSTD_DStreamInSize();
            ssize_t got = pread(stream->pack->file, stream->compressed, wanted,
                                (off_t)(stream->pack->footer.payload_offset + stream->taken));
            if (got <= 0) return 0;
            stream->taken += (uint64_t)got;
            stream->input = (ZSTD_inBuffer){stream->compressed, (size_t)got, 0};
        }
        size_t before = stream->input.pos;
        stream->expected = ZSTD_decompressStream(stream->unpacker, &output, &stream->input);
        if (ZSTD_isError(stream->expected) || (output.pos == 0 && stream->input.pos == before)) return 0;
    }
    stream->made += output.pos;
    show(stream);
    return output.pos;
}

static const char *write_file(struct stream *stream, int folder, const struct entry *entry) {
    int file = openat(folder, entry->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, entry->mode & 0700);
    if (file < 0) return strerror(errno);
    const char *reason = NULL;
    for (uint64_t left = entry->size; left > 0 && reason == NULL;) {
        size_t size = next(stream, left < SIZE_MAX ? (size_t)left : SIZE_MAX);
        if (size == 0) reason = DAMAGED;
        for (size_t done = 0; done < size && reason == NULL;) {
            ssize_t written = write(file, stream->plain + done, size - done);
            if (written < 0 && errno != EINTR) reason = strerror(errno);
            if (written > 0) done += (size_t)written;
        }
        left -= size;
    }
    struct timespec times[2] = {{.tv_sec = (time_t)stream->pack->footer.time}, {.tv_sec = (time_t)stream->pack->footer.time}};
    if (reason == NULL && (fchmod(file, entry->mode & 0700) != 0 || futimens(file, times) != 0)) reason = strerror(errno);
    if (close(file) != 0 && reason == NULL) reason = strerror(errno);
    return reason;
}

static const char *write_all(struct stream *stream, int folder) {
    for (size_t at = 0; at < stream->pack->count; at++) {
        const struct entry *entry = &stream->pack->entries[at];
        const char *reason = NULL;
        if (entry->kind == 'd' && mkdirat(folder, entry->path, 0700) != 0) reason = strerror(errno);
        if (entry->kind == 'l' && symlinkat(entry->target, folder, entry->path) != 0) reason = strerror(errno);
        if (entry->kind == 'f') reason = write_file(stream, folder, entry);
        if (reason != NULL) return reason;
    }
    /* The frame must end here, with its checksum. */
    while (stream->expected != 0) {
        uint64_t before = stream->made;
        if (next(stream, 1) != 0 || stream->made != before) return DAMAGED;
        if (stream->expected != 0 && (ZSTD_isError(stream->expected) || stream->taken == stream->pack->footer.payload_size)) return DAMAGED;
    }
    return syncfs(folder) != 0 ? strerror(errno) : NULL; /* one flush for all files, before the folder gets its name */
}

const char *unpack(const struct pack *pack, int parent, const char *name) {
    if (mkdirat(parent, name, 0700) != 0) return strerror(errno);
    int folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stream stream = {.pack = pack,
                            .unpacker = ZSTD_createDStream(),
                            .expected = 1,
                            .compressed = malloc(ZSTD_DStreamInSize()),
                            .plain = malloc(ZSTD_DStreamOutSize()),
                            .shown = -1};
    const char *reason = folder < 0 ? strerror(errno) : "there is no memory left";
    if (folder >= 0 && stream.unpacker != NULL && stream.compressed != NULL && stream.plain != NULL) reason = write_all(&stream, folder);
    if (stream.shown >= 0) fputs("\r\033[K", stderr);
    ZSTD_freeDStream(stream.unpacker);
    free(stream.compressed);
    free(stream.plain);
    if (folder >= 0) close(folder);
    return reason;
}

void remove_tree(int parent, const char *name) {
    int folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *listing = folder >= 0 ? fdopendir(folder) : NULL;
    if (listing == NULL) {
        if (folder >= 0) close(folder);
        unlinkat(parent, name, 0);
        return;
    }
    for (struct dirent *each; (each = readdir(listing)) != NULL;)
        if (strcmp(each->d_name, ".") != 0 && strcmp(each->d_name, "..") != 0) remove_tree(dirfd(listing), each->d_name);
    closedir(listing);
    unlinkat(parent, name, AT_REMOVEDIR);
}
