//! What a mail server's answer says of a mail.

use crate::text::said;
use lettre::transport::smtp::Error;
use octavo_domain_notify::SendError;

/// How far a mail had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Connecting, greeting, TLS.
    Greeting,
    /// Signing in.
    Login,
    /// MAIL.
    Sender,
    /// RCPT.
    Recipient,
    /// DATA, until the server asks for the content.
    Data,
    /// The content, whose dot may have left.
    Content,
}

/// How a conversation went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The server said no.
    Reply {
        /// 400 to 599.
        code: u16,
        /// What stood behind it.
        text: String,
    },
    /// No answer, or none that can be understood; the connection is of no use any more.
    Broken(String),
    /// Nothing of what was to be said can be said to this server.
    Impossible(String),
}

impl Trouble {
    pub(super) fn broken(detail: &str) -> Self {
        Self::Broken(detail.to_owned())
    }

    /// 421: the server closes the connection, whatever was said.
    pub(super) fn ends_connection(&self) -> bool {
        matches!(self, Self::Broken(_) | Self::Reply { code: 421, .. })
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        let text = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        match error.status() {
            Some(code) => Self::Reply { code: code.into(), text },
            None if error.is_client() => Self::Impossible(said(&error.to_string())),
            None => Self::Broken(said(&error.to_string())),
        }
    }
}

/// What is known of the mail. `short`: the dot has certainly not left.
pub(super) fn verdict(stage: Stage, trouble: Trouble, short: bool) -> SendError {
    match trouble {
        Trouble::Broken(detail) if stage == Stage::Content && !short => SendError::Unknown { detail },
        Trouble::Broken(detail) => SendError::NotTaken { code: None, detail, retry_after: None },
        Trouble::Impossible(detail) => SendError::Rejected { code: None, detail },
        Trouble::Reply { code, text } => reply(stage, code, &text),
    }
}

fn reply(stage: Stage, code: u16, text: &str) -> SendError {
    let enhanced = enhanced(text);
    let shown = Some(enhanced.map_or_else(|| code.to_string(), |enhanced| format!("{code} {enhanced}")));
    let detail = said(text);
    if code < 500 {
        return SendError::NotTaken { code: shown, detail, retry_after: None };
    }
    let bad_address = matches!(enhanced, Some("5.1.0" | "5.1.1" | "5.1.2" | "5.1.3" | "5.1.6" | "5.1.10" | "5.2.1"));
    let of_recipient = match stage {
        // 5.7: it does not relay for us, does not want us, or wants us to sign in: another server may do.
        Stage::Recipient => {
            bad_address
                || match enhanced {
                    Some(enhanced) => enhanced.starts_with("5.1.") || enhanced.starts_with("5.2."),
                    None => matches!(code, 550..=553) && !is_policy(text),
                }
        }
        // Some say it only now.
        Stage::Content => bad_address && enhanced != Some("5.1.0"),
        _ => false,
    };
    if of_recipient {
        let suppress = bad_address || (enhanced.is_none() && is_unknown_user(text));
        return SendError::Recipient { code: shown, detail, suppress };
    }
    SendError::Rejected { code: shown, detail }
}

/// RFC 3463's code, if the text begins with one.
fn enhanced(text: &str) -> Option<&str> {
    let word = text.split_whitespace().next()?;
    let parts: Vec<&str> = word.split('.').collect();
    let digits = |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    (parts.len() == 3 && matches!(parts[0], "2" | "4" | "5") && parts.iter().all(digits)).then_some(word)
}

/// Of servers that say no enhanced code.
fn is_unknown_user(text: &str) -> bool {
    const SAYINGS: &[&str] = &[
        "user unknown",
        "unknown user",
        "no such user",
        "no such recipient",
        "unknown recipient",
        "recipient unknown",
        "no mailbox",
        "mailbox unavailable",
        "mailbox not found",
        "does not exist",
        "doesn't exist",
        "invalid recipient",
        "unknown local",
    ];
    let text = text.to_ascii_lowercase();
    SAYINGS.iter().any(|saying| text.contains(saying))
}

fn is_policy(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["relay", "denied", "blocked", "block list", "blacklist", "spam", "authentic", "policy"]
        .iter()
        .any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(stage: Stage, code: u16, text: &str) -> String {
        match verdict(stage, Trouble::Reply { code, text: text.to_owned() }, false) {
            SendError::Recipient { code, suppress, .. } => {
                format!("recipient {}{}", code.unwrap_or_default(), if suppress { ", for ever" } else { "" })
            }
            SendError::Rejected { code, .. } => format!("rejected {}", code.unwrap_or_default()),
            SendError::NotTaken { code, .. } => format!("not taken {}", code.unwrap_or_default()),
            SendError::Unknown { .. } => "unknown".to_owned(),
        }
    }

    #[test]
    fn replies() {
        for (stage, code, text, wanted) in [
            (Stage::Greeting, 554, "No SMTP service here", "rejected 554"),
            (Stage::Greeting, 421, "4.3.2 too many connections", "not taken 421 4.3.2"),
            (Stage::Login, 535, "5.7.8 Authentication credentials invalid", "rejected 535 5.7.8"),
            (Stage::Login, 454, "4.7.0 Temporary authentication failure", "not taken 454 4.7.0"),
            (Stage::Sender, 550, "5.1.8 bad sender", "rejected 550 5.1.8"),
            (Stage::Sender, 452, "4.3.1 full", "not taken 452 4.3.1"),
            (Stage::Recipient, 550, "5.1.1 <a@b>: user unknown", "recipient 550 5.1.1, for ever"),
            (Stage::Recipient, 550, "5.2.1 disabled", "recipient 550 5.2.1, for ever"),
            (Stage::Recipient, 552, "5.2.2 over quota", "recipient 552 5.2.2"),
            (Stage::Recipient, 554, "5.7.1 Relay access denied", "rejected 554 5.7.1"),
            (Stage::Recipient, 550, "5.7.1 blocked", "rejected 550 5.7.1"),
            (Stage::Recipient, 550, "relaying denied", "rejected 550"),
            (Stage::Recipient, 550, "No such user here", "recipient 550, for ever"),
            (Stage::Recipient, 553, "sorry", "recipient 553"),
            (Stage::Recipient, 503, "MAIL first", "rejected 503"),
            (Stage::Recipient, 450, "4.2.0 greylisted", "not taken 450 4.2.0"),
            (Stage::Data, 554, "no valid recipients", "rejected 554"),
            (Stage::Content, 554, "5.6.0 looks like spam", "rejected 554 5.6.0"),
            (Stage::Content, 550, "5.1.1 no such user", "recipient 550 5.1.1, for ever"),
            (Stage::Content, 451, "4.3.0 try later", "not taken 451 4.3.0"),
            (Stage::Content, 550, "5.x.1 odd", "rejected 550"),
        ] {
            assert_eq!(of(stage, code, text), wanted, "{stage:?} {code} {text}");
        }
    }

    #[test]
    fn silence_means_something_else_after_the_dot() {
        let broken = || Trouble::broken("gone");
        for stage in [Stage::Greeting, Stage::Login, Stage::Sender, Stage::Recipient, Stage::Data] {
            assert!(matches!(verdict(stage, broken(), false), SendError::NotTaken { .. }), "{stage:?}");
        }
        assert!(matches!(verdict(Stage::Content, broken(), false), SendError::Unknown { .. }));
        assert!(matches!(verdict(Stage::Content, broken(), true), SendError::NotTaken { .. }));
    }
}
