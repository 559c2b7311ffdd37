// What every C guest shares: one entry point for both kinds of module, and
// printing of results.
//
// A guest defines `guest()`. It reads the tree at /data (or where the variable
// ROOT says) and prints what it saw; the test compares what it printed with
// what the same guest prints on a real directory. So a guest prints nothing
// that may differ between two equal trees: no inode numbers, no order of a
// listing, no size of a directory.
#ifndef GUEST_H
#define GUEST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int guest(void);

#ifdef REACTOR
__attribute__((export_name("run"))) int run(void)
#else
int main(void)
#endif
{
    int status = guest();
    fflush(stdout);
    return status;
}

static inline const char *root(void) {
    const char *root = getenv("ROOT");
    return root ? root : "/data";
}

// Content is compared by this: FNV-1a, 64 bits.
#define FNV_START 0xcbf29ce484222325ull

static inline unsigned long long fnv(unsigned long long hash, const void *bytes, size_t len) {
    for (const unsigned char *p = bytes; len--; p++) hash = (hash ^ *p) * 0x100000001b3ull;
    return hash;
}

#endif
