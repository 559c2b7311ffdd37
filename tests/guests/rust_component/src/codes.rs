//! Error codes and file types of WASI 0.2, as their numbers in preview 1.

use wasip2::filesystem::types::DescriptorType;
pub use wasip2::filesystem::types::{DescriptorStat, ErrorCode};

/// The number of the file type in preview 1.
pub fn type_number(kind: &DescriptorType) -> u8 {
    match kind {
        DescriptorType::BlockDevice => 1,
        DescriptorType::CharacterDevice => 2,
        DescriptorType::Directory => 3,
        DescriptorType::RegularFile => 4,
        DescriptorType::SymbolicLink => 7,
        _ => 0,
    }
}

/// The errno of preview 1 with the meaning of a code.
pub fn number(code: &ErrorCode) -> u16 {
    match code {
        ErrorCode::BadDescriptor => 8,
        ErrorCode::Busy => 10,
        ErrorCode::Exist => 20,
        ErrorCode::FileTooLarge => 22,
        ErrorCode::IllegalByteSequence => 25,
        ErrorCode::Invalid => 28,
        ErrorCode::Io => 29,
        ErrorCode::IsDirectory => 31,
        ErrorCode::Loop => 32,
        ErrorCode::NameTooLong => 37,
        ErrorCode::NoEntry => 44,
        ErrorCode::InsufficientMemory => 48,
        ErrorCode::InsufficientSpace => 51,
        ErrorCode::NotDirectory => 54,
        ErrorCode::NotEmpty => 55,
        ErrorCode::Unsupported => 58,
        ErrorCode::Overflow => 61,
        ErrorCode::NotPermitted => 63,
        ErrorCode::ReadOnly => 69,
        ErrorCode::CrossDevice => 75,
        other => 1000 + *other as u16,
    }
}
