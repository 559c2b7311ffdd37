//! The functions as they are exported: thin shells that name the answer's address. Those
//! that both releases have are in [`shared_functions`].

use super::calls::{Host, Preview2};
use super::release::Wasi02;
use super::splice::Splice;
use crate::component::answers::Value;
use crate::component::errors::ErrorCode;
use crate::component::functions::shared_functions;
use crate::component::handles::{Kind, POLLABLE, Start};
use crate::component::server::Server;
use crate::fs::Filesystem;
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
    shared_functions!(Wasi02);

    fn drop_directory_entry_stream(&self, stream: u32, _: u32) {
        self.drop_handle(stream, Kind::Listing);
    }

    fn descriptor_read_via_stream(&self, descriptor: u32, offset: u64, ret: u32, _: u32) {
        answer(self, ret, || self.read_via_stream(descriptor, offset));
    }

    fn descriptor_write_via_stream(&self, descriptor: u32, offset: u64, ret: u32, _: u32) {
        answer(self, ret, || self.open_output(descriptor, Start::At(offset)));
    }

    fn descriptor_append_via_stream(&self, descriptor: u32, ret: u32, _: u32) {
        answer(self, ret, || self.open_output(descriptor, Start::End));
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

    fn directory_entry_stream_read(&self, stream: u32, ret: u32, lowering: u32) {
        answer(self, ret, || self.next_entry(stream, lowering));
    }

    fn filesystem_error_code(&self, error: u32, ret: u32, _: u32) {
        self.answer_value::<Wasi02, _>(ret, || ErrorCode::of_handle(error));
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
