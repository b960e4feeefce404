//! Modules that become one: what one imports of another is that one's own, and a constant that they pass on stands where it is used.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context as _, Result, bail};
use wasm_encoder::{
    CodeSection, DataCountSection, DataSection, ElementSection, ExportKind, ExportSection, Function, FunctionSection,
    GlobalSection, Instruction, MemorySection, Module, TableSection, TypeSection,
    reencode::{Error, Reencode, utils},
};
use wasmparser_of_tools::{
    self as wasmparser, FuncType, GlobalSectionReader, ImportSectionReader, Operator, Parser, Payload,
};

/// A function, a table, a memory or a global of the one module.
pub type Item = (ExportKind, u32);

/// What there is to import, or is exported, by name.
pub type Items = BTreeMap<String, Item>;

/// The one module, as far as it is made.
#[derive(Default)]
pub struct Merged {
    types: TypeSection,
    functions: FunctionSection,
    tables: TableSection,
    memories: MemorySection,
    globals: GlobalSection,
    elements: ElementSection,
    code: CodeSection,
    data: DataSection,
    /// The globals that never change, and what they say.
    constants: HashMap<u32, i32>,
}

impl Merged {
    /// Adds a module, whose imports are given by the names of the modules that they come from; tells what it exports.
    pub fn add(&mut self, module: &[u8], given: &BTreeMap<&str, &Items>) -> Result<Items> {
        let mut part = Part {
            types: self.types.len(),
            elements: self.elements.len(),
            data: self.data.len(),
            constants: std::mem::take(&mut self.constants),
            ..Part::default()
        };
        let mut exports = Items::new();
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::TypeSection(section) => part.parse_type_section(&mut self.types, section)?,
                Payload::ImportSection(section) => part.import(section, given)?,
                Payload::FunctionSection(section) => {
                    part.functions.extend((self.functions.len()..).take(section.count() as usize));
                    part.parse_function_section(&mut self.functions, section)?;
                }
                Payload::TableSection(section) => {
                    part.tables.extend((self.tables.len()..).take(section.count() as usize));
                    part.parse_table_section(&mut self.tables, section)?;
                }
                Payload::MemorySection(section) => {
                    part.memories.extend((self.memories.len()..).take(section.count() as usize));
                    part.parse_memory_section(&mut self.memories, section)?;
                }
                Payload::GlobalSection(section) => self.globals(&mut part, section)?,
                Payload::ElementSection(section) => part.parse_element_section(&mut self.elements, section)?,
                Payload::CodeSectionEntry(body) => part.parse_function_body(&mut self.code, body)?,
                Payload::DataSection(section) => part.parse_data_section(&mut self.data, section)?,
                Payload::ExportSection(section) => {
                    for export in section {
                        let wasmparser::Export { name, kind, index } = export?;
                        let index = part.external_index(kind, index)?;
                        exports.insert(name.to_owned(), (kind.into(), index));
                    }
                }
                Payload::StartSection { .. } => bail!("a module begins by itself"),
                Payload::TagSection(_) => bail!("a module has tags"),
                _ => {}
            }
        }
        self.constants = part.constants;
        Ok(exports)
    }

    fn globals(&mut self, part: &mut Part, section: GlobalSectionReader<'_>) -> Result<()> {
        for global in section {
            let (global, index) = (global?, self.globals.len());
            let says = (!global.ty.mutable).then(|| part.number(&global.init_expr)).transpose()?.flatten();
            part.constants.extend(says.map(|it| (index, it)));
            part.globals.push(index);
            part.parse_global(&mut self.globals, global)?;
        }
        Ok(())
    }

    /// Adds a function that traps, in the place of one that the module is not to have.
    pub fn trap(&mut self, ty: &FuncType) -> Result<Item> {
        let ty = Part::default().func_type(ty.clone())?;
        self.functions.function(self.types.len());
        self.types.ty().func_type(&ty);
        let mut body = Function::new([]);
        body.instruction(&Instruction::Unreachable).instruction(&Instruction::End);
        self.code.function(&body);
        Ok((ExportKind::Func, self.functions.len() - 1))
    }

    /// The one module, which exports what is given.
    pub fn finish(self, exports: &Items) -> Result<Vec<u8>> {
        let mut section = ExportSection::new();
        for (name, (kind, index)) in exports {
            section.export(name, *kind, *index);
        }
        let mut module = Module::new();
        module.section(&self.types).section(&self.functions).section(&self.tables).section(&self.memories);
        module.section(&self.globals).section(&section).section(&self.elements);
        module.section(&DataCountSection { count: self.data.len() }).section(&self.code).section(&self.data);
        Ok(module.finish())
    }
}

/// By what numbers the one module knows what a part of it has.
#[derive(Default)]
struct Part {
    types: u32,
    elements: u32,
    data: u32,
    functions: Vec<u32>,
    tables: Vec<u32>,
    memories: Vec<u32>,
    globals: Vec<u32>,
    constants: HashMap<u32, i32>,
}

impl Part {
    fn import(&mut self, section: ImportSectionReader<'_>, given: &BTreeMap<&str, &Items>) -> Result<()> {
        for import in section.into_imports() {
            let wasmparser::Import { module, name, .. } = import?;
            let item = given.get(module).and_then(|items| items.get(name));
            let (kind, index) = item.with_context(|| format!("nothing gives `{name}` of `{module}`"))?;
            match kind {
                ExportKind::Func => self.functions.push(*index),
                ExportKind::Table => self.tables.push(*index),
                ExportKind::Memory => self.memories.push(*index),
                ExportKind::Global => self.globals.push(*index),
                other => bail!("`{name}` of `{module}` is a {other:?}"),
            }
        }
        Ok(())
    }

