//! What happens in a run, all of it drawn from its seed before anything does: no answer changes what is drawn next.

use octavo_tests::Seeded;
use std::time::Duration;

/// Who is in a run, and in which groups.
pub(crate) const PEOPLE: [(&str, &[&str]); 6] =
    [("ada", &[]), ("bob", &[]), ("cy", &[]), ("eve", &[]), ("gil", &["staff"]), ("hal", &["staff"])];
/// The first so many of them own documents; the others only read, and lose that again.
pub(crate) const WRITERS: usize = 3;

/// What one writer does in a run.
const STEPS: usize = 8;
/// Milliseconds that somebody rests between two things.
const REST_MS: u64 = 80;
/// Milliseconds after which somebody hangs up.
const PATIENCE_MS: u64 = 60;

/// The faults of a run.
const FAULTS: usize = 5;
/// Milliseconds between two faults.
const BETWEEN_MS: u64 = 300;
/// Milliseconds for which something is away, at least and how much more.
const AWAY_MS: (u64, u64) = (50, 450);

/// All of a run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// What the writers do.
    pub(crate) writers: [Vec<Step>; WRITERS],
    /// What dies.
    pub(crate) faults: Vec<Planned>,
    /// What is done last.
    pub(crate) last: Last,
}

/// The end of a run: everybody makes a document that nobody touches again, while the queue is away. What could not be sent must
/// be sent later, since nothing that comes after it makes up for it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Last {
    /// For as long as it takes.
    pub(crate) fault: Fault,
    pub(crate) steps: [Step; WRITERS],
}

/// Something that somebody does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// Before it.
    pub(crate) rest: Duration,
    pub(crate) act: Act,
    /// Of this step alone: what is written, and the idempotency key.
    pub(crate) word: String,
    pub(crate) manner: Manner,
}

/// What is done, with a document that its number names: the writer's own in the order of their making, beginning again where
/// there are not so many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Act {
    Create,
    Edit {
        own: usize,
    },
    /// Somebody else's, which is shared so that it may be changed.
    EditOfOthers {
        number: usize,
    },
    Change {
        own: usize,
        change: Change,
    },
}

/// A change of who may see a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    Share { reader: String, editor: bool },
    Unshare { reader: String },
    Delete,
    Restore,
}

/// What somebody does who gets no answer, or one that says nothing of what they asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Asks again until there is one.
    Insists,
    /// Leaves it at that: it is done or it is not.
    GivesUp,
    /// Does not even wait: closes the connection after so long.
    HangsUp(Duration),
}

/// A fault and its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Planned {
    /// After the one before.
    pub(crate) after: Duration,
    pub(crate) fault: Fault,
    /// For how long, where it has a duration.
    pub(crate) lasts: Duration,
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The sandboxes of this function are killed.
    Function(&'static str),
    /// The node that polls the queue and publishes the outbox is killed.
    Node,
    /// PostgreSQL's processes are killed.
    Crash,
    /// Connections with an engine are cut; new ones are welcome.
    Cut(Engine),
    /// Nobody listens there for a while.
    Away(Engine),
    /// It listens, and says nothing for a while.
    Hangs(Engine),
}

/// What stands behind a relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Postgres,
    Redis,
    Search,
    Blobs,
}

/// Of what is drawn; what stands twice is twice as likely.
const DRAWN: [Fault; 24] = [
    Fault::Function("documents"),
    Fault::Function("documents"),
    Fault::Function("documents"),
    Fault::Function("search"),
    Fault::Function("index"),
    Fault::Function("index"),
    Fault::Function("index"),
    Fault::Node,
    Fault::Node,
    Fault::Node,
    Fault::Crash,
    Fault::Crash,
    Fault::Cut(Engine::Postgres),
    Fault::Away(Engine::Postgres),
    Fault::Hangs(Engine::Postgres),
    Fault::Cut(Engine::Redis),
    Fault::Away(Engine::Redis),
    Fault::Hangs(Engine::Redis),
    Fault::Cut(Engine::Search),
    Fault::Away(Engine::Search),
    Fault::Hangs(Engine::Search),
    Fault::Cut(Engine::Blobs),
    Fault::Away(Engine::Blobs),
    Fault::Hangs(Engine::Blobs),
];

