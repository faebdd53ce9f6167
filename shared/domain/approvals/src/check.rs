//! The limits and the shape of what a workflow asks for.

use crate::limits::*;
use crate::{DeadlineRequest, Quorum, Request, SeatRequest, StageRequest};
use octavo_domain_kernel::Reader;
use serde_json::Value;

/// What is wrong with what a workflow asks for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {message}")]
pub struct InvalidRequest {
    /// Where, as a JSON path: `$.Stages[0].Approvers[1]`.
    pub path: String,
    /// What was expected.
    pub message: String,
    /// Whether a seat or a quorum is asked for that nobody may fill, as those who could are excluded or too few.
    pub nobody_can_approve: bool,
}

impl InvalidRequest {
    /// What a workflow catches it by: `InvalidRequest` or `NobodyCanApprove`.
    pub fn name(&self) -> &'static str {
        if self.nobody_can_approve { "NobodyCanApprove" } else { "InvalidRequest" }
    }

    pub(crate) fn member(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into(), nobody_can_approve: false }
    }

    pub(crate) fn nobody(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into(), nobody_can_approve: true }
    }
}

pub(crate) const CATEGORY: &str = "expected 1 to 64 characters of a-z, 0-9, `.`, `_`, `-`";
const NAME: &str = "expected 1 to 64 characters of a-z, 0-9, `-`";
const WORD_CHARS_MAX: usize = 64;

/// Whether it may be a category: 1 to 64 characters of `a-z`, `0-9`, `.`, `_`, `-`.
pub fn is_category(text: &str) -> bool {
    is_word(text, b"._-")
}

/// Whether it may be a calendar's name: 1 to 64 characters of `a-z`, `0-9`, `-`.
pub fn is_calendar_name(text: &str) -> bool {
    is_word(text, b"-")
}

fn is_word(text: &str, marks: &[u8]) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || marks.contains(&byte);
    (1..=WORD_CHARS_MAX).contains(&text.len()) && text.bytes().all(fits)
}

/// A request with its stages written out, and where each of them was written.
pub(crate) struct Checked {
    pub(crate) request: Request,
    /// `$.Stages[0]`, or `$` where the only stage stood in the request itself.
    pub(crate) places: Vec<String>,
}

/// Everything that can be said of a request without knowing who is excluded.
pub(crate) fn check(request: Request) -> Result<Checked, InvalidRequest> {
    check_texts(&request)?;
    check_values(&request)?;
    let single = request.stages.is_empty();
    let request = if single { write_out(request) } else { alone(request)? };
    count("$.Stages", request.stages.len(), 1, STAGES_MAX)?;
    let place = |number: usize| if single { "$".to_owned() } else { format!("$.Stages[{number}]") };
    let places: Vec<String> = (0..request.stages.len()).map(place).collect();
    for (stage, place) in request.stages.iter().zip(&places) {
        check_stage(stage, place)?;
    }
    let seats: usize = request.stages.iter().flat_map(|stage| &stage.approvers).map(seats).sum();
    count("$.Stages", seats, 1, SEATS_MAX)
        .map_err(|_| InvalidRequest::member("$.Stages", format!("expected at most {SEATS_MAX} seats in all stages")))?;
    Ok(Checked { request, places })
}

fn check_texts(request: &Request) -> Result<(), InvalidRequest> {
    chars("$.Title", &request.title, 1, TITLE_CHARS_MAX)?;
    if request.title.trim().is_empty() || request.title.contains(['\n', '\r']) {
        return Err(InvalidRequest::member("$.Title", "expected one line that says something"));
    }
    if let Some(description) = &request.description {
        chars("$.Description", description, 0, DESCRIPTION_CHARS_MAX)?;
    }
    if request.category.as_deref().is_some_and(|category| !is_category(category)) {
        return Err(InvalidRequest::member("$.Category", CATEGORY));
    }
    if request.calendar.as_deref().is_some_and(|calendar| !is_calendar_name(calendar)) {
        return Err(InvalidRequest::member("$.Calendar", NAME));
    }
    Ok(())
}

fn check_values(request: &Request) -> Result<(), InvalidRequest> {
    if serde_json::to_vec(&request.data).map_or(usize::MAX, |text| text.len()) > DATA_BYTES_MAX {
        return Err(InvalidRequest::member("$.Data", format!("expected at most {DATA_BYTES_MAX} bytes of JSON")));
    }
    if let Some(form) = &request.form {
        check_form(form)?;
    }
    if let Some(document) = &request.document {
        if document.version == Some(0) {
            return Err(InvalidRequest::member("$.Document.Version", "expected a version: 1 or more"));
        }
        if document.since == Some(0) || document.since.is_some() && document.since == document.version {
            return Err(InvalidRequest::member("$.Document.Since", "expected another version: 1 or more"));
        }
    }
    count("$.Exclude", request.exclude.len(), 0, EXCLUDE_MAX)
}

fn check_form(form: &Value) -> Result<(), InvalidRequest> {
    if form.to_string().len() > FORM_BYTES_MAX {
        return Err(InvalidRequest::member("$.Form", format!("expected at most {FORM_BYTES_MAX} bytes of JSON")));
    }
    crate::act::form::validator(form).map(|_| ()).map_err(|message| InvalidRequest::member("$.Form", message))
}

