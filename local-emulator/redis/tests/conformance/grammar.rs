//! Forms of commands, as `grammar.txt` writes them, and commands drawn from them.

use std::collections::{BTreeMap, BTreeSet};

const TEXT: &str = include_str!("grammar.txt");

/// Repeated at most so often.
const REPEATED_MAX: u8 = 3;

/// How two servers' answers to a form are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compared {
    Exactly,
    WithoutOrder,
    ByKind,
    WithoutTimes,
}

#[derive(Debug)]
enum Part {
    Word(Vec<u8>),
    Name(String),
    All(Vec<Self>),
    OneOf(Vec<Self>),
    Maybe(Box<Self>),
    Repeated(Box<Self>),
}

/// A form of a command.
#[derive(Debug)]
pub(crate) struct Form {
    pub(crate) compared: Compared,
    part: Part,
}

/// All of it.
#[derive(Debug, Default)]
pub(crate) struct Grammar {
    names: BTreeMap<String, Part>,
    forms: Vec<Form>,
    /// Indices into `forms`, one as often as it is to be likely.
    speakers: Vec<usize>,
    listeners: Vec<usize>,
    apart: BTreeMap<String, String>,
}

impl Grammar {
    /// Reads the file.
    pub(crate) fn read() -> Self {
        let (mut grammar, mut listener) = (Self::default(), false);
        for line in TEXT.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (head, rest) = line.split_once(' ').unwrap_or((line, ""));
            if line == "[listener]" {
                listener = true;
            } else if head == "apart" {
                let (name, reason) = rest.split_once(' ').expect("a reason");
                grammar.apart.insert(name.to_owned(), reason.to_owned());
            } else if let Some(meaning) = rest.strip_prefix("= ") {
                let part = Reader::new(meaning).alternatives(None);
                grammar.names.insert(head.to_owned(), part);
            } else {
                let compared = match &head[..1] {
                    "=" => Compared::Exactly,
                    "~" => Compared::WithoutOrder,
                    "?" => Compared::ByKind,
                    "i" => Compared::WithoutTimes,
                    _ => panic!("not a form: {line}"),
                };
                let weight: usize = if head.len() == 1 { 1 } else { head[1..].parse().expect("a weight") };
                let index = grammar.forms.len();
                grammar.forms.push(Form { compared, part: Reader::new(rest).sequence(&[]) });
                let likely = if listener { &mut grammar.listeners } else { &mut grammar.speakers };
                likely.extend(std::iter::repeat_n(index, weight));
            }
        }
        grammar
    }

    /// A form by any number.
    pub(crate) fn form(&self, listener: bool, number: usize) -> &Form {
        let likely = if listener { &self.listeners } else { &self.speakers };
        &self.forms[likely[number % likely.len()]]
    }

    /// A command of that form; what is chosen is said by `choices`, zeros choosing what is simplest.
    pub(crate) fn draw(&self, form: &Form, choices: &[u8]) -> Vec<Vec<u8>> {
        let (mut out, mut choices) = (Vec::new(), choices.iter().copied());
        self.put(&form.part, &mut choices, &mut out);
        out
    }

    fn put(&self, part: &Part, choices: &mut impl Iterator<Item = u8>, out: &mut Vec<Vec<u8>>) {
        match part {
            Part::Word(word) => out.push(word.clone()),
            Part::Name(name) => {
                let part = self.names.get(name).unwrap_or_else(|| panic!("<{name}> is not said what it is"));
                self.put(part, choices, out);
            }
            Part::All(parts) => parts.iter().for_each(|part| self.put(part, choices, out)),
            Part::OneOf(parts) => {
                let chosen = usize::from(choices.next().unwrap_or_default()) % parts.len();
                self.put(&parts[chosen], choices, out);
            }
            Part::Maybe(part) => {
                if choices.next().unwrap_or_default() % 3 == 2 {
                    self.put(part, choices, out);
                }
            }
            Part::Repeated(part) => {
                for _ in 0..=choices.next().unwrap_or_default() % REPEATED_MAX {
                    self.put(part, choices, out);
                }
            }
        }
    }

    /// The commands that are in a form.
    pub(crate) fn commands(&self) -> BTreeSet<String> {
        let name = |form: &Form| String::from_utf8_lossy(&self.draw(form, &[])[0]).to_lowercase();
        self.forms.iter().map(name).collect()
    }

    /// Why a command is in no form.
    pub(crate) fn apart(&self, name: &str) -> Option<&str> {
        self.apart.get(name).map(String::as_str)
    }
}

