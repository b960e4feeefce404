//! Components in components, and many modules and instances.

use crate::runs::Case;

pub fn cases() -> Vec<Case> {
    let refused = |name: &str, text: String, code: &'static str, says: &str| {
        let bytes = wat::parse_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        Case::refused(name, bytes, code, says)
    };
    let nested = "component.nested";
    let deep = (0..20).fold(String::new(), |inner, _| format!("(component {inner})"));
    let doubling = (0..24)
        .fold("(component $c (core module $m) (core instance (instantiate $m)))".to_owned(), |inner, _| {
            format!("(component $c {inner} (instance (instantiate $c)) (instance (instantiate $c)))")
        });
    let several = |n: usize, item: &str| format!("(component (core module $m) {})", item.repeat(n));
    vec![
        refused("twenty components in each other", format!("(component {deep})"), nested, "types"),
        refused("a component that doubles at every step", format!("(component {doubling})"), nested, "types"),
        refused("code in a nested component", "(component (component (core module)))".into(), nested, "types"),
        refused(
            "an instance in a nested component",
            "(component (component (component $c) (instance (instantiate $c))))".into(),
            nested,
            "types",
        ),
        refused("17 nested components", several(17, "(component)"), nested, "17"),
        refused(
            "17 instances of one",
            format!("(component (component $c) {})", "(instance (instantiate $c))".repeat(17)),
            nested,
            "17",
        ),
        refused("three modules", several(2, "(core module)"), "component.too_many_modules", "3"),
        refused("a thousand modules", several(999, "(core module)"), "component.too_many_modules", "1000"),
        refused("five instances", several(5, "(core instance (instantiate $m))"), "component.too_many_instances", "5"),
        refused(
            "500 instances",
            several(500, "(core instance (instantiate $m))"),
            "component.too_many_instances",
            "500",
        ),
        refused(
            "a module with a memory, twice",
            "(component (core module $m (memory 1)) (core instance (instantiate $m)) (core instance (instantiate $m)))"
                .into(),
            "component.too_many_memories",
            "2",
        ),
        refused(
            "a module with a table, three times",
            format!("(component (core module $m (table 1 funcref)) {})", "(core instance (instantiate $m))".repeat(3)),
            "component.too_many_tables",
            "3",
        ),
        refused(
            "a resource of its own",
            "(component (type (resource (rep i32))))".into(),
            "component.resources",
            "resource",
        ),
        refused(
            "handles to a resource of its own",
            "(component (type $r (resource (rep i32))) (core func (canon resource.new $r)))".into(),
            "component.resources",
            "resource",
        ),
    ]
}
