//! A pool of threads, or none if the system refuses threads.
//!
//! rayon starts its threads at its first use, and panics if the system refuses one, as
//! in a container at its limit of processes. So every parallel public function runs
//! within [`with_threads`].

use rayon::ThreadPoolBuilder;
use std::error::Error;
use std::sync::LazyLock;

/// Runs `work`, which may use rayon.
///
/// The work runs in the pool of the caller, otherwise in the global pool. If the system
/// refuses the threads of the global pool, the current thread does all the work.
pub fn with_threads<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    if rayon::current_thread_index().is_some() || *HAS_GLOBAL_POOL {
        return work();
    }
    // From now on this thread is in a pool of its own, so each thread comes here once.
    let alone = ThreadPoolBuilder::new().num_threads(1).use_current_thread();
    match alone.build() {
        Ok(pool) => pool.install(work),
        // This pool starts no thread, so the system cannot refuse one.
        Err(_) => work(),
    }
}

/// Whether the global pool has threads. An error has a cause only if the system refused
/// a thread. If the program made the pool before, the error has none.
static HAS_GLOBAL_POOL: LazyLock<bool> = LazyLock::new(|| {
    let made = ThreadPoolBuilder::new().build_global();
    made.map_or_else(|error| error.source().is_none(), |()| true)
});
