//! MULTI, EXEC, WATCH.

use bytes::Bytes;

use crate::context::Ctx;
use crate::fault::Fault;
use crate::reply::{Outcome, Reply};
use crate::session::{Mode, Transaction, Watch};

pub(crate) fn multi(ctx: &mut Ctx<'_>, _: &[Bytes]) -> Outcome {
    if ctx.session.transaction.is_some() {
        return Err(Fault::text("ERR MULTI calls can not be nested"));
    }
    ctx.session.transaction = Some(Transaction::default());
    Ok(Reply::Ok)
}

pub(crate) fn discard(ctx: &mut Ctx<'_>, _: &[Bytes]) -> Outcome {
    if ctx.session.transaction.take().is_none() {
        return Err(Fault::text("ERR DISCARD without MULTI"));
    }
    forget_watches(ctx);
    Ok(Reply::Ok)
}

pub(crate) fn exec(ctx: &mut Ctx<'_>, _: &[Bytes]) -> Outcome {
    let Some(transaction) = ctx.session.transaction.take() else {
        return Err(Fault::text("ERR EXEC without MULTI"));
    };
    let unchanged = watches_hold(ctx);
    forget_watches(ctx);
    if transaction.failed {
        return Err(Fault::text("EXECABORT Transaction discarded because of previous errors."));
    }
    if !unchanged {
        return Ok(Reply::NullArray);
    }
    let outer = std::mem::replace(&mut ctx.session.mode, Mode::Exec);
    let mut replies = Vec::with_capacity(transaction.commands.len());
    for args in &transaction.commands {
        // Admitted again: the memory, or the log, may have run full since it was queued.
        replies.push(match ctx.engine.admit(ctx.session, args) {
            Ok(command) => ctx.engine.call(ctx.session, command, args),
            Err(fault) => fault.into(),
        });
    }
    ctx.session.mode = outer;
    Ok(Reply::Array(replies))
}

pub(crate) fn watch(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    if ctx.session.transaction.is_some() {
        return Err(Fault::text("ERR WATCH inside MULTI is not allowed"));
    }
    for key in &args[1..] {
        // A key whose end has come counts as absent from here on.
        ctx.exists(key);
        let db = ctx.session.db;
        if ctx.session.watching.iter().any(|watch| watch.db == db && watch.key == *key) {
            continue;
        }
        let touched = ctx.engine.watched.add(db, key);
        ctx.session.watching.push(Watch { db, key: key.clone(), touched });
    }
    Ok(Reply::Ok)
}

pub(crate) fn unwatch(ctx: &mut Ctx<'_>, _: &[Bytes]) -> Outcome {
    forget_watches(ctx);
    Ok(Reply::Ok)
}

fn watches_hold(ctx: &mut Ctx<'_>) -> bool {
    let db = ctx.session.db;
    let watching = std::mem::take(&mut ctx.session.watching);
    let mut hold = true;
    for watch in &watching {
        ctx.session.db = watch.db;
        ctx.exists(&watch.key);
        hold &= ctx.engine.watched.is_unchanged(watch.db, &watch.key, watch.touched);
    }
    ctx.session.db = db;
    ctx.session.watching = watching;
    hold
}

pub(crate) fn forget_watches(ctx: &mut Ctx<'_>) {
    for watch in ctx.session.watching.drain(..) {
        ctx.engine.watched.remove(watch.db, &watch.key);
    }
}
