//! What an update or a state vector claims is checked against its bytes, before the library believes it.
//!
//! The library makes room for as many clients, blocks and members as a number says, before it reads the first of them: four
//! bytes made it take 128 MiB, and it reads what is nested as deep as somebody nests it, by its own stack, which ends the process.
//! Here the same bytes are walked without making room for anything. What passes holds as much as it says, so that what the
//! library takes for it is bounded by what came.
//!
//! The format is that of Yjs' encoding 1, as `yrs` 0.28 reads it: where that differs from Yjs, this does as well, since it is
//! there that the two must not disagree about where a number is.

use crate::wire::{Cursor, Malformed};

/// How deep arrays and objects may be nested in what is put into a document; by JSON the library reads 127.
const DEPTH_MAX: usize = 100;

/// Bits of a block's first byte: what stands before its content.
const HAS_ORIGIN: u8 = 0x80;
const HAS_RIGHT_ORIGIN: u8 = 0x40;
const HAS_PARENT_SUB: u8 = 0x20;
const CONTENT: u8 = 0x0f;

const GONE: u8 = 0;
const SKIPPED: u8 = 10;

const CUT: Malformed = Malformed("it claims more than it holds");

/// Whether `bytes` holds what it claims as an update; what follows it is not looked at.
pub(crate) fn update(bytes: &[u8]) -> Result<(), Malformed> {
    let mut cursor = Cursor(bytes);
    cursor.each(|cursor| {
        let blocks = cursor.varint()?;
        cursor.numbers::<2>()?;
        cursor.times(blocks, Cursor::block)
    })?;
    // What was deleted: of each client ranges of a start and a length.
    cursor.each(|cursor| {
        cursor.varint()?;
        cursor.each(Cursor::numbers::<2>)
    })
}

/// Whether `bytes` holds what it claims as a state vector.
pub(crate) fn state_vector(bytes: &[u8]) -> Result<(), Malformed> {
    Cursor(bytes).each(Cursor::numbers::<2>)
}

