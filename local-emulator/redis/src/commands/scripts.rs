//! EVAL and SCRIPT.

use bytes::Bytes;

use super::argument::{is, subcommand_arity, unknown_subcommand};
use crate::context::Ctx;
use crate::fault::Fault;
use crate::number::integer;
use crate::reply::{Outcome, Reply};
use crate::scripting::{Digest, run};
use crate::session::Mode;

/// The scripts' keys and their other arguments.
fn split(args: &[Bytes]) -> Result<(&[Bytes], &[Bytes]), Fault> {
    let number = integer(&args[2])?;
    let number = usize::try_from(number).map_err(|_| Fault::text("ERR Number of keys can't be negative"))?;
    if number > args.len() - 3 {
        return Err(Fault::text("ERR Number of keys can't be greater than number of args"));
    }
    Ok(args[3..].split_at(number))
}

fn eval_text(ctx: &mut Ctx<'_>, args: &[Bytes], mode: Mode) -> Outcome {
    let (keys, argv) = split(args)?;
    let digest = Digest::of(&args[1]);
    let memory = ctx.engine.options.script_memory_bytes_max;
    with_scripting(ctx, |ctx, scripting| {
        scripting.load(&args[1], digest, memory)?;
        run(scripting, ctx, digest, keys, argv, mode)
    })
}

fn eval_digest(ctx: &mut Ctx<'_>, args: &[Bytes], mode: Mode) -> Outcome {
    let (keys, argv) = split(args)?;
    let unknown = || Fault::text("NOSCRIPT No matching script. Please use EVAL.");
    let digest = Digest::parse(&args[1]).ok_or_else(unknown)?;
    with_scripting(ctx, |ctx, scripting| {
        if !scripting.knows(digest) {
            return Err(unknown());
        }
        run(scripting, ctx, digest, keys, argv, mode)
    })
}

/// The interpreter is taken out of the engine while it runs, because what runs in it needs the engine.
fn with_scripting(
    ctx: &mut Ctx<'_>,
    work: impl FnOnce(&mut Ctx<'_>, &mut crate::scripting::Scripting) -> Outcome,
) -> Outcome {
    let Some(mut scripting) = ctx.engine.scripting.take() else {
        return Err(Fault::text("ERR This Redis command is not allowed from script"));
    };
    let outcome = work(ctx, &mut scripting);
    ctx.engine.scripting = Some(scripting);
    outcome
}

pub(crate) fn eval(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    eval_text(ctx, args, Mode::Script)
}

pub(crate) fn eval_ro(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    eval_text(ctx, args, Mode::ReadOnlyScript)
}

pub(crate) fn evalsha(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    eval_digest(ctx, args, Mode::Script)
}

pub(crate) fn evalsha_ro(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    eval_digest(ctx, args, Mode::ReadOnlyScript)
}

pub(crate) fn script(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let sub = &args[1];
    if is(sub, "LOAD") {
        let digest = Digest::of(&args[2]);
        let memory = ctx.engine.options.script_memory_bytes_max;
        return with_scripting(ctx, |_, scripting| {
            scripting.load(&args[2], digest, memory)?;
            Ok(Reply::text(digest.to_string()))
        });
    }
    if is(sub, "EXISTS") {
        return with_scripting(ctx, |_, scripting| {
            let known = |text: &Bytes| Digest::parse(text).is_some_and(|digest| scripting.knows(digest));
            Ok(Reply::Array(args[2..].iter().map(|text| Reply::flag(known(text))).collect()))
        });
    }
    if is(sub, "FLUSH") {
        subcommand_arity(args, 2, 3, "script|flush")?;
        if args.get(2).is_some_and(|mode| !is(mode, "SYNC") && !is(mode, "ASYNC")) {
            return Err(Fault::text("ERR SCRIPT FLUSH only support SYNC|ASYNC option"));
        }
        ctx.engine.scripting = Some(Box::default());
        return Ok(Reply::Ok);
    }
    if is(sub, "KILL") {
        return Err(Fault::text("NOTBUSY No scripts in execution right now."));
    }
    Err(unknown_subcommand("SCRIPT", sub))
}
