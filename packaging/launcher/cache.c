/* Finds the folder where this version lies unpacked, or unpacks it there.

   A place for such folders must belong to who runs the program or to root, and nobody else may write there: what lies in it is run.
   Beside each folder lies NAME.lock, which every running program holds shared (the descriptor goes through exec on purpose), so that
   nobody removes what is in use; `.unpacking.lock` is held by the one that unpacks. A folder gets its name when it is whole and on disk. */
#define _GNU_SOURCE
#include "launcher.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define KEPT_BEFORE 1 /* folders of other versions that are kept: the one used last, to go back to */
#define UNPACKING ".lemmy-lite-unpacking.lock"
#define PART ".lemmy-lite-part-"
#define MEGABYTE 1000000u

static bool trusted(const struct stat *found, mode_t writers) {
    bool shared = (found->st_mode & writers) != 0 && (found->st_mode & S_ISVTX) == 0;
    return (found->st_uid == geteuid() || found->st_uid == 0) && !shared;
}

/* Opens the place, making the last part of its path (and the one before, as ~/.cache may be missing). -1 with `*reason`. */
static int opened(const char *place, char **reason) {
    char *above = dirname(strdup(place));
    if (mkdir(above, 0700) == 0 || errno == EEXIST || errno == EROFS || errno == EACCES) mkdir(place, 0700);
    int folder = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat own, parent;
    if (folder < 0) {
        *reason = text("%s: %s", place, errno == ENOENT ? "it is not there and cannot be made" : strerror(errno));
        return -1;
    }
    if (fstat(folder, &own) != 0 || stat(above, &parent) != 0 || !trusted(&own, 022) || !trusted(&parent, 02)) {
        *reason = text("%s: somebody else owns it or may write there", place);
        close(folder);
        return -1;
    }
    struct statvfs disk;
    if (fstatvfs(folder, &disk) == 0 && (disk.f_flag & ST_NOEXEC) != 0) {
        *reason = text("%s: its file system does not let programs run", place);
        close(folder);
        return -1;
    }
    return folder;
}

