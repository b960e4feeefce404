//! A function of a component, whose types are compared with the contract's at its first call alone.

#![expect(
    unsafe_code,
    reason = "a call whose types are not compared again is unsafe by nature; that they were, of the same component, is what makes it sound"
)]

use std::{
    marker::PhantomData,
    sync::atomic::{AtomicBool, Ordering},
};

use wasmtime::{
    Store,
    component::{ComponentExportIndex, ComponentNamedList, Instance, InstancePre, Lift, Lower, TypedFunc},
    format_err,
};

use crate::calls::State;

/// What a function takes and gives, as the contract has it.
pub trait Signature {
    /// What it takes.
    type Parameters<'a>: ComponentNamedList + Lower;

    /// What it gives.
    type Answer: ComponentNamedList + Lift;

    /// Its name in its interface.
    const NAME: &str;
}

/// A function of one component. Comparing its types takes as long as many a call: they belong to the component, and all its instances have them.
pub struct Function<S> {
    at: ComponentExportIndex,
    compared: AtomicBool,
    signature: PhantomData<fn() -> S>,
}

impl<S: Signature> Function<S> {
    /// Finds the function in an interface.
    pub fn find(pre: &InstancePre<State>, interface: &str) -> wasmtime::Result<Self> {
        let component = pre.component();
        let at = component.get_export_index(None, interface);
        let at = at.ok_or_else(|| format_err!("no exported instance named `{interface}`"))?;
        let at = component.get_export_index(Some(&at), S::NAME);
        let at = at.ok_or_else(|| format_err!("instance export `{interface}` does not have export `{}`", S::NAME))?;
        Ok(Self { at, compared: AtomicBool::new(false), signature: PhantomData })
    }

    /// Compares its types with the contract's.
    pub fn compare(&self, store: &mut Store<State>, on: &Instance) -> wasmtime::Result<()> {
        self.typed(store, on).map(drop)
    }

    /// Calls it on an instance of the component that it was found in.
    pub fn call(
        &self,
        store: &mut Store<State>,
        on: &Instance,
        parameters: S::Parameters<'_>,
    ) -> wasmtime::Result<S::Answer> {
        self.typed(store, on)?.call(store, parameters)
    }

    fn typed<'a>(
        &self,
        store: &mut Store<State>,
        on: &Instance,
    ) -> wasmtime::Result<TypedFunc<S::Parameters<'a>, S::Answer>> {
        if !self.compared.load(Ordering::Relaxed) {
            let typed = on.get_typed_func(store, self.at)?;
            self.compared.store(true, Ordering::Relaxed);
            return Ok(typed);
        }
        // An index of another component finds nothing.
        let function =
            on.get_func(store, self.at).ok_or_else(|| format_err!("the instance is of another component"))?;
        // SAFETY: the function is of the component whose types were compared above.
        Ok(unsafe { TypedFunc::new_unchecked(function) })
    }
}
