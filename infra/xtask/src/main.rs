//! Tasks of this repository that are not the product: tidy, bench, openapi.

fn main() {}
