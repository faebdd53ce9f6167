//! Reads a path, character by character.

use super::filter;
use super::function::Function;
use super::step::{PATH_CHARS_MAX, Path, PathFault, Step};

/// Where the reader stands. Filters share it with the paths inside them.
pub(super) struct Reader {
    pub(super) chars: Vec<char>,
    pub(super) at: usize,
}

impl Reader {
    pub(super) fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    pub(super) fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += 1;
        }
        found
    }

    pub(super) fn eat_text(&mut self, wanted: &str) -> bool {
        let length = wanted.chars().count();
        let found =
            self.chars.get(self.at..self.at + length).is_some_and(|part| part.iter().copied().eq(wanted.chars()));
        if found {
            self.at += length;
        }
        found
    }

    pub(super) fn blanks(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    pub(super) fn fault(&self, message: impl Into<String>) -> PathFault {
        PathFault::syntax(self.at, message)
    }

    pub(super) fn expect(&mut self, wanted: char) -> Result<(), PathFault> {
        if self.eat(wanted) { Ok(()) } else { Err(self.fault(format!("expected '{wanted}'"))) }
    }

    /// A quoted text. A backslash is dropped before the quote that delimits it and before another backslash; before
    /// anything else it stays, as the service has it.
    pub(super) fn quoted(&mut self) -> Result<String, PathFault> {
        let Some(quote) = self.peek().filter(|c| matches!(c, '\'' | '"')) else {
            return Err(self.fault("expected a quoted text"));
        };
        self.at += 1;
        let mut text = String::new();
        loop {
            match self.peek() {
                None => return Err(self.fault(format!("the text is not closed: expected {quote}"))),
                Some(c) if c == quote => {
                    self.at += 1;
                    return Ok(text);
                }
                Some('\\') => {
                    self.at += 1;
                    match self.peek() {
                        Some(c) if c == quote || c == '\\' => {
                            text.push(c);
                            self.at += 1;
                        }
                        _ => text.push('\\'),
                    }
                }
                Some(c) => {
                    text.push(c);
                    self.at += 1;
                }
            }
        }
    }

    /// A whole number, or none when no digit is here.
    pub(super) fn whole(&mut self) -> Result<Option<i64>, PathFault> {
        let start = self.at;
        self.eat('-');
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        let text: String = self.chars.get(start..self.at).unwrap_or_default().iter().collect();
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|_| PathFault::syntax(start, format!("'{text}' is no index")))
    }
}

/// Reads a whole text as a path.
pub(super) fn path(text: &str) -> Result<Path, PathFault> {
    if text.chars().take(PATH_CHARS_MAX + 1).count() > PATH_CHARS_MAX {
        return Err(PathFault::syntax(PATH_CHARS_MAX, format!("a path has at most {PATH_CHARS_MAX} characters")));
    }
    let mut reader = Reader { chars: text.chars().collect(), at: 0 };
    if !reader.eat('$') {
        return Err(reader.fault("a path begins with $"));
    }
    let path = steps(&mut reader, false, 0)?;
    if reader.peek().is_some() {
        return Err(reader.fault("a step begins with . or ["));
    }
    Ok(path)
}

/// Reads the steps after `$` or `@`. Within a filter a name ends where an operator may begin.
pub(super) fn steps(reader: &mut Reader, in_filter: bool, depth: usize) -> Result<Path, PathFault> {
    let mut steps = Vec::new();
    let mut function = None;
    while let Some(c) = reader.peek() {
        match c {
            '.' => {
                reader.at += 1;
                if reader.eat('.') {
                    steps.push(Step::Descend);
                    if reader.peek() == Some('[') {
                        continue;
                    }
                }
                if reader.eat('*') {
                    steps.push(Step::Wildcard);
                    continue;
                }
                let start = reader.at;
                let name = name(reader, in_filter)?;
                if reader.peek() == Some('(') {
                    function = Some(call(reader, start, &name)?);
                    break;
                }
                steps.push(Step::Names(vec![name]));
            }
            '[' => {
                reader.at += 1;
                steps.push(bracket(reader, depth)?);
            }
            _ => break,
        }
    }
    if steps.last() == Some(&Step::Descend) {
        return Err(reader.fault("a path does not end with .."));
    }
    Ok(Path { steps, function })
}

fn name(reader: &mut Reader, in_filter: bool) -> Result<String, PathFault> {
    let mut name = String::new();
    while let Some(c) = reader.peek() {
        let ends = match c {
            '.' | '[' | '(' => true,
            ' ' if !in_filter => return Err(reader.fault("a name with blanks is written in brackets: ['a name']")),
            _ => in_filter && (c.is_whitespace() || "=<>!&|),]".contains(c)),
        };
        if ends {
            break;
        }
        name.push(c);
        reader.at += 1;
    }
    if name.is_empty() { Err(reader.fault("expected a name")) } else { Ok(name) }
}

fn call(reader: &mut Reader, start: usize, name: &str) -> Result<Function, PathFault> {
    let Some(function) = Function::named(name) else {
        return Err(PathFault::syntax(start, format!("{name}() is no function of a path")));
    };
    reader.expect('(')?;
    reader.blanks();
    reader.expect(')')?;
    Ok(function)
}

fn bracket(reader: &mut Reader, depth: usize) -> Result<Step, PathFault> {
    reader.blanks();
    let step = match reader.peek() {
        Some('*') => {
            reader.at += 1;
            Step::Wildcard
        }
        Some('\'' | '"') => Step::Names(list(reader, Reader::quoted)?),
        Some('?') => {
            reader.at += 1;
            Step::Filter(filter::read(reader, depth)?)
        }
        Some(c) if c.is_ascii_digit() || matches!(c, '-' | ':') => indexes(reader)?,
        _ => return Err(reader.fault("expected an index, a slice, a quoted name, * or a filter")),
    };
    reader.blanks();
    reader.expect(']')?;
    Ok(step)
}

fn list<T>(
    reader: &mut Reader,
    mut item: impl FnMut(&mut Reader) -> Result<T, PathFault>,
) -> Result<Vec<T>, PathFault> {
    let mut items = vec![item(reader)?];
    loop {
        reader.blanks();
        if !reader.eat(',') {
            return Ok(items);
        }
        reader.blanks();
        items.push(item(reader)?);
    }
}

fn indexes(reader: &mut Reader) -> Result<Step, PathFault> {
    let first = reader.whole()?;
    reader.blanks();
    if !reader.eat(':') {
        let Some(first) = first else { return Err(reader.fault("expected an index")) };
        let mut all = vec![first];
        while reader.eat(',') {
            reader.blanks();
            match reader.whole()? {
                Some(next) => all.push(next),
                None => return Err(reader.fault("expected an index")),
            }
            reader.blanks();
        }
        return Ok(Step::Indexes(all));
    }
    reader.blanks();
    let to = reader.whole()?;
    reader.blanks();
    let by = if reader.eat(':') { reader.whole()?.unwrap_or(1) } else { 1 };
    if by < 1 {
        return Err(reader.fault("a slice goes forward"));
    }
    Ok(Step::Slice { from: first, to, by })
}
