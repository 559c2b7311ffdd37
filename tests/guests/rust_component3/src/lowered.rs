//! The functions of a descriptor, each by both of its lowerings.

mod blocking {
    wit_bindgen::generate!({
        path: "wit",
        world: "blocking",
        sync: true,
        generate_all,
        with: {
            "wasi:clocks/types@0.3.2": wasip3::clocks::types,
            "wasi:clocks/system-clock@0.3.2": wasip3::clocks::system_clock,
            "wasi:filesystem/types@0.3.2/advice": wasip3::filesystem::types::Advice,
            "wasi:filesystem/types@0.3.2/descriptor-flags": wasip3::filesystem::types::DescriptorFlags,
            "wasi:filesystem/types@0.3.2/descriptor-stat": wasip3::filesystem::types::DescriptorStat,
            "wasi:filesystem/types@0.3.2/descriptor-type": wasip3::filesystem::types::DescriptorType,
            "wasi:filesystem/types@0.3.2/error-code": wasip3::filesystem::types::ErrorCode,
            "wasi:filesystem/types@0.3.2/metadata-hash-value": wasip3::filesystem::types::MetadataHashValue,
            "wasi:filesystem/types@0.3.2/new-timestamp": wasip3::filesystem::types::NewTimestamp,
            "wasi:filesystem/types@0.3.2/open-flags": wasip3::filesystem::types::OpenFlags,
            "wasi:filesystem/types@0.3.2/path-flags": wasip3::filesystem::types::PathFlags,
        },
    });

    pub use wasi::filesystem::types::Descriptor;
}

use crate::codes::ErrorCode;
use std::mem::ManuallyDrop;
use wasip3::filesystem::types::{
    Advice, Descriptor, DescriptorFlags, DescriptorStat, DescriptorType, MetadataHashValue,
    NewTimestamp, OpenFlags, PathFlags,
};

/// The lowering of the functions that one operation calls.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Lowering {
    Sync,
    Async,
}

type Answer<T> = Result<T, ErrorCode>;

/// The same handle, as the bindings with sync lowerings have it.
fn blocking(descriptor: &Descriptor) -> ManuallyDrop<blocking::Descriptor> {
    // SAFETY: the handle stays open while `descriptor` is borrowed, and this never drops it.
    ManuallyDrop::new(unsafe { blocking::Descriptor::from_handle(descriptor.handle()) })
}

macro_rules! functions {
    ($($name:ident($($argument:ident: $type:ty),*) -> $answer:ty;)*) => {
        impl Lowering {
            $(pub async fn $name(self, of: &Descriptor $(, $argument: $type)*) -> $answer {
                match self {
                    Self::Sync => blocking(of).$name($($argument.into()),*),
                    Self::Async => of.$name($($argument.into()),*).await,
                }
            })*
        }
    };
}

functions! {
    advise(offset: u64, len: u64, advice: Advice) -> Answer<()>;
    sync_data() -> Answer<()>;
    get_flags() -> Answer<DescriptorFlags>;
    get_type() -> Answer<DescriptorType>;
    set_size(size: u64) -> Answer<()>;
    set_times(accessed: NewTimestamp, modified: NewTimestamp) -> Answer<()>;
    sync() -> Answer<()>;
    create_directory_at(path: &str) -> Answer<()>;
    stat() -> Answer<DescriptorStat>;
    stat_at(flags: PathFlags, path: &str) -> Answer<DescriptorStat>;
    set_times_at(flags: PathFlags, path: &str, accessed: NewTimestamp, modified: NewTimestamp)
        -> Answer<()>;
    readlink_at(path: &str) -> Answer<String>;
    remove_directory_at(path: &str) -> Answer<()>;
    symlink_at(target: &str, path: &str) -> Answer<()>;
    unlink_file_at(path: &str) -> Answer<()>;
    metadata_hash() -> Answer<MetadataHashValue>;
    metadata_hash_at(flags: PathFlags, path: &str) -> Answer<MetadataHashValue>;
}

/// Functions that take or return descriptors.
impl Lowering {
    pub async fn open_at(
        self,
        of: &Descriptor,
        flags: PathFlags,
        path: &str,
        open: OpenFlags,
        access: DescriptorFlags,
    ) -> Answer<Descriptor> {
        if self == Self::Async {
            return of.open_at(flags, path.into(), open, access).await;
        }
        let opened = blocking(of).open_at(flags, path, open, access)?;
        // SAFETY: the handle is open, and `opened` gives it up.
        Ok(unsafe { Descriptor::from_handle(opened.take_handle()) })
    }

    pub async fn is_same_object(self, of: &Descriptor, other: &Descriptor) -> bool {
        match self {
            Self::Sync => blocking(of).is_same_object(&blocking(other)),
            Self::Async => of.is_same_object(other).await,
        }
    }

    pub async fn rename_at(
        self,
        of: &Descriptor,
        old: &str,
        to: &Descriptor,
        new: &str,
    ) -> Answer<()> {
        match self {
            Self::Sync => blocking(of).rename_at(old, &blocking(to), new),
            Self::Async => of.rename_at(old.into(), to, new.into()).await,
        }
    }

    pub async fn link_at(
        self,
        of: &Descriptor,
        flags: PathFlags,
        old: &str,
        to: &Descriptor,
        new: &str,
    ) -> Answer<()> {
        match self {
            Self::Sync => blocking(of).link_at(flags, old, &blocking(to), new),
            Self::Async => of.link_at(flags, old.into(), to, new.into()).await,
        }
    }
}
