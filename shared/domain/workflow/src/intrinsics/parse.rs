//! Reads a call of an intrinsic function.

use super::FUNCTIONS;
use super::call::{Argument, Call};
use crate::path::PathFault;
use crate::template::Source;
use serde_json::{Number, Value};

/// How deep calls may nest in arguments, as the service allows.
const NESTED_MAX: usize = 10;

/// The longest call, in characters.
const CALL_CHARS_MAX: usize = 10_000;

struct Reader<'t> {
    text: &'t str,
    chars: Vec<(usize, char)>,
    at: usize,
}

/// Reads a whole text as one call.
pub(super) fn call(text: &str) -> Result<Call, PathFault> {
    if text.chars().take(CALL_CHARS_MAX + 1).count() > CALL_CHARS_MAX {
        return Err(PathFault::syntax(CALL_CHARS_MAX, format!("a call has at most {CALL_CHARS_MAX} characters")));
    }
    let mut reader = Reader { text, chars: text.char_indices().collect(), at: 0 };
    let call = reader.call(0)?;
    reader.blanks();
    if reader.peek().is_some() {
        return Err(reader.fault("nothing follows a call"));
    }
    Ok(call)
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).map(|(_, c)| *c)
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    fn fault(&self, message: impl Into<String>) -> PathFault {
        PathFault::syntax(self.at, message)
    }

    /// The text from a character to where the reader stands.
    fn since(&self, start: usize) -> &'t str {
        let byte = |at: usize| self.chars.get(at).map_or(self.text.len(), |(byte, _)| *byte);
        self.text.get(byte(start)..byte(self.at)).unwrap_or("")
    }

    fn call(&mut self, depth: usize) -> Result<Call, PathFault> {
        if depth > NESTED_MAX {
            return Err(self.fault(format!("calls nest at most {NESTED_MAX} deep")));
        }
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_alphanumeric() || c == '.') {
            self.at += 1;
        }
        let written = self.since(start);
        let Some((name, least, most)) = written
            .strip_prefix("States.")
            .and_then(|name| FUNCTIONS.iter().copied().find(|(known, ..)| *known == name))
        else {
            return Err(PathFault::syntax(start, format!("'{written}' is no intrinsic function")));
        };
        self.blanks();
        if self.peek() != Some('(') {
            return Err(self.fault("expected ("));
        }
        self.at += 1;
        let arguments = self.arguments(depth)?;
        if arguments.len() < least || arguments.len() > most {
            let count = arguments.len();
            return Err(PathFault::syntax(start, format!("States.{name} does not take {count} arguments")));
        }
        Ok(Call { name, arguments, text: self.since(start).to_owned() })
    }

    fn arguments(&mut self, depth: usize) -> Result<Vec<Argument>, PathFault> {
        let mut arguments = Vec::new();
        self.blanks();
        if self.peek() == Some(')') {
            self.at += 1;
            return Ok(arguments);
        }
        loop {
            self.blanks();
            arguments.push(self.argument(depth)?);
            self.blanks();
            match self.peek() {
                Some(',') => self.at += 1,
                Some(')') => {
                    self.at += 1;
                    return Ok(arguments);
                }
                _ => return Err(self.fault("expected , or )")),
            }
        }
    }

    fn argument(&mut self, depth: usize) -> Result<Argument, PathFault> {
        match self.peek() {
            Some('\'') => self.literal(),
            Some('$') => self.source(),
            Some('S') => self.call(depth + 1).map(Argument::Call),
            _ => self.word(),
        }
    }

    /// A text in single quotes, kept as written between them: what a backslash means depends on the function.
    fn literal(&mut self) -> Result<Argument, PathFault> {
        self.at += 1;
        let start = self.at;
        loop {
            match self.peek() {
                None => return Err(self.fault("the text is not closed: expected '")),
                Some('\'') => break,
                Some('\\') => {
                    self.at += 1;
                    if !self.peek().is_some_and(|c| matches!(c, '\'' | '\\' | '{' | '}')) {
                        return Err(self.fault("after a backslash stands one of ' \\ { }"));
                    }
                    self.at += 1;
                }
                Some(_) => self.at += 1,
            }
        }
        let raw = self.since(start).to_owned();
        self.at += 1;
        Ok(Argument::Text(raw))
    }

    /// A path ends at a comma or a closing parenthesis outside of its own brackets, parentheses and quotes.
    fn source(&mut self) -> Result<Argument, PathFault> {
        let start = self.at;
        let (mut open, mut quote) = (0_usize, None);
        while let Some(c) = self.peek() {
            match (quote, c) {
                (Some(_), '\\') => self.at += 1,
                (Some(closing), c) if c == closing => quote = None,
                (Some(_), _) => {}
                (None, '\'' | '"') => quote = Some(c),
                (None, '[' | '(') => open += 1,
                (None, ',' | ')') if open == 0 => break,
                (None, ']' | ')') => open = open.saturating_sub(1),
                (None, _) => {}
            }
            self.at += 1;
        }
        let source = Source::parse(self.since(start).trim_end())
            .map_err(|fault| PathFault { at: fault.at.map(|at| at + start), ..fault })?;
        Ok(Argument::Source(source))
    }

    fn word(&mut self) -> Result<Argument, PathFault> {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.')) {
            self.at += 1;
        }
        let value = match self.since(start) {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "null" => Value::Null,
            number => Value::Number(
                number
                    .parse::<Number>()
                    .map_err(|_| PathFault::syntax(start, "expected a text in quotes, a number, a path or a call"))?,
            ),
        };
        Ok(Argument::Value(value))
    }
}
