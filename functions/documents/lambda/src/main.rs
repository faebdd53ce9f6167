//! The documents function as an AWS Lambda binary.

fn main() {}
