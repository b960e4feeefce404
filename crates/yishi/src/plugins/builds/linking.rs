//! A component of one module, made of one that jco made: of modules, where that is a component in a component and imports a system.
//!
//! The modules become one, linked as they were, so that a call has one instance made for it and finds its table and its memory laid out. What they
//! import of a system becomes a function that traps.

use std::collections::HashMap;

use anyhow::{Context as _, Result, bail};
use wasm_encoder::ExportKind;
use wasmparser_of_tools::{
    CanonicalFunction, ComponentAlias, Instance, Parser, Payload, Validator, WasmFeatures, types::Types,
};
use wit_component::{StringEncoding, embed_component_metadata};

use super::{
    encode,
    merging::{Item, Items, Merged},
    world,
};

/// Makes a component of one module.
pub fn link(component: &[u8]) -> Result<Vec<u8>> {
    let inner = inner(component)?;
    let types = Validator::new_with_features(WasmFeatures::all()).validate_all(inner)?;
    let mut linked = Linked {
        types: &types,
        merged: Merged::default(),
        modules: Vec::new(),
        instances: Vec::new(),
        items: HashMap::new(),
        named: Items::new(),
    };
    linked.read(inner)?;
    let mut module = linked.merged.finish(&exports(linked.named))?;
    let (resolve, world) = world()?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)?;
    encode(&module)
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

/// What the canonical ABI knows of a module, by its names.
fn exports(mut named: Items) -> Items {
    named.retain(|name, _| name == "memory" || name == "cabi_realloc" || name.contains('#'));
    named
}

/// The modules that were linked so far, and what the component that links them has numbered.
struct Linked<'a> {
    types: &'a Types,
    merged: Merged,
    modules: Vec<&'a [u8]>,
    instances: Vec<Items>,
    items: HashMap<ExportKind, Vec<Item>>,
    /// What was taken from instances, by name: the last one of a name is that of the module that answers the contract.
    named: Items,
}

impl<'a> Linked<'a> {
    fn read(&mut self, component: &'a [u8]) -> Result<()> {
        let mut depth = 0_u32;
        for payload in Parser::new(0).parse_all(component) {
            match payload? {
                Payload::Version { .. } => depth += 1,
                Payload::End(_) => depth -= 1,
                _ if depth > 1 => {}
                Payload::ModuleSection { unchecked_range, .. } => self.modules.push(slice(component, unchecked_range)),
                Payload::InstanceSection(section) => {
                    for instance in section {
                        let instance = self.instance(instance?)?;
                        self.instances.push(instance);
                    }
                }
                Payload::ComponentAliasSection(section) => {
                    for alias in section {
                        if let ComponentAlias::CoreInstanceExport { instance_index, name, .. } = alias? {
                            let instance = self.instances.get(instance_index as usize);
                            let item = *instance.and_then(|it| it.get(name)).context("an alias of nothing")?;
                            self.named.insert(name.to_owned(), item);
                            self.items.entry(item.0).or_default().push(item);
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

    fn instance(&mut self, instance: Instance<'_>) -> Result<Items> {
        match instance {
            Instance::Instantiate { module_index, args } => {
                let module = self.modules.get(module_index as usize).context("an instance of no module")?;
                let given = args.iter().map(|it| (it.name, &self.instances[it.index as usize])).collect();
                self.merged.add(module, &given)
            }
            Instance::FromExports(exports) => {
                let given = exports.iter().map(|it| {
                    let item = self.items.get(&it.kind.into()).and_then(|items| items.get(it.index as usize));
                    Ok((it.name.to_owned(), *item.with_context(|| format!("`{}` is nothing", it.name))?))
                });
                given.collect()
            }
        }
    }

    /// In the place of the next function, one of its type that traps.
    fn trap(&mut self) -> Result<()> {
        let types = self.types.as_ref();
        let functions = self.items.entry(ExportKind::Func).or_default();
        let ty = types[types.core_function_at(u32::try_from(functions.len())?)].unwrap_func();
        functions.push(self.merged.trap(ty)?);
        Ok(())
    }
}

/// A range of bytes that were parsed, and so are there.
fn slice(bytes: &[u8], range: std::ops::Range<u64>) -> &[u8] {
    &bytes[range.start as usize..range.end as usize]
}
