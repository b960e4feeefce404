//! Admission: a component is parsed whole, under a narrow set of features and our limits, before anything compiles it.

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use wasmparser::{
    Encoding, FunctionBody, Parser, Payload, Validator, WasmFeatures, component_types::ComponentEntityType,
    types::Types,
};
use yishi_domain::{Digest, describe::Descriptor};

use crate::{AdmissionRefusal, limits};

/// A component that was admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitted {
    /// The SHA-256 digest of its bytes.
    pub digest: Digest,
    /// What it says of itself.
    pub descriptor: Descriptor,
    /// What it measures.
    pub sizes: Sizes,
}

/// What a component measures, each figure against its limit in [`limits`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sizes {
    /// Bytes of the component.
    pub component_bytes: usize,
    /// Bytes of its largest function.
    pub function_bytes: usize,
    /// Its functions, over all core modules.
    pub functions: u32,
    /// The locals of the function that has most of them.
    pub locals: u32,
    /// Its core modules.
    pub core_modules: u32,
    /// The core instances that it makes.
    pub core_instances: u32,
}

/// The digest that names a component.
pub fn digest(component: &[u8]) -> Digest {
    Digest(Sha256::digest(component).into())
}

/// Measures a component without compiling it, or lists every reason for refusing it.
pub fn inspect(component: &[u8]) -> Result<Sizes, Vec<AdmissionRefusal>> {
    let mut refusals = Vec::new();
    let mut refuse = |code, text: String| refusals.push(AdmissionRefusal::new(code, text));
    if component.len() > limits::COMPONENT_BYTES {
        refuse("component.too_large", format!("{} bytes; {} are allowed", component.len(), limits::COMPONENT_BYTES));
        // What is too large is not parsed either.
        return Err(refusals);
    }
    let types = match Validator::new_with_features(features()).validate_all(component) {
        Ok(types) => types,
        Err(error) => {
            refuse("component.invalid", error.to_string());
            return Err(refusals);
        }
    };
    let mut depth = 0u32;
    let mut sizes = Sizes { component_bytes: component.len(), ..Sizes::default() };
    for payload in Parser::new(0).parse_all(component) {
        match payload {
            Err(error) => refuse("component.invalid", error.to_string()),
            Ok(Payload::Version { encoding, .. }) => {
                if depth == 0 && encoding != Encoding::Component {
                    refuse("component.not_a_component", "a core module; make it a component first".into());
                }
                depth += 1;
            }
            Ok(Payload::End(_)) => depth -= 1,
            Ok(Payload::ModuleSection { .. }) => sizes.core_modules += 1,
            Ok(Payload::InstanceSection(section)) => sizes.core_instances += section.count(),
            Ok(Payload::ComponentImportSection(section)) if depth == 1 => {
                for import in section.into_iter().flatten().filter(|import| !only_types(&types, import.name.name)) {
                    refuse("component.imports", format!("it imports `{}`; rules import nothing", import.name.name));
                }
            }
            Ok(Payload::CodeSectionStart { count, .. }) => {
                sizes.functions = sizes.functions.saturating_add(count);
            }
            Ok(Payload::CodeSectionEntry(body)) => {
                let bytes = body.range().len();
                if bytes > limits::FUNCTION_BYTES {
                    let text = format!("a function of {bytes} bytes; {} are allowed", limits::FUNCTION_BYTES);
                    refuse("component.function_too_large", text);
                }
                let locals = locals(&body);
                sizes.function_bytes = sizes.function_bytes.max(bytes);
                sizes.locals = sizes.locals.max(locals);
                if locals > limits::LOCALS {
                    let text = format!("a function of {locals} locals; {} are allowed", limits::LOCALS);
                    refuse("component.too_many_locals", text);
                }
            }
            Ok(_) => {}
        }
    }
    for (code, what, found, most) in [
        ("component.too_many_modules", "core modules", sizes.core_modules, limits::CORE_MODULES),
        ("component.too_many_instances", "core instances", sizes.core_instances, limits::CORE_INSTANCES),
        ("component.too_many_functions", "functions", sizes.functions, limits::FUNCTIONS),
    ] {
        if found > most {
            refuse(code, format!("{found} {what}; {most} are allowed"));
        }
    }
    if refusals.is_empty() { Ok(sizes) } else { Err(refusals) }
}

fn locals(body: &FunctionBody<'_>) -> u32 {
    let groups = body.get_locals_reader().into_iter().flatten().flatten();
    groups.fold(0, |sum, (count, _)| sum.saturating_add(count))
}

/// Tells whether an import names types alone, which give a component nothing to call.
fn only_types(types: &Types, import: &str) -> bool {
    match types.as_ref().component_item_for_import(import).map(|item| item.ty) {
        Some(ComponentEntityType::Type { .. }) => true,
        Some(ComponentEntityType::Instance(instance)) => {
            types[instance].exports.values().all(|item| matches!(item.ty, ComponentEntityType::Type { .. }))
        }
        _ => false,
    }
}

fn features() -> WasmFeatures {
    WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::REFERENCE_TYPES
        | WasmFeatures::MULTI_VALUE
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::FLOATS
        | WasmFeatures::COMPONENT_MODEL
}
