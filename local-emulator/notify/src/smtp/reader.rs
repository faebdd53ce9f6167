//! Bytes to lines and messages, wherever they are cut.

/// The longest line of a command; AUTH has the longest (RFC 4954, 4).
const LINE_BYTES_MAX: usize = 12_288;

/// The longest line of a message without its end (RFC 5321, 4.5.3.1.6).
const MESSAGE_LINE_BYTES_MAX: usize = 998;

/// The largest message: what EHLO tells with SIZE.
pub(crate) const MESSAGE_BYTES_MAX: usize = 25 << 20;

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// A line, without its end.
    Line(Vec<u8>),
    /// A line that is too long, skipped.
    LineTooLong,
    /// A message: dots that were doubled are single, its end is not in it.
    Message(Vec<u8>),
    /// A message that is too large, skipped.
    MessageTooLarge,
    /// A message with a line that is too long, skipped.
    MessageLineTooLong,
}

/// Where in a message the last byte was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    LineStart,
    /// A dot at the start of a line.
    Dot,
    /// A dot and a carriage return.
    DotCr,
    InLine,
    Cr,
}

#[derive(Debug)]
enum Mode {
    Command { skipping: bool },
    Message { body: Vec<u8>, place: Place, line: usize, size: usize, line_too_long: bool },
}

/// Cuts what comes.
#[derive(Debug)]
pub(crate) struct Reader {
    buffer: Vec<u8>,
    /// What of the buffer was looked at.
    seen: usize,
    mode: Mode,
}

impl Default for Reader {
    fn default() -> Self {
        Self { buffer: Vec::new(), seen: 0, mode: Mode::Command { skipping: false } }
    }
}

impl Reader {
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// What follows is a message.
    pub(crate) fn expect_message(&mut self) {
        let (body, place) = (Vec::new(), Place::LineStart);
        self.mode = Mode::Message { body, place, line: 0, size: 0, line_too_long: false };
    }

    /// What came next, if it is there whole.
    pub(crate) fn next(&mut self) -> Option<Input> {
        match &mut self.mode {
            Mode::Command { .. } => self.line(),
            Mode::Message { .. } => self.message(),
        }
    }

    fn line(&mut self) -> Option<Input> {
        let Mode::Command { skipping } = &mut self.mode else { return None };
        let Some(end) = self.buffer[self.seen..].iter().position(|byte| *byte == b'\n') else {
            self.seen = self.buffer.len();
            if self.seen > LINE_BYTES_MAX {
                *skipping = true;
                self.buffer.clear();
                self.seen = 0;
            }
            return None;
        };
        let end = self.seen + end;
        let skipped = std::mem::take(skipping);
        let mut line: Vec<u8> = self.buffer.drain(..=end).collect();
        self.seen = 0;
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        Some(if skipped || line.len() > LINE_BYTES_MAX { Input::LineTooLong } else { Input::Line(line) })
    }

