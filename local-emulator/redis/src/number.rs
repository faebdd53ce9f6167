//! Numbers as Redis reads and writes them.

use std::io::Write as _;

use crate::fault::Fault;

/// The canonical decimal form only: no sign `+`, no leading zeros, no blanks (Redis' `string2ll`).
pub(crate) fn parse_i64(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    match digits {
        [b'0'] if !negative => return Some(0),
        [b'1'..=b'9', rest @ ..] if rest.len() < 19 && rest.iter().all(u8::is_ascii_digit) => {}
        _ => return None,
    }
    let mut value: i64 = 0;
    for digit in digits {
        let digit = i64::from(digit - b'0');
        value = value.checked_mul(10)?;
        value = if negative { value.checked_sub(digit)? } else { value.checked_add(digit)? };
    }
    Some(value)
}

pub(crate) fn integer(text: &[u8]) -> Result<i64, Fault> {
    parse_i64(text).ok_or(Fault::NotInteger)
}

pub(crate) fn parse_u64(text: &[u8]) -> Option<u64> {
    match text {
        [b'0'] => Some(0),
        [b'1'..=b'9', ..] if text.len() <= 20 && text.iter().all(u8::is_ascii_digit) => {
            std::str::from_utf8(text).ok()?.parse().ok()
        }
        _ => None,
    }
}

/// A float, with `inf`, `+inf` and `-inf`; NaN and surrounding blanks are refused.
pub(crate) fn parse_f64(text: &[u8]) -> Option<f64> {
    if text.is_empty() || text.len() > 256 {
        return None;
    }
    let value: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    (!value.is_nan()).then_some(value)
}

pub(crate) fn float(text: &[u8]) -> Result<f64, Fault> {
    parse_f64(text).ok_or(Fault::NotFloat)
}

/// Appends the decimal digits of `n`.
pub(crate) fn write_i64(out: &mut Vec<u8>, n: i64) {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    let mut rest = n.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + u8::try_from(rest % 10).expect("a remainder of ten is a digit");
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if n < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[at..]);
}

pub(crate) fn i64_bytes(n: i64) -> Vec<u8> {
    let mut out = Vec::with_capacity(20);
    write_i64(&mut out, n);
    out
}

/// C's `%.17g`, the form in which Redis 7.0 writes scores.
pub(crate) fn format_f64(value: f64) -> String {
    const DIGITS: i32 = 17;
    if value.is_infinite() {
        return if value > 0.0 { "inf".into() } else { "-inf".into() };
    }
    if value.is_nan() {
        return "nan".into();
    }
    if value == 0.0 {
        return if value.is_sign_negative() { "-0".into() } else { "0".into() };
    }
    if value.fract() == 0.0 && value.abs() < 1e17 {
        return format!("{value:.0}");
    }
    let scientific = format!("{value:.16e}");
    let (mantissa, exponent) = scientific.split_once('e').expect("the e format has an exponent");
    let exponent: i32 = exponent.parse().expect("the exponent is a number");
    if (-4..DIGITS).contains(&exponent) {
        let places = usize::try_from(DIGITS - 1 - exponent).unwrap_or(0);
        trim_zeros(&format!("{value:.places$}")).to_owned()
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{}e{sign}{:02}", trim_zeros(mantissa), exponent.abs())
    }
}

fn trim_zeros(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// `left + right` in decimal, as INCRBYFLOAT wants it: `0.1 + 0.2` is `0.3`. Falls back to binary floats for numbers
/// that don't fit 17 places before and after the point. `None` when the result is not finite.
pub(crate) fn add_decimal(left: &[u8], right: &[u8]) -> Option<Vec<u8>> {
    if let (Some(a), Some(b)) = (scaled(left), scaled(right))
        && let Some(sum) = a.checked_add(b)
    {
        let mut out = Vec::with_capacity(24);
        let (whole, part) = (sum.unsigned_abs() / SCALE.unsigned_abs(), sum.unsigned_abs() % SCALE.unsigned_abs());
        if sum < 0 {
            out.push(b'-');
        }
        write!(out, "{whole}").expect("writing to memory does not fail");
        if part > 0 {
            let digits = format!("{part:017}");
            out.push(b'.');
            out.extend_from_slice(digits.trim_end_matches('0').as_bytes());
        }
        return Some(out);
    }
    let sum = parse_f64(left)? + parse_f64(right)?;
    sum.is_finite().then(|| format!("{sum}").into_bytes())
}

const SCALE: i128 = 100_000_000_000_000_000;

/// The decimal times 10^17, when it has neither exponent nor more than 17 places on a side.
fn scaled(text: &[u8]) -> Option<i128> {
    let text = std::str::from_utf8(text).ok()?;
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.len() + part.len() == 0 || whole.len() > 17 || part.len() > 17 {
        return None;
    }
    if !whole.bytes().chain(part.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let part: i128 = format!("{part:0<17}").parse().ok()?;
    let value = whole * SCALE + part;
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_canonical() {
        assert_eq!(parse_i64(b"-9223372036854775808"), Some(i64::MIN));
        assert_eq!(parse_i64(b"9223372036854775807"), Some(i64::MAX));
        for bad in [&b"9223372036854775808"[..], b"", b"-", b"-0", b"01", b"+1", b" 1", b"1 ", b"1.0", b"x"] {
            assert_eq!(parse_i64(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn floats_print_as_c_does() {
        let cases: [(f64, &str); 8] = [
            (3.0, "3"),
            (0.1, "0.10000000000000001"),
            (1.5, "1.5"),
            (-2.25, "-2.25"),
            (1e20, "1e+20"),
            (1e-7, "9.9999999999999995e-08"),
            (f64::INFINITY, "inf"),
            (1_700_000_000_000.0, "1700000000000"),
        ];
        for (value, text) in cases {
            assert_eq!(format_f64(value), text);
        }
    }

    #[test]
    fn decimals_add_without_binary_dust() {
        assert_eq!(add_decimal(b"0.1", b"0.2").unwrap(), b"0.3");
        assert_eq!(add_decimal(b"10.50", b"-10.5").unwrap(), b"0");
        assert_eq!(add_decimal(b"-1.25", b"0.5").unwrap(), b"-0.75");
        assert_eq!(add_decimal(b"5.0e3", b"2.0e2").unwrap(), b"5200");
        assert_eq!(add_decimal(b"1e308", b"1e308"), None);
    }
}
