//! Rule sets as cities upload them: those that the project builds, and some that mean harm.

use std::path::Path;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Never comes to an end.
pub const LOOPS: &str = "(loop br 0) unreachable";

/// Stops in the middle.
pub const TRAPS: &str = "unreachable";

/// A `result<voting-rule, policy-error>` in the canonical ABI: its two conditions and its window stand out, all else is nothing.
const RULE: [u32; 38] = {
    let mut words = [0; 38];
    (words[4], words[5], words[23]) = (4256, 2, 24);
    words
};

/// Its conditions: code, kind, measure, counted and whole, fraction, strict.
const CONDITIONS: [u32; 20] = [
    4336, 6, 0, 0, 0, 0, 0x0000, 1, 2, 0, // a quorum of heads: participating of eligible, at least 1/2
    4342, 8, 1, 0, 0, 0, 0x0101, 1, 2, 1, // a majority of heads: in favour of participating, more than 1/2
];

/// A `result<answer, policy-error>`: actions, hours after which to ask again, extensions.
const ANSWER: [u32; 7] = [0, 4440, 1, 0, 0, 0, 0];

/// Its action: a deadline in 24 hours.
const ACTION: [u32; 4] = [3, 24, 0, 0];

/// The bodies of a rule set's functions; those that are not given trap.
#[derive(Clone, Copy, Debug)]
pub struct Bodies {
    /// Of `rule`.
    pub rule: &'static str,
    /// Of `decide`.
    pub decide: &'static str,
    /// Of `assess`.
    pub assess: &'static str,
}

impl Default for Bodies {
    fn default() -> Self {
        Self { rule: TRAPS, decide: TRAPS, assess: TRAPS }
    }
}

impl Bodies {
    /// Rules as most do: half of the heads take part, and more than half of those are in favour; the window is a day.
    pub const RULES: &'static str = "i32.const 4096";

    /// Decides that everything passes, without figures.
    pub const PASSES: &'static str = "i32.const 8192";

    /// Answers every case with a deadline in 24 hours.
    pub const DELAYS: &'static str = "i32.const 4400";
}

/// The component of a rule set of the project.
pub fn built(name: &str) -> Vec<u8> {
    let path = Path::new(ROOT).join(format!("target/plugins/{name}.wasm"));
    std::fs::read(&path).unwrap_or_else(|_| panic!("{} is missing: run cargo xtask plugins first", path.display()))
}

/// A component from its text.
pub fn component(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("sound text")
}

/// A component of the contract whose functions have these bodies; it describes itself, and traps at everything else.
pub fn answering(Bodies { rule, decide, assess }: Bodies) -> Vec<u8> {
    let name = |function: &str| format!("(export \"yishi:policy/{function}\")");
    let params = |n: usize| "i32 ".repeat(n);
    let text = format!(
        r#"(module
            (memory (export "memory") 2)
            (global $next (mut i32) (i32.const 65536))
            (data (i32.const 16) "test1.0.0{{}}")
            ;; The descriptor: a name, a version, a schema that takes everything, all interfaces; its other lists are empty.
            (data (i32.const 1024) "{descriptor}")
            (data (i32.const 1100) "{interfaces}")
            (data (i32.const 1152) "topicsvotingescalation")
            (data (i32.const 4096) "{rule_given}")
            (data (i32.const 4256) "{conditions}")
            (data (i32.const 4336) "quorummajority")
            (data (i32.const 4400) "{answer}")
            (data (i32.const 4440) "{action}")
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                global.get $next
                (global.set $next (i32.and (i32.add (i32.add (global.get $next) (local.get 3)) (i32.const 15)) (i32.const -8))))
            (func {describe} (result i32) i32.const 1024)
            (func {categories} (param {two}) (result i32) unreachable)
            (func {classify} (param {eight}) (result i32) unreachable)
            (func {assess_name} (param {sixteen}) (result i32) {assess})
            (func {rule_name} (param i32) (result i32) {rule})
            (func {decide_name} (param i32) (result i32) {decide}))"#,
        descriptor = data(&[16, 4, 20, 5, 0, 0, 25, 2, 1100, 3, 0, 0, 0, 0]),
        interfaces = data(&[1152, 6, 1158, 6, 1164, 10]),
        rule_given = data(&RULE),
        conditions = data(&CONDITIONS),
        describe = name("describe@1.0.0#describe"),
        categories = name("topics@1.0.0#categories"),
        classify = name("topics@1.0.0#classify"),
        answer = data(&ANSWER),
        action = data(&ACTION),
        assess_name = name("escalation@1.0.0#assess"),
        rule_name = name("voting@1.0.0#rule"),
        decide_name = name("voting@1.0.0#decide"),
        two = params(2),
        eight = params(8),
        sixteen = params(16),
    );
    let mut module = component(&text);
    let mut resolve = Resolve::default();
    let wit = format!("{ROOT}/plugins/wit/yishi-policy@1.0.0");
    let (package, _) = resolve.push_dir(wit).expect("the contract");
    let world = resolve.select_world(&[package], Some("policy")).expect("its world");
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).expect("embedded");
    let mut encoder = ComponentEncoder::default();
    encoder.module(&module).expect("a module of the contract").validate(true).encode().expect("a component")
}

/// Words of 32 bits, as the text format writes their bytes.
fn data(words: &[u32]) -> String {
    words.iter().flat_map(|word| word.to_le_bytes()).map(|byte| format!("\\{byte:02x}")).collect()
}
