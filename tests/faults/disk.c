/* Preloaded into an instance: keeps a journal of everything that reaches files in one folder, and makes its disk fail on demand.

   FAULTS_FOLDER    only files below it count
   FAULTS_JOURNAL   where writes, truncations and syncs are noted in their order (disk.py reads it)
   FAULTS_SWITCH    a file whose first byte says what fails now: 0 nothing, 'w' writes with EIO, 's' syncs with EIO,
                    'r' everything that changes with EROFS, 'i' reads with EIO
*/
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define MOST 65536
enum { UNKNOWN, OURS, FOREIGN };
enum { NAME = 'n', WRITE = 'w', SYNC = 's', TRUNCATE = 't' };

struct record {
    uint32_t kind, file;
    uint64_t offset;
    uint64_t length;
};

static const char *folder;
static size_t folder_length;
static int journal = -1;
static volatile const char *fails;
static unsigned char kinds[MOST];
static uint32_t numbers[MOST];
static uint32_t files;
static struct { dev_t device; ino_t inode; } known[4096];
static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

__attribute__((constructor)) static void prepare(void) {
    folder = getenv("FAULTS_FOLDER");
    folder_length = folder ? strlen(folder) : 0;
    const char *path = getenv("FAULTS_JOURNAL");
    if (path)
        journal = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    unsetenv("FAULTS_JOURNAL"); /* children would number their files anew */
    path = getenv("FAULTS_SWITCH");
    if (path) {
        int descriptor = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
        void *page = descriptor < 0 ? MAP_FAILED : mmap(NULL, 4096, PROT_READ, MAP_SHARED, descriptor, 0);
        if (page != MAP_FAILED)
            fails = page;
        if (descriptor >= 0)
            syscall(SYS_close, descriptor);
    }
}

static void note(uint32_t kind, uint32_t file, uint64_t offset, const void *data, uint64_t length) {
    struct record head = {kind, file, offset, length};
    struct iovec parts[2] = {{&head, sizeof head}, {(void *)data, data ? length : 0}};
    if (journal >= 0 && syscall(SYS_writev, journal, parts, 2) < 0)
        abort(); /* a journal with holes would prove nothing */
}

/* Whether a descriptor is one of the folder's files. The first time a file is seen, its name is noted. */
static int ours(int descriptor) {
    if (!folder || descriptor < 0 || descriptor >= MOST || descriptor == journal)
        return 0;
    if (kinds[descriptor] != UNKNOWN)
        return kinds[descriptor] == OURS;
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    struct stat found;
    if (length <= 0 || (size_t)length <= folder_length || strncmp(path, folder, folder_length) || path[folder_length] != '/' ||
        syscall(SYS_fstat, descriptor, &found) || !S_ISREG(found.st_mode)) {
        kinds[descriptor] = FOREIGN;
        return 0;
    }
    uint32_t number = 0;
    while (number < files && !(known[number].device == found.st_dev && known[number].inode == found.st_ino))
        number++;
    if (number == files) {
        if (files == sizeof known / sizeof *known)
            abort();
        known[files].device = found.st_dev;
        known[files++].inode = found.st_ino;
    }
    note(NAME, number, 0, path, length);
    numbers[descriptor] = number;
    kinds[descriptor] = OURS;
    return 1;
}

static int failing(int descriptor, const char *ways) {
    char way = fails ? *fails : 0;
    if (!way || !strchr(ways, way) || !ours(descriptor))
        return 0;
    errno = way == 'r' ? EROFS : EIO;
    return 1;
}

#define REAL(name) \
    static typeof(name) *real; \
    if (!real) \
        real = (typeof(name) *)dlsym(RTLD_NEXT, #name)

static ssize_t written(ssize_t done, int descriptor, off64_t offset, const void *data) {
    if (done > 0 && ours(descriptor))
        note(WRITE, numbers[descriptor], offset, data, done);
    return done;
}

#define WRITES_AT(name, place) \
    ssize_t name(int descriptor, const void *data, size_t length, place offset) { \
        REAL(name); \
        pthread_mutex_lock(&lock); \
        ssize_t done = failing(descriptor, "wr") ? -1 : written(real(descriptor, data, length, offset), descriptor, offset, data); \
        pthread_mutex_unlock(&lock); \
        return done; \
    }
WRITES_AT(pwrite, off_t)
WRITES_AT(pwrite64, off64_t)

ssize_t write(int descriptor, const void *data, size_t length) {
    REAL(write);
    if (!ours(descriptor))
        return real(descriptor, data, length);
    pthread_mutex_lock(&lock);
    ssize_t done = -1;
    if (!failing(descriptor, "wr")) {
        done = real(descriptor, data, length);
        off64_t end = syscall(SYS_lseek, descriptor, 0, SEEK_CUR);
        written(done, descriptor, end - done, data);
    }
    pthread_mutex_unlock(&lock);
    return done;
}

#define TRUNCATES(name, place) \
    int name(int descriptor, place length) { \
        REAL(name); \
        pthread_mutex_lock(&lock); \
        int done = failing(descriptor, "wr") ? -1 : real(descriptor, length); \
        if (!done && ours(descriptor)) \
            note(TRUNCATE, numbers[descriptor], length, NULL, 0); \
        pthread_mutex_unlock(&lock); \
        return done; \
    }
TRUNCATES(ftruncate, off_t)
TRUNCATES(ftruncate64, off64_t)

#define SYNCS(name) \
    int name(int descriptor) { \
        REAL(name); \
        pthread_mutex_lock(&lock); \
        int done = failing(descriptor, "sr") ? -1 : real(descriptor); \
        if (!done && ours(descriptor)) \
            note(SYNC, numbers[descriptor], 0, NULL, 0); \
        pthread_mutex_unlock(&lock); \
        return done; \
    }
SYNCS(fsync)
SYNCS(fdatasync)

#define READS_AT(name, place) \
    ssize_t name(int descriptor, void *data, size_t length, place offset) { \
        REAL(name); \
        return failing(descriptor, "i") ? -1 : real(descriptor, data, length, offset); \
    }
READS_AT(pread, off_t)
READS_AT(pread64, off64_t)

int close(int descriptor) {
    REAL(close);
    if (descriptor >= 0 && descriptor < MOST)
        kinds[descriptor] = UNKNOWN;
    return real(descriptor);
}

static int forgotten(int descriptor) {
    if (descriptor >= 0 && descriptor < MOST)
        kinds[descriptor] = UNKNOWN;
    return descriptor;
}

int dup2(int from, int to) {
    REAL(dup2);
    return forgotten(real(from, to));
}

int dup3(int from, int to, int flags) {
    REAL(dup3);
    return forgotten(real(from, to, flags));
}

/* Files that are opened while the disk takes no changes. */
static int refused(const char *path, int flags) {
    if (!fails || *fails != 'r' || !folder || !(flags & (O_WRONLY | O_RDWR | O_CREAT)))
        return 0;
    if (path[0] != '/' || strncmp(path, folder, folder_length))
        return 0;
    errno = EROFS;
    return 1;
}

#define OPENS(name) \
    int name(const char *path, int flags, ...) { \
        REAL(name); \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
        va_end(rest); \
        return refused(path, flags) ? -1 : forgotten(real(path, flags, mode)); \
    }
OPENS(open)
OPENS(open64)

#define OPENS_AT(name) \
    int name(int at, const char *path, int flags, ...) { \
        REAL(name); \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
        va_end(rest); \
        return refused(path, flags) ? -1 : forgotten(real(at, path, flags, mode)); \
    }
OPENS_AT(openat)
OPENS_AT(openat64)
