//! A certificate that signs itself, X.509 version 3 (RFC 5280, 4.1), in DER by hand: a few fields that never change but for the
//! key.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const UTF8_STRING: u8 = 0x0c;
const UTC_TIME: u8 = 0x17;
const OCTET_STRING: u8 = 0x04;
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;
const DNS_NAME: u8 = 0x82;
const IP_ADDRESS: u8 = 0x87;

/// sha256WithRSAEncryption, 1.2.840.113549.1.1.11, with its parameter NULL.
const SHA256_WITH_RSA: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b, 0x05, 0x00];

/// commonName, 2.5.4.3.
const COMMON_NAME: &[u8] = &[0x06, 0x03, 0x55, 0x04, 0x03];

/// subjectAltName, 2.5.29.17.
const SUBJECT_ALT_NAME: &[u8] = &[0x06, 0x03, 0x55, 0x1d, 0x11];

/// Where servers of this machine are reached.
const LOCALHOST: (&[u8], [u8; 4]) = (b"localhost", [127, 0, 0, 1]);

/// From 2020 until 2049: UTCTime ends there, and no test's clock stands outside.
const VALID: [&[u8]; 2] = [b"200101000000Z", b"491231235959Z"];

/// Characters of a line of PEM.
const PEM_LINE: usize = 64;

/// A certificate in DER for `public_key` (a SubjectPublicKeyInfo in DER) of `name`, also called localhost, which `sign` signs
/// with RSA and SHA-256.
pub(crate) fn der(
    name: &str,
    public_key: &[u8],
    sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, String>,
) -> Result<Vec<u8>, String> {
    let algorithm = tlv(SEQUENCE, SHA256_WITH_RSA);
    let attribute = tlv(SEQUENCE, &[COMMON_NAME, &tlv(UTF8_STRING, name.as_bytes())].concat());
    let name = tlv(SEQUENCE, &tlv(SET, &attribute));
    let validity = tlv(SEQUENCE, &VALID.map(|time| tlv(UTC_TIME, time)).concat());
    let version = tlv(VERSION, &tlv(INTEGER, &[2]));
    let serial = tlv(INTEGER, &[1]);
    let (dns, ip) = LOCALHOST;
    let names = tlv(SEQUENCE, &[tlv(DNS_NAME, dns), tlv(IP_ADDRESS, &ip)].concat());
    let extension = tlv(SEQUENCE, &[SUBJECT_ALT_NAME, &tlv(OCTET_STRING, &names)].concat());
    let extensions = tlv(EXTENSIONS, &tlv(SEQUENCE, &extension));
    let fields = [&version[..], &serial, &algorithm, &name, &validity, &name, public_key, &extensions].concat();
    let to_be_signed = tlv(SEQUENCE, &fields);
    let signature = sign(&to_be_signed)?;
    let signature = tlv(BIT_STRING, &[&[0], &signature[..]].concat());
    Ok(tlv(SEQUENCE, &[&to_be_signed[..], &algorithm, &signature].concat()))
}

/// The same as text.
pub(crate) fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = "-----BEGIN CERTIFICATE-----\n".to_owned();
    for line in text.as_bytes().chunks(PEM_LINE) {
        pem.extend(line.iter().map(|byte| char::from(*byte)));
        pem.push('\n');
    }
    pem.push_str("-----END CERTIFICATE-----\n");
    pem
}

/// Tag, length (short, or long with as many bytes as it needs), value.
fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    match u8::try_from(value.len()) {
        Ok(length) if length < 0x80 => bytes.push(length),
        _ => {
            let length = value.len().to_be_bytes();
            let length = &length[length.iter().take_while(|byte| **byte == 0).count()..];
            bytes.push(0x80 | length.len() as u8);
            bytes.extend(length);
        }
    }
    bytes.extend(value);
    bytes
}
