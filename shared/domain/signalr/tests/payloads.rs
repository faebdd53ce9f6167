//! Values in both encodings.
#![expect(clippy::unwrap_used, reason = "a test that fails here says so")]

use bytes::Bytes;
use octavo_domain_signalr::Protocol::{Json, MessagePack};
use octavo_domain_signalr::{Binary, Payload, Protocol};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const BOTH: [Protocol; 2] = [Json, MessagePack];

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Cursor {
    user: String,
    at: Option<(u32, i64)>,
    color: Color,
    speed: f64,
    image: Binary,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Color {
    Red,
    Mixed { red: u8 },
}

fn cursor() -> Cursor {
    Cursor {
        user: "ädä".to_owned(),
        at: Some((7, -1)),
        color: Color::Mixed { red: 200 },
        speed: 1.5,
        image: Binary(Bytes::from_static(&[0, 1, 255])),
    }
}

fn json(text: &'static str) -> Payload {
    Payload::Json(Bytes::from_static(text.as_bytes()))
}

fn packed(bytes: &'static [u8]) -> Payload {
    Payload::MessagePack(Bytes::from_static(bytes))
}

fn text_of(payload: &Payload) -> String {
    String::from_utf8(payload.to(Json).unwrap().bytes().to_vec()).unwrap()
}

#[test]
fn a_value_comes_back_in_both_encodings_and_through_both() {
    for protocol in BOTH {
        let payload = Payload::of(protocol, &cursor()).unwrap();
        assert_eq!(payload.protocol(), protocol);
        assert_eq!(payload.decode::<Cursor>().unwrap(), cursor());
        for other in BOTH {
            assert_eq!(payload.to(other).unwrap().decode::<Cursor>().unwrap(), cursor());
        }
    }
    assert_eq!(
        text_of(&Payload::of(Json, &cursor()).unwrap()),
        r#"{"user":"ädä","at":[7,-1],"color":{"mixed":{"red":200}},"speed":1.5,"image":"AAH/"}"#
    );
    assert_eq!(Payload::of(MessagePack, &Color::Red).unwrap(), packed(b"\xa3red"));
}

#[test]
fn structures_are_maps_with_names_and_uuids_are_text() {
    let id = octavo_domain_kernel::DocumentId(Default::default());
    let payload = Payload::of(MessagePack, &BTreeMap::from([("id", id)])).unwrap();
    assert_eq!(payload.bytes()[..], *b"\x81\xa2id\xd9\x2400000000-0000-0000-0000-000000000000");
    assert_eq!(payload.decode::<BTreeMap<String, octavo_domain_kernel::DocumentId>>().unwrap()["id"], id);
}

#[test]
fn bytes_are_binary_in_message_pack_and_base64_in_json() {
    let bytes = serde_bytes::ByteBuf::from(vec![1, 2, 3]);
    assert_eq!(Payload::of(Json, &bytes).unwrap(), json("\"AQID\""));
    assert_eq!(Payload::of(MessagePack, &bytes).unwrap(), packed(&[0xc4, 3, 1, 2, 3]));
    for payload in [json("\"AQID\""), packed(&[0xc4, 3, 1, 2, 3]), packed(b"\xa4AQID")] {
        assert_eq!(payload.decode::<Binary>().unwrap().0[..], [1, 2, 3]);
    }
    assert_eq!(json("\"AQ\"").decode::<Binary>().unwrap().0[..], [1], "without padding");
    assert!(json("\"A\"").decode::<Binary>().is_err());
    assert!(json("7").decode::<Binary>().is_err());
}

#[test]
fn a_payload_stays_what_it_is_when_it_is_an_argument_or_a_result() {
    let items = [
        packed(&[0xc4, 2, 1, 2]),
        packed(&[0xd6, 0xff, 0, 0, 0, 1]),
        packed(&[0xca, 0x3f, 0x80, 0, 0]),
        packed(b"\x81\xa1a\x92\xc0\xc3"),
        json(r#"{"b":1,"a":[1.50,null]}"#),
        json("18446744073709551615"),
    ];
    for item in items {
        let protocol = item.protocol();
        assert_eq!(item.decode::<Payload>().unwrap(), item);
        assert_eq!(Payload::of(protocol, &item).unwrap(), item);
        let both: (u8, Payload) = Payload::of(protocol, &(1, &item)).unwrap().decode().unwrap();
        assert_eq!(both.1, item);
        for other in BOTH {
            assert_eq!(Payload::of(other, &item).unwrap(), item.to(other).unwrap());
            assert_eq!(Payload::list(other, &(&item, 5)).unwrap()[0], item.to(other).unwrap());
        }
    }
}

#[test]
fn what_json_cannot_say_becomes_what_dot_net_makes_of_it_or_is_refused() {
    for (bytes, text) in [
        (&b"\xcb\x7f\xf8\0\0\0\0\0\0"[..], "\"NaN\""),
        (b"\xca\xff\x80\0\0", "\"-Infinity\""),
        (b"\xcb\x7f\xf0\0\0\0\0\0\0", "\"Infinity\""),
        (b"\xca\x3d\xcc\xcc\xcd", "0.1"),
        (b"\xcb\x3f\xf0\0\0\0\0\0\0", "1.0"),
        (b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff", "18446744073709551615"),
        (b"\xd3\x80\0\0\0\0\0\0\0", "-9223372036854775808"),
        (b"\xd6\xff\0\0\0\x01", "\"1970-01-01T00:00:01Z\""),
        (b"\xd7\xff\x00\x00\x00\x04\x00\x00\x00\x00", "\"1970-01-01T00:00:00.000000001Z\""),
        (b"\xc7\x0c\xff\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", "\"1969-12-31T23:59:59Z\""),
        (b"\x83\x01\xc0\xc3\xc0\xc4\x01\xff\xc0", r#"{"1":null,"true":null,"/w==":null}"#),
        (b"\xa2\"\n", r#""\"\n""#),
    ] {
        assert_eq!(text_of(&packed(bytes)), text);
    }
    for bytes in [
        &b"\xd4\x01\0"[..],
        b"\xa1\xff",
        b"\x81\xc0\x01",
        b"\x81\x90\x01",
        b"\xc7\x0c\xff\xff\xff\xff\xff\0\0\0\0\0\0\0\0",
        b"\xc7\x0c\xff\0\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff",
        b"\xc7\x05\xff\0\0\0\0\0",
        b"\xc1",
        b"\x92\x01",
        b"",
    ] {
        assert!(packed(bytes).to(Json).is_err(), "{bytes:?}");
    }
    for text in ["", "{", "1e999", "\"\\ud800\""] {
        assert!(json(text).to(MessagePack).is_err(), "{text}");
    }
}

#[test]
fn whole_numbers_stay_whole_and_take_few_bytes() {
    assert_eq!(
        json("[1,-1,300,1.0]").to(MessagePack).unwrap(),
        packed(b"\x94\x01\xff\xcd\x01\x2c\xcb\x3f\xf0\0\0\0\0\0\0")
    );
    assert_eq!(packed(&[7]).decode::<f64>().unwrap(), 7.0);
    assert_eq!(json("7").decode::<f64>().unwrap(), 7.0);
}

#[test]
fn a_date_of_message_pack_is_a_date() {
    let date = "1970-01-01T00:00:01Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    assert_eq!(packed(b"\xd6\xff\0\0\0\x01").decode::<chrono::DateTime<chrono::Utc>>().unwrap(), date);
    assert_eq!(
        packed(b"\x92\xd6\xff\0\0\0\x01\x05").decode::<(chrono::DateTime<chrono::Utc>, u8)>().unwrap(),
        (date, 5)
    );
}

#[test]
fn a_fault_names_the_place_and_what_was_expected() {
    let says = |payload: Payload, part: &str| {
        let fault = payload.decode::<Vec<Cursor>>().unwrap_err().to_string();
        assert!(fault.contains(part), "{fault}");
        assert!(!fault.contains(" at line "), "{fault}");
        assert!(fault.len() < 300);
    };
    let wrong = r#"[{"user":"a","at":[1,"x"],"color":"red","speed":1,"image":""}]"#;
    says(json(wrong), "[0].at[1]: invalid type: string \"x\", expected i64");
    says(json(wrong).to(MessagePack).unwrap(), "[0].at");
    says(json(wrong).to(MessagePack).unwrap(), "expected i64");
    says(json("[{}]"), "missing field `user`");
    says(json("7"), "expected a sequence");
    says(Payload::of(Json, &vec!["x".repeat(10_000)]).unwrap(), "[0]");
    assert!(json("1 2").decode::<u8>().is_err());
    assert!(json("300").decode::<u8>().is_err());
    assert!(packed(b"\xcd\x01\x2c").decode::<u8>().is_err());
}

#[test]
fn deep_values_are_refused_and_exhaust_nothing() {
    let text = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep = Payload::Json(text.into());
    assert!(deep.to(MessagePack).is_err());
    assert!(deep.decode::<serde_json::Value>().is_err());
    let deep = Payload::MessagePack(vec![0x91; 100_000].into());
    assert!(deep.to(Json).is_err());
    assert!(deep.decode::<serde_json::Value>().is_err());
    assert!(deep.decode::<Payload>().is_err());
    let allowed = Payload::MessagePack([vec![0x91; 120], vec![1]].concat().into());
    let text = allowed.to(Json).unwrap();
    assert_eq!(text.to(MessagePack).unwrap(), allowed);
    assert_eq!(text.decode::<Payload>().unwrap(), text);
    assert_eq!(allowed.decode::<Payload>().unwrap(), allowed);
}

#[test]
fn a_fault_within_a_value_leaves_nothing_behind() {
    struct Failing;
    impl Serialize for Failing {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("no"))
        }
    }
    assert!(Payload::of(Json, &Failing).is_err());
    // Outside of this crate's own writing, a payload goes by what the serializer says of itself.
    assert_eq!(rmp_serde::to_vec(&json("[1]")).unwrap(), [0x91, 1]);
    assert_eq!(serde_json::to_string(&packed(&[0x91, 1])).unwrap(), "[1]");
    assert_eq!(serde_json::from_str::<Payload>("[ 1 ]").unwrap(), json("[ 1 ]"));
}
