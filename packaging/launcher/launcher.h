/* The launcher: the small program at the front of the one file. It unpacks what lies behind it, once, and becomes that program. */
#ifndef LAUNCHER_H
#define LAUNCHER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The last bytes of the file, little-endian; packaging/pack.py writes them. */
struct footer {
    char magic[16];
    uint64_t payload_offset, payload_size; /* one zstd frame: the contents of all files, in the order of the index */
    uint64_t index_offset, index_size;     /* the text described at struct pack */
    uint64_t unpacked_size;                /* bytes of all files */
    uint64_t time;                         /* seconds: the modification time that every unpacked file gets */
    char name[64];                         /* of the folder: lemmy-lite-VERSION-HASH, zero-terminated */
};
#define MAGIC "lemmy-lite pack1"

struct entry {
    char kind; /* 'd' folder, 'f' file, 'l' link */
    mode_t mode;
    uint64_t size;
    char *path, *target; /* target: of a link */
};

/* The file this program runs from. The index has a line for each entry, folders before what they hold, fields between tabs:
   kind, mode (octal), size, path, target. */
struct pack {
    int file;
    char *own_path;
    struct footer footer;
    struct entry *entries;
    size_t count;
};

/* pack.c: both end the program with a sentence if the file is incomplete. */
void open_pack(struct pack *pack, const char *argv0);

/* unpack.c */
bool complete(const struct pack *pack, int folder);                          /* every entry is there, of its size and time */
const char *unpack(const struct pack *pack, int parent, const char *folder); /* NULL, or why not; the folder must be new */
extern const char DAMAGED[];
void remove_tree(int parent, const char *name);

/* cache.c: the folder to run from, an absolute path. Ends the program with a sentence if there is none. */
char *ready_folder(const struct pack *pack);

/* main.c */
__attribute__((noreturn, format(printf, 1, 2))) void fail(const char *sentence, ...);
__attribute__((format(printf, 1, 2))) char *text(const char *format, ...);

#endif
