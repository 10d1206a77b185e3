//! Describes WIT types to the runtime (`warrego_abi::shape`), so that typed arguments become documents.
//!
//! Documents follow the wire format of wasmCloud's hosts: field names in camel case, `null` for what is absent, a list of pairs of strings as
//! an object, and for a variant the case's name, in camel case, as the field `kind` next to the payload.

use crate::codegen::Error;
use crate::codegen::data::Data;
use std::collections::HashMap;
use warrego_abi::{Word, shape};
use wit_parser::{Int, Record, Resolve, SizeAlign, Type, TypeDefKind, TypeId, Variant};

/// Writes the nodes of types into static data, each type once.
pub(super) struct Shapes<'a> {
    resolve: &'a Resolve,
    sizes: SizeAlign,
    data: &'a mut Data,
    known: HashMap<Type, u32>,
}

/// A field of an object to be: its key, where its value comes from.
struct Field {
    key: String,
    offset: u32,
    node: u32,
}

impl<'a> Shapes<'a> {
    /// A writer for the types of a package.
    pub fn new(resolve: &'a Resolve, data: &'a mut Data) -> Self {
        let mut sizes = SizeAlign::default();
        sizes.fill(resolve);
        Self {
            resolve,
            sizes,
            data,
            known: HashMap::new(),
        }
    }

    /// The address of a named type's node.
    pub fn named(&mut self, id: TypeId) -> Result<u32, Error> {
        self.node(&Type::Id(id))
    }

    fn node(&mut self, ty: &Type) -> Result<u32, Error> {
        if let Some(&node) = self.known.get(ty) {
            return Ok(node);
        }
        let resolve = self.resolve;
        let node = match ty {
            Type::String => self.write(shape::STRING, 0, 0, 0)?,
            Type::Bool => self.write(shape::BOOL, 0, 0, 0)?,
            Type::U32 => self.write(shape::U32, 0, 0, 0)?,
            Type::U64 => self.write(shape::U64, 0, 0, 0)?,
            Type::Id(id) => match &resolve.types[*id].kind {
                TypeDefKind::Type(same) => self.node(same)?,
                TypeDefKind::Record(record) => self.record(record)?,
                TypeDefKind::Variant(variant) => self.variant(variant, shape::VARIANT)?,
                TypeDefKind::Option(payload) => {
                    let offset = self.sizes.payload_offset(Int::U8, [Some(payload)]);
                    let child = self.node(payload)?;
                    self.write(shape::OPTION, child, 0, offset.size_wasm32() as u32)?
                }
                TypeDefKind::List(item) if self.is_pair(item) => self.write(shape::MAP, 0, 0, 0)?,
                other => {
                    return Err(Error::Bug(format!(
                        "requests hold a {}, which no document is made from",
                        other.as_str()
                    )));
                }
            },
            other => return Err(Error::Bug(format!("requests hold a {other:?}, which no document is made from"))),
        };
        self.known.insert(*ty, node);
        Ok(node)
    }

    /// A list's element that makes it a map: `tuple<string, string>`.
    fn is_pair(&self, item: &Type) -> bool {
        let Type::Id(id) = item else { return false };
        matches!(&self.resolve.types[*id].kind, TypeDefKind::Tuple(tuple) if tuple.types == [Type::String, Type::String])
    }

    fn record(&mut self, record: &Record) -> Result<u32, Error> {
        let offsets = self.sizes.field_offsets(record.fields.iter().map(|field| &field.ty));
        let offsets: Vec<u32> = offsets.into_iter().map(|(offset, _)| offset.size_wasm32() as u32).collect();
        let mut fields = Vec::new();
        for (field, offset) in record.fields.iter().zip(offsets) {
            if let Some(variant) = self.as_variant(&field.ty) {
                let node = self.variant(variant, shape::TAG)?;
                let key = "kind".to_owned();
                fields.push(Field { key, offset, node });
            }
            let node = self.node(&field.ty)?;
            let key = camel_case(&field.name);
            fields.push(Field { key, offset, node });
        }
        fields.sort_by(|a, b| a.key.cmp(&b.key));
        let mut words = Vec::new();
        for field in &fields {
            words.push(self.data.string(field.key.as_bytes())?);
            words.push(Word::from(field.offset) | Word::from(field.node) << 32);
        }
        let children = self.data.words(&words)?;
        self.write(shape::RECORD, children, fields.len() as u32, 0)
    }

    fn as_variant(&self, ty: &Type) -> Option<&'a Variant> {
        let Type::Id(id) = ty else { return None };
        match &self.resolve.types[*id].kind {
            TypeDefKind::Type(same) => self.as_variant(same),
            TypeDefKind::Variant(variant) => Some(variant),
            _ => None,
        }
    }

    /// The node of a variant's payload or, as `kind` says, of its case's name.
    fn variant(&mut self, variant: &Variant, kind: u32) -> Result<u32, Error> {
        let offset = self
            .sizes
            .payload_offset(variant.tag(), variant.cases.iter().map(|case| case.ty.as_ref()));
        let mut words = Vec::new();
        for case in &variant.cases {
            let payload = match &case.ty {
                Some(ty) if kind == shape::VARIANT => self.node(ty)?,
                _ => 0,
            };
            words.push(self.data.string(camel_case(&case.name).as_bytes())?);
            words.push(payload.into());
        }
        let children = self.data.words(&words)?;
        self.write(kind, children, variant.cases.len() as u32, offset.size_wasm32() as u32)
    }

    fn write(&mut self, kind: u32, children: u32, count: u32, payload: u32) -> Result<u32, Error> {
        let node = [kind, children, count, payload].map(u32::to_le_bytes).concat();
        Ok(self.data.raw(&node)?)
    }
}

/// `request-id` becomes `requestId`.
fn camel_case(kebab: &str) -> String {
    let mut parts = kebab.split('-');
    let mut camel = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut chars = part.chars();
        camel.extend(chars.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(chars.as_str());
    }
    camel
}

#[cfg(test)]
mod tests {
    use super::camel_case;

    #[test]
    fn names() {
        assert_eq!(camel_case("host"), "host");
        assert_eq!(camel_case("request-id"), "requestId");
        assert_eq!(camel_case("start-component"), "startComponent");
    }
}
