//! The connection: greeting, authentication, database, name.

use bytes::Bytes;

use super::argument::{is, subcommand_arity, unknown_subcommand};
use super::keys::database;
use super::transactions::forget_watches;
use crate::context::Ctx;
use crate::engine::ClientInfo;
use crate::fault::Fault;
use crate::number::parse_i64;
use crate::reply::{Outcome, Reply};

/// The version of Redis whose behaviour this server follows.
pub(crate) const VERSION: &str = "7.0.15";

pub(crate) fn echo(_: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    Ok(Reply::Bulk(args[1].clone()))
}

pub(crate) fn quit(ctx: &mut Ctx<'_>, _: &[Bytes]) -> Outcome {
    ctx.session.closing = true;
    Ok(Reply::Ok)
}

pub(crate) fn select(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    ctx.session.db = database(&args[1])?;
    update_info(ctx);
    Ok(Reply::Ok)
}

pub(crate) fn reset(ctx: &mut Ctx<'_>, _: &[Bytes]) -> Outcome {
    forget_watches(ctx);
    ctx.engine.pubsub.remove_client(ctx.session.id);
    ctx.session.subscriptions = 0;
    ctx.session.transaction = None;
    ctx.session.db = 0;
    ctx.session.protocol = 2;
    ctx.session.name = Bytes::new();
    ctx.session.authenticated = ctx.engine.options.password.is_none();
    update_info(ctx);
    Ok(Reply::Status("RESET"))
}

pub(crate) fn auth(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let (user, password) = match args {
        [_, password] => {
            if ctx.engine.options.password.is_none() {
                return Err(Fault::text(
                    "ERR AUTH <password> called without any password configured for the default user. Are you sure your \
                     configuration is correct?",
                ));
            }
            (Bytes::from_static(b"default"), password)
        }
        [_, user, password] => (user.clone(), password),
        _ => return Err(Fault::Syntax),
    };
    login(ctx, &user, password)?;
    Ok(Reply::Ok)
}

fn login(ctx: &mut Ctx<'_>, user: &[u8], password: &[u8]) -> Result<(), Fault> {
    let right = match &ctx.engine.options.password {
        None => true,
        Some(expected) => same(expected.as_bytes(), password),
    };
    if user != b"default" || !right {
        return Err(Fault::text("WRONGPASS invalid username-password pair or user is disabled."));
    }
    ctx.session.authenticated = true;
    Ok(())
}

/// Takes the same time wherever the first difference is.
fn same(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && left.iter().zip(right).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

pub(crate) fn hello(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let protocol = match args.get(1) {
        None => ctx.session.protocol,
        Some(text) => match parse_i64(text) {
            Some(2) => 2,
            Some(3) => 3,
            Some(_) => return Err(Fault::text("NOPROTO unsupported protocol version")),
            None => return Err(Fault::text("ERR Protocol version is not an integer or out of range")),
        },
    };
    let mut name = None;
    let mut at = 2;
    while at < args.len() {
        if is(&args[at], "AUTH") && at + 2 < args.len() {
            login(ctx, &args[at + 1].clone(), &args[at + 2])?;
            at += 3;
        } else if is(&args[at], "SETNAME") && at + 1 < args.len() {
            name = Some(valid_name(&args[at + 1])?);
            at += 2;
        } else {
            let option = String::from_utf8_lossy(&args[at]);
            return Err(Fault::text(format!("ERR Syntax error in HELLO option '{option}'")));
        }
    }
    if !ctx.session.authenticated {
        return Err(Fault::text(
            "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> \
             <pass> option can be used to authenticate the client and select the RESP protocol version at the same time",
        ));
    }
    if let Some(name) = name {
        ctx.session.name = name;
    }
    ctx.session.protocol = protocol;
    update_info(ctx);
    let id = i64::try_from(ctx.session.id).unwrap_or(i64::MAX);
    Ok(Reply::Map(vec![
        (Reply::word("server"), Reply::word("redis")),
        (Reply::word("version"), Reply::word(VERSION)),
        (Reply::word("proto"), Reply::Int(i64::from(protocol))),
        (Reply::word("id"), Reply::Int(id)),
        (Reply::word("mode"), Reply::word("standalone")),
        (Reply::word("role"), Reply::word("master")),
        (Reply::word("modules"), Reply::Array(Vec::new())),
    ]))
}

fn valid_name(name: &Bytes) -> Result<Bytes, Fault> {
    if name.iter().all(|b| (b'!'..=b'~').contains(b)) {
        Ok(Bytes::copy_from_slice(name))
    } else {
        Err(Fault::text("ERR Client names cannot contain spaces, newlines or special characters."))
    }
}

fn update_info(ctx: &mut Ctx<'_>) {
    let session = &ctx.session;
    if let Some(info) = ctx.engine.clients.get_mut(&session.id) {
        info.name = session.name.clone();
        info.db = session.db;
        info.protocol = session.protocol;
    }
}

fn describe(id: u64, info: &ClientInfo, now_ms: u64) -> String {
    format!(
        "id={id} addr={} name={} age={} db={} resp={} lib-name={} lib-ver={}",
        info.address,
        String::from_utf8_lossy(&info.name),
        now_ms.saturating_sub(info.connected_ms) / 1000,
        info.db,
        info.protocol,
        String::from_utf8_lossy(&info.library),
        String::from_utf8_lossy(&info.library_version),
    )
}

pub(crate) fn client(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let sub = &args[1];
    let id = ctx.session.id;
    match () {
        () if is(sub, "ID") => Ok(Reply::Int(i64::try_from(id).unwrap_or(i64::MAX))),
        () if is(sub, "GETNAME") => {
            let name = ctx.session.name.clone();
            Ok(if name.is_empty() { Reply::Null } else { Reply::Bulk(name) })
        }
        () if is(sub, "SETNAME") => {
            ctx.session.name = valid_name(&args[2])?;
            update_info(ctx);
            Ok(Reply::Ok)
        }
        () if is(sub, "SETINFO") => {
            let value = valid_name(&args[3])?;
            let Some(info) = ctx.engine.clients.get_mut(&id) else { return Ok(Reply::Ok) };
            if is(&args[2], "LIB-NAME") {
                info.library = value;
            } else if is(&args[2], "LIB-VER") {
                info.library_version = value;
            } else {
                let option = String::from_utf8_lossy(&args[2]);
                return Err(Fault::text(format!("ERR Unrecognized option '{option}'")));
            }
            Ok(Reply::Ok)
        }
        () if is(sub, "INFO") => {
            let info = ctx.engine.clients.get(&id).cloned().unwrap_or_default();
            Ok(Reply::Verbatim(format!("{}\n", describe(id, &info, ctx.now_ms()))))
        }
        () if is(sub, "LIST") => {
            subcommand_arity(args, 2, 2, "client|list")?;
            let lines = ctx.engine.clients.iter().map(|(id, info)| describe(*id, info, ctx.now_ms()) + "\n");
            Ok(Reply::Verbatim(lines.collect()))
        }
        () => Err(unknown_subcommand("CLIENT", sub)),
    }
}
