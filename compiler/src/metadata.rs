//! What a component says about itself, in the custom sections that WebAssembly tools write and display (`wasm-tools metadata show`), and registries read: name,
//! version, description and so on, the tools that made it, and the documentation of its world.
//!
//! Nothing in these sections is checked by anybody: they are claims of whoever built the component.

use std::borrow::Cow;

use serde_json::{Value, json};
use wasm_encoder::{ComponentNameSection, ComponentSection, CustomSection, ProducersField, ProducersSection};
use wasm_metadata::{Authors, Description, Homepage, Licenses, Revision, Source, Version};

use crate::syntax;
use crate::syntax::ast::{self, Annotations, Module, Ref, Term};
use crate::wit::{self, World};

/// The compiler's name and version.
pub const COMPILER: &str = concat!("warrego ", env!("CARGO_PKG_VERSION"));

/// What is said about a policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// Its name.
    pub name: Option<String>,
    /// Its version, as in `1.2.0`.
    pub version: Option<String>,
    /// What it is for, in a sentence.
    pub description: Option<String>,
    /// Who wrote it, as in `Ann Example <ann@example.com>`.
    pub authors: Option<String>,
    /// An SPDX licence expression, as in `Apache-2.0 OR MIT`.
    pub licenses: Option<String>,
    /// The URL of its sources.
    pub source: Option<String>,
    /// The URL of its home page.
    pub homepage: Option<String>,
    /// The revision of its sources, as in the hash of a commit.
    pub revision: Option<String>,
}

impl Metadata {
    /// This, with what is missing taken from another.
    pub fn or(self, other: Self) -> Self {
        Self {
            name: self.name.or(other.name),
            version: self.version.or(other.version),
            description: self.description.or(other.description),
            authors: self.authors.or(other.authors),
            licenses: self.licenses.or(other.licenses),
            source: self.source.or(other.source),
            homepage: self.homepage.or(other.homepage),
            revision: self.revision.or(other.revision),
        }
    }

    /// What the annotations say of the package that holds an entrypoint, as in `acme/authz/allow`. Blocks that are not well-formed say nothing.
    pub(crate) fn annotated(modules: &[Module], entrypoint: &str) -> Self {
        let mut found: Option<(usize, Annotations)> = None;
        for module in modules {
            let Some(steps) = steps_of_package(&module.package.path, entrypoint) else {
                continue;
            };
            if found.as_ref().is_some_and(|(other, _)| *other >= steps) {
                continue;
            }
            let blocks = syntax::read_annotations(module).unwrap_or_default();
            if let Some(block) = blocks.into_iter().find(|block| block.scope == "package") {
                found = Some((steps, block));
            }
        }
        found.map_or_else(Self::default, |(_, block)| Self::of_package(&block))
    }

    /// What the annotations of a package say: `title`, `description` and `authors`, and of `custom` the rest by name (`license` is as good as `licenses`).
    fn of_package(annotations: &Annotations) -> Self {
        let document = &annotations.document;
        let plain = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let custom = |name: &str| plain(&document["custom"][name]);
        let author = |author: &Value| {
            let (name, email) = (plain(&author["name"]), plain(&author["email"]));
            match (name, email) {
                (Some(name), Some(email)) => Some(format!("{name} <{email}>")),
                (name, email) => name.or(email),
            }
        };
        let authors: Vec<String> = document["authors"].as_array().into_iter().flatten().filter_map(author).collect();
        Self {
            name: plain(&document["title"]),
            version: custom("version"),
            description: plain(&document["description"]),
            authors: (!authors.is_empty()).then(|| authors.join(", ")),
            licenses: custom("licenses").or_else(|| custom("license")),
            source: custom("source"),
            homepage: custom("homepage"),
            revision: custom("revision"),
        }
    }

    /// The sections, to be appended to a component of that world.
    ///
    /// # Errors
    /// When the licence is not an SPDX expression, or an address is not a URL: tools could not read it.
    pub(crate) fn sections(&self, world: World) -> Result<Vec<u8>, String> {
        let mut out = Vec::new();
        if let Some(name) = &self.name {
            let mut names = ComponentNameSection::new();
            names.component(name);
            names.append_to_component(&mut out);
        }
        let mut producers = ProducersSection::new();
        producers.field("language", ProducersField::new().value("Rego", ""));
        producers.field("processed-by", ProducersField::new().value("warrego", env!("CARGO_PKG_VERSION")));
        producers.append_to_component(&mut out);
        let invalid = |what: &str, text: &str, error: &dyn std::fmt::Display| format!("the {what} `{text}` is not valid: {error:#}");
        if let Some(text) = &self.version {
            Version::new(text.clone()).append_to_component(&mut out);
        }
        if let Some(text) = &self.description {
            Description::new(text.clone()).append_to_component(&mut out);
        }
        if let Some(text) = &self.authors {
            Authors::new(text.clone()).append_to_component(&mut out);
        }
        if let Some(text) = &self.licenses {
            let licenses = Licenses::new(text).map_err(|error| invalid("licence expression", text, &error))?;
            licenses.append_to_component(&mut out);
        }
        if let Some(text) = &self.source {
            let source = Source::new(text).map_err(|error| invalid("URL of the source", text, &error))?;
            source.append_to_component(&mut out);
        }
        if let Some(text) = &self.homepage {
            let homepage = Homepage::new(text).map_err(|error| invalid("URL of the home page", text, &error))?;
            homepage.append_to_component(&mut out);
        }
        if let Some(text) = &self.revision {
            Revision::new(text.clone()).append_to_component(&mut out);
        }
        let documentation = CustomSection {
            name: wit_parser::PackageMetadata::SECTION_NAME.into(),
            data: Cow::Owned(documentation(world)?),
        };
        documentation.append_to_component(&mut out);
        Ok(out)
    }
}

/// The documentation of a world, in the format of the section `package-docs`.
///
/// What is documented is the world that tools make of a component, `root`: the interfaces that it exports belong to another package, of which the section cannot
/// speak. So their functions are listed there.
fn documentation(world: World) -> Result<Vec<u8>, String> {
    /// The version of the format.
    const VERSION: u8 = 1;
    let docs = wit::documentation(world)?;
    let mut section = vec![VERSION];
    section.extend(json!({"worlds": {"root": {"docs": docs}}}).to_string().into_bytes());
    Ok(section)
}

/// How many steps lead to a package, if an entrypoint lies in it or below it.
fn steps_of_package(package: &Ref, entrypoint: &str) -> Option<usize> {
    let mut entrypoint = entrypoint.split('/');
    let steps = package.get(1..)?;
    let holds = |term: &Term| matches!(&term.value, ast::Value::String(step) if entrypoint.next() == Some(&**step));
    steps.iter().all(holds).then_some(steps.len())
}
