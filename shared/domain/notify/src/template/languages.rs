//! In which language somebody is told.

/// The language that every template of the platform's has.
pub(super) const LAST: &str = "en";

/// The languages in which something is looked for, best first: `de-AT`, `de`, those of the tenant in the same way, `en`. Tags
/// are compared without regard to case.
pub fn languages(recipient: Option<&str>, tenant: Option<&str>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for tag in recipient.into_iter().chain(tenant).chain([LAST]) {
        let mut rest = Some(tag);
        while let Some(tag) = rest {
            if !found.iter().any(|known| known.eq_ignore_ascii_case(tag)) {
                found.push(tag.to_owned());
            }
            rest = tag.rsplit_once('-').map(|(shorter, _)| shorter);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narrower_goes_before_wider_and_english_is_last() {
        assert_eq!(languages(Some("de-AT"), Some("fr-CA")), ["de-AT", "de", "fr-CA", "fr", "en"]);
        assert_eq!(languages(None, None), ["en"]);
        assert_eq!(languages(Some("en-GB"), Some("de")), ["en-GB", "en", "de"]);
        assert_eq!(languages(Some("DE"), Some("de")), ["DE", "en"]);
    }
}
