//! A method's arguments: tuples of none to five values.

use octavo_domain_signalr::Payload;
use serde::de::DeserializeOwned;

/// What the arguments of an invocation are read into. Implemented for tuples of 0 to 5 values that serde can read.
pub trait Arguments: Sized + Send + 'static {
    /// How many there are; streams are not counted.
    const COUNT: usize;

    /// Reads them. The error is for the caller: it names the argument, counted from 1.
    fn read(payloads: &[Payload]) -> Result<Self, String>;
}

fn one<T: DeserializeOwned>(payloads: &[Payload], at: usize) -> Result<T, String> {
    let payload = payloads.get(at).ok_or_else(|| format!("argument {} is missing", at + 1))?;
    payload.decode().map_err(|fault| format!("argument {} is not as expected: {fault}", at + 1))
}

macro_rules! tuple {
    ($count:literal, $($name:ident $at:literal),*) => {
        impl<$($name: DeserializeOwned + Send + 'static),*> Arguments for ($($name,)*) {
            const COUNT: usize = $count;
            fn read(payloads: &[Payload]) -> Result<Self, String> {
                if payloads.len() != Self::COUNT {
                    return Err(format!(
                        "Invocation provides {} argument(s) but target expects {}.",
                        payloads.len(),
                        Self::COUNT
                    ));
                }
                Ok(($(one::<$name>(payloads, $at)?,)*))
            }
        }
    };
}

tuple!(0,);
tuple!(1, A 0);
tuple!(2, A 0, B 1);
tuple!(3, A 0, B 1, C 2);
tuple!(4, A 0, B 1, C 2, D 3);
tuple!(5, A 0, B 1, C 2, D 3, E 4);

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn json(text: &'static str) -> Payload {
        Payload::Json(Bytes::from_static(text.as_bytes()))
    }

    #[test]
    fn the_argument_that_does_not_fit_is_named() {
        let read = <(String, u32)>::read(&[json("\"a\""), json("\"b\"")]).unwrap_err();
        assert!(read.starts_with("argument 2"), "{read}");
        let few = <(String, u32)>::read(&[json("\"a\"")]).unwrap_err();
        assert_eq!(few, "Invocation provides 1 argument(s) but target expects 2.");
        assert_eq!(<(String, u32)>::read(&[json("\"a\""), json("7")]).unwrap(), ("a".to_owned(), 7));
        <()>::read(&[]).unwrap();
    }
}
