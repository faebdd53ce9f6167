//! Files as others made them, and as nobody should.

use super::*;
use ::parquet::column::writer::ColumnWriter;
use ::parquet::data_type::ByteArray;
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::parser::parse_message_type;
use proptest::prelude::*;
use serde_json::json;
use std::sync::Arc;

fn parsed(format: Format, max_items: Option<usize>, bytes: impl Into<Bytes>) -> Result<Vec<Value>, String> {
    let reader = Reader { bucket: String::new(), key: String::new(), format, max_items };
    parse(reader, &bytes.into()).map_err(|unread| unread.to_string())
}

fn first_row(text: &'static str) -> Result<Vec<Value>, String> {
    parsed(Format::Csv { headers: None, delimiter: b',' }, None, text)
}

fn json(pointer: &str, text: &'static str) -> Result<Vec<Value>, String> {
    parsed(Format::Json { pointer: pointer.to_owned() }, None, text)
}

#[test]
fn rows_have_the_names_of_the_first_one() {
    let rows = first_row("\u{feff}A,B\r\n1,\"x, \"\"y\"\"\nz\"\r\n\r\n2\n3,4,5\n").unwrap();
    assert_eq!(rows, [json!({"A": "1", "B": "x, \"y\"\nz"}), json!({"A": "2", "B": ""}), json!({"A": "3", "B": "4"})]);
    assert_eq!(first_row("").unwrap(), Vec::<Value>::new());
    assert_eq!(first_row("A,B\n").unwrap(), Vec::<Value>::new());
}

#[test]
fn rows_have_names_that_are_given() {
    let headers = Some(vec!["a".to_owned(), "b".to_owned()]);
    let rows = parsed(Format::Csv { headers, delimiter: b'\t' }, Some(1), "1\t2\t3\n4\t5\n").unwrap();
    assert_eq!(rows, [json!({"a": "1", "b": "2"})]);
}

#[test]
fn a_list_may_be_inside() {
    assert_eq!(json("", "[1,{}]").unwrap(), [json!(1), json!({})]);
    assert_eq!(json("/a/0", r#"{"a":[[1,2],3]}"#).unwrap(), [json!(1), json!(2)]);
    for (pointer, text, told) in [
        ("", "{}", "no list as a whole"),
        ("/a", "{}", "nothing at '/a'"),
        ("/a", r#"{"a":1}"#, "no list at '/a'"),
        ("", "[1,", "line 1"),
        ("", "", "JSON"),
    ] {
        let error = json(pointer, text).unwrap_err();
        assert!(error.contains(told), "{error}");
    }
    assert_eq!(parsed(Format::Json { pointer: String::new() }, Some(2), "[1,2,3]").unwrap(), [json!(1), json!(2)]);
}

#[test]
fn lines_are_values() {
    assert_eq!(parsed(Format::JsonLines, None, "1\r\n\n {\"a\":2} \n").unwrap(), [json!(1), json!({"a": 2})]);
    let error = parsed(Format::JsonLines, None, "1\n{\n").unwrap_err();
    assert!(error.contains("line 2"), "{error}");
    assert_eq!(parsed(Format::JsonLines, Some(1), "1\n{\n").unwrap(), [json!(1)], "what is not wanted is not read");
}

#[test]
fn there_is_an_end_to_what_a_map_takes() {
    let many = format!("[{}1]", "1,".repeat(100_000));
    let error = parsed(Format::Json { pointer: String::new() }, None, many.clone()).unwrap_err();
    assert!(error.contains("more than 100000 items"), "{error}");
    assert_eq!(parsed(Format::Json { pointer: String::new() }, Some(7), many).unwrap().len(), 7);
    let long = format!("[{:?},{:?}]", "x".repeat(9 << 20), "x".repeat(9 << 20));
    assert!(parsed(Format::Json { pointer: String::new() }, None, long).unwrap_err().contains("longer than"));
    let deep = format!("[{}{}]", "[".repeat(110), "]".repeat(110));
    assert!(parsed(Format::Json { pointer: String::new() }, None, deep).unwrap_err().contains("too deep"));
}

/// Two rows: `{"name": "a", "n": 1}` and `{"name": null, "n": 2}`.
fn table() -> Vec<u8> {
    let schema = "message rows { optional binary name (UTF8); required int64 n; }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, Arc::new(WriterProperties::default())).unwrap();
    let mut group = writer.next_row_group().unwrap();
    while let Some(mut column) = group.next_column().unwrap() {
        match column.untyped() {
            ColumnWriter::ByteArrayColumnWriter(column) => {
                column.write_batch(&[ByteArray::from("a")], Some(&[1, 0]), None).unwrap();
            }
            ColumnWriter::Int64ColumnWriter(column) => {
                column.write_batch(&[1, 2], None, None).unwrap();
            }
            _ => panic!("no such column"),
        }
        column.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
    bytes
}

#[test]
fn a_table_gives_its_rows() {
    let rows = parsed(Format::Parquet, None, table()).unwrap();
    assert_eq!(rows, [json!({"name": "a", "n": 1}), json!({"name": null, "n": 2})]);
    assert_eq!(parsed(Format::Parquet, Some(1), table()).unwrap().len(), 1);
    assert!(parsed(Format::Parquet, None, "PAR1").unwrap_err().contains("Parquet"));
}

proptest! {
    #[test]
    fn no_bytes_take_the_reader_down(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for format in [
            Format::Json { pointer: String::new() },
            Format::JsonLines,
            Format::Csv { headers: None, delimiter: b',' },
            Format::Csv { headers: Some(vec!["a".to_owned()]), delimiter: b';' },
            Format::Parquet,
        ] {
            let _ = parsed(format, None, bytes.clone());
        }
    }

    #[test]
    fn no_damage_to_a_table_takes_the_reader_down(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = table();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = parsed(Format::Parquet, None, bytes);
    }

    #[test]
    fn what_a_table_program_writes_is_read_as_it_was(
        rows in proptest::collection::vec(proptest::collection::vec(".*", 2..3), 1..10),
    ) {
        let mut writer = ::csv::Writer::from_writer(Vec::new());
        writer.write_record(["a", "b"]).unwrap();
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        let read = parsed(Format::Csv { headers: None, delimiter: b',' }, None, writer.into_inner().unwrap()).unwrap();
        let wanted: Vec<Value> = rows.iter().map(|row| json!({"a": row[0], "b": row[1]})).collect();
        prop_assert_eq!(read, wanted);
    }
}
