// Prints of a filestat what two equal trees have in common.
#ifndef FILESTAT_H
#define FILESTAT_H

#include "wasi.h"

static inline void print_filestat(const __wasi_filestat_t *stat) {
    printf("  type %u, mtime %llu", stat->filetype, stat->mtim);
    // Directories have no size and count of links that all hosts agree on.
    if (stat->filetype != __WASI_FILETYPE_DIRECTORY)
        printf(", size %llu, links %llu", stat->size, stat->nlink);
    puts("");
}

#endif
