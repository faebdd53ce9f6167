//! The ai function as an AWS Lambda binary.

fn main() {}
