//! Walks through one MessagePack record without building anything of it.

use crate::ParseFault;
use crate::payload::DEPTH_MAX;
use rmp::Marker;
use rmp::decode;

/// What is left of a record.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(record: &'a [u8]) -> Self {
        Self { rest: record }
    }

    /// The header of an array: how many elements follow. No more than there are bytes left, since each takes one at least.
    pub(crate) fn array(&mut self, what: &str) -> Result<usize, ParseFault> {
        let count = decode::read_array_len(&mut self.rest).map_err(|_| expected(what, "an array"))?;
        self.possible(count as usize, what)
    }

    pub(crate) fn integer(&mut self, what: &str) -> Result<u64, ParseFault> {
        decode::read_int(&mut self.rest).map_err(|_| expected(what, "a whole number, not below 0"))
    }

    pub(crate) fn boolean(&mut self, what: &str) -> Result<bool, ParseFault> {
        decode::read_bool(&mut self.rest).map_err(|_| expected(what, "a boolean"))
    }

    /// Takes a nil, if there is one.
    pub(crate) fn nil(&mut self) -> bool {
        let found = self.rest.first() == Some(&Marker::Null.to_u8());
        if found {
            self.rest = &self.rest[1..];
        }
        found
    }

    pub(crate) fn optional_text(&mut self, what: &str) -> Result<Option<String>, ParseFault> {
        if self.nil() {
            return Ok(None);
        }
        let length = decode::read_str_len(&mut self.rest).map_err(|_| expected(what, "a text"))?;
        let bytes = self.take(length as usize)?;
        let text = std::str::from_utf8(bytes).map_err(|_| expected(what, "a text of UTF-8"))?;
        Ok(Some(text.to_owned()))
    }

    pub(crate) fn required_text(&mut self, what: &str) -> Result<String, ParseFault> {
        self.optional_text(what)?.filter(|text| !text.is_empty()).ok_or_else(|| expected(what, "a text, not empty"))
    }

    /// Passes over the headers: a map, or a nil where a client has none.
    pub(crate) fn skip_headers(&mut self) -> Result<(), ParseFault> {
        if self.nil() {
            return Ok(());
        }
        let count = decode::read_map_len(&mut self.rest).map_err(|_| expected("headers", "a map"))?;
        let parts = self.possible((count as usize).saturating_mul(2), "headers")?;
        (0..parts).try_for_each(|_| self.skip(1))
    }

    /// The bytes of the next value, which is well formed: its lengths, its depth, its text.
    pub(crate) fn value(&mut self) -> Result<&'a [u8], ParseFault> {
        let start = self.rest;
        self.skip(0)?;
        Ok(&start[..start.len() - self.rest.len()])
    }

    fn skip(&mut self, depth: usize) -> Result<(), ParseFault> {
        let marker = decode::read_marker(&mut self.rest).map_err(|_| cut_off())?;
        match marker {
            Marker::FixPos(_) | Marker::FixNeg(_) | Marker::Null | Marker::True | Marker::False => {}
            Marker::U8 | Marker::I8 => drop(self.take(1)?),
            Marker::U16 | Marker::I16 => drop(self.take(2)?),
            Marker::U32 | Marker::I32 | Marker::F32 => drop(self.take(4)?),
            Marker::U64 | Marker::I64 | Marker::F64 => drop(self.take(8)?),
            Marker::FixStr(length) => self.text(usize::from(length))?,
            Marker::Str8 => self.number(1).and_then(|length| self.text(length))?,
            Marker::Str16 => self.number(2).and_then(|length| self.text(length))?,
            Marker::Str32 => self.number(4).and_then(|length| self.text(length))?,
            Marker::Bin8 => drop(self.number(1).and_then(|length| self.take(length))?),
            Marker::Bin16 => drop(self.number(2).and_then(|length| self.take(length))?),
            Marker::Bin32 => drop(self.number(4).and_then(|length| self.take(length))?),
            // An extension's type is one byte before its data.
            Marker::FixExt1 => drop(self.take(2)?),
            Marker::FixExt2 => drop(self.take(3)?),
            Marker::FixExt4 => drop(self.take(5)?),
            Marker::FixExt8 => drop(self.take(9)?),
            Marker::FixExt16 => drop(self.take(17)?),
            Marker::Ext8 => drop(self.number(1).and_then(|length| self.take(length.saturating_add(1)))?),
            Marker::Ext16 => drop(self.number(2).and_then(|length| self.take(length.saturating_add(1)))?),
            Marker::Ext32 => drop(self.number(4).and_then(|length| self.take(length.saturating_add(1)))?),
            Marker::FixArray(count) => self.skip_many(usize::from(count), depth)?,
            Marker::Array16 => self.number(2).and_then(|count| self.skip_many(count, depth))?,
            Marker::Array32 => self.number(4).and_then(|count| self.skip_many(count, depth))?,
            Marker::FixMap(count) => self.skip_many(usize::from(count) * 2, depth)?,
            Marker::Map16 => self.number(2).and_then(|count| self.skip_many(count * 2, depth))?,
            Marker::Map32 => self.number(4).and_then(|count| self.skip_many(count.saturating_mul(2), depth))?,
            Marker::Reserved => return Err(ParseFault::malformed("0xc1, which MessagePack does not use")),
        }
        Ok(())
    }

    fn skip_many(&mut self, count: usize, depth: usize) -> Result<(), ParseFault> {
        if depth >= DEPTH_MAX {
            return Err(ParseFault::malformed(format!("more than {DEPTH_MAX} levels")));
        }
        let count = self.possible(count, "an array or a map")?;
        (0..count).try_for_each(|_| self.skip(depth + 1))
    }

    fn text(&mut self, length: usize) -> Result<(), ParseFault> {
        let bytes = self.take(length)?;
        std::str::from_utf8(bytes).map(drop).map_err(|_| ParseFault::malformed("text that is not UTF-8"))
    }

    /// A length of so many bytes, the highest first.
    fn number(&mut self, bytes: usize) -> Result<usize, ParseFault> {
        Ok(self.take(bytes)?.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], ParseFault> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or_else(cut_off)?;
        self.rest = rest;
        Ok(taken)
    }

    fn possible(&self, count: usize, what: &str) -> Result<usize, ParseFault> {
        if count > self.rest.len() {
            return Err(ParseFault::malformed(format!("{what}: {count} elements in {} bytes", self.rest.len())));
        }
        Ok(count)
    }
}

fn expected(what: &str, kind: &str) -> ParseFault {
    ParseFault::malformed(format!("{what}: expected {kind}"))
}

fn cut_off() -> ParseFault {
    ParseFault::malformed("the record ends within a value")
}