    /// What a constant expression comes to, where that is known before the module is there.
    fn number(&self, expression: &wasmparser::ConstExpr<'_>) -> Result<Option<i32>> {
        let mut stack = Vec::new();
        for operator in expression.get_operators_reader() {
            match operator? {
                Operator::I32Const { value } => stack.push(value),
                Operator::I32Add => {
                    let (a, b): (Option<i32>, Option<i32>) = (stack.pop(), stack.pop());
                    stack.extend(a.zip(b).map(|(a, b)| a.wrapping_add(b)));
                }
                Operator::GlobalGet { global_index } => match self.constant(global_index) {
                    Some(value) => stack.push(value),
                    None => return Ok(None),
                },
                Operator::End => {}
                _ => return Ok(None),
            }
        }
        Ok(stack.pop())
    }

    fn constant(&self, global: u32) -> Option<i32> {
        self.constants.get(self.globals.get(global as usize)?).copied()
    }
}

/// There is no such thing in the part.
#[derive(Debug)]
pub struct Missing(&'static str, u32);

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "there is no {} {}", self.0, self.1)
    }
}

impl std::error::Error for Missing {}

type Found = Result<u32, Error<Missing>>;

fn found(of: &[u32], what: &'static str, index: u32) -> Found {
    of.get(index as usize).copied().ok_or(Error::UserError(Missing(what, index)))
}

impl Reencode for Part {
    type Error = Missing;

    fn type_index(&mut self, ty: u32) -> Found {
        Ok(self.types + ty)
    }

    fn element_index(&mut self, element: u32) -> Found {
        Ok(self.elements + element)
    }

    fn data_index(&mut self, data: u32) -> Found {
        Ok(self.data + data)
    }

    fn function_index(&mut self, function: u32) -> Found {
        found(&self.functions, "function", function)
    }

    fn table_index(&mut self, table: u32) -> Found {
        found(&self.tables, "table", table)
    }

    fn memory_index(&mut self, memory: u32) -> Found {
        found(&self.memories, "memory", memory)
    }

    fn global_index(&mut self, global: u32) -> Found {
        found(&self.globals, "global", global)
    }

    fn instruction<'a>(&mut self, operator: Operator<'a>) -> Result<Instruction<'a>, Error<Missing>> {
        match operator {
            Operator::GlobalGet { global_index } if let Some(value) = self.constant(global_index) => {
                Ok(Instruction::I32Const(value))
            }
            other => utils::instruction(self, other),
        }
    }
}

#[cfg(test)]
mod tests {
    use wasmparser_of_tools::{ElementKind, Validator};

    use super::*;

    const LIBRARY: &str = r#"(module
        (table (export "table") 8 funcref) (memory (export "memory") 1)
        (global (export "base") i32 i32.const 3) (global (export "top") (mut i32) i32.const 9)
        (func (export "twice") (param i32) (result i32) local.get 0 i32.const 2 i32.mul))"#;

    const USER: &str = r#"(module
        (import "library" "twice" (func $twice (param i32) (result i32)))
        (import "system" "exit" (func $exit))
        (import "library" "table" (table 8 funcref)) (import "library" "memory" (memory 1))
        (import "library" "base" (global $base i32)) (import "library" "top" (global $top (mut i32)))
        (global $next i32 (i32.add (global.get $base) (i32.const 1)))
        (elem (global.get $base) func $ask $exit) (data (i32.const 8) "data")
        (func $ask (export "ask") (result i32) (call $twice (i32.add (global.get $next) (global.get $top)))))"#;

    fn merged(user: &str) -> Result<Vec<u8>> {
        let mut merged = Merged::default();
        let library = merged.add(&wat::parse_str(LIBRARY)?, &BTreeMap::new())?;
        let exit = merged.trap(&FuncType::new([], []))?;
        let system = Items::from([("exit".to_owned(), exit)]);
        let exports =
            merged.add(&wat::parse_str(user)?, &BTreeMap::from([("library", &library), ("system", &system)]))?;
        merged.finish(&exports)
    }

    #[test]
    fn what_one_module_imports_of_another_is_its_own() {
        let module = merged(USER).expect("merged");
        Validator::new().validate_all(&module).expect("sound");
        let mut exports = Vec::new();
        for payload in Parser::new(0).parse_all(&module) {
            match payload.expect("sound") {
                Payload::ImportSection(_) => panic!("nothing is left to import"),
                Payload::ExportSection(section) => {
                    exports.extend(section.into_iter().map(|it| it.expect("sound").name))
                }
                Payload::ElementSection(section) => {
                    let element = section.into_iter().next().expect("there").expect("sound");
                    let ElementKind::Active { offset_expr, .. } = element.kind else { panic!("it fills the table") };
                    let says = offset_expr.get_operators_reader().read().expect("sound");
                    assert!(
                        matches!(says, Operator::I32Const { value: 3 }),
                        "known before there is an instance: {says:?}"
                    );
                }
                Payload::CodeSectionEntry(body) => {
                    let gets = body.get_operators_reader().expect("sound").into_iter();
                    let gets = gets.filter(|it| matches!(it, Ok(Operator::GlobalGet { .. }))).count();
                    assert!(gets <= 1, "only what changes is read");
                }
                _ => {}
            }
        }
        assert_eq!(exports, ["ask"]);
    }

    #[test]
    fn a_module_that_lacks_something_or_begins_by_itself_is_not_merged() {
        let error = |user: &str| format!("{:#}", merged(user).expect_err("refused"));
        assert!(
            error(r#"(module (import "library" "thrice" (func)))"#).contains("nothing gives `thrice` of `library`")
        );
        assert!(error("(module (func $f) (start $f))").contains("begins by itself"));
    }
}
