//! The functions as they are exported: thin shells that name the answer's address.

use super::calls::{Host, Preview3};
use super::release::Wasi03;
use super::status::CANCELLED;
use crate::component::answers::Value;
use crate::component::changing::NewTimes;
use crate::component::handles::{Content, Kind};
use crate::component::server::Server;
use crate::fs::{Filesystem, Flush};
use crate::guest::Memory;

/// Writes the result of `make` to `ret`.
fn answer<M: Memory, H: Host, F: Filesystem, T: Value<Wasi03>, E: Value<Wasi03>>(
    server: &Server<M, H, F>,
    ret: u32,
    make: impl FnOnce() -> Result<T, E>,
) {
    server.answer::<Wasi03, T, E>(ret, make);
}

#[rustfmt::skip]
impl<M: Memory, H: Host, F: Filesystem> Preview3 for Server<M, H, F> {
    fn drop_descriptor(&self, descriptor: u32, _: u32) {
        self.drop_handle(descriptor, Kind::Descriptor);
    }

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

    fn descriptor_advise(&self, descriptor: u32, _: u64, _: u64, advice: u32, ret: u32, _: u32) {
        answer(self, ret, || self.advise(descriptor, advice));
    }

    fn descriptor_sync_data(&self, descriptor: u32, ret: u32, _: u32) {
        answer(self, ret, || self.sync(descriptor, Flush::Content));
    }

    fn descriptor_get_flags(&self, descriptor: u32, ret: u32, _: u32) {
        answer(self, ret, || self.get_flags(descriptor));
    }

    fn descriptor_get_type(&self, descriptor: u32, ret: u32, _: u32) {
        answer(self, ret, || self.get_type(descriptor));
    }

    fn descriptor_set_size(&self, descriptor: u32, size: u64, ret: u32, _: u32) {
        answer(self, ret, || self.set_size(descriptor, size));
    }

    fn descriptor_set_times(
        &self, descriptor: u32,
        accessed: u32, accessed_seconds: u64, accessed_nanoseconds: u32,
        modified: u32, modified_seconds: u64, modified_nanoseconds: u32,
        ret: u32, _: u32,
    ) {
        let times = NewTimes::new::<Wasi03>(
            (accessed, accessed_seconds, accessed_nanoseconds),
            (modified, modified_seconds, modified_nanoseconds),
        );
        answer(self, ret, || self.set_times(descriptor, &times));
    }

    fn descriptor_read_directory(&self, descriptor: u32, ret: u32, _: u32) {
        self.answer_value::<Wasi03, _>(ret, || self.entries_of(descriptor));
    }

    fn descriptor_sync(&self, descriptor: u32, ret: u32, _: u32) {
        answer(self, ret, || self.sync(descriptor, Flush::Everything));
    }

    fn descriptor_create_directory_at(
        &self, descriptor: u32, path: u32, path_len: u32, ret: u32, _: u32,
    ) {
        answer(self, ret, || self.create_directory(descriptor, (path, path_len)));
    }

    fn descriptor_stat(&self, descriptor: u32, ret: u32, _: u32) {
        answer(self, ret, || self.stat(descriptor));
    }

    fn descriptor_stat_at(
        &self, descriptor: u32, path_flags: u32, path: u32, path_len: u32, ret: u32, _: u32,
    ) {
        answer(self, ret, || self.stat_at(descriptor, path_flags, (path, path_len)));
    }

    fn descriptor_set_times_at(
        &self, descriptor: u32, path_flags: u32, path: u32, path_len: u32,
        accessed: u32, accessed_seconds: u64, accessed_nanoseconds: u32,
        modified: u32, modified_seconds: u64, modified_nanoseconds: u32,
        ret: u32, _: u32,
    ) {
        let times = NewTimes::new::<Wasi03>(
            (accessed, accessed_seconds, accessed_nanoseconds),
            (modified, modified_seconds, modified_nanoseconds),
        );
        let path = (path, path_len);
        answer(self, ret, || self.set_times_at(descriptor, path_flags, path, &times));
    }

    fn descriptor_link_at(
        &self, descriptor: u32, old_path_flags: u32, old_path: u32, old_path_len: u32,
        new_descriptor: u32, new_path: u32, new_path_len: u32, ret: u32, _: u32,
    ) {
        let old = (descriptor, (old_path, old_path_len));
        let new = (new_descriptor, (new_path, new_path_len));
        answer(self, ret, || self.link(old, old_path_flags, new));
    }

    fn descriptor_open_at(
        &self, descriptor: u32, path_flags: u32, path: u32, path_len: u32,
        open_flags: u32, flags: u32, ret: u32, _: u32,
    ) {
        let path = (path, path_len);
        let flags = (path_flags, open_flags, flags);
        answer(self, ret, || self.open_at(descriptor, path, flags));
    }

    fn descriptor_readlink_at(
        &self, descriptor: u32, path: u32, path_len: u32, ret: u32, lowering: u32,
    ) {
        answer(self, ret, || self.read_link(descriptor, (path, path_len), lowering));
    }

    fn descriptor_remove_directory_at(
        &self, descriptor: u32, path: u32, path_len: u32, ret: u32, _: u32,
    ) {
        answer(self, ret, || self.remove_directory(descriptor, (path, path_len)));
    }

    fn descriptor_rename_at(
        &self, descriptor: u32, old_path: u32, old_path_len: u32,
        new_descriptor: u32, new_path: u32, new_path_len: u32, ret: u32, _: u32,
    ) {
        let old = (descriptor, (old_path, old_path_len));
        let new = (new_descriptor, (new_path, new_path_len));
        answer(self, ret, || self.rename(old, new));
    }

    fn descriptor_symlink_at(
        &self, descriptor: u32, old_path: u32, old_path_len: u32,
        new_path: u32, new_path_len: u32, ret: u32, _: u32,
    ) {
        let (target, path) = ((old_path, old_path_len), (new_path, new_path_len));
        answer(self, ret, || self.symlink(descriptor, target, path));
    }

    fn descriptor_unlink_file_at(
        &self, descriptor: u32, path: u32, path_len: u32, ret: u32, _: u32,
    ) {
        answer(self, ret, || self.unlink(descriptor, (path, path_len)));
    }

    fn descriptor_is_same_object(&self, descriptor: u32, other: u32, _: u32) -> u32 {
        self.is_same_object(descriptor, other).into()
    }

    fn descriptor_metadata_hash(&self, descriptor: u32, ret: u32, _: u32) {
        answer(self, ret, || self.metadata_hash(descriptor));
    }

    fn descriptor_metadata_hash_at(
        &self, descriptor: u32, path_flags: u32, path: u32, path_len: u32, ret: u32, _: u32,
    ) {
        answer(self, ret, || self.metadata_hash_at(descriptor, path_flags, (path, path_len)));
    }

    fn get_directories(&self, ret: u32, lowering: u32) {
        self.program.host.host_get_directories(ret, lowering);
        self.add_preopens(ret, lowering);
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
        self.wait_in(set, event, lowering)
    }

    fn set_poll(&self, set: u32, event: u32, lowering: u32) -> u32 {
        self.poll_in(set, event, lowering)
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
