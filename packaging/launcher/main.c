/* Becomes the unpacked program: the same process, the same arguments. */
#define _GNU_SOURCE
#include "launcher.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* 75, EX_TEMPFAIL of sysexits.h: the same command may work once somebody made room. */
#define NOT_STARTED 75

void fail(const char *sentence, ...) {
    va_list values;
    va_start(values, sentence);
    fputs("lemmy-lite: ", stderr);
    vfprintf(stderr, sentence, values);
    fputc('\n', stderr);
    va_end(values);
    exit(NOT_STARTED);
}

char *text(const char *format, ...) {
    char *made;
    va_list values;
    va_start(values, format);
    if (vasprintf(&made, format, values) < 0) fail("There is no memory left.");
    va_end(values);
    return made;
}

int main(int argc, char **argv) {
    struct pack pack;
    (void)argc;
    open_pack(&pack, argv[0]);
    char *program = text("%s/lemmy-lite", ready_folder(&pack));
    close(pack.file);
    /* The program cannot know by itself which file it came from; `service install` copies that file. */
    setenv("LEMMY_LITE_EXECUTABLE", pack.own_path, 1);
    execv(program, argv);
    fail("%s cannot be started: %s.", program, strerror(errno));
}
