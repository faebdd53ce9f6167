//! Word documents, made here part by part.

use octavo_domain_documents::MediaType;
use octavo_domain_extraction::{ExtractError, Limits, detect, extract};
use std::io::{Cursor, Write};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

fn package(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in [("[Content_Types].xml", "<Types/>")].iter().chain(parts) {
        writer.start_file(*name, SimpleFileOptions::default()).expect("writing to memory");
        writer.write_all(content.as_bytes()).expect("writing to memory");
    }
    writer.finish().expect("writing to memory").into_inner()
}

fn body(paragraphs: &str) -> String {
    format!("<?xml version=\"1.0\"?><w:document xmlns:w=\"w\"><w:body>{paragraphs}</w:body></w:document>")
}

#[test]
fn text_headings_tables_and_properties() {
    let document = body(
        "<w:p><w:pPr><w:pStyle w:val=\"Heading1\"/></w:pPr><w:r><w:t>The </w:t></w:r><w:r><w:t>plan</w:t></w:r></w:p>\
         <w:p><w:r><w:t xml:space=\"preserve\">Costs &amp; ben</w:t></w:r><w:r><w:t>efits&#x21;</w:t><w:tab/><w:t>1</w:t>\
         <w:br/><w:t>next</w:t><w:delText>gone</w:delText><w:instrText>PAGE</w:instrText></w:r></w:p>\
         <w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>b</w:t></w:r></w:p></w:tc></w:tr></w:tbl>",
    );
    let bytes = package(&[
        (
            "docProps/core.xml",
            "<cp:coreProperties><dc:title>Plan &lt;2&gt;</dc:title><dc:creator>Ada</dc:creator><dcterms:created>2024-05-01T10:00:00Z</dcterms:created></cp:coreProperties>",
        ),
        ("word/header1.xml", "<w:hdr><w:p><w:r><w:t>Secret</w:t></w:r></w:p></w:hdr>"),
        ("word/document.xml", &document),
    ]);
    assert_eq!(detect(Some("plan.docx"), None, &bytes), Ok(MediaType::Docx));
    assert_eq!(detect(None, None, &bytes), Ok(MediaType::Docx));
    let found = extract(MediaType::Docx, &bytes, &Limits::default()).unwrap();
    assert_eq!(found.title.as_deref(), Some("Plan <2>"));
    assert_eq!(found.author.as_deref(), Some("Ada"));
    assert_eq!(found.created.unwrap().to_rfc3339(), "2024-05-01T10:00:00+00:00");
    assert_eq!(found.headings, ["The plan"]);
    assert_eq!(found.text, "The plan\nCosts & benefits! 1\nnext\na\nb\nSecret");
}

#[test]
fn a_bomb_is_refused_by_what_it_inflates_to() {
    let bytes = package(&[("word/document.xml", &body(&" ".repeat(4 * 1024 * 1024)))]);
    assert!(bytes.len() < 64 * 1024);
    let limits = Limits { inflated_bytes_max: 1024 * 1024, ..Limits::default() };
    let refused = extract(MediaType::Docx, &bytes, &limits);
    assert_eq!(refused, Err(ExtractError::TooLarge { limit: 1024 * 1024, unit: "inflated bytes" }));
}

#[test]
fn too_many_entries_are_refused() {
    let names: Vec<String> = (0..70).map(|number| format!("word/media/{number}")).collect();
    let parts: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    let limits = Limits { archive_entries_max: 64, ..Limits::default() };
    let refused = extract(MediaType::Docx, &package(&parts), &limits);
    assert_eq!(refused, Err(ExtractError::TooLarge { limit: 64, unit: "archive entries" }));
}

#[test]
fn entities_are_never_expanded() {
    let xml = "<?xml version=\"1.0\"?><!DOCTYPE d [<!ENTITY x SYSTEM \"file:///etc/passwd\"><!ENTITY y \"&x;&x;\">]>\
               <w:document><w:p><w:r><w:t>a&x;b&y;c</w:t></w:r></w:p></w:document>";
    let found = extract(MediaType::Docx, &package(&[("word/document.xml", xml)]), &Limits::default()).unwrap();
    assert_eq!(found.text, "a b c");
}

#[test]
fn what_is_no_document_is_told() {
    let empty = extract(MediaType::Docx, &package(&[]), &Limits::default());
    assert!(matches!(empty, Err(ExtractError::Corrupt { .. })), "{empty:?}");
    let broken = extract(MediaType::Docx, &package(&[("word/document.xml", "<w:p><w:t>a</w:p>")]), &Limits::default());
    assert!(matches!(broken, Err(ExtractError::Corrupt { .. })), "{broken:?}");
    let mut cut = package(&[("word/document.xml", &body("<w:p/>"))]);
    cut.truncate(cut.len() / 2);
    assert!(matches!(extract(MediaType::Docx, &cut, &Limits::default()), Err(ExtractError::Corrupt { .. })));
}
