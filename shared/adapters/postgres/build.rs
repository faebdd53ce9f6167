//! A new migration must be compiled in, and Cargo does not see that the macro reads this folder.
fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
