//! A change in the making: what has happened so far, and what follows from it.

use crate::limits::TOLD_MAX;
use crate::see::{due_at, open, requesters};
use crate::{
    Actor, Approval, Change, Event, EventKind, Notice, NoticeKind, Order, Outcome, Place, Seat, StageStatus, Via,
    output,
};
use chrono::{DateTime, Utc};
use octavo_domain_calendar::Calendar;
use octavo_domain_kernel::{Reader, UserId};
use std::collections::{BTreeMap, BTreeSet};

/// See the file.
pub(crate) struct Draft<'a> {
    pub(crate) approval: Approval,
    pub(crate) now: DateTime<Utc>,
    calendar: &'a Calendar,
    events: Vec<Event>,
    /// Who is asked for which seat.
    asked: Vec<(NoticeKind, Reader, u32)>,
    told: Vec<Notice>,
}

impl<'a> Draft<'a> {
    pub(crate) fn of(approval: Approval, now: DateTime<Utc>, calendar: &'a Calendar) -> Self {
        Self { approval, now, calendar, events: Vec::new(), asked: Vec::new(), told: Vec::new() }
    }

    /// Records what nobody did.
    pub(crate) fn record(&mut self, kind: EventKind) {
        let place = Place { via: Via::Platform, address: None, user_agent: None };
        self.push(None, None, place, kind);
    }

    /// Records what somebody did.
    pub(crate) fn record_by(&mut self, actor: &Actor, on_behalf_of: Option<UserId>, kind: EventKind) {
        self.approval.participants.insert(actor.user.clone());
        self.push(Some(actor.user.clone()), on_behalf_of, actor.place.clone(), kind);
    }

    /// Records that it was asked for.
    pub(crate) fn record_request(&mut self) {
        let by = self.approval.requester.clone();
        let for_whom = self.approval.request.requester.clone().filter(|user| *user != by);
        let place = Place { via: Via::Platform, address: None, user_agent: None };
        self.push(Some(by), for_whom, place, EventKind::Requested);
    }

    fn push(&mut self, actor: Option<UserId>, on_behalf_of: Option<UserId>, place: Place, kind: EventKind) {
        self.approval.events += 1;
        let number = self.approval.events;
        self.events.push(Event { number, at: self.now, actor, on_behalf_of, place, kind });
    }

    pub(crate) fn seat_mut(&mut self, number: u32) -> Option<&mut Seat> {
        self.approval.stages.iter_mut().flat_map(|stage| &mut stage.seats).find(|seat| seat.number == number)
    }

    /// Whoever may take these seats is to be asked for a decision: whoever claimed one is asked alone.
    pub(crate) fn ask(&mut self, kind: NoticeKind, seats: &[u32]) {
        let waiting = open(&self.approval).filter(|(_, seat)| seats.contains(&seat.number));
        let readers = |seat: &Seat| match &seat.claimed_by {
            Some(claimer) => vec![Reader::User(claimer.clone())],
            None => seat.candidates.clone(),
        };
        let asked: Vec<_> =
            waiting.flat_map(|(_, seat)| readers(seat).into_iter().map(|reader| (kind, reader, seat.number))).collect();
        self.asked.extend(asked);
    }

    /// These people are to be told that they may decide these seats.
    pub(crate) fn ask_these(&mut self, kind: NoticeKind, readers: &[Reader], seats: &[u32]) {
        let pairs = seats.iter().flat_map(|seat| readers.iter().map(|reader| (kind, reader.clone(), *seat)));
        self.asked.extend(pairs);
    }

    /// These people are to be told something that asks for nothing.
    pub(crate) fn tell(&mut self, kind: NoticeKind, to: BTreeSet<UserId>) {
        let to: Vec<_> = to.into_iter().take(TOLD_MAX).map(Reader::User).collect();
        if !to.is_empty() {
            self.told.push(Notice { to, kind, seat: None });
        }
    }

    /// Opens the first stage that still waits, or ends the approval as approved where none does.
    pub(crate) fn open_next_stage(&mut self, by: Option<&Actor>) {
        let done = self.approval.stages.iter().rposition(|stage| stage.status == StageStatus::Approved);
        for number in done.map_or(0, |done| done + 1)..self.approval.stages.len() {
            let stage = &self.approval.stages[number];
            match stage.status {
                StageStatus::Waiting => return self.open_stage(number),
                StageStatus::Skipped => {
                    let name = stage.name.clone();
                    self.record(EventKind::StageSkipped { stage: number_of(number), name });
                }
                StageStatus::Open | StageStatus::Approved | StageStatus::Ended => {}
            }
        }
        self.end(Outcome::Approved, None, by);
    }

    fn open_stage(&mut self, number: usize) {
        let (now, calendar) = (self.now, self.calendar);
        let asked = &self.approval.request.stages[number];
        let stage = &mut self.approval.stages[number];
        stage.status = StageStatus::Open;
        stage.opened_at = Some(now);
        stage.remind_at = asked.reminders.as_ref().map(|rule| calendar.add(now, &rule.after, rule.business_time));
        stage.escalate_at = asked.escalations.first().map(|rule| calendar.add(now, &rule.after, rule.business_time));
        stage.deadline_at = asked.deadline.as_ref().and_then(|rule| {
            rule.at.or_else(|| rule.after.as_ref().map(|after| calendar.add(now, after, rule.business_time)))
        });
        let at_once = match asked.order {
            Order::Parallel => stage.seats.len(),
            Order::Sequential => 1,
        };
        for seat in stage.seats.iter_mut().take(at_once) {
            seat.open = true;
        }
        let seats: Vec<u32> = stage.seats.iter().take(at_once).map(|seat| seat.number).collect();
        let name = stage.name.clone();
        self.record(EventKind::StageOpened { stage: number_of(number), name });
        self.ask(NoticeKind::Requested, &seats);
    }

