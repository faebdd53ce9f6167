//! Whatever is thrown at it: an answer or an error, within the limits, and never a panic.

use octavo_domain_documents::MediaType;
use octavo_domain_extraction::{Limits, detect, extract};
use proptest::prelude::*;

const LIMITS: Limits = Limits {
    text_bytes_max: 4096,
    title_chars_max: 64,
    headings_max: 8,
    heading_chars_max: 32,
    pdf_pages_max: 8,
    inflated_bytes_max: 1024 * 1024,
    archive_entries_max: 64,
};

fn check(bytes: &[u8]) {
    for media_type in MediaType::ALL {
        let Ok(found) = extract(media_type, bytes, &LIMITS) else { continue };
        assert!(found.text.len() <= LIMITS.text_bytes_max);
        assert!(found.headings.len() <= LIMITS.headings_max);
        let title = found.title.unwrap_or_default();
        assert!(title.chars().count() <= LIMITS.title_chars_max);
        assert!(!title.chars().any(char::is_control), "{title:?}");
        assert!(!found.text.chars().any(|character| character.is_control() && character != '\n'), "{:?}", found.text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn arbitrary_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        check(&bytes);
        let _ = detect(None, None, &bytes);
    }

    #[test]
    fn broken_html(page in "(<(/?(p|nav|h1|title|script|svg|pre|td|template|a b=c))?>?|[a-z&;#x<>\"' \n-]{0,6}){0,40}") {
        check(page.as_bytes());
    }

    #[test]
    fn broken_markdown(source in "([-#*`|>\\[\\]()~+:<>&]{0,4}[a-z \n]{0,6}){0,40}") {
        check(source.as_bytes());
    }

    #[test]
    fn broken_pdf(body in "((obj|endobj|stream|endstream|<<|>>|\\[|\\]|/Type|/Page|/Kids|/Parent|/Contents|1 0 R|2 0 R|xref|trailer|/Root|[0-9]{1,3})[ \n]){0,60}") {
        check(format!("%PDF-1.4\n{body}").as_bytes());
    }
}

#[test]
fn deep_nesting_is_no_recursion() {
    check("<div>".repeat(50_000).as_bytes());
    check("<nav>".repeat(50_000).as_bytes());
    check("> ".repeat(2_000).as_bytes());
    check(&[b"%PDF-1.4\n1 0 obj\n".as_slice(), "[".repeat(50_000).as_bytes()].concat());
}
