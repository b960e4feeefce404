//! The checked-in description of the interface.

use std::{fs, path::Path};

#[test]
fn the_checked_in_description_is_what_is_served() {
    let served = yishi_api::documents::yaml();
    let kept =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi/yishi.yaml")).unwrap_or_default();
    if kept != served {
        let aside = Path::new(env!("CARGO_TARGET_TMPDIR")).join("yishi.yaml");
        fs::write(&aside, served).expect("the folder for tests' files is there");
        let line = 1 + kept.lines().zip(served.lines()).take_while(|(kept, served)| kept == served).count();
        panic!(
            "openapi/yishi.yaml differs from line {line} on; `cargo xtask openapi` writes it anew, see also {}",
            aside.display()
        );
    }
}

#[test]
fn every_operation_is_described_with_its_problems() {
    let served = yishi_api::documents::yaml();
    let operations = served.matches("operationId:").count();
    assert_eq!(operations, yishi_api::access::ACCESS.len());
    for range in ["4XX", "5XX"] {
        assert_eq!(
            served.matches(&format!("'{range}':")).count() + served.matches(&format!("\n        {range}:")).count(),
            operations,
            "{range}"
        );
    }
}
