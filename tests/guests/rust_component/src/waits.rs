//! Waiting for files and the host together.

use crate::Program;
use wasip2::cli::stderr::get_stderr;
use wasip2::clocks::monotonic_clock::subscribe_duration;
use wasip2::io::poll::{Pollable, poll as poll_list};
use wasip2::io::streams::OutputStream;

const HOUR_NS: u64 = 3_600_000_000_000;

/// A pollable, and whether it becomes ready.
struct Awaited {
    name: &'static str,
    pollable: Pollable,
    ends: bool,
    /// The host ends the program if a stream is dropped before its pollable.
    _output: Option<OutputStream>,
}

impl Program {
    fn awaited(&mut self) -> Awaited {
        let host = |name, pollable, ends| Awaited {
            name,
            pollable,
            ends,
            _output: None,
        };
        match (self.random.below(6), self.stream()) {
            (0, _) => host("now", subscribe_duration(0), true),
            (1, _) => host("hour", subscribe_duration(HOUR_NS), false),
            (2, _) => {
                let output = get_stderr();
                let mut awaited = host("output", output.subscribe(), true);
                awaited._output = Some(output);
                awaited
            }
            (_, Some((_, stream))) => host("file", stream.stream.subscribe(), true),
            (_, None) => host("soon", subscribe_duration(1000), true),
        }
    }
}

/// Polls until all pollables that become ready were reported, because the host chooses how
/// many of them one call reports.
pub fn poll(program: &mut Program) {
    let count = 1 + program.random.below(5);
    let mut awaited: Vec<_> = (0..count).map(|_| program.awaited()).collect();
    program.line.word("poll");
    for awaited in &awaited {
        program.line.say("of", awaited.name);
    }
    let (mut strange, mut hours) = (0, 0);
    while awaited.iter().any(|awaited| awaited.ends) {
        let list: Vec<_> = awaited.iter().map(|awaited| &awaited.pollable).collect();
        let mut ready = poll_list(&list);
        ready.sort_unstable();
        ready.dedup();
        strange += u32::from(ready.is_empty());
        if strange > 0 {
            break;
        }
        for at in ready.into_iter().rev() {
            let at = at as usize;
            if at >= awaited.len() {
                strange += 1;
                continue;
            }
            hours += u32::from(!awaited[at].ends);
            // Any order: the last one takes its place.
            let ready = awaited.swap_remove(at);
            strange += u32::from(!ready.pollable.ready());
            ready.pollable.block();
        }
    }
    program.line.outcome(Ok(()));
    program.line.say("strange", strange);
    program.line.say("hours", hours);
    let far = awaited.iter().filter(|awaited| awaited.pollable.ready());
    program.line.say("early", far.count());
}
