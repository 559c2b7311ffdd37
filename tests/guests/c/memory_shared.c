// Reads files and keeps blocks of memory while somebody else grows the memory: the host
// of the test at each getentropy(), or the adapter of a component at its first call.
#include "guest.h"

#include <dirent.h>
#include <unistd.h>

#define ROUNDS 24
#define BLOCK (256 << 10)

static unsigned long long content(const char *name) {
    static unsigned char buffer[5000];
    char path[256];
    snprintf(path, sizeof path, "%s/%s", root(), name);
    FILE *file = fopen(path, "rb");
    if (!file) { perror(path); return 0; }
    unsigned long long hash = FNV_START;
    for (size_t len; (len = fread(buffer, 1, sizeof buffer, file)) > 0;) hash = fnv(hash, buffer, len);
    fclose(file);
    return hash;
}

static int entries(void) {
    DIR *directory = opendir(root());
    if (!directory) { perror(root()); return 0; }
    int count = 0;
    while (readdir(directory)) count++;
    closedir(directory);
    return count;
}

static int guest(void) {
    static unsigned char *blocks[ROUNDS];
    unsigned long long first = content("big.bin");
    int count = entries();
    for (int round = 0; round < ROUNDS; round++) {
        unsigned char seed[4];
        if (getentropy(seed, sizeof seed)) perror("getentropy");
        if (!(blocks[round] = malloc(BLOCK))) { puts("no memory"); return 1; }
        memset(blocks[round], round + 1, BLOCK);
        if (content("big.bin") != first) printf("round %d: the file has changed\n", round);
        if (entries() != count) printf("round %d: the directory has changed\n", round);
    }
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < BLOCK; i++)
            if (blocks[round][i] != round + 1) { printf("block %d has changed\n", round); break; }
    printf("%d rounds, %d entries\n", ROUNDS, count);
    return 0;
}
