//! Who may do what.

use crate::{Document, Role};
use octavo_domain_kernel::{Principal, Reader};

/// What a principal may do with a document. Ordered: each includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Nothing; not even know that it is there.
    None,
    /// Read and find.
    Viewer,
    /// Also change body and metadata.
    Editor,
    /// Also share, delete and restore.
    Owner,
}

/// What `principal` may do with `document`: the most that ownership or any grant gives. Another tenant's never anything,
/// though storage must not have handed that out in the first place.
pub fn access(document: &Document, principal: &Principal) -> Access {
    if document.tenant != principal.tenant {
        return Access::None;
    }
    if document.owner == principal.user {
        return Access::Owner;
    }
    let applies = |reader: &Reader| match reader {
        Reader::User(user) => *user == principal.user,
        Reader::Group(group) => principal.groups.contains(group),
    };
    let strongest = document.grants.iter().filter(|grant| applies(&grant.reader)).map(|grant| grant.role).max();
    match strongest {
        Some(Role::Editor) => Access::Editor,
        Some(Role::Viewer) => Access::Viewer,
        None => Access::None,
    }
}
