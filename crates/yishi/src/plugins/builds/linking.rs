//! A component of one piece, made of one that jco made: of modules, where that is a component in a component and imports a system.
//!
//! The modules stay as they are and stay linked as they were. What they import of a system becomes a function that traps. The types and exports are
//! those that the contract gives any component of its world, by the canonical ABI's names of the functions.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use wasm_encoder::{
    Alias, CanonicalFunctionSection, CodeSection, Component, ComponentAliasSection, ComponentSectionId, ExportKind,
    ExportSection, Function, FunctionSection, InstanceSection, Instruction, Module, ModuleArg, ModuleSection,
    RawSection, TypeSection, ValType,
};
use wasmparser_of_tools::{
    self as wasmparser, CanonicalFunction, CanonicalOption, ComponentAlias, Instance, Parser, Payload, Validator,
    WasmFeatures, types::Types,
};
use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{LiftLowerAbi, ManglingAndAbi, Resolve};

use super::{CONTRACT, WORLD};

/// What stands in front of the modules: one of functions that trap, and its instance.
const TRAPS: u32 = 1;

/// Makes a component of one piece.
pub fn link(component: &[u8]) -> Result<Vec<u8>> {
    let inner = inner(component)?;
    let types = Validator::new_with_features(WasmFeatures::all()).validate_all(inner)?;
    let mut parts = Parts { types: &types, traps: Vec::new(), linked: Linked::default() };
    parts.read(inner)?;
    let linked = outside(parts.linked, &parts.traps)?;
    Validator::new_with_features(WasmFeatures::all()).validate_all(&linked)?;
    Ok(linked)
}

/// The component inside a component that holds the modules.
fn inner(component: &[u8]) -> Result<&[u8]> {
    for payload in Parser::new(0).parse_all(component) {
        if let Payload::ComponentSection { unchecked_range, .. } = payload? {
            return Ok(slice(component, unchecked_range));
        }
    }
    bail!("there is no component inside")
}

/// The modules with what links them, as sections, and how many of each kind there are.
#[derive(Default)]
struct Linked {
    sections: Vec<Section>,
    instances: u32,
    functions: u32,
    memories: u32,
    /// What instances export, by name: the last one of a name is that of the module that answers the contract.
    exports: BTreeMap<String, (ExportKind, u32)>,
}

enum Section {
    Module(Vec<u8>),
    Instances(InstanceSection),
    Aliases(ComponentAliasSection),
}

struct Parts<'a> {
    types: &'a Types,
    /// The parameters and results of the functions that trap.
    traps: Vec<(Vec<ValType>, Vec<ValType>)>,
    linked: Linked,
}

