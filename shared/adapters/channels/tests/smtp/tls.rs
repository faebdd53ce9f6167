//! When mails are shown to the network, and to whom.

use super::{config, mail, provider};
use octavo_domain_notify::SendError;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, mpsc};

const CERTIFICATE: &str = include_str!("certificate/certificate.pem");
const KEY: &str = include_str!("certificate/key.pem");

/// A server on a thread of its own: it tells of each mail whether it came encrypted. `implicit`: TLS from the first byte.
fn server(offers_tls: bool, implicit: bool) -> (u16, mpsc::Receiver<bool>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (told, mails) = mpsc::channel();
    std::thread::spawn(move || {
        while let Ok((stream, _)) = listener.accept() {
            let _ = if implicit { encrypted(stream, &told, true) } else { clear(stream, offers_tls, &told) };
        }
    });
    (port, mails)
}

fn clear(mut stream: TcpStream, offers_tls: bool, told: &mpsc::Sender<bool>) -> std::io::Result<()> {
    stream.write_all(b"220 mail.test\r\n")?;
    let mut lines = BufReader::new(stream.try_clone()?);
    if session(&mut lines, &mut stream, offers_tls, || told.send(false).unwrap())? {
        encrypted(stream, told, false)?;
    }
    Ok(())
}

fn encrypted(stream: TcpStream, told: &mpsc::Sender<bool>, greet: bool) -> std::io::Result<()> {
    let certificate = CertificateDer::from_pem_slice(CERTIFICATE.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(KEY.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
    let mut tls = StreamOwned::new(ServerConnection::new(Arc::new(config)).unwrap(), stream);
    if greet {
        tls.write_all(b"220 mail.test\r\n")?;
    }
    // A line at a time, of one stream that is both read and written.
    let mut in_content = false;
    loop {
        let mut line = Vec::new();
        while !line.ends_with(b"\n") {
            let mut byte = [0];
            tls.read_exact(&mut byte)?;
            line.push(byte[0]);
        }
        let answer = match (in_content, &*line) {
            (true, b".\r\n") => {
                in_content = false;
                told.send(true).unwrap();
                "250 ok\r\n"
            }
            (true, _) => continue,
            (false, line) if line.starts_with(b"EHLO") => "250-mail.test\r\n250 AUTH PLAIN\r\n",
            (false, line) if line.starts_with(b"AUTH") => "235 ok\r\n",
            (false, line) if line.starts_with(b"DATA") => {
                in_content = true;
                "354 go on\r\n"
            }
            _ => "250 ok\r\n",
        };
        tls.write_all(answer.as_bytes())?;
    }
}

/// True: TLS is to begin.
fn session(lines: &mut impl BufRead, out: &mut impl Write, offers_tls: bool, mail: impl Fn()) -> std::io::Result<bool> {
    let mut in_content = false;
    let mut line = String::new();
    while lines.read_line(&mut line)? > 0 {
        let answer = match (in_content, line.trim_end()) {
            (true, ".") => {
                in_content = false;
                mail();
                "250 ok\r\n"
            }
            (true, _) => "",
            (false, "STARTTLS") => {
                out.write_all(b"220 go\r\n")?;
                return Ok(true);
            }
            (false, "DATA") => {
                in_content = true;
                "354 go on\r\n"
            }
            (false, text) if text.starts_with("EHLO") && offers_tls => "250-mail.test\r\n250 STARTTLS\r\n",
            _ => "250 ok\r\n",
        };
        out.write_all(answer.as_bytes())?;
        line.clear();
    }
    Ok(false)
}

async fn send(url: &str, certificate: bool) -> Result<(), SendError> {
    let certificates = certificate.then(|| CERTIFICATE.to_owned());
    provider(config(url, certificates)).send(&mail("ada@acme.example")).await.map(drop)
}

#[tokio::test]
async fn what_is_to_be_encrypted_is() {
    for (tls, offers, wanted) in [
        ("?tls=required", true, Some(true)),
        ("?tls=required", false, None),
        ("", false, None),
        ("?tls=opportunistic", true, Some(true)),
        ("?tls=opportunistic", false, Some(false)),
        ("?tls=none", true, Some(false)),
    ] {
        let (port, mails) = server(offers, false);
        let result = send(&format!("smtp://localhost:{port}{tls}"), true).await;
        assert_eq!(mails.try_recv().ok(), wanted, "{tls} {offers}: {result:?}");
        assert_eq!(result.is_ok(), wanted.is_some(), "{tls} {offers}: {result:?}");
    }
    let (port, mails) = server(false, true);
    send(&format!("smtps://user:pass@localhost:{port}"), true).await.unwrap();
    assert_eq!(mails.try_recv(), Ok(true));
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_not_believed() {
    for (tls, implicit) in [("?tls=required", false), ("?tls=opportunistic", false), ("", true)] {
        let (port, mails) = server(true, implicit);
        let scheme = if implicit { "smtps" } else { "smtp" };
        let result = send(&format!("{scheme}://localhost:{port}{tls}"), false).await;
        assert!(matches!(result, Err(SendError::NotTaken { .. })), "{tls}: {result:?}");
        // Nor one of another host.
        let result = send(&format!("{scheme}://127.0.0.1:{port}{tls}"), true).await;
        assert!(matches!(result, Err(SendError::NotTaken { .. })), "{tls}: {result:?}");
        assert!(mails.try_recv().is_err());
    }
}
