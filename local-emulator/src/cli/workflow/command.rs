//! The subcommands, and what each does.

use super::{check, executions, graph, history, key, put, run, start, test_state};
use clap::{Args, Subcommand};
use std::path::Path;

/// Check, draw and rehearse workflows; start them and see what they did
#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Arguments),
    Graph(graph::Arguments),
    Run(run::Arguments),
    TestState(test_state::Arguments),
    Put(put::Arguments),
    Start(start::Arguments),
    Describe(executions::Describe),
    History(history::Arguments),
    List(executions::List),
    Key(key::Arguments),
}

pub(in crate::cli) async fn workflow(data: &Path, arguments: &Arguments) -> anyhow::Result<()> {
    match &arguments.command {
        Command::Check(check) => check::check(check),
        Command::Graph(graph) => graph::graph(graph),
        Command::Run(run) => run::run(run),
        Command::TestState(test) => test_state::test_state(test),
        Command::Put(put) => put::put(data, put).await,
        Command::Start(start) => start::start(data, start).await,
        Command::Describe(describe) => executions::describe(data, describe).await,
        Command::History(history) => history::history(data, history).await,
        Command::List(list) => executions::list(data, list).await,
        Command::Key(key) => key::key(data, key).await,
    }
}
