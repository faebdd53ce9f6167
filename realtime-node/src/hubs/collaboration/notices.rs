//! Who finds a comment in their inbox, and what they are told of it.

use super::super::notifications;
use super::hub::Collaboration;
use futures::StreamExt;
use octavo_domain_collaboration::Comment;
use octavo_domain_documents::Document;
use octavo_domain_kernel::{Principal, Reader, UserId};
use octavo_domain_notify::NewNotification;
use serde_json::{Map, json};

const CATEGORY: &str = "document.commented";
/// Characters of a title in an inbox.
const TITLE_CHARS_MAX: usize = 200;
/// Characters of a comment that are shown in an inbox.
const EXCERPT_CHARS_MAX: usize = 300;
/// People who are told at once.
const AT_ONCE: usize = 4;

impl Collaboration {
    /// Tells the document's owner and those who wrote in the thread, but not the author. What fails is logged: the comment is
    /// there.
    pub(super) async fn notify(&self, author: &Principal, document: &Document, comment: &Comment) {
        let root = comment.parent.unwrap_or(comment.id);
        let participants = self.ports.comments.comment_participants(&author.tenant, document.id, root).await;
        let participants = participants.unwrap_or_else(|error| {
            tracing::warn!(%error, "those of a thread were not told of an answer");
            Vec::new()
        });
        let Some(clients) = self.attached.clients(&author.tenant, &notifications::name()) else { return };
        let told = notices(author, document, comment, &participants);
        futures::stream::iter(told)
            .for_each_concurrent(AT_ONCE, |(user, new)| {
                let clients = &clients;
                async move {
                    if let Err(error) = self.notifications.deliver(clients, &user, &new).await {
                        tracing::warn!(%error, "somebody was not told of a comment");
                    }
                }
            })
            .await;
    }
}

/// What somebody who wrote in a thread may be told now.
#[derive(Debug, PartialEq, Eq)]
enum Standing {
    /// They have the document.
    Has,
    /// They may have it through a group: whose members are is known only to their own token.
    Perhaps,
    /// They have lost it.
    Lost,
}

fn standing(document: &Document, user: &UserId) -> Standing {
    let direct = |reader: &Reader| matches!(reader, Reader::User(granted) if granted == user);
    if document.owner == *user || document.grants.iter().any(|grant| direct(&grant.reader)) {
        Standing::Has
    } else if document.grants.iter().any(|grant| matches!(grant.reader, Reader::Group(_))) {
        Standing::Perhaps
    } else {
        Standing::Lost
    }
}

/// Whom to tell what.
fn notices(
    author: &Principal,
    document: &Document,
    comment: &Comment,
    participants: &[UserId],
) -> Vec<(UserId, NewNotification)> {
    let mut users = vec![document.owner.clone()];
    users.extend(participants.iter().filter(|user| **user != document.owner).cloned());
    let who = author.name.as_deref().unwrap_or(author.user.as_str());
    let did = if comment.parent.is_some() { "answered a comment on" } else { "commented on" };
    let told = |user: UserId| {
        let (title, text) = match standing(document, &user) {
            Standing::Lost => return None,
            Standing::Has => (format!("{who} {did} {}", document.title), cut(&comment.text, EXCERPT_CHARS_MAX)),
            // Neither the title nor the text: both may be none of theirs any more.
            Standing::Perhaps => ("There is an answer in a thread that you wrote in".to_owned(), String::new()),
        };
        let mut data = Map::new();
        data.insert("document".to_owned(), json!(document.id));
        data.insert("comment".to_owned(), json!(comment.id));
        data.insert("thread".to_owned(), json!(comment.parent.unwrap_or(comment.id)));
        let new = NewNotification {
            category: CATEGORY.to_owned(),
            title: cut(&title, TITLE_CHARS_MAX),
            text,
            link: Some(format!("/documents/{}?comment={}", document.id, comment.id)),
            data,
            dedupe_key: Some(format!("comment:{}", comment.id)),
        };
        Some((user, new))
    };
    users.into_iter().filter(|user| *user != author.user).filter_map(told).collect()
}

fn cut(text: &str, chars_max: usize) -> String {
    let text = text.replace('\0', "");
    if text.chars().count() <= chars_max {
        return text;
    }
    text.chars().take(chars_max - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::super::presence::tests::document;
    use super::*;
    use chrono::DateTime;
    use uuid::Uuid;

    fn told(readers: &[&str], author: &str, participants: &[&str]) -> Vec<(String, bool)> {
        let author = Principal {
            tenant: "acme".parse().unwrap(),
            user: author.parse().unwrap(),
            name: None,
            groups: Default::default(),
            roles: Default::default(),
            api_key: None,
        };
        let comment = Comment {
            id: Uuid::from_u128(2),
            document: document(readers).id,
            parent: Some(Uuid::from_u128(1)),
            author: author.user.clone(),
            text: "\u{0}Why? ".repeat(1_000),
            anchor: None,
            created_at: DateTime::UNIX_EPOCH,
            resolved_at: None,
            resolved_by: None,
        };
        let participants: Vec<UserId> = participants.iter().map(|user| user.parse().unwrap()).collect();
        let notices = notices(&author, &document(readers), &comment, &participants);
        notices
            .into_iter()
            .map(|(user, new)| {
                new.check().unwrap();
                (user.to_string(), !new.text.is_empty())
            })
            .collect()
    }

    #[test]
    fn everybody_of_a_thread_is_told_once_what_they_may_know_and_the_author_is_not() {
        let shared = ["user:bob", "group:legal"];
        let all = ["ada", "bob", "cyd"];
        let expected = [("ada".to_owned(), true), ("bob".to_owned(), true), ("cyd".to_owned(), false)];
        assert_eq!(told(&shared, "dan", &all), expected);
        assert_eq!(told(&shared, "bob", &all), [expected[0].clone(), expected[2].clone()]);
        assert_eq!(told(&shared, "ada", &all), expected[1..]);
    }

    #[test]
    fn whoever_has_lost_the_document_is_told_nothing() {
        assert_eq!(told(&["user:bob"], "bob", &["ada", "bob", "cyd"]), [("ada".to_owned(), true)]);
        assert_eq!(told(&[], "ada", &["ada", "bob"]), []);
    }
}
