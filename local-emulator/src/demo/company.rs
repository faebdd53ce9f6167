//! Who works at the company.

use crate::TokenRequest;

/// The tenant of the demonstration.
pub const TENANT: &str = "demo";
/// Whom the console opens as: the managing director, for whom the most is waiting.
pub const HOST: &str = "mira";
/// What workflows act as.
pub(super) const SERVICE: &str = "octavo-service";

/// Somebody who works here.
pub(super) struct Colleague {
    pub(super) user: &'static str,
    pub(super) name: &'static str,
    pub(super) phone: Option<&'static str>,
    pub(super) language: &'static str,
    pub(super) groups: &'static [&'static str],
    pub(super) roles: &'static [&'static str],
}

const fn colleague(
    user: &'static str,
    name: &'static str,
    language: &'static str,
    groups: &'static [&'static str],
) -> Colleague {
    Colleague { user, name, phone: None, language, groups, roles: &[] }
}

/// Everybody.
pub(super) const PEOPLE: [Colleague; 11] = [
    Colleague {
        phone: Some("+4366012340001"),
        roles: &["admin", "operator", "workflows"],
        ..colleague(HOST, "Mira Haslinger", "en", &["everyone", "management", "board", "finance", "editors"])
    },
    Colleague {
        roles: &["workflows"],
        ..colleague("tobias", "Tobias Renn", "en", &["everyone", "management", "board", "engineering"])
    },
    colleague("leonie", "Leonie Adebayo", "en", &["everyone", "engineering"]),
    Colleague {
        phone: Some("+4366012340004"),
        roles: &["operator"],
        ..colleague("jonas", "Jonas Petrak", "en", &["everyone", "engineering"])
    },
    colleague("ines", "Inês Carvalho", "en", &["everyone", "research"]),
    colleague("paul", "Paul Ostermann", "de", &["everyone", "production"]),
    colleague("sofia", "Sofia Lindqvist", "en", &["everyone", "sales", "editors"]),
    Colleague {
        phone: Some("+4366012340008"),
        ..colleague("karim", "Karim Benali", "de", &["everyone", "support", "editors"])
    },
    colleague("greta", "Greta Wohlfahrt", "de", &["everyone", "management", "board", "finance"]),
    colleague("felix", "Felix Auer", "de", &["everyone", "legal", "legal-leads"]),
    colleague("nadja", "Nadja Horvat", "de", &["everyone", "legal", "people"]),
];

/// That person, if they work here.
pub(super) fn colleague_named(user: &str) -> Option<&'static Colleague> {
    PEOPLE.iter().find(|colleague| colleague.user == user)
}

/// A token request for somebody of the company, or for the service that workflows act as.
pub(super) fn token_request(user: &str) -> TokenRequest {
    let mut request = TokenRequest::new(TENANT, user);
    let owned = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect();
    match colleague_named(user) {
        Some(colleague) => {
            request.groups = owned(colleague.groups);
            request.roles = owned(colleague.roles);
        }
        None => request.groups = owned(&["everyone"]),
    }
    request
}

/// Whom the console opens as.
pub(crate) fn host() -> TokenRequest {
    token_request(HOST)
}
