//! From the scripts' answers to the port's.

use super::rate::{Parts, left};
use octavo_domain_ai::ports::{BudgetLevel, OpenCall, RateLeft, Refusal, ReserveRequest, Reserved};
use octavo_domain_kernel::PortError;
use std::str::FromStr;
use std::time::Duration;

/// The answer of `reserve.lua`.
pub(super) fn reserved(request: &ReserveRequest, reply: &[i64]) -> Result<Reserved, PortError> {
    decode(request, reply).ok_or_else(|| PortError::corrupt(format!("no answer to a reservation: {reply:?}")))
}

fn decode(request: &ReserveRequest, reply: &[i64]) -> Option<Reserved> {
    let (what, rest) = reply.split_first()?;
    match *what {
        0 => {
            let (ahead, levels) = rest.split_at_checked(2 * request.rates.len())?;
            if levels.len() != 2 * request.budgets.len() {
                return None;
            }
            let rates = request.rates.iter().zip(ahead.chunks(2)).map(|(line, ahead)| Some(left(line, parts(ahead)?)));
            Some(Reserved::Granted {
                rates: rates.collect::<Option<Vec<RateLeft>>>()?,
                budgets: levels.chunks(2).map(level).collect::<Option<_>>()?,
            })
        }
        1 => {
            let [at, us, part, wait] = rest else { return None };
            let line = request.rates.get(index(*at)?)?;
            let wait = Duration::from_micros(u64::try_from(*wait).ok()?);
            Some(Reserved::Refused(Refusal::Rate {
                left: left(line, parts(&[*us, *part])?),
                retry_after: (line.amount <= line.burst).then_some(wait),
            }))
        }
        2 => {
            let [at, level @ ..] = rest else { return None };
            let name = request.budgets.get(index(*at)?)?.name.clone();
            Some(Reserved::Refused(Refusal::Budget { name, level: self::level(level)? }))
        }
        3 => {
            let names = rest.iter().map(|at| Some(request.budgets.get(index(*at)?)?.name.clone()));
            Some(Reserved::Unseeded(names.collect::<Option<_>>()?))
        }
        _ => None,
    }
}

/// Lua counts from 1.
fn index(at: i64) -> Option<usize> {
    usize::try_from(at).ok()?.checked_sub(1)
}

fn parts(pair: &[i64]) -> Option<Parts> {
    let [us, rest] = pair else { return None };
    Some(Parts { us: u64::try_from(*us).ok()?, rest: u64::try_from(*rest).ok()? })
}

fn level(pair: &[i64]) -> Option<BudgetLevel> {
    let [tokens, nanodollars] = pair else { return None };
    Some(BudgetLevel { tokens: u64::try_from(*tokens).ok()?, nanodollars: u64::try_from(*nanodollars).ok()? })
}

/// The answer of `settle.lua`.
pub(super) fn settled(reply: &[Vec<u8>]) -> Result<Vec<(String, BudgetLevel)>, PortError> {
    let levels = reply.chunks(3).map(|level| match level {
        [name, tokens, nanodollars] => {
            Some((text(name)?, BudgetLevel { tokens: number(tokens)?, nanodollars: number(nanodollars)? }))
        }
        _ => None,
    });
    levels.collect::<Option<_>>().ok_or_else(|| PortError::corrupt("no answer to a settlement"))
}

/// The answer of `reclaim.lua`.
pub(super) fn reclaimed(reply: Vec<Vec<u8>>) -> Result<Vec<OpenCall>, PortError> {
    let mut parts = reply.into_iter();
    let mut calls = Vec::new();
    while let Some(id) = parts.next() {
        let call = (|| {
            let hold = BudgetLevel { tokens: number(&parts.next()?)?, nanodollars: number(&parts.next()?)? };
            Some(OpenCall { call: text(&id)?, hold, record: parts.next()?.into() })
        })();
        calls.push(call.ok_or_else(|| PortError::corrupt("no answer to reclaiming"))?);
    }
    Ok(calls)
}

fn text<T: FromStr>(bytes: &[u8]) -> Option<T> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

/// A counter that is below nothing (somebody changed it by hand) is shown as nothing.
fn number(bytes: &[u8]) -> Option<u64> {
    text::<i64>(bytes).map(|number| u64::try_from(number).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use octavo_domain_ai::ports::{BudgetLine, RateLine};

    fn request() -> ReserveRequest {
        let rate = |name: &str| RateLine { name: name.to_owned(), per_minute: 60, burst: 10, amount: 1 };
        let budget = |name: &str| BudgetLine {
            name: name.to_owned(),
            tokens_max: None,
            nanodollars_max: None,
            ends_in: Duration::from_secs(60),
            seed: None,
        };
        ReserveRequest {
            tenant: "acme".parse().unwrap(),
            call: octavo_testing::ids::unique(),
            rates: vec![rate("a"), rate("b")],
            budgets: vec![budget("c"), budget("d")],
            hold: BudgetLevel::default(),
            lease: Duration::from_secs(60),
            record: bytes::Bytes::new(),
        }
    }

    #[test]
    fn answers_to_a_reservation() {
        let request = request();
        let Reserved::Granted { rates, budgets } =
            reserved(&request, &[0, 1_000_000, 0, 2_000_000, 0, 5, 6, 7, 8]).unwrap()
        else {
            panic!("granted")
        };
        assert_eq!((rates[0].remaining, rates[1].remaining), (9, 8));
        assert_eq!(budgets[1], BudgetLevel { tokens: 7, nanodollars: 8 });
        let unseeded = reserved(&request, &[3, 2]).unwrap();
        assert_eq!(unseeded, Reserved::Unseeded(vec!["d".to_owned()]));
        for wrong in [&[][..], &[0, 1], &[0, 1, 0, 2, 0, 5, 6, 7], &[1, 3, 0, 0, 0], &[1, 0, 0, 0, 0], &[2, 1, 5], &[4]]
        {
            assert!(reserved(&request, wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn answers_in_texts() {
        let texts = |texts: &[&str]| texts.iter().map(|text| text.as_bytes().to_vec()).collect::<Vec<_>>();
        let level = BudgetLevel { tokens: 9_007_199_254_740_993, nanodollars: 0 };
        assert_eq!(settled(&texts(&["a", "9007199254740993", "-2"])).unwrap(), [("a".to_owned(), level)]);
        assert!(settled(&texts(&["a", "1"])).is_err() && settled(&texts(&["a", "1", "x"])).is_err());
        assert_eq!(reclaimed(Vec::new()).unwrap(), []);
        assert!(reclaimed(texts(&["00000000-0000-7000-8000-000000000001", "1"])).is_err());
    }
}
