//! Subcommands of the commands that have them, so that one that is unknown is refused before it runs: in a transaction it is
//! then refused when it is queued.

use bytes::Bytes;

use crate::commands::argument::unknown_subcommand;
use crate::fault::Fault;

/// Why a subcommand cannot be run.
#[derive(Debug)]
pub(crate) enum Refused {
    /// There is none of that name.
    Unknown(Fault),
    /// It has more or fewer arguments.
    Arity(Fault),
}

impl From<Refused> for Fault {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Unknown(fault) | Refused::Arity(fault) => fault,
        }
    }
}

/// The command, its subcommand, and the number of arguments with both names; negative for at least so many.
#[rustfmt::skip]
const SUBCOMMANDS: &[(&str, &str, i32)] = &[
    ("client", "getname", 2), ("client", "id", 2), ("client", "info", 2), ("client", "list", -2),
    ("client", "setinfo", 4), ("client", "setname", 3),
    ("command", "count", 2), ("command", "docs", -2), ("command", "info", -2), ("command", "list", -2),
    ("config", "get", -3), ("config", "resetstat", 2), ("config", "set", -4),
    ("memory", "usage", -3),
    ("object", "encoding", 3), ("object", "idletime", 3), ("object", "refcount", 3),
    ("pubsub", "channels", -2), ("pubsub", "numpat", 2), ("pubsub", "numsub", -2),
    ("pubsub", "shardchannels", -2), ("pubsub", "shardnumsub", -2),
    ("script", "exists", -3), ("script", "flush", -2), ("script", "kill", 2), ("script", "load", 3),
    ("xgroup", "create", -5), ("xgroup", "createconsumer", 5), ("xgroup", "delconsumer", 5),
    ("xgroup", "destroy", 4), ("xgroup", "setid", -5),
    ("xinfo", "consumers", 4), ("xinfo", "groups", 3), ("xinfo", "stream", -3),
];

/// Looks at the second word of a command that has subcommands; `command` is its name in lower case. Any other is fine.
pub(crate) fn check(command: &str, args: &[Bytes]) -> Result<(), Refused> {
    let Some(given) = args.get(1) else { return Ok(()) };
    let mut of_command = SUBCOMMANDS.iter().filter(|(container, ..)| *container == command).peekable();
    if of_command.peek().is_none() {
        return Ok(());
    }
    let Some((_, name, arity)) = of_command.find(|(_, name, _)| given.eq_ignore_ascii_case(name.as_bytes())) else {
        return Err(Refused::Unknown(unknown_subcommand(&command.to_uppercase(), given)));
    };
    let count = i32::try_from(args.len()).unwrap_or(i32::MAX);
    let right = if *arity < 0 { count >= -arity } else { count == *arity };
    if right { Ok(()) } else { Err(Refused::Arity(Fault::Arity(format!("{command}|{name}")))) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::COMMANDS;

    #[test]
    fn each_belongs_to_a_command() {
        for (container, name, arity) in SUBCOMMANDS {
            assert!(COMMANDS.iter().any(|command| command.name == *container), "{container}");
            assert!(*name == name.to_lowercase() && arity.abs() >= 2, "{container} {name}");
        }
    }

    #[test]
    fn a_command_without_any_takes_every_word() {
        let args = [Bytes::from_static(b"GET"), Bytes::from_static(b"x")];
        assert!(check("get", &args).is_ok());
        assert!(matches!(check("xgroup", &args), Err(Refused::Unknown(_))));
    }
}
