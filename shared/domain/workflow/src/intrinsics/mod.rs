//! The intrinsic functions of JSONPath states: `States.Format('Hello {}', $.name)` and 17 more.
//!
//! Arguments are texts in single quotes, numbers, `true`, `false`, `null`, paths, variables and further calls. To add a
//! function: a row in `FUNCTIONS` and a case in `call.rs`.

mod arrays;
mod call;
mod numbers;
mod parse;
mod texts;

pub(crate) use call::Call;

// What JSONata's additional functions share with the intrinsic ones.
pub(crate) use arrays::{partition, range};
pub(crate) use numbers::{Draws, uuid};
pub(crate) use texts::hash;

/// A function's name without `States.`, and how many arguments it takes: from, to.
pub(crate) const FUNCTIONS: [(&str, usize, usize); 18] = [
    ("Array", 0, usize::MAX),
    ("ArrayContains", 2, 2),
    ("ArrayGetItem", 2, 2),
    ("ArrayLength", 1, 1),
    ("ArrayPartition", 2, 2),
    ("ArrayRange", 3, 3),
    ("ArrayUnique", 1, 1),
    ("Base64Decode", 1, 1),
    ("Base64Encode", 1, 1),
    ("Format", 1, usize::MAX),
    ("Hash", 2, 2),
    ("JsonMerge", 3, 3),
    ("JsonToString", 1, 1),
    ("MathAdd", 2, 2),
    ("MathRandom", 2, 3),
    ("StringSplit", 2, 2),
    ("StringToJson", 1, 1),
    ("UUID", 0, 0),
];

#[cfg(test)]
mod tests;
