//! The decoder against an encoder of somebody else (tungstenite), and cut anywhere.

#![allow(clippy::unwrap_used, reason = "tests, also in what they share")]

use bytes::Bytes;
use proptest::prelude::*;
use realtime_node_websocket::{Close, Decoder, Fault, IN_PIECES, Item, Violation};
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Control, Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{CloseFrame, Frame, FrameHeader};

const MAX: usize = 200_000;

fn frame(last: bool, opcode: OpCode, payload: &[u8], mask: [u8; 4]) -> Vec<u8> {
    let header = FrameHeader { is_final: last, opcode, mask: Some(mask), ..FrameHeader::default() };
    let mut bytes = Vec::new();
    header.format(payload.len() as u64, &mut bytes).unwrap();
    bytes.extend(payload.iter().enumerate().map(|(at, byte)| byte ^ mask[at % 4]));
    bytes
}

fn text(payload: &[u8]) -> Vec<u8> {
    frame(true, OpCode::Data(Data::Text), payload, [1, 2, 3, 4])
}

fn binary(payload: &[u8]) -> Vec<u8> {
    frame(true, OpCode::Data(Data::Binary), payload, [0xff, 0, 7, 9])
}

fn first(payload: &[u8], data: Data) -> Vec<u8> {
    frame(false, OpCode::Data(data), payload, [5, 6, 7, 8])
}

fn more(last: bool, payload: &[u8]) -> Vec<u8> {
    frame(last, OpCode::Data(Data::Continue), payload, [9, 8, 7, 6])
}

fn ping(payload: &[u8]) -> Vec<u8> {
    frame(true, OpCode::Control(Control::Ping), payload, [3, 3, 3, 3])
}

/// All that comes of `stream`, given in pieces that end at `cuts`.
fn decode(stream: &[u8], cuts: &[usize], max: usize) -> Result<Vec<Item>, (Vec<Item>, Fault)> {
    let mut decoder = Decoder::new(max);
    let mut items = Vec::new();
    let mut ends: Vec<usize> = cuts.iter().map(|cut| cut % (stream.len() + 1)).chain([stream.len()]).collect();
    ends.sort_unstable();
    let mut from = 0;
    for end in ends {
        let mut piece = stream[from..end].to_vec();
        from = end;
        let mut rest = &mut piece[..];
        loop {
            match decoder.decode(rest) {
                Ok((read, item)) => {
                    rest = &mut rest[read..];
                    match item {
                        Some(item) => items.push(item),
                        None => {
                            assert!(rest.is_empty(), "without an item all is read");
                            break;
                        }
                    }
                }
                Err(fault) => return Err((items, fault)),
            }
        }
    }
    Ok(items)
}

fn refused(stream: &[u8]) -> Fault {
    let (_, fault) = decode(stream, &[], MAX).unwrap_err();
    let every: Vec<usize> = (0..stream.len()).collect();
    assert_eq!(decode(stream, &every, MAX).unwrap_err().1, fault, "byte by byte");
    fault
}

fn violation(stream: &[u8]) -> Violation {
    match refused(stream) {
        Fault::Violation(violation) => violation,
        Fault::TooLarge => panic!("not too large"),
    }
}

#[derive(Debug, Clone)]
enum Sent {
    Text(Vec<String>),
    Binary(Vec<Vec<u8>>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
}

fn sent() -> impl Strategy<Value = Sent> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..400);
    let control = || prop::collection::vec(any::<u8>(), 0..=125);
    prop_oneof![
        prop::collection::vec("\\PC{0,60}", 1..4).prop_map(Sent::Text),
        prop::collection::vec(bytes(), 1..4).prop_map(Sent::Binary),
        (65_500usize..65_600).prop_map(|length| Sent::Binary(vec![vec![7; length]])),
        control().prop_map(Sent::Ping),
        control().prop_map(Sent::Pong),
    ]
}

