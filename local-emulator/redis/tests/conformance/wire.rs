//! A client that keeps what a server sends as it is.

use std::fmt;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// A server that takes longer hangs.
const WITHIN: Duration = Duration::from_secs(60);

/// One reply, in either protocol.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Frame {
    Status(String),
    Error(String),
    Int(i64),
    /// A double and a big number, as they were written.
    Double(String),
    Bool(bool),
    /// RESP3's null.
    Null,
    NullBulk,
    NullArray,
    Bulk(Vec<u8>),
    Array(Vec<Self>),
    Set(Vec<Self>),
    Push(Vec<Self>),
    Map(Vec<(Self, Self)>),
}

impl Frame {
    /// Whether it is a published message and not an answer.
    pub(crate) fn is_message(&self) -> bool {
        let (Self::Array(items) | Self::Push(items)) = self else { return false };
        let Some(Self::Bulk(kind)) = items.first() else { return false };
        matches!(kind.as_slice(), b"message" | b"pmessage" | b"smessage")
    }

    /// The same with the items of every array and map in order.
    pub(crate) fn sorted(self) -> Self {
        let sorted = |items: Vec<Self>| {
            let mut items: Vec<Self> = items.into_iter().map(Self::sorted).collect();
            items.sort();
            items
        };
        match self {
            Self::Array(items) => Self::Array(sorted(items)),
            Self::Set(items) => Self::Set(sorted(items)),
            Self::Map(pairs) => {
                let mut pairs: Vec<_> = pairs.into_iter().map(|(key, value)| (key.sorted(), value.sorted())).collect();
                pairs.sort();
                Self::Map(pairs)
            }
            other => other,
        }
    }
}

/// On one line, as the cases write it.
impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, sign: &str, items: &[Self]| {
            let items: Vec<String> = items.iter().map(Self::to_string).collect();
            write!(f, "{sign}[{}]", items.join(", "))
        };
        match self {
            Self::Status(text) => f.write_str(text),
            Self::Error(text) => write!(f, "!{text}"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Double(text) => write!(f, ",{text}"),
            Self::Bool(value) => write!(f, "#{value}"),
            Self::Null => f.write_str("_"),
            Self::NullBulk => f.write_str("nil"),
            Self::NullArray => f.write_str("nil[]"),
            Self::Bulk(bytes) => f.write_str(&quoted(bytes)),
            Self::Array(items) => list(f, "", items),
            Self::Set(items) => list(f, "~", items),
            Self::Push(items) => list(f, ">", items),
            Self::Map(pairs) => {
                let pairs: Vec<String> = pairs.iter().map(|(key, value)| format!("{key}: {value}")).collect();
                write!(f, "{{{}}}", pairs.join(", "))
            }
        }
    }
}

/// A connection.
pub(crate) struct Client {
    reader: BufReader<TcpStream>,
}

impl Client {
    pub(crate) fn connect(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(WITHIN)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { reader: BufReader::new(stream) }
    }

    /// Sends commands, all in one write.
    pub(crate) fn send(&mut self, commands: &[Vec<Vec<u8>>]) {
        let mut out = Vec::new();
        for args in commands {
            out.extend_from_slice(format!("*{}\r\n", args.len()).as_bytes());
            for arg in args {
                out.extend_from_slice(format!("${}\r\n", arg.len()).as_bytes());
                out.extend_from_slice(arg);
                out.extend_from_slice(b"\r\n");
            }
        }
        self.reader.get_mut().write_all(&out).unwrap();
    }

    /// The answer to one command; there must be nothing before it.
    pub(crate) fn ask(&mut self, command: &str) -> Frame {
        self.send(&[words(command)]);
        self.read()
    }

    /// Reads one frame.
    pub(crate) fn read(&mut self) -> Frame {
        let mut line = String::new();
        self.reader.read_line(&mut line).unwrap();
        let line = line.trim_end_matches("\r\n");
        assert!(!line.is_empty(), "the server has closed the connection");
        let (kind, rest) = line.split_at(1);
        match (kind, rest) {
            ("+", _) => Frame::Status(rest.to_owned()),
            ("-", _) => Frame::Error(rest.to_owned()),
            (":", _) => Frame::Int(rest.parse().unwrap()),
            ("," | "(", _) => Frame::Double(rest.to_owned()),
            ("#", _) => Frame::Bool(rest == "t"),
            ("_", _) => Frame::Null,
            ("$", "-1") => Frame::NullBulk,
            ("*", "-1") => Frame::NullArray,
            ("$" | "=", _) => {
                let length: usize = rest.parse().unwrap();
                let mut bytes = vec![0; length + 2];
                self.reader.read_exact(&mut bytes).unwrap();
                Frame::Bulk(bytes[if kind == "=" { 4 } else { 0 }..length].to_vec())
            }
            ("*", _) => Frame::Array(self.many(rest)),
            ("~", _) => Frame::Set(self.many(rest)),
            (">", _) => Frame::Push(self.many(rest)),
            ("%", _) => Frame::Map((0..rest.parse().unwrap()).map(|_| (self.read(), self.read())).collect()),
            _ => panic!("not a reply: {line:?}"),
        }
    }

    fn many(&mut self, count: &str) -> Vec<Frame> {
        (0..count.parse().unwrap()).map(|_| self.read()).collect()
    }
}

/// In double quotes, for people.
pub(crate) fn quoted(bytes: &[u8]) -> String {
    let mut out = String::from('"');
    for byte in bytes {
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            0 => out.push_str("\\x00"),
            other => out.push(char::from(*other)),
        }
    }
    out + "\""
}

/// Words between blanks; `"..."` holds blanks, and escapes with a backslash.
pub(crate) fn words(line: &str) -> Vec<Vec<u8>> {
    let (mut found, mut chars) = (Vec::new(), line.bytes().peekable());
    while let Some(first) = chars.next() {
        let mut word = Vec::new();
        match first {
            b' ' => continue,
            b'"' => loop {
                match chars.next().expect("a closing quote") {
                    b'"' => break,
                    b'\\' => match chars.next().expect("an escaped character") {
                        b'n' => word.push(b'\n'),
                        other => word.push(other),
                    },
                    other => word.push(other),
                }
            },
            other => {
                word.push(other);
                while let Some(next) = chars.next_if(|byte| *byte != b' ') {
                    word.push(next);
                }
            }
        }
        found.push(word);
    }
    found
}
