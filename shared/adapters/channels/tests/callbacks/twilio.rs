//! Twilio, by the examples of its documentation.

use super::{Call, ID, config, short, verify};
use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::STANDARD};
use octavo_adapters_channels::Verifier;
use serde_json::json;

fn verifier(account: &str) -> Verifier {
    let twilio =
        json!({ "kind": "twilio", "name": "twilio", "account": account, "key": "12345", "from": "+15005550006" });
    Verifier::new(&[config(&twilio)]).unwrap()
}

fn sign(text: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, b"12345");
    STANDARD.encode(hmac::sign(&key, text.as_bytes()))
}

async fn ask(url: &str, signature: &str, kind: &str, reference: Option<&str>, body: &str) -> String {
    let headers = vec![("x-twilio-signature", signature.to_owned()), ("content-type", kind.to_owned())];
    let call = Call { provider: "twilio", reference, url, headers, body: body.as_bytes() };
    short(&verify(&verifier("AC1"), &call).await)
}

const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn its_own_examples_are_believed() {
    let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
    let body = "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212";
    let about = Some("acme.x");
    // It is genuine, and says nothing of a message's status.
    assert_eq!(ask(url, "RSOYDt4T1cUTdK1PDd93/VVr8B8=", FORM, about, body).await, "");
    assert_eq!(ask(url, "0/KCTR6DLpKmkAf8muzZqo1nDgQ=", FORM, about, body).await, "unproved");
    assert_eq!(
        ask(url, "RSOYDt4T1cUTdK1PDd93/VVr8B8=", FORM, about, &body.replace("1234&", "1235&")).await,
        "unproved"
    );
    assert_eq!(
        ask(&url.replace("foo=1", "foo=2"), "RSOYDt4T1cUTdK1PDd93/VVr8B8=", FORM, about, body).await,
        "unproved"
    );

    let hash = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";
    let url = format!("{url}&bodySHA256={hash}");
    let json = r#"{"property": "value", "boolean": true}"#;
    let kind = "application/json; charset=utf-8";
    assert_eq!(ask(&url, "a9nBmqA0ju/hNViExpshrM61xv4=", kind, about, json).await, "");
    assert_eq!(ask(&url, "a9nBmqA0ju/hNViExpshrM61xv4=", kind, about, r#"{"property": "evil"}"#).await, "unproved");
    // As a form, the body would be signed with the address.
    assert_eq!(ask(&url, "a9nBmqA0ju/hNViExpshrM61xv4=", FORM, about, "a=b").await, "unproved");
    let bare = "https://mycompany.com/myapp.php?foo=1&bar=2";
    assert_eq!(ask(bare, &sign(bare), kind, about, json).await, "unproved", "a body that nothing signs");
}

#[tokio::test]
async fn what_became_of_a_message() {
    let url = format!("https://octavo.example/v1/notification-callbacks/twilio/acme.{ID}");
    let reference = format!("acme.{ID}");
    for (status, error, wanted) in [
        ("queued", "", "acme Accepted"),
        ("sent", "", "acme Accepted"),
        ("delivered", "", "acme Delivered"),
        ("undelivered", "30003", "acme Bounced 30003"),
        ("undelivered", "30006", "acme Bounced 30006 bounce +4366012345"),
        ("failed", "21610", "acme Rejected 21610 unsubscribe +4366012345"),
        ("partying", "", ""),
    ] {
        let fields = [
            ("AccountSid", "AC1"),
            ("ErrorCode", error),
            ("MessageSid", "SM1"),
            ("MessageStatus", status),
            ("To", "+4366012345"),
        ];
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let signed: String = fields.iter().map(|(name, value)| format!("{name}{value}")).collect();
        // With the usual port, and without.
        for signed_url in [url.clone(), url.replace("octavo.example", "octavo.example:443")] {
            let signature = sign(&format!("{signed_url}{signed}"));
            assert_eq!(ask(&url, &signature, FORM, Some(&reference), &body).await, wanted, "{status} {error}");
            if !wanted.is_empty() {
                assert_eq!(ask(&url, &signature, FORM, None, &body).await, "unreadable");
                assert_eq!(ask(&url, &signature, FORM, Some("acme.x"), &body).await, "");
            }
            let other = Call {
                provider: "twilio",
                reference: Some(&reference),
                url: &url,
                headers: vec![("x-twilio-signature", signature)],
                body: body.as_bytes(),
            };
            assert_eq!(short(&verify(&verifier("AC2"), &other).await), "unproved", "another account's");
        }
    }
}

#[tokio::test]
async fn without_a_signature_nothing_is_believed() {
    let call =
        Call { provider: "twilio", reference: Some("acme.x"), url: "https://a/", headers: Vec::new(), body: b"" };
    assert_eq!(short(&verify(&verifier("AC1"), &call).await), "unproved");
    for signature in ["", "?", "AAAA", &sign("")] {
        assert_eq!(ask("https://a/", signature, FORM, Some("acme.x"), "").await, "unproved", "{signature}");
    }
    let other = Call { provider: "fax", ..call };
    assert_eq!(short(&verify(&verifier("AC1"), &other).await), "no provider");
}
