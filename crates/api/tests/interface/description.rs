//! The checked-in description of the interface.

use std::{fs, path::Path};

/// What is checked in under a name.
fn kept(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi").join(name)).unwrap_or_default()
}

#[test]
fn the_checked_in_descriptions_are_what_is_served() {
    for (name, served) in [("yishi.yaml", yishi_api::documents::yaml()), ("events.json", yishi_api::schemas::bundle())]
    {
        let kept = kept(name);
        if kept != served {
            let aside = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
            fs::write(&aside, served).expect("the folder for tests' files is there");
            let line = 1 + kept.lines().zip(served.lines()).take_while(|(kept, served)| kept == served).count();
            panic!(
                "openapi/{name} differs from line {line} on; `cargo xtask openapi` writes it anew, see also {}",
                aside.display()
            );
        }
    }
}

#[test]
fn the_schema_of_an_event_that_was_published_is_never_another_one() {
    let schemas = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON")["$defs"].take();
    let (now, published) = (schemas(yishi_api::schemas::bundle()), schemas(&kept("published-events.json")));
    for (name, schema) in published.as_object().expect("schemas") {
        assert_eq!(now.get(name), Some(schema), "{name} was published; add another version, which may say more");
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