/// The frames of a message; text is cut without regard to characters, and a ping stands between the fragments.
fn frames(sent: &Sent, mask: [u8; 4]) -> (Vec<u8>, Vec<Item>) {
    let fragments = |parts: &[&[u8]], data: Data| -> (Vec<u8>, Vec<Item>) {
        let (mut stream, mut pings) = (Vec::new(), Vec::new());
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                stream.extend(ping(b"between"));
                pings.push(Item::Ping(Bytes::from_static(b"between")));
            }
            let opcode = OpCode::Data(if at == 0 { data } else { Data::Continue });
            stream.extend(frame(at + 1 == parts.len(), opcode, part, mask));
        }
        (stream, pings)
    };
    match sent {
        Sent::Text(parts) => {
            let (whole, count) = (parts.concat(), parts.len());
            let cut: Vec<&[u8]> = whole.as_bytes().chunks((whole.len() / count).max(1)).collect();
            let cut = if cut.is_empty() { vec![&b""[..]] } else { cut };
            let (stream, mut items) = fragments(&cut, Data::Text);
            items.push(Item::Text(whole.into()));
            (stream, items)
        }
        Sent::Binary(parts) => {
            let (stream, mut items) = fragments(&parts.iter().map(|part| &part[..]).collect::<Vec<_>>(), Data::Binary);
            items.push(Item::Binary(parts.concat().into()));
            (stream, items)
        }
        Sent::Ping(payload) => (ping(payload), vec![Item::Ping(payload.clone().into())]),
        Sent::Pong(payload) => {
            let stream = frame(true, OpCode::Control(Control::Pong), payload, mask);
            (stream, vec![Item::Pong(payload.clone().into())])
        }
    }
}

proptest! {
    #[test]
    fn what_was_sent_comes_out_wherever_it_is_cut(
        sent in prop::collection::vec(sent(), 1..6), mask: [u8; 4], cuts in prop::collection::vec(any::<usize>(), 0..12),
    ) {
        let (mut stream, mut expected) = (Vec::new(), Vec::new());
        for sent in &sent {
            let (frames, items) = frames(sent, mask);
            stream.extend(frames);
            expected.extend(items);
        }
        prop_assert_eq!(decode(&stream, &cuts, MAX).unwrap(), expected);
    }

    #[test]
    fn any_bytes_end_in_items_or_a_fault_the_same_wherever_they_are_cut(
        stream in prop::collection::vec(any::<u8>(), 0..300), cuts in prop::collection::vec(any::<usize>(), 0..8),
    ) {
        match (decode(&stream, &[], 1000), decode(&stream, &cuts, 1000)) {
            (Ok(whole), Ok(cut)) => prop_assert_eq!(whole, cut),
            (Err(whole), Err(cut)) => prop_assert_eq!(whole, cut),
            // A text that is wrong is told before it is whole, so a cut can only bring the fault forward; here both have all.
            other => prop_assert!(false, "{:?}", other),
        }
    }
}

#[test]
fn a_message_cut_at_every_byte_is_whole() {
    let text_in_two = [first("𝄞 und".as_bytes(), Data::Text), ping(b""), more(true, "ä".as_bytes())].concat();
    // Twice, so that something comes after each frame: what a cut leaves behind is seen only then.
    let stream = [text_in_two, binary(&[0; 300]), text(b"x"), ping(b"y")].concat().repeat(2);
    let expected = decode(&stream, &[], MAX).unwrap();
    assert_eq!(expected[1], Item::Text("𝄞 undä".into()));
    for cut in 0..=stream.len() {
        assert_eq!(decode(&stream, &[cut], MAX).unwrap(), expected, "cut at {cut}");
    }
    assert_eq!(decode(&stream, &(0..stream.len()).collect::<Vec<_>>(), MAX).unwrap(), expected);
}

#[test]
fn fragments_follow_their_rules() {
    assert_eq!(violation(&more(true, b"x")), Violation::Continuation);
    assert_eq!(violation(&more(false, b"")), Violation::Continuation);
    assert_eq!(violation(&[first(b"a", Data::Text), text(b"b")].concat()), Violation::Interrupted);
    assert_eq!(
        violation(&[first(b"a", Data::Text), more(true, b"b"), more(true, b"c")].concat()),
        Violation::Continuation
    );
    let empty = [first(b"", Data::Text), more(false, b""), more(true, b"")].concat();
    assert_eq!(decode(&empty, &[], MAX).unwrap(), [Item::Text(Bytes::new())]);
}