/* Holds the folder's lock shared until the program ends; on a read-only disk nobody removes anything, so none is needed. */
static int hold(int place, const char *name) {
    char *lock = text("%s.lock", name);
    int file = -1;
    for (bool current = false; !current;) {
        if (file >= 0) close(file);
        file = openat(place, lock, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
        if (file < 0) file = openat(place, lock, O_RDONLY | O_NOFOLLOW);
        if (file < 0) break;
        flock(file, LOCK_SH);
        struct stat held, named; /* `prune` may have removed it before we held it */
        current = fstat(file, &held) == 0 && fstatat(place, lock, &named, AT_SYMLINK_NOFOLLOW) == 0 && held.st_ino == named.st_ino;
    }
    free(lock);
    if (file >= 0) futimens(file, NULL); /* when it was used last, for `prune` */
    return file;
}

static bool ready(const struct pack *pack, int place) {
    int folder = openat(place, pack->footer.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0) return false;
    struct stat found;
    bool whole = fstat(folder, &found) == 0 && trusted(&found, 022) && complete(pack, folder);
    close(folder);
    return whole;
}

/* Moves a folder out of the way in one step and removes it then, so that it never stands half removed under its name. */
static void discard(int place, const char *name) {
    char *aside = text(PART "old-%d", (int)getpid());
    remove_tree(place, aside);
    if (renameat(place, name, place, aside) == 0) remove_tree(place, aside);
    free(aside);
}

/* lemmy-lite-VERSION-HASH, and nothing that merely resembles it. */
static bool is_version(const char *name) {
    size_t length = strlen(name);
    if (strncmp(name, "lemmy-lite-", 11) != 0 || length < 11 + 17 || name[length - 17] != '-') return false;
    for (size_t at = length - 16; at < length; at++)
        if (!isxdigit((unsigned char)name[at])) return false;
    return true;
}

struct version {
    char *name;
    time_t used;
};

static int newest_first(const void *one, const void *other) {
    time_t a = ((const struct version *)one)->used, b = ((const struct version *)other)->used;
    return (a < b) - (a > b);
}

/* Removes what killed launchers left, and other versions than the ones used last that nobody runs. Holds UNPACKING meanwhile. */
static void prune(const struct pack *pack, int place) {
    struct version versions[64];
    size_t count = 0;
    DIR *listing = fdopendir(openat(place, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (listing == NULL) return;
    for (struct dirent *each; (each = readdir(listing)) != NULL && count < 64;) {
        if (strncmp(each->d_name, PART, strlen(PART)) == 0) remove_tree(place, each->d_name);
        if (!is_version(each->d_name) || strcmp(each->d_name, pack->footer.name) == 0) continue;
        char *lock = text("%s.lock", each->d_name);
        struct stat found = {0};
        fstatat(place, lock, &found, AT_SYMLINK_NOFOLLOW);
        versions[count++] = (struct version){strdup(each->d_name), found.st_mtime};
        free(lock);
    }
    closedir(listing);
    qsort(versions, count, sizeof *versions, newest_first);
    for (size_t at = KEPT_BEFORE; at < count; at++) {
        char *lock = text("%s.lock", versions[at].name);
        int file = openat(place, lock, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (file >= 0 && flock(file, LOCK_EX | LOCK_NB) == 0) {
            discard(place, versions[at].name);
            unlinkat(place, lock, 0);
        }
        if (file >= 0) close(file);
        free(lock);
    }
}

/* Unpacks into the place unless another process just did. NULL, or why not. */
static char *make(const struct pack *pack, int place, const char *path) {
    int lock = openat(place, UNPACKING, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (lock < 0) return text("%s: %s", path, strerror(errno));
    while (flock(lock, LOCK_EX) != 0 && errno == EINTR) continue;
    char *reason = NULL;
    if (!ready(pack, place)) {
        prune(pack, place);
        struct statvfs disk;
        uint64_t wanted = pack->footer.unpacked_size + pack->count * 4096 + MEGABYTE;
        uint64_t room = fstatvfs(place, &disk) == 0 ? (uint64_t)disk.f_bavail * disk.f_frsize : wanted;
        char *part = text(PART "%d", (int)getpid());
        const char *failed = NULL;
        if (room < wanted)
            reason = text("%s: it needs %u MB there, and %u MB are free", path, (unsigned)(wanted / MEGABYTE), (unsigned)(room / MEGABYTE));
        else if ((failed = unpack(pack, place, part)) == NULL) {
            discard(place, pack->footer.name);
            if (renameat(place, part, place, pack->footer.name) != 0) failed = strerror(errno);
            fsync(place);
        }
        if (failed != NULL) reason = text("%s: %s", path, failed);
        if (reason != NULL) remove_tree(place, part);
        if (failed == DAMAGED) fail("%s", DAMAGED); /* no other folder would help */
        free(part);
    }
    close(lock);
    return reason;
}

/* The folder to run from, below this place. NULL with `*reason`. */
static char *usable(const struct pack *pack, const char *path, char **reason) {
    int place = opened(path, reason);
    if (place < 0) return NULL;
    int held = hold(place, pack->footer.name);
    if (!ready(pack, place)) {
        *reason = make(pack, place, path);
        if (*reason == NULL && held < 0) held = hold(place, pack->footer.name);
    }
    if (*reason != NULL && held >= 0) close(held);
    close(place);
    return *reason == NULL ? text("%s/%s", path, pack->footer.name) : NULL;
}

/* An environment variable that names a folder by its whole path; of several, as systemd may give, the first. */
static char *named(const char *variable, const char *below) {
    const char *value = getenv(variable);
    if (value == NULL || *value != '/') return NULL;
    return text("%.*s%s", (int)strcspn(value, ":"), value, below);
}

char *ready_folder(const struct pack *pack) {
    char *own = named("LEMMY_LITE_CACHE", ""), *service = named("CACHE_DIRECTORY", "");
    const char *wished = getenv("LEMMY_LITE_CACHE");
    if (own == NULL && wished != NULL && *wished != '\0') fail("LEMMY_LITE_CACHE must be the whole path of a folder, from / on.");
    char *only = own != NULL ? own : service;
    char *places[] = {only,
                      named("XDG_CACHE_HOME", "/lemmy_lite"),
                      named("HOME", "/.cache/lemmy_lite"),
                      text("%s/.lemmy_lite-cache", dirname(strdup(pack->own_path))),
                      text("/var/tmp/lemmy_lite-%u", (unsigned)geteuid())};
    char *reasons = "";
    for (size_t at = 0; at < (only != NULL ? 1 : sizeof places / sizeof *places); at++) {
        char *reason = NULL;
        char *folder = places[at] != NULL ? usable(pack, places[at], &reason) : NULL;
        if (folder != NULL) return folder;
        if (reason != NULL) reasons = text("%s%s%s", reasons, *reasons != '\0' ? "; " : "", reason);
    }
    fail("There is no folder to unpack the program into (%s). Name one: LEMMY_LITE_CACHE=/path/to/folder", reasons);
}
