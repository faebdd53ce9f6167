//! What became of tasks, and what their execution is told of it.

use crate::wake::{TaskKey, Telling};
use octavo_domain_kernel::PortError;
use octavo_domain_workflow::engine::NewExecution;
use octavo_domain_workflow::machine::Event;

/// What a task came to.
#[derive(Debug)]
pub(crate) enum Done {
    /// To its end: these events, in this order.
    Told(Vec<Event>),
    /// It was accepted outside, and its end comes from there.
    Accepted(Vec<Event>),
    /// An execution is to begin, in the commit that tells these events.
    Begins(Box<Begins>),
}

/// An execution that a task begins.
#[derive(Debug)]
pub(crate) struct Begins {
    /// It.
    pub(crate) new: NewExecution,
    /// What the task's execution is told.
    pub(crate) events: Vec<Event>,
    /// Whether the task's end comes with the end of the new execution, or by token.
    pub(crate) accepted: bool,
    /// What it is told instead, if there is another execution of that name.
    pub(crate) taken: Vec<Event>,
}

/// What is known of a task when it is not waited for any more.
#[derive(Debug)]
pub(crate) enum Answer {
    /// It was done.
    Done(Done),
    /// Its state's `TimeoutSeconds` passed: a signal that is due by now tells so.
    Late,
    /// Something of ours that it needs is away: it is done again later.
    Away(PortError),
}

/// Answers, sorted into what is told.
#[derive(Default)]
pub(crate) struct Sorted {
    /// All that can be told in one commit.
    pub(crate) telling: Telling,
    /// Executions that begin, each in a commit of its own: the name of one may be taken.
    pub(crate) begins: Vec<(TaskKey, Box<Begins>)>,
    /// Tasks that are given back.
    pub(crate) away: Vec<(TaskKey, PortError)>,
    /// How many did not succeed.
    pub(crate) failed: usize,
}

impl Sorted {
    pub(crate) fn of(answers: Vec<(TaskKey, Answer)>) -> Self {
        let mut sorted = Self::default();
        for (key, answer) in answers {
            match answer {
                Answer::Done(Done::Told(events)) => {
                    sorted.failed += usize::from(events.iter().any(is_failure));
                    sorted.telling.add(key, events);
                }
                Answer::Done(Done::Accepted(events)) => {
                    sorted.telling.add(key, events);
                    sorted.telling.accepted.push(key);
                }
                Answer::Done(Done::Begins(begins)) => sorted.begins.push((key, begins)),
                Answer::Late => sorted.failed += 1,
                Answer::Away(error) => {
                    sorted.failed += 1;
                    sorted.away.push((key, error));
                }
            }
        }
        sorted
    }
}

fn is_failure(event: &Event) -> bool {
    matches!(event, Event::TaskFailed { .. } | Event::ItemsUnread { .. } | Event::ResultsUnwritten { .. })
}

impl Begins {
    pub(crate) fn telling(&self, key: TaskKey) -> Telling {
        let mut telling = Telling { child: Some((key, Box::new(self.new.clone()))), ..Telling::default() };
        telling.add(key, self.events.clone());
        if self.accepted {
            telling.accepted.push(key);
        }
        telling
    }
}