impl Parts<'_> {
    fn read(&mut self, component: &[u8]) -> Result<()> {
        let mut depth = 0_u32;
        for payload in Parser::new(0).parse_all(component) {
            let payload = payload?;
            match payload {
                Payload::Version { .. } => depth += 1,
                Payload::End(_) => depth -= 1,
                _ if depth > 1 => {}
                Payload::ModuleSection { unchecked_range, .. } => {
                    self.linked.sections.push(Section::Module(slice(component, unchecked_range).to_vec()));
                }
                Payload::InstanceSection(section) => {
                    let mut instances = InstanceSection::new();
                    for instance in section {
                        link_instance(&mut instances, &instance?);
                        self.linked.instances += 1;
                    }
                    self.linked.sections.push(Section::Instances(instances));
                }
                Payload::ComponentAliasSection(section) => {
                    for alias in section {
                        if let ComponentAlias::CoreInstanceExport { kind, instance_index, name } = alias? {
                            self.alias(kind.into(), instance_index + TRAPS, name);
                        }
                    }
                }
                Payload::ComponentCanonicalSection(section) => {
                    for function in section {
                        match function? {
                            CanonicalFunction::Lift { .. } => {}
                            CanonicalFunction::Lower { .. } | CanonicalFunction::ResourceDrop { .. } => self.trap()?,
                            other => bail!("it uses the built-in function {other:?}"),
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn alias(&mut self, kind: ExportKind, instance: u32, name: &str) {
        let Linked { functions, memories, exports, sections, .. } = &mut self.linked;
        let mut aliases = ComponentAliasSection::new();
        aliases.alias(Alias::CoreInstanceExport { instance, kind, name });
        sections.push(Section::Aliases(aliases));
        let count = match kind {
            ExportKind::Func => functions,
            ExportKind::Memory => memories,
            _ => return,
        };
        exports.insert(name.to_owned(), (kind, *count));
        *count += 1;
    }

    /// In the place of the next function, one of its type that traps.
    fn trap(&mut self) -> Result<()> {
        let types = self.types.as_ref();
        let ty = types[types.core_function_at(self.linked.functions)].unwrap_func();
        let all = |types: &[wasmparser::ValType]| types.iter().map(|it| encoded(*it)).collect::<Result<Vec<_>>>();
        let name = self.traps.len().to_string();
        self.traps.push((all(ty.params())?, all(ty.results())?));
        self.alias(ExportKind::Func, 0, &name);
        Ok(())
    }
}

fn link_instance(instances: &mut InstanceSection, instance: &Instance<'_>) {
    match instance {
        Instance::Instantiate { module_index, args } => {
            let args = args.iter().map(|it| (it.name, ModuleArg::Instance(it.index + TRAPS)));
            instances.instantiate(module_index + TRAPS, args.collect::<Vec<_>>());
        }
        Instance::FromExports(exports) => {
            let exports = exports.iter().map(|it| (it.name, ExportKind::from(it.kind), it.index));
            instances.export_items(exports.collect::<Vec<_>>());
        }
    }
}

/// The component that the contract gives a module that answers nothing, with the linked modules in that module's place.
fn outside(linked: Linked, traps: &[(Vec<ValType>, Vec<ValType>)]) -> Result<Vec<u8>> {
    let empty = empty()?;
    let (mut made, mut depth) = (Component::new(), 0_u32);
    let Linked { sections, instances, functions, memories, exports } = linked;
    let mut sections = Some(sections);
    let facade = instances + TRAPS;
    for payload in Parser::new(0).parse_all(&empty) {
        let payload = payload?;
        match &payload {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            _ if depth > 1 => {}
            Payload::ModuleSection { .. } => {
                let sections = sections.take().context("the contract gives one module")?;
                add(&mut made, &trapping(traps), sections);
            }
            Payload::InstanceSection(_) => {
                let mut section = InstanceSection::new();
                section.export_items(exports.iter().map(|(name, (kind, index))| (name.as_str(), *kind, *index)));
                made.section(&section);
            }
            Payload::ComponentAliasSection(section) => {
                let mut aliases = ComponentAliasSection::new();
                for alias in section.clone() {
                    aliases.alias(match alias? {
                        ComponentAlias::CoreInstanceExport { kind, name, .. } => {
                            exports.get(name).with_context(|| format!("no module exports `{name}`"))?;
                            Alias::CoreInstanceExport { instance: facade, kind: kind.into(), name }
                        }
                        ComponentAlias::InstanceExport { kind, instance_index, name } => {
                            Alias::InstanceExport { instance: instance_index, kind: kind.into(), name }
                        }
                        ComponentAlias::Outer { kind, count, index } => {
                            Alias::Outer { kind: kind.into(), count, index }
                        }
                    });
                }
                made.section(&aliases);
            }
            Payload::ComponentCanonicalSection(section) => {
                let mut lifts = CanonicalFunctionSection::new();
                for function in section.clone() {
                    let CanonicalFunction::Lift { core_func_index, type_index, options } = function? else {
                        bail!("the contract lifts functions and lowers none")
                    };
                    let options = options.iter().map(|it| match *it {
                        CanonicalOption::Memory(index) => CanonicalOption::Memory(index + memories),
                        CanonicalOption::Realloc(index) => CanonicalOption::Realloc(index + functions),
                        CanonicalOption::PostReturn(index) => CanonicalOption::PostReturn(index + functions),
                        other => other,
                    });
                    let options = options.map(wasm_encoder::CanonicalOption::from).collect::<Vec<_>>();
                    lifts.lift(core_func_index + functions, type_index, options);
                }
                made.section(&lifts);
            }
            other => {
                if let Some((id, range)) = other.as_section() {
                    made.section(&RawSection { id, data: slice(&empty, range) });
                }
            }
        }
    }
    Ok(made.finish())
}

fn add(made: &mut Component, traps: &Module, sections: Vec<Section>) {
    let mut instance = InstanceSection::new();
    instance.instantiate(0, [] as [(&str, ModuleArg); 0]);
    made.section(&ModuleSection(traps)).section(&instance);
    for section in sections {
        match section {
            Section::Module(data) => {
                made.section(&RawSection { id: ComponentSectionId::CoreModule.into(), data: &data })
            }
            Section::Instances(section) => made.section(&section),
            Section::Aliases(section) => made.section(&section),
        };
    }
}

/// A module of functions that trap, each named by its number.
fn trapping(traps: &[(Vec<ValType>, Vec<ValType>)]) -> Module {
    let (mut types, mut functions) = (TypeSection::new(), FunctionSection::new());
    let (mut exports, mut code) = (ExportSection::new(), CodeSection::new());
    for (i, (params, results)) in (0_u32..).zip(traps) {
        types.ty().function(params.iter().copied(), results.iter().copied());
        functions.function(i);
        exports.export(&i.to_string(), ExportKind::Func, i);
        let mut body = Function::new([]);
        body.instruction(&Instruction::Unreachable).instruction(&Instruction::End);
        code.function(&body);
    }
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&exports).section(&code);
    module
}

/// A component of the world whose one module answers nothing.
fn empty() -> Result<Vec<u8>> {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("policy.wit", CONTRACT)?;
    let world = resolve.select_world(&[package], Some(WORLD))?;
    let module = dummy_module(&resolve, world, ManglingAndAbi::Legacy(LiftLowerAbi::Sync));
    let mut module = without_start(&module)?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)?;
    ComponentEncoder::default().module(&module)?.encode()
}

/// A module without the function that would be called first, for which a component would need another module.
fn without_start(module: &[u8]) -> Result<Vec<u8>> {
    let mut made = Module::new();
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        if let Payload::ExportSection(section) = &payload {
            let mut exports = ExportSection::new();
            for export in section.clone() {
                let wasmparser::Export { name, kind, index } = export?;
                if name != "_initialize" {
                    exports.export(name, kind.into(), index);
                }
            }
            made.section(&exports);
        } else if let Some((id, range)) = payload.as_section() {
            made.section(&RawSection { id, data: slice(module, range) });
        }
    }
    Ok(made.finish())
}

fn encoded(ty: wasmparser::ValType) -> Result<ValType> {
    Ok(match ty {
        wasmparser::ValType::I32 => ValType::I32,
        wasmparser::ValType::I64 => ValType::I64,
        wasmparser::ValType::F32 => ValType::F32,
        wasmparser::ValType::F64 => ValType::F64,
        other => bail!("a system's function takes or gives {other}"),
    })
}

/// A range of bytes that were parsed, and so are there.
fn slice(bytes: &[u8], range: std::ops::Range<u64>) -> &[u8] {
    &bytes[range.start as usize..range.end as usize]
}
