//! Bits in strings.

use bytes::Bytes;

use super::argument::{is, window};
use super::strings::{STRING_BYTES_MAX, put_text, take_text};
use crate::context::Ctx;
use crate::fault::Fault;
use crate::number::integer;
use crate::reply::{Outcome, Reply};

fn offset(arg: &[u8]) -> Result<(usize, u8), Fault> {
    let refused = || Fault::text("ERR bit offset is not an integer or out of range");
    let bit = integer(arg).ok().and_then(|bit| usize::try_from(bit).ok()).ok_or_else(refused)?;
    if bit / 8 >= STRING_BYTES_MAX {
        return Err(refused());
    }
    Ok((bit / 8, 0x80 >> (bit % 8)))
}

pub(crate) fn setbit(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let (byte, mask) = offset(&args[2])?;
    let on = match &args[3][..] {
        b"0" => false,
        b"1" => true,
        _ => return Err(Fault::text("ERR bit is not an integer or out of range")),
    };
    let mut text = take_text(ctx, &args[1])?;
    if text.len() <= byte {
        text.resize(byte + 1, 0);
    }
    let old = text[byte] & mask != 0;
    if on {
        text[byte] |= mask;
    } else {
        text[byte] &= !mask;
    }
    put_text(ctx, &args[1], text);
    Ok(Reply::flag(old))
}

pub(crate) fn getbit(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    let (byte, mask) = offset(&args[2])?;
    let text = ctx.read::<Bytes>(&args[1])?;
    Ok(Reply::flag(text.and_then(|text| text.get(byte)).is_some_and(|found| found & mask != 0)))
}

pub(crate) fn bitcount(ctx: &mut Ctx<'_>, args: &[Bytes]) -> Outcome {
    // Redis looks at the unit only where there is something to count.
    if ctx.read::<Bytes>(&args[1])?.is_none() {
        return Ok(Reply::Int(0));
    }
    let by_bits = match args.get(4) {
        Some(word) if is(word, "BIT") => true,
        Some(word) if is(word, "BYTE") => false,
        None => false,
        Some(_) => return Err(Fault::Syntax),
    };
    let bounds = match args.len() {
        2 => None,
        4 | 5 => Some((integer(&args[2])?, integer(&args[3])?)),
        _ => return Err(Fault::Syntax),
    };
    let Some(text) = ctx.read::<Bytes>(&args[1])? else { return Ok(Reply::Int(0)) };
    let total = if by_bits { text.len() * 8 } else { text.len() };
    let range = bounds.map_or(0..total, |(start, stop)| window(start, stop, total));
    let ones: usize = if by_bits {
        range.filter(|bit| text[bit / 8] & (0x80 >> (bit % 8)) != 0).count()
    } else {
        text[range].iter().map(|byte| byte.count_ones() as usize).sum()
    };
    Ok(Reply::int(ones))
}