/// The members of a single stage become one.
fn write_out(mut request: Request) -> Request {
    request.stages = vec![StageRequest {
        name: None,
        when: true,
        approvers: std::mem::take(&mut request.approvers),
        quorum: request.quorum.take().unwrap_or_default(),
        order: request.order.take().unwrap_or_default(),
        reject: request.reject.take().unwrap_or_default(),
        reminders: request.reminders.take(),
        escalations: std::mem::take(&mut request.escalations),
        deadline: request.deadline.take(),
    }];
    request
}

/// Where there are stages, nothing of a stage stands beside them.
fn alone(request: Request) -> Result<Request, InvalidRequest> {
    let beside = [
        ("Approvers", !request.approvers.is_empty()),
        ("Quorum", request.quorum.is_some()),
        ("Order", request.order.is_some()),
        ("Reject", request.reject.is_some()),
        ("Reminders", request.reminders.is_some()),
        ("Escalations", !request.escalations.is_empty()),
        ("Deadline", request.deadline.is_some()),
    ];
    match beside.into_iter().find(|(_, is)| *is) {
        Some((name, _)) => Err(InvalidRequest::member(format!("$.{name}"), "expected it within Stages, or no Stages")),
        None => Ok(request),
    }
}

fn check_stage(stage: &StageRequest, place: &str) -> Result<(), InvalidRequest> {
    if let Some(name) = &stage.name {
        chars(&format!("{place}.Name"), name, 1, STAGE_NAME_CHARS_MAX)?;
    }
    let approvers = format!("{place}.Approvers");
    count(&approvers, stage.approvers.len(), 1, STAGE_SEATS_MAX)?;
    for (number, seat) in stage.approvers.iter().enumerate() {
        check_seat(seat, &format!("{approvers}[{number}]"))?;
    }
    count(&approvers, stage.approvers.iter().map(seats).sum(), 1, STAGE_SEATS_MAX).map_err(|_| {
        InvalidRequest::member(&approvers, format!("expected at most {STAGE_SEATS_MAX} seats with all of their counts"))
    })?;
    if let Some(reminders) = &stage.reminders
        && !(1..=REMINDERS_MAX).contains(&reminders.max)
    {
        return Err(InvalidRequest::member(format!("{place}.Reminders.Max"), format!("expected 1 to {REMINDERS_MAX}")));
    }
    check_escalations(stage, place)?;
    match &stage.deadline {
        Some(DeadlineRequest { after, at, .. }) if after.is_some() == at.is_some() => {
            Err(InvalidRequest::member(format!("{place}.Deadline"), "expected one of After and At"))
        }
        _ => Ok(()),
    }
}

fn check_seat(seat: &SeatRequest, place: &str) -> Result<(), InvalidRequest> {
    let SeatRequest::Any { candidates, count: seats, .. } = seat else { return Ok(()) };
    check_readers(candidates, &format!("{place}.Candidates"))?;
    count(&format!("{place}.Count"), usize::from(*seats), 1, STAGE_SEATS_MAX)
        .map_err(|error| InvalidRequest::member(error.path, format!("expected 1 to {STAGE_SEATS_MAX}")))
}

fn check_escalations(stage: &StageRequest, place: &str) -> Result<(), InvalidRequest> {
    count(&format!("{place}.Escalations"), stage.escalations.len(), 0, ESCALATIONS_MAX)?;
    let mut before = 0;
    for (number, escalation) in stage.escalations.iter().enumerate() {
        let place = format!("{place}.Escalations[{number}]");
        check_readers(&escalation.to, &format!("{place}.To"))?;
        let after = escalation.after.seconds_about();
        if after < before {
            return Err(InvalidRequest::member(
                format!("{place}.After"),
                "expected escalations in the order of their times",
            ));
        }
        before = after;
    }
    Ok(())
}

fn check_readers(readers: &[Reader], place: &str) -> Result<(), InvalidRequest> {
    count(place, readers.len(), 1, CANDIDATES_MAX)?;
    match readers.iter().enumerate().find(|(number, reader)| readers[..*number].contains(reader)) {
        Some((number, _)) => Err(InvalidRequest::member(format!("{place}[{number}]"), "expected each one once")),
        None => Ok(()),
    }
}

/// How many seats this stands for, were they all needed.
pub(crate) fn seats(request: &SeatRequest) -> usize {
    match request {
        SeatRequest::One(_) => 1,
        SeatRequest::Any { count, .. } => usize::from(*count),
    }
}

/// How many of these seats must approve.
pub(crate) fn needed(quorum: Quorum, seats: usize) -> usize {
    match quorum {
        Quorum::Any => 1,
        Quorum::All => seats,
        Quorum::Of(number) => usize::from(number),
    }
}

fn chars(path: &str, text: &str, least: usize, most: usize) -> Result<(), InvalidRequest> {
    if (least..=most).contains(&text.chars().count()) {
        return Ok(());
    }
    Err(InvalidRequest::member(path, format!("expected {least} to {most} characters")))
}

fn count(path: &str, number: usize, least: usize, most: usize) -> Result<(), InvalidRequest> {
    if (least..=most).contains(&number) {
        return Ok(());
    }
    Err(InvalidRequest::member(path, format!("expected {least} to {most} of them")))
}
