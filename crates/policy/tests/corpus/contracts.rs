//! Components of another contract, or of none: what they lack, what they ask for, and what they are instead.

use crate::{guests::Guest, runs::Case};

const CONTRACT: &str = "component.wrong_contract";
const IMPORTS: &str = "component.imports";

pub fn cases() -> Vec<Case> {
    let mut cases = imports();
    cases.extend(exports());
    cases
}

fn imports() -> Vec<Case> {
    let hundred: String = (0..100).map(|i| format!("(import \"f{i}\" (func))")).collect();
    let refused = |(name, text, code, says): (&str, &str, &'static str, &str)| {
        Case::refused(format!("imports {name}"), raw(&format!("(component {text})")), code, says)
    };
    [
        ("a function", "(import \"now\" (func))", IMPORTS, "`now`"),
        ("a hundred functions", &hundred, IMPORTS, "`f0`"),
        ("an instance", "(import \"a:b/c\" (instance (export \"f\" (func))))", IMPORTS, "`a:b/c`"),
        (
            "an environment",
            "(import \"wasi:cli/environment@0.2.0\"
                (instance (export \"get-environment\" (func (result (list (tuple string string)))))))",
            IMPORTS,
            "`wasi:cli/environment@0.2.0`",
        ),
        (
            "a clock",
            "(import \"wasi:clocks/monotonic-clock@0.2.0\" (instance (export \"now\" (func (result u64)))))",
            IMPORTS,
            "wasi:clocks",
        ),
        ("a resource", "(import \"r\" (type (sub resource)))", IMPORTS, "`r`"),
        (
            "a resource in an instance",
            "(import \"wasi:io/poll@0.2.0\" (instance (export \"pollable\" (type (sub resource)))))",
            IMPORTS,
            "wasi:io/poll",
        ),
        ("a component", "(import \"c\" (component))", IMPORTS, "`c`"),
        ("a module", "(import \"m\" (core module))", IMPORTS, "`m`"),
        ("a module with a memory", "(import \"m\" (core module (export \"memory\" (memory 1))))", IMPORTS, "`m`"),
        ("a type, and answers nothing", "(type $u u32) (import \"t\" (type (eq $u)))", CONTRACT, "describe"),
        (
            "an instance of types alone, and answers nothing",
            "(import \"a:b/t\" (instance (type $u u32) (export \"t\" (type (eq $u)))))",
            CONTRACT,
            "describe",
        ),
    ]
    .into_iter()
    .map(refused)
    .collect()
}

fn exports() -> Vec<Case> {
    let mut cases = Vec::new();
    let refused = |name: &str, change: &dyn Fn(&str) -> String, says: &str| {
        Case::refused(name, Guest::honest().silent().contract(|wit| change(wit)).component(), CONTRACT, says)
    };
    for interface in ["describe", "topics", "voting", "escalation"] {
        let name = format!("does not export {interface}");
        let export = format!("    export {interface};\n");
        cases.push(refused(&name, &|wit| wit.replace(&export, ""), interface));
    }
    for version in ["0.2.0", "1.0.0", "0.0.9"] {
        let name = format!("exports version {version} alone");
        cases.push(refused(&name, &|wit| wit.replace("@0.1.0;", &format!("@{version};")), version));
    }
    for (name, from, to, says) in [
        ("a member of another type", "notice-hours: u32", "notice-hours: u64", "notice-hours"),
        ("a member too many", "notice-hours: u32,", "notice-hours: u32, rounds: u32,", "9 fields"),
        ("a member by another name", "notice-hours: u32", "notice-days: u32", "notice-days"),
        ("a case too many", "        no-quorum,\n", "        no-quorum,\n tie,\n", "outcome"),
        ("a result without an error", "-> result<voting-rule, policy-error>", "-> voting-rule", "result"),
        ("a function by another name", "    categories: func(", "    kinds: func(", "categories"),
        (
            "a function with more to know",
            "classify: func(config: string,",
            "classify: func(config: string, seed: u32,",
            "3-tuple",
        ),
        ("an integer for an amount", "type amount = string", "type amount = u64", "eligible-heads"),
        ("floats for shares", "numerator: u32", "numerator: f64", "numerator"),
    ] {
        cases.push(refused(&format!("exports {name}"), &|wit| wit.replace(from, to), says));
    }
    // More than the contract asks for does no harm: nobody calls it.
    let more = Guest::honest().contract(|wit| {
        wit.replace("world policy {", "interface extra { more: func() -> string; }\nworld policy { export extra;")
    });
    cases.push(Case::holds("exports more than is asked for", more.component(), "rule"));
    let twice = "(component (component $c) (export \"a\" (component $c)) (export \"a\" (component $c)))";
    cases.push(Case::refused("exports a name twice", raw(twice), "component.invalid", "conflicts"));
    let names = "(component (component $c) (export \"a-b\" (component $c)) (export \"a-B\" (component $c)))";
    cases.push(Case::refused("exports names that differ in case alone", raw(names), "component.invalid", "conflicts"));
    let empty = "(component (instance $i) (export \"yishi:policy/voting@0.1.0\" (instance $i)))";
    cases.push(Case::refused("exports an empty interface", raw(empty), CONTRACT, "describe"));
    let other = "(component (component $c) (export \"yishi:policy/voting@0.1.0\" (component $c)))";
    cases.push(Case::refused(
        "exports a component in the place of an interface",
        raw(other),
        "component.does_not_compile",
        "exporting a component",
    ));
    cases
}

fn raw(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"))
}
