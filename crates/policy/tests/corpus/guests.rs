//! Guests: a module that answers honestly, but for what a case says otherwise, made into a component by the contract.

use std::{collections::BTreeMap, fmt::Write as _, sync::LazyLock};

use serde_json::Value;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{
    Function, Resolve, WorldId, WorldItem,
    abi::{AbiVariant, WasmType},
};

use super::{lowering::Memory, samples};

const WIT: &str = include_str!("../../../../plugins/wit/yishi-policy@1.0.0/policy.wit");

/// The contract, read once.
static CONTRACT: LazyLock<(Resolve, WorldId)> = LazyLock::new(|| read(WIT));

/// Where answers lie.
const ANSWERS: usize = 64 << 10;

/// How a function comes to its answer.
#[derive(Clone)]
enum Body {
    Code(String),
    Answer(Value),
}

/// A guest in the making.
#[derive(Clone)]
pub struct Guest {
    /// A contract of its own, where it has one.
    contract: Option<String>,
    bodies: BTreeMap<String, Body>,
    before: BTreeMap<String, String>,
    after: BTreeMap<String, String>,
    fields: String,
    realloc: String,
    memory: Option<String>,
}

impl Guest {
    /// A guest that answers every question well.
    pub fn honest() -> Self {
        let bodies = samples::answers().into_iter().map(|(name, answer)| (name.into(), Body::Answer(answer))).collect();
        let realloc = "(local $at i32)
            (local.set $at (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -16)))
            (global.set $next (i32.add (local.get $at) (local.get 3)))
            (local.get $at)";
        Self {
            contract: None,
            bodies,
            before: BTreeMap::new(),
            after: BTreeMap::new(),
            fields: String::new(),
            realloc: realloc.into(),
            memory: None,
        }
    }

    /// Another body of a function, which leaves the address of its answer.
    pub fn code(mut self, function: &str, code: &str) -> Self {
        self.bodies.insert(function.into(), Body::Code(code.into()));
        self
    }

    /// Another answer of a function.
    pub fn answer(mut self, function: &str, answer: Value) -> Self {
        self.bodies.insert(function.into(), Body::Answer(answer));
        self
    }

    /// An honest answer with one place changed.
    pub fn change(self, function: &str, pointer: &str, value: Value) -> Self {
        let answer = samples::changed(function, &[(pointer, value)]);
        self.answer(function, answer)
    }

    /// What a function does before it answers honestly.
    pub fn before(mut self, function: &str, code: &str) -> Self {
        self.before.insert(function.into(), code.into());
        self
    }

    /// What is done after an answer was read.
    pub fn after(mut self, function: &str, code: &str) -> Self {
        self.after.insert(function.into(), code.into());
        self
    }

    /// More fields of the module.
    pub fn field(mut self, field: &str) -> Self {
        self.fields.push_str(field);
        self
    }

    /// Another allocator.
    pub fn realloc(mut self, code: &str) -> Self {
        self.realloc = code.into();
        self
    }

    /// Another memory than one that holds the answers.
    pub fn memory(mut self, memory: &str) -> Self {
        self.memory = Some(memory.into());
        self
    }

    /// Another contract.
    pub fn contract(mut self, change: impl FnOnce(&str) -> String) -> Self {
        self.contract = Some(change(WIT));
        self
    }

    /// No answer to anything.
    pub fn silent(mut self) -> Self {
        self.bodies.clear();
        self
    }

    /// The component.
    pub fn component(&self) -> Vec<u8> {
        self.component_with(|module| module)
    }

    /// The bytes of an honest answer as they lie in a guest's memory from an address on.
    pub fn answer_at(function: &str, address: usize) -> Vec<u8> {
        let (resolve, world) = &*CONTRACT;
        let mut memory = Memory::new(resolve, address);
        let all = functions_of(resolve, *world);
        let ty = all.iter().find(|(_, name, _)| *name == function).and_then(|(_, _, it)| it.result);
        memory.lay(&ty.expect("a function that answers"), &samples::changed(function, &[]));
        memory.bytes
    }

    /// The component around a module that was changed after it was made.
    pub fn component_with(&self, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Vec<u8> {
        let own = self.contract.as_deref().map(read);
        let (resolve, world) = own.as_ref().unwrap_or(&CONTRACT);
        wrap(resolve, *world, change(self.module(resolve, *world)))
    }

    fn module(&self, resolve: &Resolve, world: WorldId) -> Vec<u8> {
        let mut memory = Memory::new(resolve, ANSWERS);
        let mut functions = String::new();
        for (export, name, function) in functions_of(resolve, world) {
            let signature = resolve.wasm_signature(AbiVariant::GuestExport, function);
            let params: String = signature.params.iter().map(core_type).collect();
            let answer = match (self.bodies.get(name), function.result) {
                (Some(Body::Code(code)), _) => code.clone(),
                (Some(Body::Answer(answer)), Some(ty)) => format!("(i32.const {})", memory.lay(&ty, answer)),
                _ => "unreachable".into(),
            };
            let (id, before) = (format!("${name}"), self.before.get(name).map_or("", String::as_str));
            writeln!(functions, "(func {id} (export \"{export}\") (param {params}) (result i32) {before} {answer})")
                .expect("written");
            if let Some(code) = self.after.get(name) {
                writeln!(functions, "(func (export \"cabi_post_{export}\") (param i32) {code})").expect("written");
            }
        }
        let end = ANSWERS + memory.bytes.len();
        let pages = end.div_ceil(64 << 10) + 1;
        let declared = self.memory.clone().unwrap_or_else(|| format!("(memory (export \"memory\") {pages})"));
        let mut data = String::new();
        for byte in &memory.bytes {
            write!(data, "\\{byte:02x}").expect("written");
        }
        let text = format!(
            "(module {declared} (data (i32.const {ANSWERS}) \"{data}\") (global $next (mut i32) (i32.const {end}))
            (func $realloc (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32) {realloc})
            {functions} {fields})",
            realloc = self.realloc,
            fields = self.fields,
        );
        wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}"))
    }
}

fn read(wit: &str) -> (Resolve, WorldId) {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("policy.wit", wit).expect("a contract");
    let world = resolve.select_world(&[package], Some("policy")).expect("its world");
    (resolve, world)
}

fn wrap(resolve: &Resolve, world: WorldId, mut module: Vec<u8>) -> Vec<u8> {
    embed_component_metadata(&mut module, resolve, world, StringEncoding::UTF8, false).expect("embedded");
    // Whether it is sound is what the host is asked.
    let mut encoder = ComponentEncoder::default();
    encoder.validate(false).module(&module).expect("a module of the contract").encode().expect("a component")
}

fn core_type(ty: &WasmType) -> &'static str {
    match ty {
        WasmType::I32 | WasmType::Pointer | WasmType::Length => "i32 ",
        WasmType::I64 | WasmType::PointerOrI64 => "i64 ",
        WasmType::F32 => "f32 ",
        WasmType::F64 => "f64 ",
    }
}

/// The functions of the contract, each with its name as an export of a module.
fn functions_of(resolve: &Resolve, world: WorldId) -> Vec<(String, &str, &Function)> {
    let mut all = Vec::new();
    for (key, item) in &resolve.worlds[world].exports {
        let WorldItem::Interface { id, .. } = item else { panic!("the contract exports interfaces") };
        let interface = resolve.name_world_key(key);
        let functions = resolve.interfaces[*id].functions.values();
        all.extend(functions.map(|it| (format!("{interface}#{}", it.name), it.name.as_str(), it)));
    }
    all
}
