//! Notifications: what is sent to whom, by which channel, when and in which words; and the ports.
//!
//! An [`Event`] says that something happened and who is to be told. [`Planned`] messages are what becomes of it: one for each
//! recipient and channel, by their preferences, their quiet hours and the tenant's rules. A message is tried by one provider
//! after the other; each try is an [`Attempt`], written down before it is made, so that whoever finds one without an end knows
//! that nobody knows. Nothing here does I/O or reads a clock.
//!
//! What a person sees in the application itself, the inbox, is one of the channels.
#![warn(missing_docs)]

mod categories;
mod channel;
mod check;
mod deliver;
mod delivery;
mod derived;
mod event;
mod inbox;
mod message;
mod person;
mod plan;
mod ports;
mod preferences;
mod provider;
mod settings;
mod target;
mod template;

pub use categories::{PLATFORM_CATEGORIES, PlatformCategory, category_keys, platform_category};
pub use channel::{Address, Channel};
pub use check::Invalid;
pub use deliver::{Next, Resume, Step, Try, after, attempt_settled, message_settled, resume};
pub use delivery::{Attempt, AttemptStatus, Message, MessageId, MessageStatus, Outcome, Reason};
pub use derived::derived_id;
pub use event::{Category, DigestRule, Event, EventId, Matter, Recipient, Urgency};
pub use inbox::{
    INBOX_MAX, InboxPage, InboxPosition, InboxStore, InvalidNotification, Mark, NewNotification, Notification,
    notification_id,
};
pub use message::{
    EVENT, EventBody, INBOX_ADDED, InboxAddedBody, NOTIFY_QUEUE, WAKE, WakeBody, event_message, inbox_added_message,
    wake_message,
};
pub use person::{People, Person};
pub use plan::{Audience, Facts, audience, message_id, plan};
pub use ports::{
    CallbackNews, Claim, Closed, MessageQuery, NotifyStore, Planned, PlannedDigest, Rates, SealedTarget, Started,
    StoredEvent, StoredTemplate, Suppression,
};
pub use preferences::{Choice, Preferences};
pub use provider::{
    Accepted, Callback, CallbackRefused, CallbackVerifier, Outgoing, OutgoingContent, Provider, SendError,
};
pub use settings::{Branding, CategoryRule, Settings, Throttle};
pub use target::{Target, TargetKind};
pub use template::{
    BUILTIN_LANGUAGES, BUILTIN_TEMPLATES, Builtin, Digest, PARTS, Render, Rendered, RenderedContent, TemplateError,
    Templates, builtin, languages, sample, webhook_body,
};
