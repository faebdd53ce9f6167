//! `includedData`: whether an answer shows what executions were given and answered.

/// Its values.
pub(crate) const INCLUDED_DATA: &[&str] = &["METADATA_ONLY", "ALL_DATA"];

/// Whether inputs, outputs, errors and definitions are left out.
pub(crate) fn metadata_only(included_data: Option<&String>) -> bool {
    included_data.is_some_and(|included| included == "METADATA_ONLY")
}
