//! Where a JSON text that comes in pieces ends.

/// Counts brackets. Knows only that: what stands between them may be wrong.
#[derive(Debug, Clone, Default)]
pub(super) struct JsonEnd {
    depth: u32,
    begun: bool,
    in_string: bool,
    escaped: bool,
}

impl JsonEnd {
    /// Takes the next piece.
    pub(super) fn push(&mut self, piece: &str) {
        for byte in piece.bytes() {
            if self.in_string {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.in_string = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.in_string = true,
                b'{' | b'[' => {
                    self.begun = true;
                    self.depth = self.depth.saturating_add(1);
                }
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
    }

    /// Whether an object or a list has begun and ended.
    pub(super) fn is_reached(&self) -> bool {
        self.begun && self.depth == 0 && !self.in_string
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_seen_wherever_the_text_is_cut() {
        let text = r#"{"a":"}\"]","b":[{"c":"\\"}],"d":"é"}"#;
        for cut in (0..=text.len()).filter(|cut| text.is_char_boundary(*cut)) {
            let mut end = JsonEnd::default();
            end.push(&text[..cut]);
            assert_eq!(end.is_reached(), cut == text.len(), "cut at {cut}");
            end.push(&text[cut..]);
            assert!(end.is_reached());
        }
    }

    #[test]
    fn what_is_no_object_never_ends() {
        for text in ["", "  ", "5", "\"x{}\"", "{"] {
            let mut end = JsonEnd::default();
            end.push(text);
            assert!(!end.is_reached(), "{text}");
        }
    }
}
