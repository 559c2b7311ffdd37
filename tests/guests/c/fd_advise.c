// fd_advise and fd_allocate: advice without effect, and allocation as a change.
#include "wasi.h"

static int guest(void) {
    __wasi_fd_t file = must_open("big.bin"), directory;
    TRY("directory", open_directory("dir", &directory));
    for (__wasi_advice_t advice = 0; advice <= __WASI_ADVICE_NOREUSE; advice++) {
        TRY("advise", __wasi_fd_advise(file, 0, 0, advice));
        TRY("advise past the end", __wasi_fd_advise(file, 1u << 30, 1u << 30, advice));
    }
    TRY("advise for a directory", __wasi_fd_advise(directory, 0, 0, __WASI_ADVICE_NORMAL));
    TRY("advise for an unknown descriptor", __wasi_fd_advise(99, 0, 0, __WASI_ADVICE_NORMAL));
    TRY("allocate", __wasi_fd_allocate(file, 0, 10));
    TRY("allocate in a directory", __wasi_fd_allocate(directory, 0, 10));
    TRY("allocate in an unknown descriptor", __wasi_fd_allocate(99, 0, 10));
    return 0;
}
