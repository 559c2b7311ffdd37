//! Compares section 9 of `docs/FORMAT.md` with the code.

#![allow(
    clippy::unwrap_used,
    reason = "a panic is how a test reports a failure"
)]

use std::mem::{offset_of, size_of};
use wasi_vfs_embedding::{
    ABI_VERSION, ANCHOR_LEN, ANCHOR_MAGIC, Anchor, Application, LAYER_LEN, Layer, SOURCE_LEN,
    Source, Table,
};
use zerocopy::FromZeros;

const FORMAT_MD: &str = include_str!("../../../docs/FORMAT.md");

/// The cells of the table below `heading`, without back-quotes.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let (_, section) = FORMAT_MD.split_once(&format!("# {heading}\n")).unwrap();
    let lines = section.lines().skip_while(|line| !line.starts_with("|---"));
    let rows = lines.skip(1).take_while(|line| line.starts_with('|'));
    let cell = |cell: &str| cell.trim().replace('`', "");
    rows.map(|row| row.trim_matches('|').split('|').map(cell).collect())
        .collect()
}

/// Compares the table of a record with its fields.
macro_rules! assert_record {
    ($record:ty, $len:expr, $suffix:literal, $($field:ident)*) => {{
        let name = stringify!($record);
        let record = <$record>::new_zeroed();
        let expected = [$((
            offset_of!($record, $field),
            size_of_val(&record.$field),
            stringify!($field).to_string(),
        )),*];
        let found: Vec<_> = rows(&format!("{name} ({} bytes){}", $len, $suffix))
            .into_iter()
            .map(|row| (row[1].parse().unwrap(), row[2].parse().unwrap(), row[3].clone()))
            .collect();
        assert_eq!(found, expected, "{name}");
        let end = expected.iter().map(|(offset, size, _)| offset + size).max();
        assert_eq!(end, Some(size_of::<$record>()), "{name} has another field");
        assert_eq!($len, size_of::<$record>());
    }};
}

#[test]
fn tables_of_records_equal_the_code() {
    assert_record!(Anchor, ANCHOR_LEN, "",
        magic abi_version form runtime_version address index_address index_len
        index_stored_len
        payload_address payload_len region_address required_features sources layers
        application merged_checksum);
    assert_record!(Table, 8, " of an anchor", address count);
    assert_record!(Source, SOURCE_LEN, "",
        kind flags offset len digest first_block ranked_block_count);
    assert_record!(Layer, LAYER_LEN, "", kind flags limit_len roots state_address state_len);
    assert_record!(Application, 40, "",
        type_count function_count memory_count global_count data_count has_data_count
        added_features memory_flags memory_minimum memory_maximum);
}

#[test]
fn constants_equal_the_code() {
    let anchor = rows(&format!("Anchor ({ANCHOR_LEN} bytes)"));
    assert_eq!(anchor[0].last().unwrap(), "89, then wasi-vfs anchor");
    assert_eq!(ANCHOR_MAGIC, *b"\x89wasi-vfs anchor");
    assert_eq!(*anchor[1].last().unwrap(), ABI_VERSION.to_string());
}
