//! All documents once, side by side: what looks different is kept to be looked at again.

use super::found::{Difference, Report, Suspect};
use super::look::differs_in_full;
use super::run::Looking;
use super::settings::Stage;
use super::side::{Indexed, True, readers, readers_of};
use crate::reindex::{Place, Read};
use octavo_domain_kernel::PortError;
use octavo_domain_search::Known;
use std::cmp::Ordering;

/// Documents that look different until no more are looked for: of each its place is kept.
const SUSPECTS_MAX: usize = 100_000;
/// Documents that are compared in full at a time.
pub(super) const IN_FULL_AT_ONCE: usize = 50;

/// What goes on.
pub(super) struct Scan<'a> {
    looking: &'a Looking<'a>,
    pub(super) report: Report,
    pub(super) suspects: Vec<Suspect>,
    chosen: Vec<Suspect>,
    tenant: Option<(String, u64)>,
}

impl<'a> Scan<'a> {
    pub(super) fn new(looking: &'a Looking<'a>) -> Self {
        let report = Report { complete: true, ..Report::default() };
        Self { looking, report, suspects: Vec::new(), chosen: Vec::new(), tenant: None }
    }

    pub(super) async fn run(&mut self) -> Result<(), PortError> {
        let (mut indexed, mut truth) = (Indexed::default(), True::default());
        loop {
            if indexed.ahead.is_empty() || truth.ahead.is_empty() {
                (self.looking.watching)(Stage::Compared(self.report.documents));
            }
            // What the index shows was committed before it was read here; what it does not show yet it comes to show.
            indexed.fill(self.looking).await?;
            truth.fill(self.looking).await?;
            let order = match (indexed.ahead.front(), truth.ahead.front()) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(read), Some((place, _))) => read.place.cmp(place),
            };
            let read = if order == Ordering::Greater { None } else { indexed.ahead.pop_front() };
            let known = if order == Ordering::Less { None } else { truth.ahead.pop_front() };
            self.take(read.as_ref(), known);
            if self.chosen.len() >= IN_FULL_AT_ONCE {
                self.in_full().await?;
            }
            if self.suspects.len() >= SUSPECTS_MAX {
                self.report.complete = false;
                break;
            }
        }
        self.in_full().await
    }

    /// One document, as both have it.
    fn take(&mut self, read: Option<&Read>, known: Option<(Place, Known)>) {
        if let Some(read) = read
            && read.id != read.place.engine_id()
        {
            self.report.add(Difference::Foreign, read.id.clone(), self.looking.settings.ids_max);
            // The place is that of another, whoever wrote this.
            return self.take_known(None, known);
        }
        self.take_known(read, known);
    }

    fn take_known(&mut self, read: Option<&Read>, known: Option<(Place, Known)>) {
        let Some((place, known)) = known else {
            let suspect = |read: &Read| Suspect { place: read.place.clone(), goal: 0, full: false };
            self.suspects.extend(read.map(suspect));
            return;
        };
        let chosen = self.count(&place);
        let same = read.is_some_and(|read| read.version == known.revision && Some(readers(read)) == readers_of(&known));
        let suspect = Suspect { place, goal: known.revision, full: chosen };
        match (same, chosen) {
            (false, _) => self.suspects.push(suspect),
            (true, true) => self.chosen.push(suspect),
            (true, false) => {}
        }
    }

    /// Counts a document; whether it is to be compared in full.
    fn count(&mut self, place: &Place) -> bool {
        self.report.documents += 1;
        let before = match &self.tenant {
            Some((tenant, documents)) if *tenant == place.0 => *documents,
            _ => {
                self.report.tenants += 1;
                0
            }
        };
        self.tenant = Some((place.0.clone(), before + 1));
        before.is_multiple_of(u64::from(self.looking.settings.compare_each.max(1)))
    }

    async fn in_full(&mut self) -> Result<(), PortError> {
        let chosen = std::mem::take(&mut self.chosen);
        self.report.in_full += chosen.len() as u64;
        let places: Vec<&Place> = chosen.iter().map(|suspect| &suspect.place).collect();
        let differs = differs_in_full(self.looking, &places).await?;
        self.suspects.extend(chosen.into_iter().filter(|suspect| differs.contains_key(&suspect.place)));
        Ok(())
    }
}
