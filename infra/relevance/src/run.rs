//! One whole run.

use crate::Arguments;
use crate::accepted::Accepted;
use crate::collection::Collection;
use crate::indexed::{Asked, Indexed};
use crate::judged::Judged;
use crate::known::{Known, Set, sample};
use crate::manuals::Manuals;
use crate::measure::{KnownItems, known_items, mean};
use crate::plain::Plain;
use crate::report::Figures;
use crate::typing::mistyped;
use crate::variants::{WHOLE, index_name, variants};
use crate::{latency, pool, postgresql, report};
use anyhow::Context;
use octavo_domain_kernel::DocumentId;
use std::collections::HashSet;
use std::process::ExitCode;

/// Of the known items so many are asked for with a typing error.
const MISTYPED_MAX: usize = 600;

/// Everything that is asked.
struct Questions {
    manuals: Manuals,
    postgresql: Collection,
    judged: Judged,
    development: Judged,
    held_out: Judged,
    known: Vec<(String, Asked)>,
    mistyped: Vec<(String, Asked)>,
    translated: Vec<(String, Asked)>,
}

/// What one configuration found for the judged queries, those of development and those held out.
struct Answers {
    judged: Vec<Vec<DocumentId>>,
    development: Vec<Vec<DocumentId>>,
    held_out: Vec<Vec<DocumentId>>,
}

/// The same of every configuration: plain BM25, all of it, and so on.
#[derive(Default)]
struct Pooled {
    judged: Vec<Vec<Vec<DocumentId>>>,
    development: Vec<Vec<Vec<DocumentId>>>,
    held_out: Vec<Vec<Vec<DocumentId>>>,
}

impl Pooled {
    fn push(&mut self, answers: Answers) {
        self.judged.push(answers.judged);
        self.development.push(answers.development);
        self.held_out.push(answers.held_out);
    }
}

pub(crate) async fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let questions = questions(arguments)?;
    let embedded = match &arguments.elasticsearch {
        Some(_) => None,
        None => Some(
            local_emulator_elasticsearch::Server::start(local_emulator_elasticsearch::Options::default())
                .await
                .context("the embedded engine does not start")?,
        ),
    };
    let url = match (&arguments.elasticsearch, &embedded) {
        (Some(url), _) => url.clone(),
        (None, Some(server)) => server.url(),
        (None, None) => anyhow::bail!("no engine"),
    };
    // Two runs on one engine must not meet.
    let prefix = format!("r{}-", std::process::id());

    let mut rows = Vec::new();
    let mut pooled = Pooled::default();
    let plain = Plain::new(&url, &prefix)?;
    plain.fill(&questions.manuals.pages).await?;
    plain.fill(&questions.postgresql).await?;
    let (row, answers) =
        measured("plain BM25", &questions, async |collection, asked| plain.ask(collection, asked).await).await?;
    rows.push(row);
    pooled.push(answers);

    let mut filled = HashSet::new();
    let mut typing = None;
    for variant in variants(arguments.short) {
        let indexed = Indexed::new(&url, &prefix, arguments.analysis(), variant.ranking)?;
        if filled.insert(index_name(&variant.ranking)) {
            eprintln!("indexing for {}", variant.name);
            indexed.fill(&questions.manuals.pages).await?;
            indexed.fill(&questions.postgresql).await?;
        }
        let (row, answers) =
            measured(variant.name, &questions, async |collection, asked| indexed.ask(collection, asked).await).await?;
        rows.push(row);
        pooled.push(answers);
        if variant.name == WHOLE {
            let (pages, synonyms) = (&questions.postgresql, &questions.judged.synonyms);
            let judged = indexed.ask(pages, &questions.judged.asked_with(synonyms)).await?;
            let development = indexed.ask(pages, &questions.development.asked_with(synonyms)).await?;
            let held_out = indexed.ask(pages, &questions.held_out.asked_with(synonyms)).await?;
            rows.push(Figures {
                name: "with a tenant's synonyms".to_owned(),
                judged: mean(&questions.judged.figures(pages, &judged)),
                development: mean(&questions.development.figures(pages, &development)),
                held_out: mean(&questions.held_out.figures(pages, &held_out)),
                ..rows[1].clone()
            });
            pooled.push(Answers { judged, development, held_out });
            typing = Some(latency::suggestions(&indexed, &questions.manuals.pages).await?);
        }
    }

    if arguments.pool {
        pool::print(&questions.judged, &questions.postgresql, &pooled.judged);
        pool::print(&questions.development, &questions.postgresql, &pooled.development);
        pool::print(&questions.held_out, &questions.postgresql, &pooled.held_out);
    }
    report(&questions, &rows, &pooled);
    if let Some(typing) = typing {
        println!(
            "\nSuggestions while typing over {} documents, {} asked one after the other: p50 {:.2} ms, p99 {:.2} ms",
            typing.documents, typing.asked, typing.p50, typing.p99
        );
    }
    let now = Accepted {
        manuals: questions.manuals.pages.fingerprint(),
        postgresql: questions.postgresql.fingerprint(),
        plain: rows[0].kept(),
        ours: rows[1].kept(),
    };
    verdict(arguments, &now)
}

