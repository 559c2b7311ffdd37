//! The functions that 0.2 and 0.3 have in common, as they are exported: thin shells that
//! name the answer's address.

/// Defines the methods of both traits for a [`Server`](super::server::Server), with the
/// answers of a release.
#[rustfmt::skip]
macro_rules! shared_functions {
    ($release:ty) => {
        fn drop_descriptor(&self, descriptor: u32, _: u32) {
            self.drop_handle(descriptor, $crate::component::handles::Kind::Descriptor);
        }

        fn descriptor_advise(
            &self, descriptor: u32, _: u64, _: u64, advice: u32, ret: u32, _: u32,
        ) {
            self.answer::<$release, _, _>(ret, || self.advise(descriptor, advice));
        }

        fn descriptor_sync_data(&self, descriptor: u32, ret: u32, _: u32) {
            self.answer::<$release, _, _>(ret, || {
                self.sync(descriptor, $crate::fs::Flush::Content)
            });
        }

        fn descriptor_get_flags(&self, descriptor: u32, ret: u32, _: u32) {
            self.answer::<$release, _, _>(ret, || self.get_flags(descriptor));
        }

        fn descriptor_get_type(&self, descriptor: u32, ret: u32, _: u32) {
            self.answer::<$release, _, _>(ret, || self.get_type(descriptor));
        }

        fn descriptor_set_size(&self, descriptor: u32, size: u64, ret: u32, _: u32) {
            self.answer::<$release, _, _>(ret, || self.set_size(descriptor, size));
        }

        fn descriptor_set_times(
            &self, descriptor: u32,
            accessed: u32, accessed_seconds: u64, accessed_nanoseconds: u32,
            modified: u32, modified_seconds: u64, modified_nanoseconds: u32,
            ret: u32, _: u32,
        ) {
            let times = $crate::component::changing::NewTimes::new::<$release>(
                (accessed, accessed_seconds, accessed_nanoseconds),
                (modified, modified_seconds, modified_nanoseconds),
            );
            self.answer::<$release, _, _>(ret, || self.set_times(descriptor, &times));
        }

        fn descriptor_sync(&self, descriptor: u32, ret: u32, _: u32) {
            self.answer::<$release, _, _>(ret, || {
                self.sync(descriptor, $crate::fs::Flush::Everything)
            });
        }

        fn descriptor_create_directory_at(
            &self, descriptor: u32, path: u32, path_len: u32, ret: u32, _: u32,
        ) {
            self.answer::<$release, _, _>(ret, || {
                self.create_directory(descriptor, (path, path_len))
            });
        }

        fn descriptor_stat(&self, descriptor: u32, ret: u32, _: u32) {
            self.answer::<$release, _, _>(ret, || self.stat(descriptor));
        }

        fn descriptor_stat_at(
            &self, descriptor: u32, path_flags: u32, path: u32, path_len: u32, ret: u32, _: u32,
        ) {
            self.answer::<$release, _, _>(ret, || {
                self.stat_at(descriptor, path_flags, (path, path_len))
            });
        }

        fn descriptor_set_times_at(
            &self, descriptor: u32, path_flags: u32, path: u32, path_len: u32,
            accessed: u32, accessed_seconds: u64, accessed_nanoseconds: u32,
            modified: u32, modified_seconds: u64, modified_nanoseconds: u32,
            ret: u32, _: u32,
        ) {
            let times = $crate::component::changing::NewTimes::new::<$release>(
                (accessed, accessed_seconds, accessed_nanoseconds),
                (modified, modified_seconds, modified_nanoseconds),
            );
            let path = (path, path_len);
            self.answer::<$release, _, _>(ret, || {
                self.set_times_at(descriptor, path_flags, path, &times)
            });
        }

        fn descriptor_link_at(
            &self, descriptor: u32, old_path_flags: u32, old_path: u32, old_path_len: u32,
            new_descriptor: u32, new_path: u32, new_path_len: u32, ret: u32, _: u32,
        ) {
            let old = (descriptor, (old_path, old_path_len));
            let new = (new_descriptor, (new_path, new_path_len));
            self.answer::<$release, _, _>(ret, || self.link(old, old_path_flags, new));
        }

        fn descriptor_open_at(
            &self, descriptor: u32, path_flags: u32, path: u32, path_len: u32,
            open_flags: u32, flags: u32, ret: u32, _: u32,
        ) {
            let path = (path, path_len);
            let flags = (path_flags, open_flags, flags);
            self.answer::<$release, _, _>(ret, || self.open_at(descriptor, path, flags));
        }

        fn descriptor_readlink_at(
            &self, descriptor: u32, path: u32, path_len: u32, ret: u32, lowering: u32,
        ) {
            self.answer::<$release, _, _>(ret, || {
                self.read_link(descriptor, (path, path_len), lowering)
            });
        }

        fn descriptor_remove_directory_at(
            &self, descriptor: u32, path: u32, path_len: u32, ret: u32, _: u32,
        ) {
            self.answer::<$release, _, _>(ret, || {
                self.remove_directory(descriptor, (path, path_len))
            });
        }

        fn descriptor_rename_at(
            &self, descriptor: u32, old_path: u32, old_path_len: u32,
            new_descriptor: u32, new_path: u32, new_path_len: u32, ret: u32, _: u32,
        ) {
            let old = (descriptor, (old_path, old_path_len));
            let new = (new_descriptor, (new_path, new_path_len));
            self.answer::<$release, _, _>(ret, || self.rename(old, new));
        }

        fn descriptor_symlink_at(
            &self, descriptor: u32, old_path: u32, old_path_len: u32,
            new_path: u32, new_path_len: u32, ret: u32, _: u32,
        ) {
            let (target, path) = ((old_path, old_path_len), (new_path, new_path_len));
            self.answer::<$release, _, _>(ret, || self.symlink(descriptor, target, path));
        }

        fn descriptor_unlink_file_at(
            &self, descriptor: u32, path: u32, path_len: u32, ret: u32, _: u32,
        ) {
            self.answer::<$release, _, _>(ret, || self.unlink(descriptor, (path, path_len)));
        }

        fn descriptor_is_same_object(&self, descriptor: u32, other: u32, _: u32) -> u32 {
            self.is_same_object(descriptor, other).into()
        }

        fn descriptor_metadata_hash(&self, descriptor: u32, ret: u32, _: u32) {
            self.answer::<$release, _, _>(ret, || self.metadata_hash(descriptor));
        }

        fn descriptor_metadata_hash_at(
            &self, descriptor: u32, path_flags: u32, path: u32, path_len: u32, ret: u32, _: u32,
        ) {
            self.answer::<$release, _, _>(ret, || {
                self.metadata_hash_at(descriptor, path_flags, (path, path_len))
            });
        }

        fn get_directories(&self, ret: u32, lowering: u32) {
            self.program.host.host_get_directories(ret, lowering);
            self.add_preopens(ret, lowering);
        }
    };
}
pub(crate) use shared_functions;
