//! Glyphs with positions become words and lines.

use crate::writer::TextWriter;
use pdf_extract::{MediaBox, OutputDev, OutputError, Transform};

/// A gap wider than this part of the font size separates words.
const WORD_GAP: f64 = 0.15;
/// A step up or down by more than this part of the font size is another line.
const LINE_STEP: f64 = 0.5;

/// Writes a page's glyphs as text.
pub(super) struct TextOutput<'a> {
    writer: &'a mut TextWriter,
    /// Where the last glyph ended and on which base line.
    last: Option<(f64, f64)>,
}

impl<'a> TextOutput<'a> {
    pub(super) fn new(writer: &'a mut TextWriter) -> Self {
        Self { writer, last: None }
    }
}

impl OutputDev for TextOutput<'_> {
    fn begin_page(&mut self, _: u32, _: &MediaBox, _: Option<(f64, f64, f64, f64)>) -> Result<(), OutputError> {
        self.last = None;
        Ok(())
    }

    fn end_page(&mut self) -> Result<(), OutputError> {
        Ok(())
    }

    fn output_character(
        &mut self,
        transform: &Transform,
        width: f64,
        _spacing: f64,
        font_size: f64,
        character: &str,
    ) -> Result<(), OutputError> {
        // The determinant scales areas; its root scales lengths, however the text is turned.
        let scale = (transform.m11 * transform.m22 - transform.m12 * transform.m21).abs().sqrt();
        let size = scale * font_size.abs();
        let (x, y) = (transform.m31, transform.m32);
        if let Some((end, line)) = self.last {
            if (y - line).abs() > size * LINE_STEP {
                self.writer.end_line();
            } else if x > end + size * WORD_GAP || x < end - size {
                self.writer.end_word();
            }
        }
        self.writer.push(character);
        self.last = Some((x + width * size, y));
        // The only way to stop a page that draws without end.
        if self.writer.is_full() { Err(OutputError::FormatError(std::fmt::Error)) } else { Ok(()) }
    }

    fn begin_word(&mut self) -> Result<(), OutputError> {
        Ok(())
    }

    fn end_word(&mut self) -> Result<(), OutputError> {
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), OutputError> {
        Ok(())
    }
}
