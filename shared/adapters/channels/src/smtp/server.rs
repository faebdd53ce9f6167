//! Which mail server, and how it is spoken to.

use crate::{InvalidProvider, SmtpOptions};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use percent_encoding::percent_decode_str;
use std::sync::OnceLock;
use url::{Host, Url};

/// When TLS is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tls {
    /// Never.
    None,
    /// Where the server offers it.
    Opportunistic,
    /// A server that does not offer it is not told anything.
    Required,
    /// From the first byte.
    Implicit,
}

/// A mail server.
pub(super) struct Server {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: Tls,
    pub(super) credentials: Option<Credentials>,
    /// What it is greeted with.
    pub(super) hello: ClientId,
    certificates: Option<String>,
    /// Made at the first use: it reads all roots.
    parameters: OnceLock<TlsParameters>,
}

impl Server {
    pub(super) fn new(options: &SmtpOptions, public_url: &str) -> Result<Self, InvalidProvider> {
        // Not what is wrong with it: it holds a password.
        let invalid = || {
            let expected = "'url' is no smtp[s]://[user:password@]host[:port][?tls=required|opportunistic|none]";
            InvalidProvider::new(&options.name, expected)
        };
        let url = Url::parse(options.url.expose()).map_err(|_| invalid())?;
        let implicit = match url.scheme() {
            "smtp" => false,
            "smtps" => true,
            _ => return Err(invalid()),
        };
        let mut tls = if implicit { Tls::Implicit } else { Tls::Required };
        for (name, value) in url.query_pairs() {
            tls = match (&*name, &*value, implicit) {
                ("tls", "required", false) => Tls::Required,
                ("tls", "opportunistic", false) => Tls::Opportunistic,
                ("tls", "none", false) => Tls::None,
                ("tls", "required", true) => Tls::Implicit,
                _ => return Err(invalid()),
            };
        }
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(invalid());
        }
        let text = |part: &str| percent_decode_str(part).decode_utf8().map(String::from).map_err(|_| invalid());
        let credentials = match (url.username(), url.password()) {
            ("", None) => None,
            (user, Some(password)) if !user.is_empty() => Some(Credentials::new(text(user)?, text(password)?)),
            _ => return Err(invalid()),
        };
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(invalid)?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = url.port().unwrap_or(if implicit { 465 } else { 587 });
        let hello = match Url::parse(public_url).ok().as_ref().and_then(Url::host) {
            Some(Host::Domain(name)) if name.contains('.') => ClientId::Domain(name.to_owned()),
            _ => ClientId::default(),
        };
        if options.certificates.as_deref().is_some_and(|pem| certificates(pem).is_none()) {
            return Err(InvalidProvider::new(&options.name, "'certificates' is no PEM"));
        }
        let certificates = options.certificates.clone();
        Ok(Self { host, port, tls, credentials, hello, certificates, parameters: OnceLock::new() })
    }

    /// How TLS is spoken; none where none can be.
    pub(super) fn parameters(&self) -> Option<TlsParameters> {
        if let Some(kept) = self.parameters.get() {
            return Some(kept.clone());
        }
        let mut builder = TlsParameters::builder(self.host.clone());
        if let Some(certificates) = self.certificates.as_deref().and_then(certificates) {
            builder = builder.add_root_certificate(certificates);
        }
        let made = builder.build_rustls().ok()?;
        Some(self.parameters.get_or_init(|| made).clone())
    }
}

/// All of a file; none where there is none in it.
fn certificates(pem: &str) -> Option<Certificate> {
    Certificate::from_pem(pem.as_bytes()).ok().filter(|_| pem.contains("-----BEGIN CERTIFICATE-----"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(url: &str) -> Result<Server, InvalidProvider> {
        let options = SmtpOptions {
            name: "smtp".to_owned(),
            url: url.into(),
            from: "a@b.example".to_owned(),
            per_second: None,
            answer_seconds: None,
            certificates: None,
        };
        Server::new(&options, "https://octavo.example")
    }

    #[test]
    fn a_url_says_everything() {
        for (url, host, port, tls) in [
            ("smtp://mail.example", "mail.example", 587, Tls::Required),
            ("smtp://mail.example:25?tls=opportunistic", "mail.example", 25, Tls::Opportunistic),
            ("smtp://127.0.0.1:2525/?tls=none", "127.0.0.1", 2525, Tls::None),
            ("smtp://[::1]:25?tls=none", "::1", 25, Tls::None),
            ("smtps://mail.example", "mail.example", 465, Tls::Implicit),
        ] {
            let made = server(url).unwrap_or_else(|error| panic!("{url}: {error}"));
            assert_eq!((made.host.as_str(), made.port, made.tls), (host, port, tls), "{url}");
            assert!(made.credentials.is_none() && made.hello.to_string() == "octavo.example");
        }
        let made = server("smtp://user%40acme:hunter2%2F@mail.example").unwrap();
        assert_eq!(made.credentials, Some(Credentials::new("user@acme".to_owned(), "hunter2/".to_owned())));
    }

    #[test]
    fn what_is_wrong_is_not_repeated() {
        for url in [
            "",
            "http://h",
            "smtp://",
            "smtp://hunter2@h",
            "smtp://u:hunter2@h/path",
            "smtp://u:hunter2@h?tls=maybe",
            "smtps://u:hunter2@h?tls=none",
            "smtp://u:hunter2@h?a=b",
        ] {
            let said = server(url).err().unwrap_or_else(|| panic!("{url} was taken")).to_string();
            assert!(!said.contains("hunter2"), "{said}");
        }
    }
}