impl Cursor<'_> {
    /// A count, and so many of what `one` reads. Each takes at least a byte: a false count ends with the bytes.
    fn each(&mut self, one: impl FnMut(&mut Self) -> Result<(), Malformed>) -> Result<(), Malformed> {
        let count = self.varint()?;
        self.times(count, one)
    }

    fn times(&mut self, count: u64, mut one: impl FnMut(&mut Self) -> Result<(), Malformed>) -> Result<(), Malformed> {
        if count > self.0.len() as u64 {
            return Err(CUT);
        }
        (0..count).try_for_each(|_| one(self))
    }

    fn numbers<const N: usize>(&mut self) -> Result<(), Malformed> {
        (0..N).try_for_each(|_| self.varint().map(drop))
    }

    fn byte(&mut self) -> Result<u8, Malformed> {
        let (&byte, rest) = self.0.split_first().ok_or(CUT)?;
        self.0 = rest;
        Ok(byte)
    }

    fn skip(&mut self, bytes: usize) -> Result<(), Malformed> {
        self.0 = self.0.get(bytes..).ok_or(CUT)?;
        Ok(())
    }

    /// A length and so many bytes: texts too.
    fn sized(&mut self) -> Result<(), Malformed> {
        self.bytes().map(drop)
    }

    fn block(&mut self) -> Result<(), Malformed> {
        let info = self.byte()?;
        if matches!(info, GONE | SKIPPED) {
            return self.numbers::<1>();
        }
        for origin in [HAS_ORIGIN, HAS_RIGHT_ORIGIN] {
            if info & origin != 0 {
                self.numbers::<2>()?;
            }
        }
        if info & (HAS_ORIGIN | HAS_RIGHT_ORIGIN) == 0 {
            // The parent: a type by its name, or by the block that made it. As 32 bits, as it is read.
            if self.varint()? as u32 == 1 {
                self.sized()?;
            } else {
                self.numbers::<2>()?;
            }
            if info & HAS_PARENT_SUB != 0 {
                self.sized()?;
            }
        }
        self.content(info & CONTENT)
    }

    fn content(&mut self, kind: u8) -> Result<(), Malformed> {
        match kind {
            // Deleted: a length.
            1 => self.numbers::<1>(),
            // JSON: texts, and one more than it says, by the library's counting.
            2 => {
                self.each(Self::sized)?;
                self.sized()
            }
            // Bytes, text, embedded JSON.
            3..=5 => self.sized(),
            // A format: its name, its value as JSON.
            6 => {
                self.sized()?;
                self.sized()
            }
            // A type: of these only an XML element has a name.
            7 => match self.byte()? {
                3 => self.sized(),
                _ => Ok(()),
            },
            8 => self.each(|cursor| cursor.any(0)),
            // A document: its name and options.
            9 => {
                self.sized()?;
                self.any(0)
            }
            _ => Err(Malformed("an unknown kind of content")),
        }
    }

    /// A value of lib0's `any` encoding.
    fn any(&mut self, depth: usize) -> Result<(), Malformed> {
        if depth > DEPTH_MAX {
            return Err(Malformed("nested too deep"));
        }
        match self.byte()? {
            // undefined, null, false, true
            127 | 126 | 121 | 120 => Ok(()),
            // An integer, whose first byte has its sign; as long as any other number.
            125 => self.signed(),
            124 => self.skip(4),
            123 | 122 => self.skip(8),
            // Text, bytes.
            119 | 116 => self.sized(),
            118 => self.each(|cursor| {
                cursor.sized()?;
                cursor.any(depth + 1)
            }),
            117 => self.each(|cursor| cursor.any(depth + 1)),
            _ => Err(Malformed("an unknown kind of value")),
        }
    }

    fn signed(&mut self) -> Result<(), Malformed> {
        const GOES_ON: u8 = 0x80;
        while self.byte()? & GOES_ON != 0 {}
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::Arc;
    use yrs::updates::decoder::Decode;
    use yrs::updates::encoder::Encode;
    use yrs::{
        Any, Array, ArrayPrelim, Doc, Map, MapPrelim, ReadTxn, StateVector, Text, TextPrelim, Transact, Update,
        XmlElementPrelim, XmlFragment, XmlTextPrelim,
    };

    /// A document with everything in it that a client can put into one.
    fn everything() -> Doc {
        let doc = Doc::with_client_id(7);
        let (text, list, map) = (doc.get_or_insert_text("t"), doc.get_or_insert_array("l"), doc.get_or_insert_map("m"));
        let xml = doc.get_or_insert_xml_fragment("x");
        let mut transaction = doc.transact_mut();
        text.insert(&mut transaction, 0, "plain and \u{1f600}");
        let bold = [(Arc::from("bold"), Any::from(true))];
        text.insert_with_attributes(&mut transaction, 2, "bold", bold.into());
        text.insert_embed(&mut transaction, 1, Any::from("an image"));
        text.remove_range(&mut transaction, 4, 3);
        let nested = Any::from_json(r#"{"a":[1,-2,3.5,true,null,{"b":"c"},[]],"big":9007199254740993}"#).unwrap();
        for value in [nested, Any::Undefined, Any::from(-70_000), Any::from(f64::MAX), Any::from(i64::MAX)] {
            list.push_back(&mut transaction, value.clone());
            map.insert(&mut transaction, "any", value);
        }
        list.push_back(&mut transaction, Any::Buffer(Arc::from(vec![0; 300])));
        list.push_back(&mut transaction, vec![1_u8, 2, 3]);
        map.insert(&mut transaction, "list", ArrayPrelim::from([1, 2]));
        map.insert(&mut transaction, "text", TextPrelim::new("within"));
        map.insert(&mut transaction, "map", MapPrelim::from([("k", 1)]));
        map.insert(&mut transaction, "doc", Doc::new());
        map.remove(&mut transaction, "list");
        let element = xml.push_back(&mut transaction, XmlElementPrelim::empty("p"));
        element.push_back(&mut transaction, XmlTextPrelim::new("in a paragraph"));
        drop(transaction);
        doc
    }

    #[test]
    fn whatever_a_client_can_say_passes() {
        let doc = everything();
        let transaction = doc.transact();
        let whole = transaction.encode_state_as_update_v1(&StateVector::default());
        assert_eq!(update(&whole), Ok(()));
        assert_eq!(state_vector(&transaction.state_vector().encode_v1()), Ok(()));
        // What has gaps, too.
        let some = StateVector::from_iter([(yrs::ClientID::new(7), 5)]);
        let rest = transaction.encode_state_as_update_v1(&some);
        assert_eq!(update(&rest), Ok(()));
        let other = Doc::with_client_id(9);
        other.get_or_insert_text("t").insert(&mut other.transact_mut(), 0, "another client");
        let other = other.transact().encode_state_as_update_v1(&StateVector::default());
        let both = yrs::merge_updates_v1([&rest, &other]).unwrap();
        assert_eq!(update(&both), Ok(()));
        for cut in 0..whole.len() {
            assert!(update(&whole[..cut]).is_err(), "the first {cut} bytes");
        }
    }

    #[test]
    fn what_claims_more_than_it_holds_is_refused() {
        // 2^28 clients; as many blocks of one client; a state of as many.
        let many = [0x80, 0x80, 0x80, 0x80, 0x01];
        assert_eq!(update(&many), Err(CUT));
        assert_eq!(update(&[&[1][..], &many, &[1, 0]].concat()), Err(CUT));
        assert_eq!(state_vector(&many), Err(CUT));
        // An object of as many members, in a block of the root text.
        let within = |content: &[u8]| [&[1, 1, 1, 0, 8, 1, 1, b't'][..], content, &[0]].concat();
        assert_eq!(update(&within(&[1, 127])), Ok(()));
        assert_eq!(update(&within(&[&[1, 118][..], &many].concat())), Err(CUT));
        assert_eq!(update(&within(&many)), Err(CUT));
        // An array in an array, and so on: one deep enough would end the process by its stack.
        let nested = |depth: usize| within(&[&[1][..], &[117, 1].repeat(depth), &[127]].concat());
        assert_eq!((update(&nested(DEPTH_MAX)), Update::decode_v1(&nested(DEPTH_MAX)).is_ok()), (Ok(()), true));
        assert_eq!(update(&nested(DEPTH_MAX + 1)), Err(Malformed("nested too deep")));
        assert_eq!(update(&nested(500_000)), Err(Malformed("nested too deep")));
    }

    proptest! {
        /// Bytes that are nearly an update are read to the same end: nothing that the library takes is refused.
        #[test]
        fn nothing_is_refused_that_the_library_reads(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4)) {
            let mut bytes = everything().transact().encode_state_as_update_v1(&StateVector::default());
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            let shape = update(&bytes);
            // The library can come to no good end of what claims too much, and may make room for all of it before.
            if shape != Err(CUT) {
                let read = std::panic::catch_unwind(|| Update::decode_v1(&bytes)).is_ok_and(|read| read.is_ok());
                prop_assert!(shape.is_ok() || !read, "{shape:?}");
            }
        }
    }
}