#[test]
fn a_text_that_is_not_utf8_fails_before_it_is_whole() {
    assert_eq!(violation(&text(b"\xce\xba\xe1\xbd\xb9\xcf\x83\xed\xa0\x80")), Violation::NotUtf8);
    // Surrogates, overlong forms, beyond the last code point, lone continuations.
    for bad in [&b"\xed\xbf\xbf"[..], b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf4\x90\x80\x80", b"\x80", b"\xff"] {
        assert_eq!(violation(&text(bad)), Violation::NotUtf8, "{bad:x?}");
    }
    // The rest never comes: the wrong byte is enough.
    let begun = text(b"ok \xf4\x90 and a very long rest that is still on its way");
    assert_eq!(violation(&begun[..6 + 5]), Violation::NotUtf8);
    let fragments = [first(b"\xce", Data::Text), more(false, b"x")].concat();
    assert_eq!(violation(&fragments), Violation::NotUtf8);
    // Within a character a text does not end.
    assert_eq!(violation(&text(b"\xce")), Violation::NotUtf8);
    assert_eq!(violation(&[first(b"\xce", Data::Text), more(true, b"")].concat()), Violation::NotUtf8);
    // Binary may be anything.
    assert!(decode(&binary(b"\xff\xfe"), &[], MAX).is_ok());
}

#[test]
fn a_message_over_the_limit_is_refused_by_its_header() {
    let stream = binary(&[0; 1001]);
    assert_eq!(decode(&stream[..8], &[], 1000).unwrap_err().1, Fault::TooLarge);
    assert_eq!(decode(&binary(&[0; 1000]), &[], 1000).unwrap().len(), 1);
    let parts = [first(&[0; 600], Data::Binary), more(true, &[0; 401])].concat();
    assert_eq!(decode(&parts, &[], 1000).unwrap_err().1, Fault::TooLarge);
    // Nothing is set aside for what a header promises.
    let promise = [0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];
    assert_eq!(decode(&promise, &[], usize::MAX).unwrap(), []);
}

#[test]
fn in_pieces_there_is_no_limit_and_nothing_is_kept() {
    let long = "κόσμε ".repeat(5_000);
    let (head, tail) = long.as_bytes().split_at(20_001);
    let stream =
        [first(head, Data::Text), ping(b"between"), more(true, tail), binary(&[7; 70_000]), text(b"whole")].concat();
    for cuts in [vec![], vec![1, 10_000, 10_001, 33_333, 60_000], (0..stream.len()).collect()] {
        let (mut texts, mut binaries, mut pings) = (String::new(), Vec::new(), 0);
        for item in decode(&stream, &cuts, IN_PIECES).unwrap() {
            match item {
                Item::Text(piece) => texts.push_str(std::str::from_utf8(&piece).unwrap()),
                Item::Binary(piece) => binaries.extend_from_slice(&piece),
                Item::Ping(_) => pings += 1,
                other => panic!("{other:?}"),
            }
        }
        assert!(texts == format!("{long}whole") && binaries == [7; 70_000]);
        assert_eq!(pings, 1);
    }
    let begun = decode(&binary(&[7; 70_000])[..1_000], &[], IN_PIECES).unwrap();
    assert!(matches!(&begun[..], [Item::Binary(piece)] if piece.len() == 986), "what has come is handed on");
    let wrong = [first(b"\xce", Data::Text), more(true, b"")].concat();
    assert_eq!(decode(&wrong, &[], IN_PIECES).unwrap_err().1, Fault::Violation(Violation::NotUtf8));
}

#[test]
fn a_close_is_read_with_its_code_and_reason() {
    let close = Frame::close(Some(CloseFrame { code: CloseCode::Library(4400), reason: "gone".into() }));
    let stream = frame(true, OpCode::Control(Control::Close), close.payload(), [1, 1, 2, 2]);
    let expected = Item::Close(Close { code: Some(4400), reason: "gone".to_owned() });
    assert_eq!(decode(&stream, &[3, 7], MAX).unwrap(), [expected]);
    let close = |payload: &[u8]| frame(true, OpCode::Control(Control::Close), payload, [0; 4]);
    assert_eq!(violation(&close(&[3])), Violation::CloseLength);
    assert_eq!(violation(&close(&1005u16.to_be_bytes())), Violation::CloseCode(1005));
    assert_eq!(violation(&close(&[3, 232, 0xc0])), Violation::NotUtf8);
}

#[test]
fn it_is_two_words_while_nothing_is_under_way() {
    assert_eq!(size_of::<Decoder>(), 2 * size_of::<usize>());
}
