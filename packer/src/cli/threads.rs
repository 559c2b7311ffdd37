//! Threads that share the work of a command.

use rayon::ThreadPoolBuilder;

/// Does `work` with a thread for each processor, or as many as
/// `RAYON_NUM_THREADS` says; with this one alone where the system gives no
/// more. The pool that rayon makes by itself would panic there.
pub(super) fn with_threads<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let alone = || {
        let this_one = ThreadPoolBuilder::new().num_threads(1);
        this_one.use_current_thread().build()
    };
    match ThreadPoolBuilder::new().build().or_else(|_| alone()) {
        Ok(pool) => pool.install(work),
        // Nothing was there to be started, so nothing can have failed.
        Err(_) => work(),
    }
}
