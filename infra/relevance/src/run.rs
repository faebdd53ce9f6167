//! One whole run.

use crate::Arguments;
use crate::accepted::Accepted;
use crate::collection::Collection;
use crate::indexed::{Asked, Indexed};
use crate::judged::Judged;
use crate::known::{Known, Set, sample};
use crate::manuals::Manuals;
use crate::measure::{KnownItems, known_items};
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
    known: Vec<(String, Asked)>,
    mistyped: Vec<(String, Asked)>,
    translated: Vec<(String, Asked)>,
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
    let mut pooled = Vec::new();
    let plain = Plain::new(&url, &prefix)?;
    plain.fill(&questions.manuals.pages).await?;
    plain.fill(&questions.postgresql).await?;
    let (row, judged) =
        measured("plain BM25", &questions, async |collection, asked| plain.ask(collection, asked).await).await?;
    rows.push(row);
    pooled.push(judged);

    let mut filled = HashSet::new();
    let mut typing = None;
    for variant in variants(arguments.short) {
        let indexed = Indexed::new(&url, &prefix, arguments.analysis(), variant.ranking)?;
        if filled.insert(index_name(&variant.ranking)) {
            eprintln!("indexing for {}", variant.name);
            indexed.fill(&questions.manuals.pages).await?;
            indexed.fill(&questions.postgresql).await?;
        }
        let (row, judged) =
            measured(variant.name, &questions, async |collection, asked| indexed.ask(collection, asked).await).await?;
        rows.push(row);
        pooled.push(judged);
        if variant.name == WHOLE {
            let asked = questions.judged.asked_with_synonyms();
            let answers = indexed.ask(&questions.postgresql, &asked).await?;
            let figures = questions.judged.figures(&questions.postgresql, &answers);
            rows.push(Figures {
                name: "with a tenant's synonyms".to_owned(),
                judged: mean(&figures),
                ..rows[1].clone()
            });
            pooled.push(answers);
            typing = Some(latency::suggestions(&indexed, &questions.manuals.pages).await?);
        }
    }

    if arguments.pool {
        pool::print(&questions.judged, &questions.postgresql, &pooled);
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
    let asked = |one: &Known, text: String| (one.item.clone(), Asked { text, alternatives: Vec::new() });
    let english = sample(&manuals.known, Set::English, arguments.queries);
    let known = english.iter().map(|one| asked(one, one.text.clone())).collect();
    let wrong =
        english.iter().enumerate().filter_map(|(number, one)| mistyped(&one.text, number).map(|text| asked(one, text)));
    let mistyped = wrong.take(MISTYPED_MAX.min(arguments.queries)).collect();
    let translated = sample(&manuals.known, Set::Translated, arguments.queries);
    let translated = translated.iter().map(|one| asked(one, one.text.clone())).collect();
    Ok(Questions { manuals, postgresql, judged, known, mistyped, translated })
}

/// The figures of one configuration, and its answers to the judged queries.
async fn measured(
    name: &str,
    questions: &Questions,
    ask: impl AsyncFn(&Collection, &[Asked]) -> anyhow::Result<Vec<Vec<DocumentId>>>,
) -> anyhow::Result<(Figures, Vec<Vec<DocumentId>>)> {
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
    let answers = ask(&questions.postgresql, &questions.judged.asked()).await?;
    let figures = Figures {
        name: name.to_owned(),
        known: known(&questions.known).await?,
        mistyped: known(&questions.mistyped).await?,
        translated: known(&questions.translated).await?,
        judged: mean(&questions.judged.figures(&questions.postgresql, &answers)),
    };
    eprintln!("{name}: {:?}", figures.kept());
    Ok((figures, answers))
}

#[expect(clippy::cast_precision_loss, reason = "counts of queries")]
fn mean(figures: &[f64]) -> f64 {
    figures.iter().sum::<f64>() / figures.len().max(1) as f64
}

fn report(questions: &Questions, rows: &[Figures], pooled: &[Vec<Vec<DocumentId>>]) {
    println!(
        "\n{} manual pages, {} known items, {} of them mistyped, {} translated; {} pages of PostgreSQL, {} judged queries\n",
        questions.manuals.pages.items.len(),
        questions.known.len(),
        questions.mistyped.len(),
        questions.translated.len(),
        questions.postgresql.items.len(),
        questions.judged.queries.len()
    );
    report::print(rows);
    println!("\nJudged queries, nDCG@10 of plain BM25 and of all of it:\n");
    let plain = questions.judged.figures(&questions.postgresql, &pooled[0]);
    let ours = questions.judged.figures(&questions.postgresql, &pooled[1]);
    for ((query, plain), ours) in questions.judged.queries.iter().zip(plain).zip(ours) {
        println!("{plain:.3} {ours:.3} {} ({})", query.text, query.kind);
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
