//! Kinds of personal data.

/// A kind of personal data that is found in text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DataKind {
    /// `ada@example.com`.
    Email,
    /// International (`+49 30 1234567`) and national numbers (`(555) 123-4567`, `030 1234567`).
    Phone,
    /// 13 to 19 digits with a right check digit.
    CreditCard,
    /// ISO 13616, with right check digits.
    Iban,
    /// IPv4 and IPv6, but those that mean no particular machine.
    IpAddress,
    /// `078-05-1120`.
    UsSsn,
}

impl DataKind {
    /// All.
    pub const ALL: [Self; 6] = [Self::Email, Self::Phone, Self::CreditCard, Self::Iban, Self::IpAddress, Self::UsSsn];

    /// As policies name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::CreditCard => "credit_card",
            Self::Iban => "iban",
            Self::IpAddress => "ip_address",
            Self::UsSsn => "us_ssn",
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// As its placeholders begin.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Email => "EMAIL",
            Self::Phone => "PHONE",
            Self::CreditCard => "CREDIT_CARD",
            Self::Iban => "IBAN",
            Self::IpAddress => "IP_ADDRESS",
            Self::UsSsn => "US_SSN",
        }
    }
}
