//! The functions as they are exported: thin shells that name the answer's address. Those
//! that both releases have are in [`shared_functions`].

use super::calls::{Host, Preview3};
use super::release::Wasi03;
use super::status::CANCELLED;
use crate::component::functions::shared_functions;
use crate::component::handles::Content;
use crate::component::server::Server;
use crate::fs::Filesystem;
use crate::guest::Memory;

#[rustfmt::skip]
impl<M: Memory, H: Host, F: Filesystem> Preview3 for Server<M, H, F> {
    shared_functions!(Wasi03);

    fn descriptor_read_via_stream(&self, descriptor: u32, offset: u64, ret: u32, _: u32) {
        self.answer_value::<Wasi03, _>(ret, || self.bytes_of(descriptor, offset));
    }

    fn descriptor_write_via_stream(
        &self, descriptor: u32, data: u32, _: u64, lowering: u32,
    ) -> u32 {
        self.reject_stream(descriptor, data, lowering)
    }

    fn descriptor_append_via_stream(&self, descriptor: u32, data: u32, lowering: u32) -> u32 {
        self.reject_stream(descriptor, data, lowering)
    }

    fn descriptor_read_directory(&self, descriptor: u32, ret: u32, _: u32) {
        self.answer_value::<Wasi03, _>(ret, || self.entries_of(descriptor));
    }

    fn bytes_read(&self, stream: u32, bytes: u32, len: u32, _: u32) -> u32 {
        self.read_bytes(stream, (bytes, len))
    }

    fn bytes_cancel_read(&self, _: u32, _: u32) -> u32 {
        CANCELLED
    }

    fn bytes_drop(&self, stream: u32, _: u32) {
        self.drop_stream(stream, Content::Bytes);
    }

    fn entries_read(&self, stream: u32, entries: u32, count: u32, lowering: u32) -> u32 {
        self.read_entries(stream, (entries, count), lowering)
    }

    fn entries_cancel_read(&self, _: u32, _: u32) -> u32 {
        CANCELLED
    }

    fn entries_drop(&self, stream: u32, _: u32) {
        self.drop_stream(stream, Content::Entries);
    }

    fn result_read(&self, future: u32, ret: u32, _: u32) -> u32 {
        self.read_future(future, ret)
    }

    fn result_cancel_read(&self, _: u32, _: u32) -> u32 {
        CANCELLED
    }

    fn result_drop(&self, future: u32, _: u32) {
        self.drop_future(future);
    }

    /// No read of our ends waits, so no set would ever report one.
    fn waitable_join(&self, _: u32, _: u32, _: u32) {}

    fn bytes_hand_over(&self, stream: u32, lowering: u32) -> u32 {
        self.hand_over(stream, lowering)
    }

    fn set_wait(&self, set: u32, event: u32, lowering: u32) -> u32 {
        self.event_in(set, event, true, lowering)
    }

    fn set_poll(&self, set: u32, event: u32, lowering: u32) -> u32 {
        self.event_in(set, event, false, lowering)
    }

    fn set_drop(&self, set: u32, lowering: u32) {
        self.drop_set(set, lowering);
    }

    fn task_callback(&self, event: u32, waitable: u32, status: u32, lowering: u32) -> u32 {
        self.call_back((event, waitable, status), lowering)
    }

    fn task_returned(&self, code: u32, lowering: u32) -> u32 {
        self.task_code(code, lowering)
    }

    fn task_ended(&self, lowering: u32) {
        self.finish_pumps(lowering);
    }
}
