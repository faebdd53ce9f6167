//! The limits of approvals.

/// Characters of a title.
pub const TITLE_CHARS_MAX: usize = 200;
/// Characters of a description.
pub const DESCRIPTION_CHARS_MAX: usize = 8_000;
/// Bytes of JSON of what approvers are shown.
pub const DATA_BYTES_MAX: usize = 64 * 1024;
/// Bytes of JSON of a form's schema.
pub const FORM_BYTES_MAX: usize = 32 * 1024;
/// Bytes of JSON of a form, filled in.
pub const ANSWERS_BYTES_MAX: usize = 32 * 1024;
/// Stages of an approval.
pub const STAGES_MAX: usize = 20;
/// Characters of a stage's name.
pub const STAGE_NAME_CHARS_MAX: usize = 80;
/// Seats of a stage.
pub const STAGE_SEATS_MAX: usize = 50;
/// Seats of an approval.
pub const SEATS_MAX: usize = 200;
/// Candidates of a seat, as it is asked for; and of an escalation.
pub const CANDIDATES_MAX: usize = 20;
/// Escalations of a stage.
pub const ESCALATIONS_MAX: usize = 10;
/// Reminders of a stage.
pub const REMINDERS_MAX: u16 = 30;
/// People who are excluded by name.
pub const EXCLUDE_MAX: usize = 100;
/// Times that a seat is handed on.
pub const DELEGATIONS_MAX: usize = 5;
/// Characters of a comment.
pub const COMMENT_CHARS_MAX: usize = 4_000;
/// Documents that hang on a remark.
pub const ATTACHMENTS_MAX: usize = 10;
/// Remarks on an approval.
pub const REMARKS_MAX: u32 = 1_000;
/// Characters of a caller's key.
pub const KEY_CHARS_MAX: usize = 255;
/// Events of an approval.
pub const EVENTS_MAX: u32 = 5_000;
/// From so many events on nothing is claimed, released or said any more: the rest is kept for what must not fail. That is
/// bounded by itself: 200 seats are decided once and handed on 5 times, 20 stages are opened and closed, remind 30 times and
/// escalate 10 times.
pub const EVENTS_FREE_MAX: u32 = 2_500;
/// People who are told of one thing.
pub const TOLD_MAX: usize = 200;
/// Bytes of JSON of what the workflow is answered.
pub const OUTPUT_BYTES_MAX: usize = 200 * 1024;
/// Days of a substitution.
pub const SUBSTITUTION_DAYS_MAX: i64 = 366;
/// Categories of a substitution.
pub const SUBSTITUTION_CATEGORIES_MAX: usize = 50;
