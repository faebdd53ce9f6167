//! What the providers sign their callbacks with. Kept in the folder, if there is one: who knows the public key still knows it
//! after a restart.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{self, ServerConfig};

use crate::certificate;

const SENDGRID_FILE: &str = "sendgrid.pk8";
const SNS_FILE: &str = "sns.pk8";
const SMTP_FILE: &str = "smtp.pk8";

/// A key cannot be made, or what the folder has is none.
#[derive(Debug, thiserror::Error)]
#[error("no key: {0}")]
pub struct KeyError(pub(crate) String);

pub(crate) struct Keys {
    sendgrid: EcdsaKeyPair,
    folder: Option<PathBuf>,
    /// Made when SES calls for the first time: it takes a while.
    sns: OnceLock<Certified>,
}

/// An RSA key and a certificate for it.
struct Certified {
    key: RsaKeyPair,
    pkcs8: Vec<u8>,
    der: Vec<u8>,
}

impl Keys {
    pub(crate) fn open(folder: Option<&Path>) -> Result<Self, KeyError> {
        let make = || {
            let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new());
            made.map(|key| key.as_ref().to_vec()).map_err(|error| KeyError(error.to_string()))
        };
        let document = kept(folder, SENDGRID_FILE, make)?;
        let sendgrid = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &document)
            .map_err(|error| KeyError(format!("{SENDGRID_FILE}: {error}")))?;
        Ok(Self { sendgrid, folder: folder.map(Path::to_owned), sns: OnceLock::new() })
    }

    /// SendGrid's verification key: base64 of a SubjectPublicKeyInfo, as its settings show it.
    pub(crate) fn sendgrid_public(&self) -> String {
        let der = AsDer::<PublicKeyX509Der<'_>>::as_der(self.sendgrid.public_key()).expect("a P-256 key has this form");
        STANDARD.encode(der.as_ref())
    }

    /// Base64 of an ECDSA signature (P-256, SHA-256, ASN.1).
    pub(crate) fn sendgrid_sign(&self, message: &[u8]) -> String {
        let signature = self.sendgrid.sign(&SystemRandom::new(), message).expect("a P-256 key signs anything");
        STANDARD.encode(signature.as_ref())
    }

    /// The certificate of what signs for SNS, in PEM.
    pub(crate) fn sns_certificate(&self) -> Result<String, KeyError> {
        Ok(certificate::pem(&self.sns()?.der))
    }

    /// Base64 of an RSA signature (PKCS #1 v1.5, SHA-256): SNS's signature version 2.
    pub(crate) fn sns_sign(&self, message: &[u8]) -> Result<String, KeyError> {
        let signature = rsa_sign(&self.sns()?.key, message).map_err(KeyError)?;
        Ok(STANDARD.encode(signature))
    }

    fn sns(&self) -> Result<&Certified, KeyError> {
        if let Some(sns) = self.sns.get() {
            return Ok(sns);
        }
        let made = Certified::open(self.folder.as_deref(), SNS_FILE, "sns.fake")?;
        // Two that make one at once: the first one's holds.
        Ok(self.sns.get_or_init(|| made))
    }

    /// What the mail server speaks TLS with, and its certificate in PEM: whoever trusts that trusts it.
    pub(crate) fn smtp_tls(&self) -> Result<(Arc<ServerConfig>, String), KeyError> {
        let Certified { pkcs8, der, .. } = Certified::open(self.folder.as_deref(), SMTP_FILE, "mail.fake.example")?;
        let pem = certificate::pem(&der);
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let builder = builder.map_err(|error| KeyError(error.to_string()))?.with_no_client_auth();
        let key = PrivatePkcs8KeyDer::from(pkcs8).into();
        let config = builder.with_single_cert(vec![CertificateDer::from(der)], key);
        Ok((Arc::new(config.map_err(|error| KeyError(format!("{SMTP_FILE}: {error}")))?), pem))
    }
}

impl Certified {
    fn open(folder: Option<&Path>, file: &str, name: &str) -> Result<Self, KeyError> {
        let make = || {
            let key = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|error| KeyError(error.to_string()))?;
            let document = AsDer::<Pkcs8V1Der<'_>>::as_der(&key).map_err(|error| KeyError(error.to_string()))?;
            Ok(document.as_ref().to_vec())
        };
        let pkcs8 = kept(folder, file, make)?;
        let key = RsaKeyPair::from_pkcs8(&pkcs8).map_err(|error| KeyError(format!("{file}: {error}")))?;
        let public = AsDer::<PublicKeyX509Der<'_>>::as_der(key.public_key());
        let public = public.map_err(|error| KeyError(error.to_string()))?;
        let der = certificate::der(name, public.as_ref(), |part| rsa_sign(&key, part)).map_err(KeyError)?;
        Ok(Self { key, pkcs8, der })
    }
}

fn rsa_sign(key: &RsaKeyPair, message: &[u8]) -> Result<Vec<u8>, String> {
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).map_err(|error| error.to_string())?;
    Ok(signature)
}

/// A file of the folder, which is made if it is not there.
fn kept(
    folder: Option<&Path>,
    name: &str,
    make: impl FnOnce() -> Result<Vec<u8>, KeyError>,
) -> Result<Vec<u8>, KeyError> {
    let Some(folder) = folder else { return make() };
    let path = folder.join(name);
    if let Ok(found) = std::fs::read(&path) {
        return Ok(found);
    }
    let failed = |error: std::io::Error| KeyError(format!("{name}: {error}"));
    let made = make()?;
    std::fs::create_dir_all(folder).map_err(failed)?;
    // Whole or not at all, whenever the process dies.
    let beside = folder.join(format!("{name}.new"));
    std::fs::write(&beside, &made).and_then(|()| std::fs::rename(&beside, &path)).map_err(failed)?;
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
    use x509_parser::pem::parse_x509_pem;

    #[test]
    fn what_is_signed_is_verified_by_what_is_published() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::open(Some(folder.path())).unwrap();
        let public = STANDARD.decode(keys.sendgrid_public()).unwrap();
        let signature = STANDARD.decode(keys.sendgrid_sign(b"x")).unwrap();
        // The point is the end of a SubjectPublicKeyInfo.
        let point = &public[public.len() - 65..];
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(b"x", &signature).unwrap();

        let pem = keys.sns_certificate().unwrap();
        let (_, parsed) = parse_x509_pem(pem.as_bytes()).unwrap();
        let certificate = parsed.parse_x509().unwrap();
        assert_eq!(certificate.subject().to_string(), "CN=sns.fake");
        let key = UnparsedPublicKey::new(
            &RSA_PKCS1_2048_8192_SHA256,
            certificate.public_key().subject_public_key.data.to_vec(),
        );
        key.verify(b"y", &STANDARD.decode(keys.sns_sign(b"y").unwrap()).unwrap()).unwrap();
        key.verify(certificate.tbs_certificate.as_ref(), &certificate.signature_value.data).unwrap();

        let again = Keys::open(Some(folder.path())).unwrap();
        assert_eq!((again.sendgrid_public(), again.sns_certificate().unwrap()), (keys.sendgrid_public(), pem));
    }
}