/// Reads parts from left to right.
struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    /// Alternatives, up to and with `end`.
    fn alternatives(&mut self, end: Option<char>) -> Part {
        let mut all = Vec::new();
        loop {
            all.push(self.sequence(&['|', '}']));
            match self.rest.chars().next() {
                Some('|') => self.rest = &self.rest[1..],
                Some('}') if end == Some('}') => {
                    self.rest = &self.rest[1..];
                    break;
                }
                None if end.is_none() => break,
                other => panic!("{other:?} where alternatives end"),
            }
        }
        if all.len() == 1 { all.remove(0) } else { Part::OneOf(all) }
    }

    /// Parts one after another, up to but without one of `ends`.
    fn sequence(&mut self, ends: &[char]) -> Part {
        let mut all = Vec::new();
        loop {
            self.skip_blanks();
            match self.rest.chars().next() {
                None => break,
                Some(next) if ends.contains(&next) => break,
                Some('{') => {
                    self.rest = &self.rest[1..];
                    all.push(self.alternatives(Some('}')));
                }
                Some('[') => {
                    self.rest = &self.rest[1..];
                    let part = self.sequence(&[']']);
                    self.rest = self.rest.strip_prefix(']').expect("a closing bracket");
                    all.push(Part::Maybe(Box::new(part)));
                }
                Some('(') => {
                    self.rest = &self.rest[1..];
                    let part = self.sequence(&[')']);
                    self.rest = self.rest.strip_prefix(")+").expect("a sign behind the bracket");
                    all.push(Part::Repeated(Box::new(part)));
                }
                Some('<') => {
                    let end = self.rest.find('>').expect("a closing >");
                    all.push(Part::Name(self.rest[1..end].to_owned()));
                    self.rest = &self.rest[end + 1..];
                }
                Some(_) => all.push(self.word(ends)),
            }
        }
        if all.len() == 1 { all.remove(0) } else { Part::All(all) }
    }

    fn word(&mut self, ends: &[char]) -> Part {
        if let Some(quoted) = self.rest.strip_prefix('"') {
            let end = quoted.find('"').expect("a closing quote");
            self.rest = &quoted[end + 1..];
            return Part::Word(quoted.as_bytes()[..end].to_vec());
        }
        let end = self.rest.find(|next: char| next == ' ' || ends.contains(&next)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        Part::Word(word.as_bytes().to_vec())
    }
}

#[test]
fn forms_are_read_as_they_are_meant() {
    let grammar = Grammar::read();
    let first = |name: &str, choices: &[u8]| {
        let form = grammar.forms.iter().find(|form| grammar.draw(form, &[])[0] == name.as_bytes());
        let drawn = grammar.draw(form.unwrap(), choices);
        drawn.iter().map(|word| String::from_utf8_lossy(word).into_owned()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(first("SET", &[]), "SET s v");
    assert_eq!(first("SET", &[1, 2, 2, 4, 0, 2, 2]), "SET s2 10 EX 100000 KEEPTTL");
    assert_eq!(first("DEL", &[1, 0, 3]), "DEL s h");
    assert_eq!(first("BITCOUNT", &[0, 2, 0, 4, 2, 1]), "BITCOUNT s 0 -1 BIT");
    assert_eq!(first("KEYS", &[2]), "KEYS [a-c]");
    assert_eq!(first("ZRANGEBYLEX", &[0, 2, 5]), "ZRANGEBYLEX y [a (c");
    assert_eq!(first("XRANGE", &[0, 3, 3]), "XRANGE x (1-1 (3-0");
}
