//! The index function as an AWS Lambda binary.

fn main() {}
