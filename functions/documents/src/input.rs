//! A document as clients send it, whole: JSON with its text, or a form with a file. Checked into one shape.

use crate::intake::Upload;
use crate::multipart;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use octavo_domain_documents::{
    Grant, MediaType, Metadata, Role, check_file_name, check_grants, check_metadata, check_tags, check_title,
};
use octavo_domain_kernel::{Principal, Reader, UserId};
use octavo_wiring_edge::{EdgeFault, Request};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// A document whose text stands in the request.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DocumentInput {
    /// What it is called; without it, the title that the content has, or the file name.
    #[schema(max_length = 512, example = "The plan")]
    pub(crate) title: Option<String>,
    /// The text.
    #[schema(example = "# The plan\n\nFirst, fold the sheet.")]
    pub(crate) content: String,
    /// `text/markdown`, `text/html` or `text/plain`; without it, by the file name, or as the text looks.
    #[schema(example = "text/markdown")]
    pub(crate) content_type: Option<String>,
    /// A file name, without a path.
    #[schema(max_length = 255, example = "plan.md")]
    pub(crate) file_name: Option<String>,
    /// At most 32 of at most 64 characters.
    #[serde(default)]
    #[schema(example = json!(["finance"]))]
    pub(crate) tags: Vec<String>,
    /// Fields of your own, at most 16 KiB as JSON.
    #[serde(default)]
    #[schema(value_type = Object, example = json!({"case": 17}))]
    pub(crate) metadata: Metadata,
    /// With whom it is shared from the start. Only when it is made.
    #[serde(default)]
    pub(crate) shares: Vec<ShareInput>,
}

/// The same as a form (RFC 7578), with a file.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "describes the form to the OpenAPI document; the form is read part by part")]
pub(crate) struct DocumentForm {
    /// The file: Markdown, HTML, text, PDF or DOCX, at most 4 MiB.
    #[schema(value_type = String, format = Binary)]
    pub(crate) file: Vec<u8>,
    /// What it is called; without it, the title that the file has, or its name.
    pub(crate) title: Option<String>,
    /// One tag; may stand several times.
    pub(crate) tags: Option<String>,
    /// A JSON object.
    #[schema(example = "{\"case\":17}")]
    pub(crate) metadata: Option<String>,
    /// A JSON array of shares. Only when it is made.
    #[schema(example = "[{\"reader\":\"group:legal\",\"role\":\"viewer\"}]")]
    pub(crate) shares: Option<String>,
}

/// Shares a document with somebody.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShareInput {
    /// `user:ID` or `group:ID`.
    #[schema(value_type = String, example = "group:legal")]
    pub(crate) reader: Reader,
    /// As what.
    pub(crate) role: Role,
}

/// What was sent, checked.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    pub(crate) upload: Upload,
    pub(crate) title: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) metadata: Metadata,
    pub(crate) shares: Vec<ShareInput>,
}

/// Reads the request's body, JSON or a form.
pub(crate) async fn read(request: &Request) -> Result<Input, EdgeFault> {
    match request.content_type()?.as_deref() {
        Some("multipart/form-data") => multipart::read(request).await?.checked(),
        Some(json) if json == "application/json" || json.ends_with("+json") => from_json(request.json()?)?.checked(),
        _ => Err(EdgeFault::UnsupportedMediaType { expected: "application/json or multipart/form-data".to_owned() }),
    }
}

fn from_json(input: DocumentInput) -> Result<Input, EdgeFault> {
    let media_type = input.content_type.as_deref().map(text_type).transpose()?;
    let upload = Upload {
        field: "content",
        bytes: Bytes::from(input.content),
        file_name: input.file_name.map(|name| check_file_name("file_name", &name)).transpose()?,
        declared: None,
        media_type,
    };
    Ok(Input { upload, title: input.title, tags: input.tags, metadata: input.metadata, shares: input.shares })
}

fn text_type(name: &str) -> Result<MediaType, EdgeFault> {
    match name.parse() {
        Ok(text @ (MediaType::Markdown | MediaType::Html | MediaType::Text)) => Ok(text),
        _ => Err(EdgeFault::invalid(
            "content_type",
            "expected text/markdown, text/html or text/plain; other files are sent as multipart/form-data",
        )),
    }
}

impl Input {
    fn checked(mut self) -> Result<Self, EdgeFault> {
        self.title = self.title.map(|title| check_title("title", &title)).transpose()?;
        self.tags = check_tags("tags", &self.tags)?;
        check_metadata("metadata", &self.metadata)?;
        Ok(self)
    }

    /// What is asked for, apart from how it was sent.
    pub(crate) fn meaning(&self) -> Vec<u8> {
        let upload = &self.upload;
        let body = blake3::hash(&upload.bytes).to_hex().to_string();
        let fields = json!([
            self.title,
            self.tags,
            self.metadata,
            self.shares,
            upload.file_name,
            upload.declared,
            upload.media_type,
            body
        ]);
        fields.to_string().into_bytes()
    }
}

/// The shares as grants by `principal` on a document of `owner`.
pub(crate) fn grants(
    shares: Vec<ShareInput>,
    owner: &UserId,
    principal: &Principal,
    now: DateTime<Utc>,
) -> Result<Vec<Grant>, EdgeFault> {
    let grant = |share: ShareInput| Grant {
        reader: share.reader,
        role: share.role,
        granted_by: principal.user.clone(),
        granted_at: now,
    };
    Ok(check_grants("shares", owner, shares.into_iter().map(grant).collect())?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderValue, header};

    fn post(content_type: &'static str, body: &str) -> Request {
        let mut request = Request::default();
        request.body = Bytes::from(body.to_owned());
        request.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        request
    }

    async fn fault(content_type: &'static str, body: &str) -> String {
        use octavo_domain_kernel::Fault;
        let fault = read(&post(content_type, body)).await.unwrap_err();
        fault.fields().first().map(|field| field.field.clone()).unwrap_or_default()
    }

    #[tokio::test]
    async fn every_wrong_member_is_named() {
        let cases = [
            (r#"{"content":1}"#, "content"),
            (r#"{"title":"x"}"#, "body"),
            (r#"{"content":"x","title":""}"#, "title"),
            (r#"{"content":"x","tags":["a",""]}"#, "tags[1]"),
            (r#"{"content":"x","metadata":[]}"#, "metadata"),
            (r#"{"content":"x","shares":[{"reader":"ada","role":"viewer"}]}"#, "shares[0].reader"),
            (r#"{"content":"x","shares":[{"reader":"user:ada","role":"boss"}]}"#, "shares[0].role"),
            (r#"{"content":"x","content_type":"application/pdf"}"#, "content_type"),
            (r#"{"content":"x","file_name":"a/b"}"#, "file_name"),
            (r#"{"content":"x","colour":"red"}"#, "colour"),
        ];
        for (body, field) in cases {
            assert_eq!(fault("application/json", body).await, field, "{body}");
        }
        assert_eq!(fault("text/plain", "x").await, "header:Content-Type");
    }

    #[tokio::test]
    async fn what_is_right_is_in_its_normal_form() {
        let input =
            read(&post("application/json", r#"{"content":"x","title":" T ","tags":["b","a","b"]}"#)).await.unwrap();
        assert_eq!((input.title.as_deref(), input.tags), (Some("T"), vec!["a".to_owned(), "b".to_owned()]));
    }
}