fn questions(arguments: &Arguments) -> anyhow::Result<Questions> {
    let manuals = Manuals::load(&arguments.manuals)?;
    let postgresql = postgresql::load(&arguments.postgresql)?;
    let judged = Judged::load(&arguments.data.join("judged.json"), &postgresql)?;
    let held_out = Judged::load(&arguments.data.join("held_out.json"), &postgresql)?;
    let development = Judged::load(&arguments.data.join("development.json"), &postgresql)?;
    for told in [&judged, &development] {
        let shared = held_out.shared_with(told);
        anyhow::ensure!(shared.is_empty(), "{shared:?} are tuned on, and cannot be held out");
    }
    let asked = |one: &Known, text: String| (one.item.clone(), Asked { text, alternatives: Vec::new() });
    let english = sample(&manuals.known, Set::English, arguments.queries);
    let known = english.iter().map(|one| asked(one, one.text.clone())).collect();
    let wrong =
        english.iter().enumerate().filter_map(|(number, one)| mistyped(&one.text, number).map(|text| asked(one, text)));
    let mistyped = wrong.take(MISTYPED_MAX.min(arguments.queries)).collect();
    let translated = sample(&manuals.known, Set::Translated, arguments.queries);
    let translated = translated.iter().map(|one| asked(one, one.text.clone())).collect();
    Ok(Questions { manuals, postgresql, judged, development, held_out, known, mistyped, translated })
}

/// The figures of one configuration, and its answers to the judged queries.
async fn measured(
    name: &str,
    questions: &Questions,
    ask: impl AsyncFn(&Collection, &[Asked]) -> anyhow::Result<Vec<Vec<DocumentId>>>,
) -> anyhow::Result<(Figures, Answers)> {
    let pages = &questions.manuals.pages;
    let known = async |queries: &[(String, Asked)]| -> anyhow::Result<KnownItems> {
        let asked: Vec<Asked> = queries.iter().map(|(_, asked)| asked.clone()).collect();
        let answers = ask(pages, &asked).await?;
        let rank = |((item, _), hits): (&(String, Asked), &Vec<DocumentId>)| {
            let id = pages.id(item)?;
            hits.iter().position(|hit| *hit == id)
        };
        Ok(known_items(&queries.iter().zip(&answers).map(rank).collect::<Vec<_>>()))
    };
    let postgresql = &questions.postgresql;
    let judged = ask(postgresql, &questions.judged.asked()).await?;
    let development = ask(postgresql, &questions.development.asked()).await?;
    let held_out = ask(postgresql, &questions.held_out.asked()).await?;
    let figures = Figures {
        name: name.to_owned(),
        known: known(&questions.known).await?,
        mistyped: known(&questions.mistyped).await?,
        translated: known(&questions.translated).await?,
        judged: mean(&questions.judged.figures(postgresql, &judged)),
        development: mean(&questions.development.figures(postgresql, &development)),
        held_out: mean(&questions.held_out.figures(postgresql, &held_out)),
    };
    eprintln!("{name}: {:?}", figures.kept());
    Ok((figures, Answers { judged, development, held_out }))
}

fn report(questions: &Questions, rows: &[Figures], pooled: &Pooled) {
    println!(
        "\n{} manual pages, {} known items, {} of them mistyped, {} translated; {} pages of PostgreSQL, {} judged queries, {} of development and {} held out\n",
        questions.manuals.pages.items.len(),
        questions.known.len(),
        questions.mistyped.len(),
        questions.translated.len(),
        questions.postgresql.items.len(),
        questions.judged.queries.len(),
        questions.development.queries.len(),
        questions.held_out.queries.len()
    );
    report::print(rows);
    for (title, judged, answers) in [
        ("Judged", &questions.judged, &pooled.judged),
        ("Development", &questions.development, &pooled.development),
        ("Held out", &questions.held_out, &pooled.held_out),
    ] {
        let figures: Vec<_> = answers.iter().map(|found| judged.figures(&questions.postgresql, found)).collect();
        let unread = |found| judged.unread(&questions.postgresql, found);
        println!(
            "\n{title}: {} hits of plain BM25 and {} of all of it were read by nobody\n",
            unread(&answers[0]),
            unread(&answers[1])
        );
        report::against_whole(rows, &figures);
        let kinds: Vec<&str> = judged.queries.iter().map(|query| query.kind.as_str()).collect();
        report::by_kind(rows, &kinds, &figures);
        println!("\nnDCG@10 of plain BM25 and of all of it:\n");
        for (query, (plain, ours)) in judged.queries.iter().zip(figures[0].iter().zip(&figures[1])) {
            println!("{plain:.3} {ours:.3} {} ({})", query.text, query.kind);
        }
    }
}

fn verdict(arguments: &Arguments, now: &Accepted) -> anyhow::Result<ExitCode> {
    let path = arguments.data.join("results.json");
    if arguments.accept {
        now.store(&path)?;
        println!("\nAccepted: {}", path.display());
        return Ok(ExitCode::SUCCESS);
    }
    let Some(before) = Accepted::load(&path)? else {
        println!("\nNothing was accepted yet: --accept keeps these figures");
        return Ok(ExitCode::SUCCESS);
    };
    let losses = before.losses(now);
    if losses.is_empty() {
        println!("\nNothing was lost");
        return Ok(ExitCode::SUCCESS);
    }
    for loss in &losses {
        println!("\nLost: {loss}");
    }
    Ok(ExitCode::FAILURE)
}
