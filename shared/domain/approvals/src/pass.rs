//! What time does to an approval, and what the end of its workflow does.

use crate::draft::{Draft, number_of};
use crate::see::open;
use crate::{Approval, Change, DefaultDecision, EventKind, NoticeKind, Outcome, StageStatus};
use chrono::{DateTime, Utc};
use octavo_domain_calendar::Calendar;
use octavo_domain_kernel::Reader;

/// What is due first of what is due at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Reminder,
    Escalation,
    Deadline,
}

/// All that is due by now, in its order: reminders, escalations, the deadline and, where that opens a stage, what is due in it
/// already. None if nothing is. What was due more than once in the meantime is recorded as often and told once.
pub fn pass(approval: &Approval, now: DateTime<Utc>, calendar: &Calendar) -> Option<Change> {
    due(approval, now)?;
    let mut draft = Draft::of(approval.clone(), now, calendar);
    // Ends: each of them moves its moment on, and reminders, escalations and stages are counted.
    while let Some((stage, what)) = due(&draft.approval, now) {
        match what {
            Due::Reminder => remind(&mut draft, stage, calendar),
            Due::Escalation => escalate(&mut draft, stage, calendar),
            Due::Deadline => deadline(&mut draft, stage),
        }
    }
    Some(draft.finish())
}

/// The workflow does not wait for it any more: it ends, and nobody is answered. None if it had ended.
pub fn cancel(approval: &Approval, now: DateTime<Utc>) -> Option<Change> {
    if approval.outcome.is_some() {
        return None;
    }
    let calendar = Calendar::working_week();
    let mut draft = Draft::of(approval.clone(), now, &calendar);
    draft.end(Outcome::Cancelled, None, None);
    Some(draft.finish())
}

fn due(approval: &Approval, now: DateTime<Utc>) -> Option<(usize, Due)> {
    if approval.outcome.is_some() {
        return None;
    }
    let number = approval.stages.iter().position(|stage| stage.status == StageStatus::Open)?;
    let stage = &approval.stages[number];
    [(stage.remind_at, Due::Reminder), (stage.escalate_at, Due::Escalation), (stage.deadline_at, Due::Deadline)]
        .into_iter()
        .filter_map(|(at, what)| at.filter(|at| *at <= now).map(|at| (at, what)))
        .min()
        .map(|(_, what)| (number, what))
}

fn remind(draft: &mut Draft<'_>, number: usize, calendar: &Calendar) {
    let rule = draft.approval.request.stages[number].reminders.clone();
    let stage = &mut draft.approval.stages[number];
    let (Some(rule), Some(at)) = (rule, stage.remind_at) else {
        stage.remind_at = None;
        return;
    };
    stage.reminded += 1;
    let times = stage.reminded;
    stage.remind_at = rule.every.filter(|_| times < rule.max).map(|every| calendar.add(at, &every, rule.business_time));
    draft.record(EventKind::Reminded { stage: number_of(number), times });
    let seats = waiting(draft);
    draft.ask(NoticeKind::Reminder, &seats);
}

fn escalate(draft: &mut Draft<'_>, number: usize, calendar: &Calendar) {
    let rules = draft.approval.request.stages[number].escalations.clone();
    let seats = waiting(draft);
    let excluded = draft.approval.excluded.clone();
    let stage = &mut draft.approval.stages[number];
    let opened_at = stage.opened_at.unwrap_or(draft.now);
    let Some(rule) = rules.get(usize::from(stage.escalated)) else {
        stage.escalate_at = None;
        return;
    };
    stage.escalated += 1;
    stage.escalate_at =
        rules.get(usize::from(stage.escalated)).map(|next| calendar.add(opened_at, &next.after, next.business_time));
    let to: Vec<Reader> = rule
        .to
        .iter()
        .filter(|reader| !matches!(reader, Reader::User(user) if excluded.contains(user)))
        .cloned()
        .collect();
    for seat in stage.seats.iter_mut().filter(|seat| seats.contains(&seat.number)) {
        if rule.replace {
            seat.candidates = Vec::new();
            seat.claimed_by = None;
        }
        let added = to.iter().filter(|reader| !seat.candidates.contains(reader)).cloned().collect::<Vec<_>>();
        seat.candidates.extend(added);
    }
    draft.record(EventKind::Escalated { stage: number_of(number), to: to.clone(), replaced: rule.replace });
    draft.ask_these(NoticeKind::Escalated, &to, &seats);
}

fn deadline(draft: &mut Draft<'_>, number: usize) {
    let rule = draft.approval.request.stages[number].deadline.as_ref();
    let default = rule.map(|rule| rule.default).unwrap_or_default();
    draft.approval.stages[number].deadline_at = None;
    draft.record(EventKind::DeadlinePassed { stage: number_of(number), default });
    match default {
        DefaultDecision::Approve => draft.stage_approved(number, None),
        DefaultDecision::Reject => draft.end(Outcome::Rejected, None, None),
        DefaultDecision::Expire => draft.end(Outcome::Expired, None, None),
    }
}

fn waiting(draft: &Draft<'_>) -> Vec<u32> {
    open(&draft.approval).map(|(_, seat)| seat.number).collect()
}