    /// The next seat of a sequential stage, if none waits.
    pub(crate) fn open_next_seat(&mut self, stage: usize) {
        let stage = &mut self.approval.stages[stage];
        if stage.seats.iter().any(|seat| seat.open && seat.decision.is_none()) {
            return;
        }
        if let Some(seat) = stage.seats.iter_mut().find(|seat| seat.decision.is_none()) {
            seat.open = true;
            let number = seat.number;
            self.ask(NoticeKind::Requested, &[number]);
        }
    }

    /// A stage is approved: what is left of it is closed, and the next one opened.
    pub(crate) fn stage_approved(&mut self, number: usize, by: Option<&Actor>) {
        let stage = &mut self.approval.stages[number];
        let name = stage.name.clone();
        close(stage, StageStatus::Approved);
        self.record(EventKind::StageApproved { stage: number_of(number), name });
        self.open_next_stage(by);
    }

    /// It has ended by a rule, as what this person did (if anybody) led to it.
    pub(crate) fn end(&mut self, outcome: Outcome, comment: Option<String>, by: Option<&Actor>) {
        let to = self.close_all(outcome, by);
        self.record(EventKind::Ended { outcome, comment });
        self.tell(NoticeKind::Ended, to);
    }

    /// This person has ended it.
    pub(crate) fn end_by(&mut self, outcome: Outcome, comment: Option<String>, actor: &Actor) {
        let to = self.close_all(outcome, Some(actor));
        self.record_by(actor, None, EventKind::Ended { outcome, comment });
        self.tell(NoticeKind::Ended, to);
    }

    /// Answers who is to be told: who asked for it and who had claimed a seat, but not who ended it.
    fn close_all(&mut self, outcome: Outcome, by: Option<&Actor>) -> BTreeSet<UserId> {
        let claimers = open(&self.approval).filter_map(|(_, seat)| seat.claimed_by.clone());
        let mut to: BTreeSet<UserId> = requesters(&self.approval).into_iter().chain(claimers).collect();
        if let Some(actor) = by {
            to.remove(&actor.user);
        }
        for stage in &mut self.approval.stages {
            if matches!(stage.status, StageStatus::Open | StageStatus::Waiting) {
                close(stage, StageStatus::Ended);
            }
        }
        self.approval.outcome = Some(outcome);
        self.approval.ended_at = Some(self.now);
        to
    }

    /// What it comes to.
    pub(crate) fn finish(mut self) -> Change {
        self.approval.seq += 1;
        let mut notices = self.asking();
        notices.append(&mut self.told);
        // Whoever ended it did so by the last of its events; what is said afterwards is no second end.
        let ended = self.events.iter().rev().find_map(|event| match &event.kind {
            EventKind::Ended { comment, .. } => Some(comment.clone()),
            _ => None,
        });
        let output = ended.and_then(|comment| output::output(&self.approval, comment.as_deref()));
        let due_at = due_at(&self.approval);
        Change { approval: self.approval, events: self.events, notices, output, due_at, repeated: false }
    }

    /// Each of those who are asked once, for all the seats that they are asked for and that still wait.
    fn asking(&self) -> Vec<Notice> {
        let waiting: BTreeMap<u32, usize> = open(&self.approval).map(|(stage, seat)| (seat.number, stage)).collect();
        let mut asked: BTreeMap<&Reader, (NoticeKind, BTreeSet<u32>)> = BTreeMap::new();
        for (kind, reader, seat) in &self.asked {
            let Some(stage) = waiting.get(seat) else { continue };
            if self.asked_in_vain(*stage, reader) {
                continue;
            }
            let entry = asked.entry(reader).or_insert((*kind, BTreeSet::new()));
            // A reminder says least.
            if entry.0 == NoticeKind::Reminder {
                entry.0 = *kind;
            }
            entry.1.insert(*seat);
        }
        let mut notices: BTreeMap<(NoticeKind, BTreeSet<u32>), Vec<Reader>> = BTreeMap::new();
        for (reader, what) in asked {
            notices.entry(what).or_default().push(reader.clone());
        }
        notices
            .into_iter()
            .map(|((kind, seats), to)| Notice { to, kind, seat: seats.first().copied().filter(|_| seats.len() == 1) })
            .collect()
    }

    fn asked_in_vain(&self, stage: usize, reader: &Reader) -> bool {
        let Reader::User(user) = reader else { return false };
        self.approval.excluded.contains(user) || crate::eligible::decided(&self.approval, stage).contains(user)
    }
}

fn close(stage: &mut crate::Stage, status: StageStatus) {
    stage.status = status;
    (stage.remind_at, stage.escalate_at, stage.deadline_at) = (None, None, None);
    for seat in &mut stage.seats {
        seat.open = false;
    }
}

/// At most [`STAGES_MAX`](crate::limits::STAGES_MAX).
pub(crate) fn number_of(stage: usize) -> u32 {
    u32::try_from(stage).unwrap_or(u32::MAX)
}
