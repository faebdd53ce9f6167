//! What a workflow asks for: the parameters of `arn:aws:states:::approvals:request.waitForTaskToken`.
//!
//! Conditions by data are the workflow language's own business: whatever is written here may be an expression there, so that
//! `When` is a boolean by the time it comes here.

use octavo_domain_calendar::Length;
use octavo_domain_kernel::{DocumentId, Reader, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// An approval as it is asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Request {
    /// One line: 1 to 200 characters.
    pub title: String,
    /// More, as plain text: at most 8,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The document that is to be approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentRequest>,
    /// What else approvers are shown: at most 64 KiB of JSON.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub data: Map<String, Value>,
    /// A JSON Schema (an object's) that the answers of a decision must satisfy: at most 32 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<Value>,
    /// Whether an approver may ask for changes instead. Default true.
    #[serde(default = "yes")]
    pub allow_changes: bool,
    /// What it is about, for preferences and substitutions: `contract`. 1 to 64 characters of `a-z`, `0-9`, `.`, `_`, `-`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Whether people are told at once, also by telephone and in their quiet hours.
    #[serde(default)]
    pub urgent: bool,
    /// For whom it is asked, where a service does: as excluded from deciding as whoever started the workflow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requester: Option<UserId>,
    /// Who else may not decide.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<UserId>,
    /// The tenant's calendar that business time goes by. Default `default`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<String>,
    /// One after the other; 1 to 20. Instead of `Stages`, the members of a single stage may stand here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<StageRequest>,
    /// Whether whoever decided in one stage may not in another.
    #[serde(default)]
    pub distinct_across_stages: bool,
    // The members of a single stage.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    /// See [`StageRequest::approvers`].
    pub approvers: Vec<SeatRequest>,
    /// See [`StageRequest::quorum`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quorum: Option<Quorum>,
    /// See [`StageRequest::order`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// See [`StageRequest::reject`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reject: Option<RejectRule>,
    /// See [`StageRequest::reminders`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminders: Option<RemindersRequest>,
    /// See [`StageRequest::escalations`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub escalations: Vec<EscalationRequest>,
    /// See [`StageRequest::deadline`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<DeadlineRequest>,
}

/// Which document, and which of its versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DocumentRequest {
    /// Which.
    pub id: DocumentId,
    /// Which version; the present one if none is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// The version that its changes are shown against; the one before it if none is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<u32>,
}

/// A stage: some seats, of which so many must approve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct StageRequest {
    /// 1 to 80 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A stage that is not needed is passed over. Default true.
    #[serde(default = "yes")]
    pub when: bool,
    /// Its seats; 1 to 50 seats with all of their counts.
    pub approvers: Vec<SeatRequest>,
    /// How many must approve. Default all.
    #[serde(default)]
    pub quorum: Quorum,
    /// Whether all are asked at once. Default parallel.
    #[serde(default)]
    pub order: Order,
    /// When it is rejected. Default impossible.
    #[serde(default)]
    pub reject: RejectRule,
    /// When those who have not decided are reminded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminders: Option<RemindersRequest>,
    /// Who is asked besides, or instead, when nobody decides: at most 10, in the order of their times.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub escalations: Vec<EscalationRequest>,
    /// When time decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<DeadlineRequest>,
}

/// Who may take a seat: `"user:ada"`, `"group:legal"`, or an object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SeatRequest {
    /// One person, or anyone of a group.
    One(Reader),
    /// Anyone of these; `Count` seats of the kind, each for another person.
    #[serde(rename_all = "PascalCase")]
    Any {
        /// 1 to 20.
        candidates: Vec<Reader>,
        /// 1 to 50, default 1.
        #[serde(default = "one")]
        count: u16,
        /// A seat that is not needed is left out. Default true.
        #[serde(default = "yes")]
        when: bool,
    },
}

/// How many seats must approve: `"any"`, `"all"` or a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Quorum {
    /// One.
    Any,
    /// Each.
    #[default]
    All,
    /// So many: 1 or more, and no more than there are seats.
    Of(u16),
}

/// Whether all seats of a stage are asked at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// At once.
    #[default]
    Parallel,
    /// One after the other, in their order.
    Sequential,
}

/// When a stage is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectRule {
    /// When its quorum cannot be reached any more.
    #[default]
    Impossible,
    /// At the first rejection.
    First,
}

/// When people are reminded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct RemindersRequest {
    /// After the stage was opened.
    pub after: Length,
    /// And again so often; once only if none is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<Length>,
    /// How often at most: 1 to 30, default 3.
    #[serde(default = "three")]
    pub max: u16,
    /// Whether only business time counts. Default true.
    #[serde(default = "yes")]
    pub business_time: bool,
}

/// Who is asked when nobody decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct EscalationRequest {
    /// After the stage was opened.
    pub after: Length,
    /// Whether only business time counts. Default true.
    #[serde(default = "yes")]
    pub business_time: bool,
    /// Who may take the seats that are open then: 1 to 20.
    pub to: Vec<Reader>,
    /// Whether they alone may from then on. Default false.
    #[serde(default)]
    pub replace: bool,
}

/// When time decides: one of `After` and `At`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DeadlineRequest {
    /// After the stage was opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Length>,
    /// At this moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<chrono::DateTime<chrono::Utc>>,
    /// Whether only business time counts. Default false.
    #[serde(default)]
    pub business_time: bool,
    /// What is decided then. Default expire.
    #[serde(default)]
    pub default: DefaultDecision,
}

/// What time decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DefaultDecision {
    /// The stage is approved.
    Approve,
    /// The approval is rejected.
    Reject,
    /// The approval ends as expired, for the workflow to go another way.
    #[default]
    Expire,
}

impl Serialize for Quorum {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Any => serializer.serialize_str("any"),
            Self::All => serializer.serialize_str("all"),
            Self::Of(number) => serializer.serialize_u16(*number),
        }
    }
}

impl<'de> Deserialize<'de> for Quorum {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(u16),
            Word(String),
        }
        match Written::deserialize(deserializer) {
            Ok(Written::Number(number)) if number > 0 => Ok(Self::Of(number)),
            Ok(Written::Word(word)) if word == "any" => Ok(Self::Any),
            Ok(Written::Word(word)) if word == "all" => Ok(Self::All),
            _ => Err(serde::de::Error::custom("expected \"any\", \"all\" or a number of seats, 1 or more")),
        }
    }
}

fn yes() -> bool {
    true
}

fn one() -> u16 {
    1
}

fn three() -> u16 {
    3
}
