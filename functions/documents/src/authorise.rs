//! Finds a document for somebody, or says no in the way that tells no more than they may know.

use crate::{Deps, DocumentsFault};
use octavo_domain_documents::{Access, Document, access};
use octavo_domain_kernel::{DocumentId, PortError, Principal};
use octavo_wiring_edge::Problem;

/// The living document, for somebody who needs to have `needed`.
pub(crate) async fn living(
    deps: &Deps,
    principal: &Principal,
    id: DocumentId,
    needed: Access,
) -> Result<Document, Problem> {
    let document = any(deps, principal, id, needed).await?;
    if document.deleted_at.is_some() {
        return Err(DocumentsFault::Deleted.into());
    }
    Ok(document)
}

/// The document, deleted or not. A deleted one is there for its owner alone.
pub(crate) async fn any(
    deps: &Deps,
    principal: &Principal,
    id: DocumentId,
    needed: Access,
) -> Result<Document, Problem> {
    let found =
        deps.store.document_get(&principal.tenant, id).await.map_err(|error: PortError| Problem::from(error))?;
    let document = found.ok_or(DocumentsFault::NotFound)?;
    decide(&document, principal, needed)?;
    Ok(document)
}

fn decide(document: &Document, principal: &Principal, needed: Access) -> Result<(), DocumentsFault> {
    let has = access(document, principal);
    if has == Access::None || (document.deleted_at.is_some() && has < Access::Owner) {
        return Err(DocumentsFault::NotFound);
    }
    if has < needed { Err(DocumentsFault::forbidden(needed)) } else { Ok(()) }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use chrono::{DateTime, Utc};
    use octavo_domain_documents::{Content, Grant, MediaType, Role};
    use octavo_domain_kernel::Reader;
    use uuid::Uuid;

    pub(crate) fn principal(user: &str, groups: &[&str]) -> Principal {
        Principal {
            tenant: "acme".parse().unwrap(),
            user: user.parse().unwrap(),
            name: None,
            groups: groups.iter().map(|group| group.parse().unwrap()).collect(),
            roles: Default::default(),
            api_key: None,
        }
    }

    pub(crate) fn document() -> Document {
        let at = DateTime::<Utc>::UNIX_EPOCH;
        let grant = |reader: &str, role| Grant {
            reader: reader.parse::<Reader>().unwrap(),
            role,
            granted_by: "ada".parse().unwrap(),
            granted_at: at,
        };
        Document {
            id: DocumentId(Uuid::from_u128(7)),
            tenant: "acme".parse().unwrap(),
            revision: 3,
            version: 1,
            content: Content {
                hash: "0".repeat(64).parse().unwrap(),
                size: 3,
                media_type: MediaType::Markdown,
                file_name: None,
                text_chars: 1,
                text_truncated: false,
            },
            title: "Plan".to_owned(),
            tags: vec!["a".to_owned()],
            metadata: Default::default(),
            owner: "ada".parse().unwrap(),
            grants: vec![grant("user:bob", Role::Editor), grant("group:legal", Role::Viewer)],
            created_at: at,
            updated_at: at,
            updated_by: "ada".parse().unwrap(),
            deleted_at: None,
        }
    }

    #[test]
    fn existence_is_private_and_rights_are_ordered() {
        let status = |user: &str, groups: &[&str], needed, deleted: bool| {
            let mut document = document();
            document.deleted_at = deleted.then_some(DateTime::UNIX_EPOCH);
            match decide(&document, &principal(user, groups), needed) {
                Ok(()) => "yes",
                Err(DocumentsFault::NotFound) => "404",
                Err(_) => "403",
            }
        };
        let cases = [
            ("ada", vec![], Access::Owner, false, "yes"),
            ("bob", vec![], Access::Editor, false, "yes"),
            ("bob", vec![], Access::Owner, false, "403"),
            ("cyd", vec!["legal"], Access::Viewer, false, "yes"),
            ("cyd", vec!["legal"], Access::Editor, false, "403"),
            ("cyd", vec![], Access::Viewer, false, "404"),
            ("ada", vec![], Access::Viewer, true, "yes"),
            ("bob", vec![], Access::Viewer, true, "404"),
        ];
        for (user, groups, needed, deleted, expected) in cases {
            assert_eq!(status(user, &groups, needed, deleted), expected, "{user} {needed:?} {deleted}");
        }
    }

    #[test]
    fn another_tenants_owner_of_the_same_name_is_nobody() {
        let mut other = principal("ada", &["legal"]);
        other.tenant = "umbrella".parse().unwrap();
        assert!(matches!(decide(&document(), &other, Access::Viewer), Err(DocumentsFault::NotFound)));
    }
}
