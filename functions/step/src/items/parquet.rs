//! Apache Parquet.

use super::budget::Budget;
use super::read::Unread;
use bytes::Bytes;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The longest file once it is unpacked, by its own account, in bytes.
const UNPACKED_BYTES_MAX: i64 = 256 * 1024 * 1024;

/// An object a row: columns by their names, moments and decimals as texts, bytes as Base64.
pub(super) fn rows(bytes: &Bytes, budget: &mut Budget) -> Result<(), Unread> {
    // The reader is known to panic where a file contradicts itself.
    catch_unwind(AssertUnwindSafe(|| read(bytes, budget)))
        .unwrap_or_else(|_| Err(Unread::because("the file contradicts itself: it is no Parquet".to_owned())))
}

fn read(bytes: &Bytes, budget: &mut Budget) -> Result<(), Unread> {
    let unreadable = |error: ParquetError| Unread::because(format!("the file cannot be read as Parquet: {error}"));
    let file = SerializedFileReader::new(bytes.clone()).map_err(unreadable)?;
    let groups = file.metadata().row_groups().iter();
    let columns = groups.flat_map(|group| group.columns().iter().map(|column| column.uncompressed_size()));
    let unpacked = columns.fold(0, |sum: i64, size| sum.saturating_add(size.max(0)));
    if unpacked > UNPACKED_BYTES_MAX {
        return Err(Unread::because(format!("the file unpacks to more than {UNPACKED_BYTES_MAX} bytes")));
    }
    for row in file.get_row_iter(None).map_err(unreadable)? {
        if budget.is_full() {
            break;
        }
        budget.push(row.map_err(unreadable)?.to_json_value())?;
    }
    Ok(())
}
