//! What is written: the texts, in bundles by what they are about, and the two files that are no text.

/// Bundles, in the form that `bundle.rs` reads.
pub(super) const BUNDLES: [(&str, &str); 6] = [
    ("handbook.txt", include_str!("../../assets/demo/handbook.txt")),
    ("contracts.txt", include_str!("../../assets/demo/contracts.txt")),
    ("engineering.txt", include_str!("../../assets/demo/engineering.txt")),
    ("research.txt", include_str!("../../assets/demo/research.txt")),
    ("sales.txt", include_str!("../../assets/demo/sales.txt")),
    ("office.txt", include_str!("../../assets/demo/office.txt")),
];

/// Files by their names.
const FILES: [(&str, &[u8]); 2] = [
    ("datasheet-kelch.pdf", include_bytes!("../../assets/demo/datasheet-kelch.pdf")),
    ("qualitaetsvereinbarung.docx", include_bytes!("../../assets/demo/qualitaetsvereinbarung.docx")),
];

/// The file of this name.
pub(super) fn file(name: &str) -> Option<&'static [u8]> {
    FILES.iter().find(|(known, _)| *known == name).map(|(_, bytes)| *bytes)
}
