//! Where things stand in a JSON text: the reader of JSON itself keeps no places.

use std::collections::HashMap;

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

/// The places of all values of a text by JSON pointer (`` for the whole), and the pointers of keys given twice. A
/// member's place is its key's. The text must be valid JSON; the places after an invalid spot are missing.
pub fn locate(text: &str) -> (HashMap<String, Position>, Vec<String>) {
    let mut scan =
        Scan { text: text.char_indices().peekable(), line: 1, column: 1, places: HashMap::new(), twice: vec![] };
    scan.document();
    (scan.places, scan.twice)
}

struct Scan<'a> {
    text: std::iter::Peekable<std::str::CharIndices<'a>>,
    line: usize,
    column: usize,
    places: HashMap<String, Position>,
    twice: Vec<String>,
}

/// An object or array that has been opened and not closed.
struct Open {
    pointer: String,
    /// The next element's index; none in an object.
    index: Option<usize>,
}

impl Scan<'_> {
    fn document(&mut self) {
        let mut open: Vec<Open> = Vec::new();
        let mut pointer = String::new();
        // A member's place is its key's: the value after a key does not overwrite it.
        let mut placed = false;
        loop {
            self.blanks();
            let Some(next) = self.peek() else { return };
            match next {
                '{' | '[' => {
                    if !placed {
                        self.place(&pointer);
                    }
                    self.step();
                    open.push(Open { pointer: pointer.clone(), index: (next == '[').then_some(0) });
                    placed = false;
                    self.blanks();
                    if !matches!(self.peek(), Some('}' | ']'))
                        && self.member(&mut open, &mut pointer, &mut placed).is_none()
                    {
                        return;
                    }
                }
                '}' | ']' => {
                    self.step();
                    if open.pop().is_none() {
                        return;
                    }
                }
                ',' => {
                    self.step();
                    placed = false;
                    if self.member(&mut open, &mut pointer, &mut placed).is_none() {
                        return;
                    }
                }
                '"' => {
                    if !placed {
                        self.place(&pointer);
                    }
                    self.string();
                }
                _ => {
                    if !placed {
                        self.place(&pointer);
                    }
                    while self.peek().is_some_and(|c| !matches!(c, ',' | '}' | ']') && !c.is_whitespace()) {
                        self.step();
                    }
                }
            }
        }
    }

    /// Reads up to the next member's value and makes `pointer` its pointer.
    fn member(&mut self, open: &mut [Open], pointer: &mut String, placed: &mut bool) -> Option<()> {
        let within = open.last_mut()?;
        if let Some(index) = within.index.as_mut() {
            *pointer = format!("{}/{index}", within.pointer);
            *index += 1;
            return Some(());
        }
        let parent = within.pointer.clone();
        self.blanks();
        let at = Position { line: self.line, column: self.column };
        let key = self.string()?.replace('~', "~0").replace('/', "~1");
        *pointer = format!("{parent}/{key}");
        if self.places.insert(pointer.clone(), at).is_some() {
            self.twice.push(pointer.clone());
        }
        *placed = true;
        self.blanks();
        (self.step()? == ':').then_some(())
    }

    fn string(&mut self) -> Option<String> {
        let mut raw = String::new();
        if self.peek() != Some('"') {
            return None;
        }
        raw.push(self.step()?);
        loop {
            let c = self.step()?;
            raw.push(c);
            match c {
                '\\' => raw.push(self.step()?),
                '"' => return serde_json::from_str(&raw).ok(),
                _ => {}
            }
        }
    }

    fn place(&mut self, pointer: &str) {
        self.places.insert(pointer.to_owned(), Position { line: self.line, column: self.column });
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.step();
        }
    }

    fn peek(&mut self) -> Option<char> {
        self.text.peek().map(|(_, c)| *c)
    }

    fn step(&mut self) -> Option<char> {
        let (_, c) = self.text.next()?;
        if c == '\n' {
            self.line += 1;
            self.column = 1;
        } else {
            self.column += 1;
        }
        Some(c)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_its_place_and_a_key_given_twice_is_seen() {
        let (places, twice) = locate("{\n  \"a\": [1, {\"b/c\": 2}],\n  \"é\": \"x\", \"z\": null,\n  \"a\": 3\n}");
        let at = |pointer: &str| places.get(pointer).map(|place| (place.line, place.column));
        assert_eq!(at(""), Some((1, 1)));
        assert_eq!(at("/a/0"), Some((2, 9)));
        assert_eq!(at("/a/1/b~1c"), Some((2, 13)));
        assert_eq!(at("/z"), Some((3, 13)));
        assert_eq!(at("/a"), Some((4, 3)));
        assert_eq!(twice, ["/a"]);
    }

    #[test]
    fn a_text_that_is_no_json_does_no_harm() {
        for text in ["", "{", "{\"a", "]", "{\"a\":", "[,", "\"\\", "{1:2}", "{\"a\" 3}"] {
            locate(text);
        }
    }
}
