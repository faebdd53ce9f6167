//! How large things may be. What a person sends is refused with a fault that names the field; what a model sends is cut.

/// Sections of a document.
pub const SECTIONS_MAX: usize = 30;
/// Sections of a document, if nobody says how many.
pub const SECTIONS: usize = 6;
/// Documents that one generation reads.
pub const SOURCES_MAX: usize = 20;
/// Documents that one generation reads, if the request does not say how many.
pub const SOURCES: usize = 8;
/// Characters of one source in a prompt.
pub const SOURCE_CHARS_MAX: usize = 24_000;
/// Characters of all sources together in a prompt: about 20,000 tokens, which every model of the catalogue takes.
pub const SOURCES_CHARS_MAX: usize = 80_000;
/// Characters of a title.
pub const TITLE_CHARS_MAX: usize = 512;
/// Characters of what is to be written.
pub const INSTRUCTIONS_CHARS_MAX: usize = 8_000;
/// Characters of a heading.
pub const HEADING_CHARS_MAX: usize = 200;
/// Characters of what a section is to say.
pub const SECTION_INSTRUCTIONS_CHARS_MAX: usize = 2_000;
/// Characters of a template's variable.
pub const VARIABLE_CHARS_MAX: usize = 1_000;
/// Characters of a model's name.
pub const MODEL_CHARS_MAX: usize = 200;
/// Most tokens of a section's answer.
pub const SECTION_TOKENS_MAX: u64 = 3_000;
/// Most tokens of an outline's answer.
pub const OUTLINE_TOKENS_MAX: u64 = 6_000;
/// Characters of a section; what a model writes beyond is cut at a paragraph.
pub const SECTION_CHARS_MAX: usize = 24_000;
/// Characters of an earlier section that a later one is told.
pub const GIST_CHARS_MAX: usize = 300;
/// Bytes of a finished document. Never reached: the limits of its parts add up to less, which is checked when this is
/// compiled.
pub const DOCUMENT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Bytes that a character of UTF-8 takes at most.
const CHARACTER_BYTES_MAX: usize = 4;
const _: () = assert!(
    CHARACTER_BYTES_MAX
        * (SECTIONS_MAX * (SECTION_CHARS_MAX + HEADING_CHARS_MAX + 8)
            // A title may be twice as long in Markdown, where signs are escaped.
            + (SOURCES_MAX + 1) * (2 * TITLE_CHARS_MAX + 128))
        <= DOCUMENT_BYTES_MAX
);
/// Failures of one step before the generation counts as failed: the deliveries that its queue makes
/// (`max_receive_count`), so that a person sees it fail where else a message would go to the dead letters.
pub const TRIES_MAX: u32 = 8;
/// Generations of one person that are under way at once.
pub const ACTIVE_MAX: u32 = 20;
/// Generations of one person that are kept; beyond, the oldest that have ended are forgotten. Their documents stay.
pub const KEPT_MAX: u32 = 1_000;
/// Generations on one page of a listing.
pub const PAGE_GENERATIONS_MAX: u16 = 100;
