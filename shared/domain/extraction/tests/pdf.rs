//! PDFs, made here object by object.

use flate2::Compression;
use flate2::write::ZlibEncoder;
use octavo_domain_documents::MediaType;
use octavo_domain_extraction::{ExtractError, Limits, detect, extract};
use std::io::Write;

/// A file of these objects, numbered from 1; the first is the catalogue, the last the information.
fn file(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = b"%PDF-1.4\n".to_vec();
    let mut offsets = Vec::new();
    for (position, object) in objects.iter().enumerate() {
        offsets.push(bytes.len());
        bytes.extend(format!("{} 0 obj\n", position + 1).bytes());
        bytes.extend(object);
        bytes.extend(b"\nendobj\n");
    }
    let start = bytes.len();
    bytes.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    for offset in offsets {
        bytes.extend(format!("{offset:010} 00000 n \n").bytes());
    }
    let (size, info) = (objects.len() + 1, objects.len());
    bytes.extend(
        format!("trailer\n<< /Size {size} /Root 1 0 R /Info {info} 0 R >>\nstartxref\n{start}\n%%EOF\n").bytes(),
    );
    bytes
}

fn stream(dictionary: &str, content: &[u8]) -> Vec<u8> {
    let mut object = format!("<< /Length {} {dictionary} >>\nstream\n", content.len()).into_bytes();
    object.extend(content);
    object.extend(b"\nendstream");
    object
}

fn one_page(content: Vec<u8>, resources: &str, more: &[Vec<u8>]) -> Vec<u8> {
    let mut objects = vec![
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 612 792] >>".to_vec(),
        format!("<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> {resources} >> >>")
            .into_bytes(),
        content,
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_vec(),
    ];
    objects.extend_from_slice(more);
    objects.push(b"<< /Title (The plan) /Author (Ada) /CreationDate (D:20240501100000Z) >>".to_vec());
    file(&objects)
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("writing to memory");
    encoder.finish().expect("writing to memory")
}

const TEXT: &[u8] = b"BT /F1 12 Tf 72 720 Td (Hello world) Tj 0 -20 Td (Second line) Tj ET";

#[test]
fn text_and_information() {
    for content in [stream("", TEXT), stream("/Filter /FlateDecode", &deflate(TEXT))] {
        let bytes = one_page(content, "", &[]);
        assert_eq!(detect(Some("a.pdf"), None, &bytes), Ok(MediaType::Pdf));
        let found = extract(MediaType::Pdf, &bytes, &Limits::default()).unwrap();
        assert_eq!(found.text, "Hello world\nSecond line");
        assert_eq!((found.title.as_deref(), found.author.as_deref()), (Some("The plan"), Some("Ada")));
        assert_eq!(found.created.unwrap().to_rfc3339(), "2024-05-01T10:00:00+00:00");
        assert_eq!(found.note, None);
    }
}

#[test]
fn pages_without_text_are_said_to_be_so() {
    let found =
        extract(MediaType::Pdf, &one_page(stream("", b"0 0 m 10 10 l S"), "", &[]), &Limits::default()).unwrap();
    assert_eq!(found.text, "");
    assert!(found.note.unwrap().contains("no text"));
}

#[test]
fn a_form_that_draws_itself_ends() {
    let form = stream("/Type /XObject /Subtype /Form /BBox [0 0 1 1]", b"/X Do");
    let bytes = one_page(stream("", b"/X Do"), "/XObject << /X 6 0 R >>", &[form]);
    let refused = extract(MediaType::Pdf, &bytes, &Limits::default());
    assert!(matches!(refused, Err(ExtractError::Corrupt { .. })), "{refused:?}");
}

#[test]
fn a_form_that_does_not_is_read() {
    let form = stream("/Type /XObject /Subtype /Form /BBox [0 0 1 1] /Resources << /Font << /F1 5 0 R >> >>", TEXT);
    let bytes = one_page(stream("", b"/X Do"), "/XObject << /X 6 0 R >>", &[form]);
    assert_eq!(extract(MediaType::Pdf, &bytes, &Limits::default()).unwrap().text, "Hello world\nSecond line");
}

#[test]
fn a_page_that_is_its_own_ancestor_ends() {
    let bytes = file(&[
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 /Parent 2 0 R >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R >>".to_vec(),
        b"<< >>".to_vec(),
    ]);
    let refused = extract(MediaType::Pdf, &bytes, &Limits::default());
    assert!(matches!(refused, Err(ExtractError::Corrupt { .. })), "{refused:?}");
}

#[test]
fn a_bomb_is_refused_by_what_it_inflates_to() {
    let limits = Limits { inflated_bytes_max: 1024 * 1024, ..Limits::default() };
    let once = deflate(&vec![b' '; 4 * 1024 * 1024]);
    for content in [once.clone(), deflate(&once)] {
        let bytes = one_page(stream("/Filter /FlateDecode", &content), "", &[]);
        let refused = extract(MediaType::Pdf, &bytes, &limits);
        assert_eq!(refused, Err(ExtractError::TooLarge { limit: 1024 * 1024, unit: "inflated bytes" }));
    }
}

#[test]
fn every_cut_and_every_flipped_byte_is_survived() {
    let whole = one_page(stream("/Filter /FlateDecode", &deflate(TEXT)), "", &[]);
    for at in (0..whole.len()).step_by(7) {
        let _ = extract(MediaType::Pdf, &whole[..at], &Limits::default());
        let mut flipped = whole.clone();
        flipped[at] ^= 0x15;
        let _ = extract(MediaType::Pdf, &flipped, &Limits::default());
    }
    assert!(extract(MediaType::Pdf, &whole, &Limits::default()).is_ok());
}
