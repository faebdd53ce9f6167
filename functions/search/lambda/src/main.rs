//! The search function as an AWS Lambda binary.

fn main() {}
