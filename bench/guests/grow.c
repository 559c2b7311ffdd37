// Reads a packed file, so that the runtime has its cache, and then grows its
// memory by one page many times.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char buffer[65536];

__attribute__((export_name("prepare"))) void prepare(void) {
    const char *path = "/usr/local/lib/ruby/3.4.0/set.rb";
    int fd = open(path, O_RDONLY);
    if (fd < 0 || read(fd, buffer, sizeof buffer) <= 0) {
        perror(path);
        abort();
    }
    close(fd);
}

// The number of pages at the end, less those at the start.
__attribute__((export_name("grow"))) int grow(int count) {
    int before = __builtin_wasm_memory_size(0);
    for (int i = 0; i < count; i++)
        if (__builtin_wasm_memory_grow(0, 1) != (size_t)(before + i)) abort();
    return __builtin_wasm_memory_size(0) - before;
}
