//! The compiler that the hosts of these tests start: compiles as its argument says.

use yishi_policy::{
    compilers,
    variants::{Variant, choose},
};

fn main() -> anyhow::Result<()> {
    choose(match std::env::args().nth(1).as_deref() {
        Some("unoptimised") => Variant::Unoptimised,
        Some("interpreted") => Variant::Interpreted,
        _ => Variant::Optimised,
    });
    Ok(compilers::run(&mut std::io::stdin(), &mut std::io::stdout())?)
}
