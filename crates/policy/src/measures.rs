//! What a component is made of, read without compiling it.

use wasmparser::{
    CanonicalFunction, ComponentAlias, ComponentExternalKind, ComponentType, ConstExpr, DataKind, ElementItems,
    ElementKind, Encoding, FunctionBody, Instance, Parser, Payload, TableInit,
    component_types::{ComponentAnyTypeId, ComponentEntityType},
    types::Types,
};

use crate::{AdmissionRefusal, admissions::Sizes, limits};

/// How many reasons of one component are told.
const REASONS: usize = 32;

/// Bytes of a page of linear memory.
const PAGE_BYTES: u64 = 64 << 10;

/// Measures a component that is valid, and lists what no tier admits.
pub fn measure(component: &[u8], types: &Types) -> (Sizes, Vec<AdmissionRefusal>) {
    let mut walk = Walk {
        types,
        sizes: Sizes { component_bytes: component.len(), ..Sizes::default() },
        refusals: Vec::new(),
        open: Vec::new(),
        modules: Vec::new(),
        nested: 0,
        instances: 0,
    };
    for payload in Parser::new(0).parse_all(component) {
        let read = payload.and_then(|payload| walk.visit(payload));
        if let Err(error) = read {
            walk.refuse("component.invalid", error.to_string());
            break;
        }
    }
    if walk.nested > limits::NESTED_COMPONENTS || walk.instances > limits::NESTED_COMPONENTS {
        let text = format!("{} components inside, {} instances of them", walk.nested, walk.instances);
        walk.refuse("component.nested", format!("{text}; {} are allowed", limits::NESTED_COMPONENTS));
    }
    (walk.sizes, walk.refusals)
}

/// Memories and tables that a core module defines.
#[derive(Clone, Copy, Default)]
struct Module {
    memories: u32,
    tables: u32,
}

struct Walk<'a> {
    types: &'a Types,
    sizes: Sizes,
    refusals: Vec<AdmissionRefusal>,
    /// What the reader is in, outermost first.
    open: Vec<Encoding>,
    /// The core modules, all of which stand at the top.
    modules: Vec<Module>,
    nested: u32,
    instances: u32,
}

