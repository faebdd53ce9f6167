//! Forms with a file (RFC 7578), part by part.

use crate::input::Input;
use crate::intake::Upload;
use bytes::Bytes;
use http::header;
use multer::{Constraints, Field, Multipart, SizeLimit};
use octavo_domain_documents::{Metadata, check_file_name};
use octavo_wiring_edge::{BODY_BYTES_MAX, EdgeFault, Request};
use serde::de::DeserializeOwned;
use std::convert::Infallible;

/// Parts of a form. More than every tag, every field and the file need.
const PARTS_MAX: usize = 64;
/// Bytes of a part that is not the file.
const FIELD_BYTES_MAX: u64 = 64 * 1024;

/// The names of the parts.
const NAMES: [&str; 5] = ["file", "title", "tags", "metadata", "shares"];

/// Reads the form; its fields are not checked yet.
pub(crate) async fn read(request: &Request) -> Result<Input, EdgeFault> {
    let content_type = request.header(&header::CONTENT_TYPE)?.unwrap_or_default();
    let boundary = multer::parse_boundary(content_type)
        .map_err(|_| EdgeFault::malformed("header:Content-Type", "expected multipart/form-data with a boundary"))?;
    let body = request.body.clone();
    let stream = futures::stream::once(async move { Ok::<Bytes, Infallible>(body) });
    // A file that is too large is refused where all files are, by its own name; here only the whole body bounds it.
    let sizes = SizeLimit::new().per_field(FIELD_BYTES_MAX).for_field("file", BODY_BYTES_MAX as u64);
    let constraints = Constraints::new().size_limit(sizes);
    let mut form = Multipart::with_constraints(stream, boundary, constraints);
    let mut parts = Parts::default();
    let mut count = 0;
    while let Some(field) = form.next_field().await.map_err(|error| fault(&error))? {
        count += 1;
        if count > PARTS_MAX {
            return Err(EdgeFault::invalid("body", format!("expected at most {PARTS_MAX} parts")));
        }
        parts.add(field).await?;
    }
    parts.finish()
}

#[derive(Default)]
struct Parts {
    upload: Option<Upload>,
    title: Option<String>,
    tags: Vec<String>,
    metadata: Option<String>,
    shares: Option<String>,
}

impl Parts {
    async fn add(&mut self, field: Field<'_>) -> Result<(), EdgeFault> {
        let name = field.name().unwrap_or_default().to_owned();
        match name.as_str() {
            "file" if self.upload.is_some() => Err(EdgeFault::invalid("file", "expected one file")),
            "file" => {
                let file_name = field.file_name().filter(|name| !name.is_empty());
                let file_name = file_name.map(|name| check_file_name("file", name)).transpose()?;
                let declared = field.content_type().map(|declared| declared.essence_str().to_owned());
                let bytes = field.bytes().await.map_err(|error| fault(&error))?;
                self.upload = Some(Upload { field: "file", bytes, file_name, declared, media_type: None });
                Ok(())
            }
            "title" => once(&mut self.title, "title", text(field, "title").await?),
            "metadata" => once(&mut self.metadata, "metadata", text(field, "metadata").await?),
            "shares" => once(&mut self.shares, "shares", text(field, "shares").await?),
            "tags" => {
                self.tags.push(text(field, "tags").await?);
                Ok(())
            }
            "" => Err(EdgeFault::malformed("body", "expected a name for every part of the form")),
            other => Err(EdgeFault::invalid(other, format!("unknown part; expected one of {}", NAMES.join(", ")))),
        }
    }

    fn finish(self) -> Result<Input, EdgeFault> {
        let upload =
            self.upload.ok_or_else(|| EdgeFault::invalid("file", "expected a part of this name with a file"))?;
        let metadata: Option<Metadata> = json("metadata", "a JSON object", self.metadata)?;
        let shares = json("shares", "a JSON array of {\"reader\":\"user:ID\",\"role\":\"viewer\"}", self.shares)?;
        Ok(Input {
            upload,
            title: self.title,
            tags: self.tags,
            metadata: metadata.unwrap_or_default(),
            shares: shares.unwrap_or_default(),
        })
    }
}

fn once(slot: &mut Option<String>, name: &str, value: String) -> Result<(), EdgeFault> {
    match slot.replace(value) {
        Some(_) => Err(EdgeFault::invalid(name, "expected it once")),
        None => Ok(()),
    }
}

