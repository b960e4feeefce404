//! Admission: a component is parsed whole, under a narrow set of features and our limits, before anything compiles it.

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use wasmparser::{Validator, WasmFeatures, types::Types};
use yishi_domain::{Digest, describe::Descriptor};

use crate::{
    AdmissionRefusal,
    limits::{self, Tier},
    measures,
};

/// What decides which components are admitted, and to which tier: what was admitted by the same needs no inspection again.
pub(crate) const INSPECTION: [&str; 3] =
    [include_str!("admissions.rs"), include_str!("limits.rs"), include_str!("measures.rs")];

/// A component that was admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitted {
    /// The SHA-256 digest of its bytes.
    pub digest: Digest,
    /// What it says of itself.
    pub descriptor: Descriptor,
    /// What it measures.
    pub sizes: Sizes,
    /// Whose limits it fits, and is held to.
    pub tier: Tier,
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
    /// The types that it defines.
    pub types: u32,
    /// Its core modules.
    pub core_modules: u32,
    /// The core modules that it instantiates.
    pub core_instances: u32,
    /// The linear memories of its instances.
    pub memories: u32,
    /// The tables of its instances.
    pub tables: u32,
}

/// The digest that names a component.
pub fn digest(component: &[u8]) -> Digest {
    Digest(Sha256::digest(component).into())
}

/// Measures a component without compiling it and finds its tier, or lists every reason for refusing it in the widest tier that is open to it.
pub fn inspect(component: &[u8], widest: Tier) -> Result<(Tier, Sizes), Vec<AdmissionRefusal>> {
    let most = widest.limits().component_bytes;
    if component.len() > most {
        // What is too large is not parsed either.
        let text = format!("{} bytes; {most} are allowed", component.len());
        return Err(vec![AdmissionRefusal::new("component.too_large", text)]);
    }
    let types = validate(component).map_err(|refusal| vec![refusal])?;
    let (sizes, mut refusals) = measures::measure(component, &types);
    let open = Tier::ALL.iter().copied().filter(|tier| *tier <= widest);
    match open.into_iter().find(|tier| excesses(*tier, &sizes).next().is_none()) {
        Some(tier) if refusals.is_empty() => Ok((tier, sizes)),
        Some(_) => Err(refusals),
        None => {
            refusals.extend(excesses(widest, &sizes));
            Err(refusals)
        }
    }
}

/// The code of what only a tier takes that is not open.
pub const SCRIPT_TIER_CLOSED: &str = "component.script_tier_closed";

/// The same, and tells a component that only the script tier would take, where that is not open, from one that no tier would.
pub fn inspect_for(component: &[u8], widest: Tier) -> Result<(Tier, Sizes), Vec<AdmissionRefusal>> {
    inspect(component, widest).map_err(|mut refusals| {
        if widest < Tier::Script && inspect(component, Tier::Script).is_ok() {
            let text = "it is as large as interpreted languages make rule sets, and their tier is not open here";
            refusals.push(AdmissionRefusal::new(SCRIPT_TIER_CLOSED, text));
        }
        refusals
    })
}

fn validate(component: &[u8]) -> Result<Types, AdmissionRefusal> {
    let by = |features| Validator::new_with_features(features).validate_all(component);
    by(features()).map_err(|error| {
        // Sound under other features means that it is well made and asks for what rules may not use.
        let code = if by(WasmFeatures::all()).is_ok() { "component.feature_not_allowed" } else { "component.invalid" };
        AdmissionRefusal::new(code, error.to_string())
    })
}

fn excesses(tier: Tier, sizes: &Sizes) -> impl Iterator<Item = AdmissionRefusal> {
    let most = tier.limits();
    [
        ("component.too_large", "bytes", sizes.component_bytes, most.component_bytes),
        ("component.too_many_modules", "core modules", sizes.core_modules as usize, most.core_modules as usize),
        ("component.too_many_instances", "core instances", sizes.core_instances as usize, most.core_instances as usize),
        ("component.too_many_memories", "memories", sizes.memories as usize, most.memories as usize),
        ("component.too_many_tables", "tables", sizes.tables as usize, most.tables as usize),
        ("component.too_many_functions", "functions", sizes.functions as usize, limits::FUNCTIONS as usize),
        ("component.too_many_types", "types", sizes.types as usize, limits::TYPES as usize),
    ]
    .into_iter()
    .filter(|(_, _, found, most)| found > most)
    .map(|(code, what, found, most)| AdmissionRefusal::new(code, format!("{found} {what}; {most} are allowed")))
}

fn features() -> WasmFeatures {
    WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::REFERENCE_TYPES
        | WasmFeatures::MULTI_VALUE
        | WasmFeatures::BULK_MEMORY
        // By sums the modules of an interpreted language place themselves beside each other.
        | WasmFeatures::EXTENDED_CONST
        | WasmFeatures::FLOATS
        | WasmFeatures::COMPONENT_MODEL
}