impl Walk<'_> {
    fn visit(&mut self, payload: Payload<'_>) -> Result<(), wasmparser::BinaryReaderError> {
        let inside = self.open.len() > 1 && self.open.last() == Some(&Encoding::Component);
        match payload {
            Payload::Version { encoding, .. } => {
                if self.open.is_empty() && encoding != Encoding::Component {
                    self.refuse("component.not_a_component", "a core module; make it a component first".into());
                }
                self.open.push(encoding);
            }
            Payload::End(_) => drop(self.open.pop()),
            // Were code allowed inside, components that instantiate each other twice would double it at every step.
            Payload::ModuleSection { .. } | Payload::InstanceSection(_) | Payload::ComponentSection { .. }
                if inside =>
            {
                self.refuse("component.nested", "a component inside it holds more than types".into());
                if let Payload::ModuleSection { .. } = payload {
                    self.modules.push(Module::default());
                }
            }
            Payload::ComponentInstanceSection(_) if inside => {
                self.refuse("component.nested", "a component inside it holds more than types".into());
            }
            Payload::ComponentSection { .. } => self.nested = self.nested.saturating_add(1),
            Payload::ComponentInstanceSection(section) => {
                self.instances = self.instances.saturating_add(section.count())
            }
            Payload::ModuleSection { .. } => {
                self.sizes.core_modules += 1;
                self.modules.push(Module::default());
            }
            Payload::InstanceSection(section) => {
                for instance in section {
                    if let Instance::Instantiate { module_index, .. } = instance? {
                        let module = self.modules.get(module_index as usize).copied().unwrap_or_default();
                        self.sizes.core_instances += 1;
                        self.sizes.memories += module.memories;
                        self.sizes.tables += module.tables;
                    }
                }
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section {
                    // Modules are counted by their place, which an alias would change.
                    if let ComponentAlias::InstanceExport { kind: ComponentExternalKind::Module, .. } = alias? {
                        self.refuse("component.nested", "a module comes out of an instance".into());
                    }
                }
            }
            Payload::ComponentImportSection(section) if self.open.len() == 1 => {
                for import in section {
                    let name = import?.name.name;
                    if !only_types(self.types, name) {
                        self.refuse("component.imports", format!("it imports `{name}`; rules import nothing"));
                    }
                }
            }
            Payload::ComponentTypeSection(section) => {
                self.count_types(section.count());
                for ty in section {
                    if let ComponentType::Resource { .. } = ty? {
                        self.refuse("component.resources", "it defines a resource; rules hold nothing".into());
                    }
                }
            }
            Payload::TypeSection(section) => self.count_types(section.count()),
            Payload::CoreTypeSection(section) => self.count_types(section.count()),
            Payload::ComponentCanonicalSection(section) => {
                for function in section {
                    if !matches!(function?, CanonicalFunction::Lift { .. }) {
                        self.refuse("component.builtins", "it uses a built-in function of the host".into());
                    }
                }
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    let bytes = memory?.initial.saturating_mul(PAGE_BYTES);
                    if let Some(module) = self.modules.last_mut() {
                        module.memories += 1;
                    }
                    if bytes > limits::MEMORY_BYTES as u64 {
                        let text = format!("a memory of {bytes} bytes; {} are allowed", limits::MEMORY_BYTES);
                        self.refuse("component.memory_too_large", text);
                    }
                }
            }
            Payload::TableSection(section) => {
                for table in section {
                    let table = table?;
                    let elements = table.ty.initial;
                    if let TableInit::Expr(constant) = table.init {
                        self.constant(&constant);
                    }
                    if let Some(module) = self.modules.last_mut() {
                        module.tables += 1;
                    }
                    if elements > limits::TABLE_ELEMENTS as u64 {
                        let text = format!("a table of {elements} elements; {} are allowed", limits::TABLE_ELEMENTS);
                        self.refuse("component.table_too_large", text);
                    }
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    self.constant(&global?.init_expr);
                }
            }
            Payload::DataSection(section) => {
                for data in section {
                    if let DataKind::Active { offset_expr, .. } = data?.kind {
                        self.constant(&offset_expr);
                    }
                }
            }
            Payload::ElementSection(section) => {
                for element in section {
                    let element = element?;
                    if let ElementKind::Active { offset_expr, .. } = element.kind {
                        self.constant(&offset_expr);
                    }
                    if let ElementItems::Expressions(_, items) = element.items {
                        for item in items {
                            self.constant(&item?);
                        }
                    }
                }
            }
            Payload::CodeSectionStart { count, .. } => {
                self.sizes.functions = self.sizes.functions.saturating_add(count);
            }
            Payload::CodeSectionEntry(body) => self.function(&body)?,
            _ => {}
        }
        Ok(())
    }

    fn function(&mut self, body: &FunctionBody<'_>) -> Result<(), wasmparser::BinaryReaderError> {
        let bytes = body.range().len();
        let mut locals = 0u32;
        for group in body.get_locals_reader()? {
            locals = locals.saturating_add(group?.0);
        }
        self.sizes.function_bytes = self.sizes.function_bytes.max(bytes);
        self.sizes.locals = self.sizes.locals.max(locals);
        if bytes > limits::FUNCTION_BYTES {
            let text = format!("a function of {bytes} bytes; {} are allowed", limits::FUNCTION_BYTES);
            self.refuse("component.function_too_large", text);
        }
        if locals > limits::LOCALS {
            let text = format!("a function of {locals} locals; {} are allowed", limits::LOCALS);
            self.refuse("component.too_many_locals", text);
        }
        Ok(())
    }

    fn constant(&mut self, constant: &ConstExpr<'_>) {
        let bytes = constant.get_binary_reader().bytes_remaining();
        if bytes > limits::CONSTANT_BYTES {
            let text = format!("a constant of {bytes} bytes; {} are allowed", limits::CONSTANT_BYTES);
            self.refuse("component.constant_too_long", text);
        }
    }

    fn count_types(&mut self, count: u32) {
        self.sizes.types = self.sizes.types.saturating_add(count);
    }

    fn refuse(&mut self, code: &'static str, text: String) {
        if self.refusals.len() < REASONS {
            self.refusals.push(AdmissionRefusal::new(code, text));
        }
    }
}

/// Tells whether an import names types alone, which give a component nothing to call. A resource is more: its values belong to someone.
fn only_types(types: &Types, import: &str) -> bool {
    types.as_ref().component_item_for_import(import).is_some_and(|item| is_type(types, item.ty))
}

fn is_type(types: &Types, item: ComponentEntityType) -> bool {
    match item {
        ComponentEntityType::Type { created, .. } => !matches!(created, ComponentAnyTypeId::Resource(_)),
        ComponentEntityType::Instance(instance) => types[instance].exports.values().all(|item| is_type(types, item.ty)),
        _ => false,
    }
}