async fn text(field: Field<'_>, name: &str) -> Result<String, EdgeFault> {
    let bytes = field.bytes().await.map_err(|error| fault(&error))?;
    String::from_utf8(bytes.into()).map_err(|_| EdgeFault::malformed(name, "expected UTF-8"))
}

fn json<T: DeserializeOwned>(name: &str, expected: &str, text: Option<String>) -> Result<Option<T>, EdgeFault> {
    let read = |text: String| {
        serde_json::from_str(&text).map_err(|error| EdgeFault::invalid(name, format!("expected {expected}: {error}")))
    };
    text.map(read).transpose()
}

fn fault(error: &multer::Error) -> EdgeFault {
    match error {
        multer::Error::FieldSizeExceeded { field_name: Some(name), limit } if name != "file" => {
            EdgeFault::invalid(name, format!("expected at most {limit} bytes"))
        }
        multer::Error::FieldSizeExceeded { limit, .. } | multer::Error::StreamSizeExceeded { limit } => {
            EdgeFault::BodyTooLarge { limit: usize::try_from(*limit).unwrap_or(usize::MAX) }
        }
        other => EdgeFault::malformed("body", format!("expected a form: {other}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use octavo_domain_kernel::Fault;
    use proptest::prelude::*;

    fn form(parts: &[(&str, &str)]) -> String {
        let mut body = String::new();
        for (head, content) in parts {
            body.push_str(&format!("--X\r\nContent-Disposition: form-data; {head}\r\n\r\n{content}\r\n"));
        }
        body + "--X--\r\n"
    }

    fn request(body: impl Into<Bytes>) -> Request {
        let mut request = Request::default();
        request.body = body.into();
        let value = HeaderValue::from_static("multipart/form-data; boundary=X");
        request.headers.insert(header::CONTENT_TYPE, value);
        request
    }

    #[tokio::test]
    async fn a_form_is_read() {
        let body = form(&[
            ("name=\"file\"; filename=\"pl\u{e4}n.md\"", "# A"),
            ("name=\"tags\"", "a"),
            ("name=\"tags\"", "b"),
            ("name=\"metadata\"", "{\"case\":17}"),
            ("name=\"shares\"", "[{\"reader\":\"group:legal\",\"role\":\"viewer\"}]"),
        ]);
        let input = read(&request(body)).await.unwrap();
        assert_eq!(input.upload.file_name.as_deref(), Some("plän.md"));
        assert_eq!(&input.upload.bytes[..], b"# A");
        assert_eq!((input.tags.len(), input.metadata["case"].as_i64(), input.shares.len()), (2, Some(17), 1));
    }

    #[tokio::test]
    async fn every_wrong_part_is_named() {
        let file = ("name=\"file\"; filename=\"a.md\"", "x");
        let cases = [
            (form(&[("name=\"title\"", "x")]), "file"),
            (form(&[file, file]), "file"),
            (form(&[("name=\"file\"; filename=\"../a.md\"", "x")]), "file"),
            (form(&[file, ("name=\"metadata\"", "[]")]), "metadata"),
            (form(&[file, ("name=\"shares\"", "{}")]), "shares"),
            (form(&[file, ("name=\"title\"", "a"), ("name=\"title\"", "b")]), "title"),
            (form(&[file, ("name=\"colour\"", "red")]), "colour"),
            (form(&[file, ("name=\"title\"", &"a".repeat(70_000))]), "title"),
            (form(&[file; 65]), "file"),
            ("--X\r\n".to_owned(), "body"),
            ("no form".to_owned(), "body"),
        ];
        for (body, field) in cases {
            let fault = read(&request(body.clone())).await.unwrap_err();
            assert_eq!(fault.fields()[0].field, field, "{}", &body[..body.len().min(200)]);
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(cut in 0usize..200, flip in 0usize..200) {
            let mut body = form(&[("name=\"file\"; filename=\"a.md\"", "x"), ("name=\"tags\"", "a")]).into_bytes();
            let at = flip % body.len();
            body[at] ^= 0x11;
            body.truncate(cut.max(1));
            let _ = futures::executor::block_on(read(&request(body)));
        }
    }
}
