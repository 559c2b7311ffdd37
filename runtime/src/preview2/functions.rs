//! The functions as they are exported: thin shells that name the answer's address.

use super::calls::{Host, Preview2};
use super::release::Wasi02;
use super::splice::Splice;
use crate::component::answers::Value;
use crate::component::changing::NewTimes;
use crate::component::errors::ErrorCode;
use crate::component::handles::{Kind, POLLABLE};
use crate::component::server::Server;
use crate::fs::{Filesystem, Flush};
use crate::guest::Memory;

/// Writes the result of `make` to `ret`.
fn answer<M: Memory, H: Host, F: Filesystem, T: Value<Wasi02>, E: Value<Wasi02>>(
    server: &Server<M, H, F>,
    ret: u32,
    make: impl FnOnce() -> Result<T, E>,
) {
    server.answer::<Wasi02, T, E>(ret, make);
}

#[rustfmt::skip]
impl<M: Memory, H: Host, F: Filesystem> Preview2 for Server<M, H, F> {
    fn drop_descriptor(&self, descriptor: u32, _: u32) {
        self.drop_handle(descriptor, Kind::Descriptor);
    }

    fn drop_directory_entry_stream(&self, stream: u32, _: u32) {
        self.drop_handle(stream, Kind::Listing);
    }

    fn descriptor_read_via_stream(&self, descriptor: u32, offset: u64, ret: u32, _: u32) {
        answer(self, ret, || self.read_via_stream(descriptor, offset));
    }

    fn descriptor_write_via_stream(&self, descriptor: u32, _: u64, ret: u32, _: u32) {
        answer(self, ret, || Err::<u32, _>(self.output_stream_error(descriptor)));
    }

    fn descriptor_append_via_stream(&self, descriptor: u32, ret: u32, _: u32) {
        answer(self, ret, || Err::<u32, _>(self.output_stream_error(descriptor)));
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
        let times = NewTimes::new::<Wasi02>(
            (accessed, accessed_seconds, accessed_nanoseconds),
            (modified, modified_seconds, modified_nanoseconds),
        );
        answer(self, ret, || self.set_times(descriptor, &times));
    }

    fn descriptor_read(&self, descriptor: u32, len: u64, offset: u64, ret: u32, lowering: u32) {
        answer(self, ret, || self.read(descriptor, (offset, len), lowering));
    }

    fn descriptor_write(
        &self, descriptor: u32, bytes: u32, len: u32, offset: u64, ret: u32, _: u32,
    ) {
        answer(self, ret, || self.write(descriptor, (bytes, len), offset));
    }

    fn descriptor_read_directory(&self, descriptor: u32, ret: u32, _: u32) {
        answer(self, ret, || self.read_directory(descriptor));
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
        let times = NewTimes::new::<Wasi02>(
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

    fn directory_entry_stream_read(&self, stream: u32, ret: u32, lowering: u32) {
        answer(self, ret, || self.next_entry(stream, lowering));
    }

    fn filesystem_error_code(&self, error: u32, ret: u32, _: u32) {
        self.answer_value::<Wasi02, _>(ret, || ErrorCode::of_handle(error));
    }

    fn get_directories(&self, ret: u32, lowering: u32) {
        self.program.host.host_get_directories(ret, lowering);
        self.add_preopens(ret, lowering);
    }

    fn drop_input_stream(&self, stream: u32, _: u32) {
        self.drop_handle(stream, Kind::Stream);
    }

    fn input_stream_read(&self, stream: u32, len: u64, ret: u32, lowering: u32) {
        answer(self, ret, || self.read_stream(stream, len, lowering));
    }

    fn input_stream_blocking_read(&self, stream: u32, len: u64, ret: u32, lowering: u32) {
        answer(self, ret, || self.read_stream(stream, len, lowering));
    }

    fn input_stream_skip(&self, stream: u32, len: u64, ret: u32, _: u32) {
        answer(self, ret, || self.skip(stream, len));
    }

    fn input_stream_blocking_skip(&self, stream: u32, len: u64, ret: u32, _: u32) {
        answer(self, ret, || self.skip(stream, len));
    }

    fn input_stream_subscribe(&self, _: u32, _: u32) -> u32 {
        POLLABLE
    }

    fn output_stream_splice(&self, stream: u32, source: u32, len: u64, ret: u32, lowering: u32) {
        self.splice(Splice { target: stream, source, len, ret, lowering, may_block: false });
    }

    fn output_stream_blocking_splice(
        &self, stream: u32, source: u32, len: u64, ret: u32, lowering: u32,
    ) {
        self.splice(Splice { target: stream, source, len, ret, lowering, may_block: true });
    }

    fn drop_pollable(&self, _: u32, _: u32) {}

    fn pollable_ready(&self, _: u32, _: u32) -> u32 {
        true.into()
    }

    fn pollable_block(&self, _: u32, _: u32) {}

    fn poll(&self, pollables: u32, pollable_count: u32, ret: u32, lowering: u32) {
        self.poll_all((pollables, pollable_count), ret, lowering);
    }

    fn drop_error(&self, _: u32, _: u32) {}

    fn error_to_debug_string(&self, error: u32, ret: u32, lowering: u32) {
        self.answer_value::<Wasi02, _>(ret, || self.debug_string(error, lowering));
    }
}
