//! Manual pages in roff (man(7), mdoc(7)): their words, enough to find and read one, no rendering.

/// A manual page without its typesetting.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manual {
    /// Its sections, in order; what stands before the first one has an empty heading.
    pub sections: Vec<ManualSection>,
}

/// A section of a manual page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ManualSection {
    /// Its heading, one line.
    pub heading: String,
    /// Its text, line by line.
    pub text: String,
}

impl Manual {
    /// The page that `roff` typesets. What it does not know is left out or stands as it is; nothing is included.
    pub fn read(roff: &str) -> Self {
        let mut sections = vec![ManualSection::default()];
        let mut lines = roff.lines();
        while let Some(line) = lines.next() {
            if line.starts_with(".\\\"") || line.starts_with("'\\\"") {
                continue;
            }
            let Some(request) = line.strip_prefix(['.', '\'']) else {
                add(&mut sections, "", line);
                continue;
            };
            let (name, arguments) = request.trim_start().split_once(' ').unwrap_or((request, ""));
            let arguments = arguments.replace('"', "");
            match name {
                "SH" | "SS" | "Sh" | "Ss" => {
                    let mut heading = String::new();
                    plain_text(arguments.trim(), &mut heading);
                    sections.push(ManualSection { heading, text: String::new() });
                }
                // What mdoc(7) says of a page stands behind a dash when it is typeset.
                "Nd" => add(&mut sections, "- ", &arguments),
                // The body of a definition is typesetting too.
                "de" | "de1" | "am" | "am1" | "ig" => {
                    let named = arguments.split(' ').nth(usize::from(name != "ig")).filter(|end| !end.is_empty());
                    let end = format!(".{}", named.unwrap_or("."));
                    let _ = lines.find(|line| line.trim_end() == end);
                }
                // Conditions, fonts, spacing: nothing to read.
                "ds" | "nr" | "ie" | "el" | "if" | "ft" | "ad" | "nh" | "sp" | "ne" | "in" | "ti" | "ta" | "TH"
                | "Dd" | "Os" => {}
                _ => add(&mut sections, "", &arguments),
            }
        }
        sections.retain(|section| !section.heading.is_empty() || !section.text.is_empty());
        Self { sections }
    }

    /// All of it, headings on lines of their own.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for section in &self.sections {
            if !section.heading.is_empty() {
                text.push('\n');
                text.push_str(&section.heading);
                text.push('\n');
            }
            text.push_str(&section.text);
        }
        text
    }
}

fn add(sections: &mut [ManualSection], before: &str, line: &str) {
    if let Some(section) = sections.last_mut() {
        section.text.push_str(before);
        plain_text(line, &mut section.text);
        section.text.push('\n');
    }
}

fn plain_text(line: &str, text: &mut String) {
    let mut rest = line;
    while let Some(position) = rest.find('\\') {
        text.push_str(&rest[..position]);
        rest = escape(&rest[position + 1..], text);
    }
    text.push_str(rest);
}

/// Writes what the escape stands for, returns what follows it.
fn escape<'a>(rest: &'a str, text: &mut String) -> &'a str {
    let mut characters = rest.chars();
    match characters.next() {
        None => "",
        Some('-') => {
            text.push('-');
            characters.as_str()
        }
        Some('e' | '\\') => {
            text.push('\\');
            characters.as_str()
        }
        Some('f' | '*' | 'F' | 'n') => match characters.next() {
            Some('(') => characters.as_str().get(2..).unwrap_or_default(),
            Some('[') => characters.as_str().split_once(']').map_or("", |(_, after)| after),
            _ => characters.as_str(),
        },
        Some('(') => {
            let after = characters.as_str();
            match after.get(..2) {
                Some("aq" | "cq" | "oq") => text.push('\''),
                Some("lq" | "rq" | "dq") => text.push('"'),
                Some("em" | "en" | "mi" | "hy") => text.push('-'),
                Some("bu") => text.push('*'),
                Some("co") => text.push('©'),
                Some("ss") => text.push('ß'),
                Some(accented) => text.extend(letter(accented)),
                None => {}
            }
            after.get(2..).unwrap_or_default()
        }
        Some('"') => "",
        Some('s') => {
            characters.as_str().trim_start_matches(['+', '-']).trim_start_matches(|c: char| c.is_ascii_digit())
        }
        Some(' ' | '~' | '0') => {
            text.push(' ');
            characters.as_str()
        }
        Some('&' | '/' | ',' | ':' | '%' | '|' | '^' | 'c') => characters.as_str(),
        Some(other) => {
            text.push(other);
            characters.as_str()
        }
    }
}

/// The letter that groff writes as an accent and a letter, such as `:a`.
fn letter(code: &str) -> Option<char> {
    const LETTERS: [(&str, &str, &str); 6] = [
        (":", "aeiouyAEIOU", "äëïöüÿÄËÏÖÜ"),
        ("'", "aeiouyAEIOUY", "áéíóúýÁÉÍÓÚÝ"),
        ("`", "aeiouAEIOU", "àèìòùÀÈÌÒÙ"),
        ("^", "aeiouAEIOU", "âêîôûÂÊÎÔÛ"),
        ("~", "anoANO", "ãñõÃÑÕ"),
        (",", "cC", "çÇ"),
    ];
    let (accent, plain) = code.split_at_checked(1)?;
    let (_, from, to) = LETTERS.into_iter().find(|(known, ..)| *known == accent)?;
    let position = from.chars().position(|letter| plain.chars().eq([letter]))?;
    to.chars().nth(position)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_page_becomes_its_words() {
        let roff = ".\\\" a comment\n.TH LS 1\n.SH NAME\nls \\- list \\fIdirectory\\fR contents\n.B \\-\\-all\nDon\\(aqt ignore\n";
        assert_eq!(Manual::read(roff).text(), "\nNAME\nls - list directory contents\n--all\nDon't ignore\n");
    }

    #[test]
    fn definitions_are_not_read_and_accents_are() {
        let roff =
            ".de1 INDENT\n.nr x 1\nnot read\n..\n.de X END\nnor this\n.END\nf\\(:ur Stra\\(sse, caf\\('e \\(zz\n";
        assert_eq!(Manual::read(roff).text(), "für Straße, café \n");
    }

    #[test]
    fn sections_are_told_apart() {
        let roff = "before\n.Sh NAME\n.Nm ls\n.Nd list directory contents\n.SS \"Two words\"\ntext\n.SH\n";
        let sections = Manual::read(roff).sections;
        let told: Vec<(&str, &str)> =
            sections.iter().map(|section| (section.heading.as_str(), section.text.as_str())).collect();
        let expected = [("", "before\n"), ("NAME", "ls\n- list directory contents\n"), ("Two words", "text\n")];
        assert_eq!(told, expected);
    }
}