    fn message(&mut self) -> Option<Input> {
        let Mode::Message { body, place, line, size, line_too_long } = &mut self.mode else { return None };
        let mut taken = 0;
        let mut done = false;
        let mut put = |byte: u8| {
            *size += 1;
            // What is too large is read to its end and forgotten.
            if *size <= MESSAGE_BYTES_MAX {
                body.push(byte);
            }
        };
        for &byte in &self.buffer {
            taken += 1;
            let (next, at_end) = match (*place, byte) {
                (Place::LineStart, b'.') => (Place::Dot, false),
                // A dot that stands for itself was doubled; a single one before something else is dropped.
                (Place::Dot, b'\r') => (Place::DotCr, false),
                (Place::DotCr, b'\n') => (Place::LineStart, true),
                (Place::Cr, b'\n') => {
                    put(byte);
                    *line = 0;
                    (Place::LineStart, false)
                }
                (before, byte) => {
                    if before == Place::DotCr {
                        put(b'\r');
                    }
                    put(byte);
                    *line += 1;
                    // Neither a line feed nor a carriage return alone ends a line (RFC 5321, 2.3.8): what others take for the
                    // end of the message (SMTP smuggling) is none.
                    (if byte == b'\r' { Place::Cr } else { Place::InLine }, false)
                }
            };
            *place = next;
            // The carriage return of the line's end counts until its line feed comes.
            *line_too_long |= *line > MESSAGE_LINE_BYTES_MAX + 1;
            if at_end {
                done = true;
                break;
            }
        }
        self.buffer.drain(..taken);
        if !done {
            return None;
        }
        let input = match (*size > MESSAGE_BYTES_MAX, *line_too_long) {
            (true, _) => Input::MessageTooLarge,
            (false, true) => Input::MessageLineTooLong,
            (false, false) => Input::Message(std::mem::take(body)),
        };
        self.mode = Mode::Command { skipping: false };
        self.seen = 0;
        Some(input)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As a sender writes a message: lines end in CRLF, dots at their start are doubled, a dot alone ends it.
    fn stuffed(message: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut at_start = true;
        for (at, byte) in message.iter().enumerate() {
            if at_start && *byte == b'.' {
                out.push(b'.');
            }
            out.push(*byte);
            at_start = *byte == b'\n' && at > 0 && message[at - 1] == b'\r';
        }
        out.extend(b".\r\n");
        out
    }

    fn read(pieces: &[&[u8]]) -> Vec<Input> {
        let (mut reader, mut all) = (Reader::default(), Vec::new());
        for piece in pieces {
            reader.push(piece);
            while let Some(input) = reader.next() {
                if input == Input::Line(b"DATA".to_vec()) {
                    reader.expect_message();
                }
                all.push(input);
            }
        }
        all
    }

    fn message() -> impl Strategy<Value = Vec<u8>> {
        // Mostly what matters: dots, carriage returns, line feeds.
        let line = proptest::collection::vec(prop_oneof![Just(b'.'), Just(b'\r'), Just(b'\n'), any::<u8>()], 0..12);
        proptest::collection::vec(line, 0..6).prop_map(|lines| {
            let mut all = Vec::new();
            for mut line in lines {
                // What ends in a carriage return would end in two before a line feed: still one end of a line.
                line.extend(b"\r\n");
                all.extend(line);
            }
            all
        })
    }

    proptest! {
        #[test]
        fn a_session_is_the_same_at_any_split(message in message(), cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..8)) {
            let bytes = [b"EHLO x\r\nDATA\r\n", &stuffed(&message)[..], b"NOOP\nQUIT\r\n"].concat();
            let expected = [b"EHLO x".to_vec(), b"DATA".to_vec()].map(Input::Line).into_iter()
                .chain([Input::Message(message)])
                .chain([b"NOOP".to_vec(), b"QUIT".to_vec()].map(Input::Line)).collect::<Vec<_>>();
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]).collect();
            prop_assert_eq!(read(&pieces), expected);
            let each: Vec<&[u8]> = bytes.chunks(1).collect();
            prop_assert_eq!(read(&each).len(), 5);
        }
    }

    #[test]
    fn what_only_looks_like_the_end_is_none() {
        for smuggled in ["a\n.\nMAIL\r\n", "a\r.\rMAIL\r\n", "a\n.\r\nMAIL\r\n", "a\r\n.\rb\r\n"] {
            let text = format!("DATA\r\n{smuggled}.\r\n");
            let inputs = read(&[text.as_bytes()]);
            assert_eq!(inputs.len(), 2, "{smuggled:?} {inputs:?}");
            assert!(matches!(inputs[1], Input::Message(_)));
        }
    }

    #[test]
    fn what_is_too_long_is_skipped_and_the_session_goes_on() {
        let long = vec![b'x'; LINE_BYTES_MAX + 5];
        let inputs = read(&[&long[..9_000], &long[9_000..], &long, b"\r\nNOOP\r\n"]);
        assert_eq!(inputs, [Input::LineTooLong, Input::Line(b"NOOP".to_vec())]);
        let line = vec![b'x'; MESSAGE_LINE_BYTES_MAX];
        let fits = [b"DATA\r\n", &line[..], b"\r\n.\r\n"].concat();
        assert_eq!(read(&[&fits])[1], Input::Message([&line[..], b"\r\n"].concat()));
        let too_long = [b"DATA\r\nx", &line[..], b"\r\n.\r\nNOOP\r\n"].concat();
        assert_eq!(read(&[&too_long])[1..], [Input::MessageLineTooLong, Input::Line(b"NOOP".to_vec())]);
        let large = b"0123456789\r\n".repeat(MESSAGE_BYTES_MAX / 12 + 1);
        let too_large = [b"DATA\r\n", &large[..], b".\r\nNOOP\r\n"].concat();
        assert_eq!(read(&[&too_large])[1..], [Input::MessageTooLarge, Input::Line(b"NOOP".to_vec())]);
    }
}
