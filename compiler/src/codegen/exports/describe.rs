//! `describe`: what the policy is, laid out in static data as the component model passes it, so that the function does nothing but return an address.

use super::Glue;
use super::results::parts;
use crate::codegen::Error;
use crate::codegen::data::{Data, TooLarge};
use crate::link;
use crate::link::object::Function;

/// What a policy says about itself, beside what is found out here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Description {
    /// Its name.
    pub name: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// The revision of its sources.
    pub revision: Option<String>,
    /// The compiler's name and version.
    pub compiler: String,
    /// For each entrypoint the paths that it can read.
    pub reads: Vec<Reads>,
}

/// The paths that an entrypoint can read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reads {
    /// Of the input.
    pub input: Vec<String>,
    /// Of the base documents.
    pub data: Vec<String>,
}

impl Glue<'_> {
    /// `describe() -> policy-info`. The other exports have been added: what they reach is what the policy imports.
    pub(super) fn describe(&mut self, description: &Description) -> Result<Function, Error> {
        let imports = link::imports(self.object).map_err(|error| Error::Bug(error.to_string()))?;
        let mut entrypoints = Vec::new();
        let nothing = Reads::default();
        for (number, entry) in self.entries.iter().enumerate() {
            let reads = description.reads.get(number).unwrap_or(&nothing);
            entrypoints.extend(text(self.data, &entry.name)?);
            entrypoints.extend(texts(self.data, &reads.input)?);
            entrypoints.extend(texts(self.data, &reads.data)?);
        }
        let mut record = Vec::new();
        for field in [&description.name, &description.version, &description.revision] {
            record.extend(match field {
                Some(field) => [&[1], text(self.data, field)?.as_slice()].concat(),
                None => vec![0; 3],
            });
        }
        record.extend(text(self.data, &description.compiler)?);
        record.extend([words(self.data, &entrypoints)?, self.entries.len() as u32]);
        record.extend(texts(self.data, &imports)?);
        let record = words(self.data, &record)?;
        let mut emit = self.begin("describe", 0);
        emit.i32(record);
        Ok(emit.finish())
    }
}

/// Address and length of a string.
fn text(data: &mut Data, text: &str) -> Result<[u32; 2], TooLarge> {
    let (address, length) = parts(data.string(text.as_bytes())?);
    Ok([address, length])
}

/// Address and length of a list of strings.
fn texts(data: &mut Data, items: &[String]) -> Result<[u32; 2], TooLarge> {
    let mut list = Vec::with_capacity(items.len() * 2);
    for item in items {
        list.extend(text(data, item)?);
    }
    Ok([words(data, &list)?, items.len() as u32])
}

/// The address of words.
fn words(data: &mut Data, words: &[u32]) -> Result<u32, TooLarge> {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    data.raw(&bytes)
}

#[cfg(test)]
mod tests {
    use crate::wit;
    use wit_parser::{SizeAlign, Type, TypeDefKind};

    /// The fields stand where the component model puts them.
    #[test]
    fn layouts() {
        let resolve = wit::resolve().expect("the contract is well-formed");
        let mut sizes = SizeAlign::default();
        sizes.fill(resolve);
        let offsets = |name| match &resolve.types[wit::named_type(resolve, name).expect("the contract has the type")].kind {
            TypeDefKind::Record(record) => sizes
                .field_offsets(record.fields.iter().map(|field| &field.ty))
                .into_iter()
                .map(|(offset, _)| offset.size_wasm32())
                .collect::<Vec<_>>(),
            other => panic!("{name} is {other:?}"),
        };
        assert_eq!(offsets("policy-info"), [0, 12, 24, 36, 44, 52]);
        assert_eq!(offsets("entrypoint-info"), [0, 8, 16]);
        let entry = Type::Id(wit::named_type(resolve, "entrypoint-info").expect("the contract has the type"));
        assert_eq!(sizes.size(&entry).size_wasm32(), 24);
    }
}