/// What is away at the end. What is sent into a queue that hangs may arrive when nobody waits for it any more; what is sent
/// into one that is away never does.
const LAST: [Fault; 4] =
    [Fault::Away(Engine::Redis), Fault::Away(Engine::Redis), Fault::Away(Engine::Redis), Fault::Hangs(Engine::Redis)];

impl Plan {
    /// The plan of a seed.
    pub(crate) fn of(seed: u64) -> Self {
        let mut seeded = Seeded::new(seed);
        let writers = std::array::from_fn(|writer| (0..STEPS).map(|step| drawn(&mut seeded, writer, step)).collect());
        let faults = (0..FAULTS).map(|_| Planned {
            after: seeded.below_ms(BETWEEN_MS),
            fault: *seeded.one_of(&DRAWN),
            lasts: Duration::from_millis(AWAY_MS.0) + seeded.below_ms(AWAY_MS.1),
        });
        let faults = faults.collect();
        let fault = *seeded.one_of(&LAST);
        let steps = std::array::from_fn(|_| Step {
            rest: Duration::ZERO,
            act: Act::Create,
            word: seeded.word(),
            manner: Manner::Insists,
        });
        Self { writers, faults, last: Last { fault, steps } }
    }
}

fn drawn(seeded: &mut Seeded, writer: usize, step: usize) -> Step {
    let (rest, word) = (seeded.below_ms(REST_MS), seeded.word());
    let reader = match seeded.below(5) {
        0 | 1 => "user:eve".to_owned(),
        2 => "group:staff".to_owned(),
        3 => "user:hal".to_owned(),
        _ => format!("user:{}", PEOPLE[(writer + 1) % WRITERS].0),
    };
    let number = usize::try_from(seeded.below(1_000)).unwrap_or_default();
    let editor = reader == format!("user:{}", PEOPLE[(writer + 1) % WRITERS].0);
    let change = |change| Act::Change { own: number, change };
    // Everybody has a document to begin with.
    let act = match if step == 0 { 0 } else { seeded.below(12) } {
        0 => Act::Create,
        1 | 2 => Act::Edit { own: number },
        3 => Act::EditOfOthers { number },
        4..=6 => change(Change::Share { reader, editor }),
        7..=9 => change(Change::Unshare { reader }),
        10 => change(Change::Delete),
        _ => change(Change::Restore),
    };
    let patience = seeded.below_ms(PATIENCE_MS);
    let manner = match (seeded.below(8), &act) {
        _ if step == 0 => Manner::Insists,
        (0 | 1, _) => Manner::GivesUp,
        // What goes on without anybody who waits for it may be done at any later time: then nobody could say who may see what.
        (2, Act::Create | Act::Edit { .. } | Act::EditOfOthers { .. }) => Manner::HangsUp(patience),
        _ => Manner::Insists,
    };
    Step { rest, act, word, manner }
}

#[test]
fn a_seed_is_a_plan_and_seeds_differ() {
    assert_eq!(Plan::of(7), Plan::of(7));
    assert_ne!(Plan::of(7), Plan::of(8));
}

#[test]
fn everything_is_drawn_sooner_or_later() {
    let plans: Vec<Plan> = (0..200).map(Plan::of).collect();
    for fault in DRAWN {
        assert!(plans.iter().any(|plan| plan.faults.iter().any(|planned| planned.fault == fault)), "{fault:?}");
    }
    for fault in LAST {
        assert!(plans.iter().any(|plan| plan.last.fault == fault), "{fault:?} at the end");
    }
    let steps: Vec<&Step> = plans.iter().flat_map(|plan| plan.writers.iter().flatten()).collect();
    let some = |what: &str, is: &dyn Fn(&Step) -> bool| assert!(steps.iter().any(|step| is(step)), "{what}");
    some("creates", &|step| step.act == Act::Create);
    some("edits", &|step| matches!(step.act, Act::Edit { .. }));
    some("edits of others", &|step| matches!(step.act, Act::EditOfOthers { .. }));
    for change in [Change::Delete, Change::Restore, Change::Unshare { reader: "group:staff".to_owned() }] {
        some("changes", &|step| matches!(&step.act, Act::Change { change: drawn, .. } if *drawn == change));
    }
    some("shares to be changed", &|step| {
        matches!(&step.act, Act::Change { change: Change::Share { editor: true, .. }, .. })
    });
    some("giving up", &|step| step.manner == Manner::GivesUp);
    some("hanging up", &|step| matches!(step.manner, Manner::HangsUp(_)));
}
