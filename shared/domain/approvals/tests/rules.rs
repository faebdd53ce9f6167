//! The rules of approvals, from outside: what is asked for, what people do, what time does.

mod rules {
    pub(crate) mod act;
    pub(crate) mod ask;
    pub(crate) mod create;
    pub(crate) mod delegate;
    pub(crate) mod four_eyes;
    pub(crate) mod random;
    pub(crate) mod random_input;
    pub(crate) mod time;
}
