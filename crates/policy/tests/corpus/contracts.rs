//! Components of another contract, or of none: what they lack, what they ask for, and what they are instead.

use serde_json::json;

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
    let without = |interface: &str| {
        let export = format!("    export {interface};\n");
        move |wit: &str| wit.replace(&export, "")
    };
    cases.push(refused("does not export describe", &without("describe"), "describe"));
    for (interface, function, says) in [
        ("topics", "classify", "facilities"),
        ("voting", "rule", "quorum_heads"),
        ("escalation", "assess", "supervisor"),
    ] {
        let named: Vec<_> = ["topics", "voting", "escalation"].into_iter().filter(|it| *it != interface).collect();
        let guest = Guest::honest().contract(without(interface)).change("describe", "/interfaces", json!(named));
        let name = format!("leaves {interface} to the standard rules");
        cases.push(Case { says: says.into(), ..Case::holds(name, guest.component(), function) });
        let guest = Guest::honest().contract(without(interface)).component();
        let name = format!("names {interface}, and does not export it");
        cases.push(Case::refused(name, guest, "component.bad_descriptor", "`interfaces`"));
    }
    let guest = Guest::honest().change("describe", "/interfaces", json!(["voting"])).component();
    cases.push(Case::refused("exports what it does not name", guest, "component.bad_descriptor", "`interfaces`"));
    for version in ["0.1.0", "1.1.0", "2.0.0", "0.0.9"] {
        let name = format!("exports version {version} alone");
        let guest = Guest::honest().silent().contract(|wit| wit.replace("@1.0.0;", &format!("@{version};")));
        cases.push(Case::refused(name, guest.component(), "component.unknown_contract", version));
    }
    for (name, from, to, says) in [
        ("a member of another type", "notice-hours: u32", "notice-hours: u64", "notice-hours"),
        ("a member too many", "notice-hours: u32,", "notice-hours: u32, notice-days: u32,", "16 fields"),
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
    let empty = "(component (instance $i) (export \"yishi:policy/voting@1.0.0\" (instance $i)))";
    cases.push(Case::refused("exports an empty interface", raw(empty), CONTRACT, "describe"));
    let other = "(component (component $c) (export \"yishi:policy/voting@1.0.0\" (component $c)))";
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
