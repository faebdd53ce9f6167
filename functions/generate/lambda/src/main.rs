//! The generate function as an AWS Lambda binary.

fn main() {}
