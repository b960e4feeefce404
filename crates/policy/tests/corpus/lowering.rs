//! Values as they lie in a guest's memory by the canonical ABI, written down as JSON and laid out by the contract's own types.
//!
//! A record is an object whose missing members are zeros; a case of a variant is its name, or an object of its name and what it carries. Where a
//! type allows nothing false to be said, `{"$raw": [bytes]}` says it, and `{"$repeat": [n, value]}` is a list of the same.

use serde_json::Value;
use wit_parser::{Int, Resolve, SizeAlign, Type, TypeDefKind};

/// A guest's memory from some address on.
pub struct Memory<'a> {
    resolve: &'a Resolve,
    sizes: SizeAlign,
    base: usize,
    /// What lies there.
    pub bytes: Vec<u8>,
}

impl<'a> Memory<'a> {
    pub fn new(resolve: &'a Resolve, base: usize) -> Self {
        let mut sizes = SizeAlign::default();
        sizes.fill(resolve).expect("types that have a size");
        Self { resolve, sizes, base, bytes: Vec::new() }
    }

    /// Lays a value down; gives its address.
    pub fn lay(&mut self, ty: &Type, value: &Value) -> usize {
        let at = self.room(self.size(ty), 8);
        self.write(ty, at, value);
        at
    }

    fn size(&self, ty: &Type) -> usize {
        self.sizes.size(ty).size_wasm32()
    }

    fn room(&mut self, size: usize, align: usize) -> usize {
        let at = (self.base + self.bytes.len()).next_multiple_of(align);
        self.bytes.resize(at + size - self.base, 0);
        at
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        let at = at - self.base;
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn put_u32(&mut self, at: usize, value: usize) {
        self.put(at, &u32::try_from(value).expect("32 bits").to_le_bytes());
    }

    fn write(&mut self, ty: &Type, at: usize, value: &Value) {
        if let Some(raw) = value.get("$raw") {
            let bytes: Vec<u8> = serde_json::from_value(raw.clone()).expect("bytes");
            return self.put(at, &bytes);
        }
        match ty {
            Type::Bool => self.put(at, &[u8::from(value.as_bool().expect("a bool"))]),
            Type::U32 => self.put_u32(at, usize::try_from(value.as_u64().expect("a number")).expect("32 bits")),
            Type::String => {
                let text = value.as_str().unwrap_or_else(|| panic!("{value} is no text"));
                let place = self.room(text.len(), 1);
                self.put(place, text.as_bytes());
                self.put_u32(at, place);
                self.put_u32(at + 4, text.len());
            }
            Type::Id(id) => {
                let resolve = self.resolve;
                self.write_kind(&resolve.types[*id].kind, at, value);
            }
            other => panic!("the contract has no {other:?}"),
        }
    }

    fn write_kind(&mut self, kind: &TypeDefKind, at: usize, value: &Value) {
        match kind {
            TypeDefKind::Type(ty) => self.write(ty, at, value),
            TypeDefKind::Record(record) => {
                let members = value.as_object().unwrap_or_else(|| panic!("{value} is no record"));
                let known = |name: &String| record.fields.iter().any(|field| field.name == *name);
                assert!(members.keys().all(known), "{value} has a member too many");
                let types: Vec<_> = record.fields.iter().map(|field| field.ty).collect();
                self.write_parts(&types, at, record.fields.iter().map(|field| members.get(&field.name)));
            }
            TypeDefKind::Tuple(tuple) => {
                let parts = value.as_array().expect("a tuple");
                self.write_parts(&tuple.types, at, parts.iter().map(Some));
            }
            TypeDefKind::List(element) => self.write_list(element, at, value),
            TypeDefKind::Enum(cases) => {
                let name = value.as_str().expect("a name");
                let i = cases.cases.iter().position(|case| case.name == name).unwrap_or_else(|| panic!("no {name}"));
                self.put(at, &[u8::try_from(i).expect("few cases")]);
            }
            TypeDefKind::Option(ty) => self.write_case(&[None, Some(*ty)], usize::from(!value.is_null()), at, value),
            TypeDefKind::Result(result) => {
                let (name, inner) = named(value);
                self.write_case(&[result.ok, result.err], usize::from(name == "err"), at, inner);
            }
            TypeDefKind::Variant(variant) => {
                let (name, inner) = named(value);
                let i = variant.cases.iter().position(|case| case.name == name).unwrap_or_else(|| panic!("no {name}"));
                let types: Vec<_> = variant.cases.iter().map(|case| case.ty).collect();
                self.write_case(&types, i, at, inner);
            }
            other => panic!("the contract has no {other:?}"),
        }
    }

    fn write_parts<'v>(&mut self, types: &[Type], at: usize, values: impl Iterator<Item = Option<&'v Value>>) {
        let places: Vec<_> =
            self.sizes.field_offsets(types).into_iter().map(|(offset, ty)| (offset.size_wasm32(), *ty)).collect();
        for ((offset, ty), value) in places.into_iter().zip(values) {
            if let Some(value) = value {
                self.write(&ty, at + offset, value);
            }
        }
    }

    fn write_case(&mut self, types: &[Option<Type>], i: usize, at: usize, value: &Value) {
        self.put(at, &[u8::try_from(i).expect("few cases")]);
        if let Some(ty) = &types[i] {
            let offset = self.sizes.payload_offset(Int::U8, types.iter().map(Option::as_ref)).size_wasm32();
            self.write(ty, at + offset, value);
        }
    }

    fn write_list(&mut self, element: &Type, at: usize, value: &Value) {
        let repeated: Vec<Value>;
        let values = match value.get("$repeat") {
            Some(repeat) => {
                let times = usize::try_from(repeat[0].as_u64().expect("a number")).expect("few");
                repeated = vec![repeat[1].clone(); times];
                &repeated
            }
            None => value.as_array().unwrap_or_else(|| panic!("{value} is no list")),
        };
        let size = self.size(element);
        let place = self.room(size * values.len(), 8);
        self.put_u32(at, place);
        self.put_u32(at + 4, values.len());
        for (i, value) in values.iter().enumerate() {
            self.write(element, place + i * size, value);
        }
    }
}

/// A case and what it carries.
fn named(value: &Value) -> (&str, &Value) {
    match value {
        Value::String(name) => (name, &Value::Null),
        other => other
            .as_object()
            .and_then(|members| members.iter().next())
            .map_or_else(|| panic!("{value} is no case"), |(name, inner)| (name.as_str(), inner)),
    }
}
