//! What `$ref` can refer to: documents by their URL, and places in them by a JSON pointer.
//!
//! Nothing is loaded from anywhere. The meta-schemas of the drafts are the only documents that are known without being part of the schema; what a
//! reference names beyond that is an error.

use super::super::tree::Tree;
use super::super::url::Url;
use super::model::Draft;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Messages are Go's and may quote whatever stands in a schema.
pub type Message = String;

/// The text of an error about a URL.
pub fn url_message(error: &super::super::url::UrlError) -> Message {
    String::from_utf8_lossy(&error.0).into_owned()
}

/// A reference: a URL whose fragment may be a pointer.
#[derive(Debug, Clone)]
pub struct Reference(Url);

impl Reference {
    /// Reads a reference.
    pub fn parse(text: &str) -> Result<Reference, Message> {
        Url::parse(text.as_bytes()).map(Reference).map_err(|error| url_message(&error))
    }

    /// The reference's text, which is what it is known by.
    pub fn key(&self) -> Box<str> {
        String::from_utf8_lossy(&self.0.to_bytes()).into()
    }

    /// A reference within this one.
    fn inherit(&self, child: &Reference) -> Result<Reference, Message> {
        let mut base = self.0.clone();
        base.fragment.clear();
        let resolved = base.resolve(&child.0).to_bytes();
        Url::parse(&resolved).map(Reference).map_err(|error| url_message(&error))
    }

    fn without_fragment(&self) -> Reference {
        let mut url = self.0.clone();
        url.fragment.clear();
        Reference(url)
    }

    fn is_canonical(&self) -> bool {
        if self.0.scheme == b"file" {
            return self.0.path.starts_with(b"/");
        }
        !self.0.scheme.is_empty() && !self.0.host.is_empty()
    }

    /// The steps of the pointer; none if the fragment is no pointer.
    fn steps(&self) -> Vec<String> {
        match self.0.fragment.split_first() {
            Some((b'/', rest)) => rest
                .split(|byte| *byte == b'/')
                .map(|step| String::from_utf8_lossy(step).into_owned())
                .collect(),
            _ => Vec::new(),
        }
    }
}

/// A place in one of the documents.
#[derive(Debug, Clone)]
pub struct Place {
    root: Rc<Tree>,
    /// Positions of elements and pairs.
    path: Vec<usize>,
    /// The version that the document says it has.
    pub draft: Option<Draft>,
}

impl Place {
    /// What stands there.
    pub fn tree(&self) -> &Tree {
        let mut tree = &*self.root;
        for position in &self.path {
            let inner = match tree {
                Tree::Array(elements) => elements.get(*position),
                Tree::Object(pairs) => pairs.get(*position).map(|(_, tree)| tree),
                _ => None,
            };
            match inner {
                Some(inner) => tree = inner,
                None => break,
            }
        }
        tree
    }

    /// The place that a pointer names, from here.
    fn follow(&self, steps: &[String]) -> Result<Place, Message> {
        let mut place = self.clone();
        for step in steps {
            let position = match place.tree() {
                Tree::Object(pairs) => {
                    let key = step.replace("~1", "/").replace("~0", "~");
                    let found = pairs.binary_search_by(|(other, _)| (**other).cmp(&key));
                    found.map_err(|_| ["Object has no key '", &key, "'"].concat())?
                }
                Tree::Array(elements) => array_position(step, elements.len())?,
                _ => return Err(["Invalid token reference '", step, "'"].concat()),
            };
            place.path.push(position);
        }
        Ok(place)
    }
}

fn array_position(step: &str, len: usize) -> Result<usize, Message> {
    // Like Go's `Atoi`, which takes a sign.
    let Ok(index) = step.parse::<i64>() else {
        return Err(["Invalid array index '", step, "'"].concat());
    };
    match usize::try_from(index).ok().filter(|index| *index < len) {
        Some(index) => Ok(index),
        None => Err(["Out of bound array[0,", &len.to_string(), "] index '", &index.to_string(), "'"].concat()),
    }
}

/// The documents, by the text of their reference.
#[derive(Debug, Default)]
pub struct Pool {
    places: BTreeMap<Box<str>, Place>,
}

/// The draft of a document by its `$schema`.
pub fn draft_of(document: &Tree) -> Result<Option<Draft>, Message> {
    match document {
        Tree::Boolean(_) => return Ok(None),
        Tree::Object(_) => {}
        _ => return Err("schema is invalid".to_owned()),
    }
    let Some(schema) = document.get("$schema") else {
        return Ok(None);
    };
    let Some(schema) = schema.as_str() else {
        return Err("$schema must be of type string".to_owned());
    };
    let reference = Reference::parse(schema)?;
    Ok(super::meta::draft(&reference.key()))
}

impl Pool {
    /// Adds a document: its references become absolute, and what has an id can be found by it. Gives the document's place.
    pub fn add(&mut self, mut document: Tree, reference: &Reference) -> Result<Place, Message> {
        let key = reference.key();
        if self.places.contains_key(&key) {
            return Err(["Reference already exists: \"", &key, "\""].concat());
        }
        let draft = draft_of(&document)?;
        let mut named = Vec::new();
        make_absolute(&mut document, reference, &mut Vec::new(), &mut named);
        let root = Rc::new(document);
        let place = |path| Place {
            root: root.clone(),
            path,
            draft,
        };
        for (name, path) in named {
            if self.places.contains_key(&name) {
                return Err(["Reference already exists: \"", &name, "\""].concat());
            }
            self.places.insert(name, place(path));
        }
        let whole = place(Vec::new());
        self.places.insert(key, whole.clone());
        Ok(whole)
    }

    /// The place that a reference names.
    pub fn find(&mut self, reference: &Reference) -> Result<Place, Message> {
        let key = reference.key();
        if let Some(place) = self.places.get(&key) {
            return Ok(place.clone());
        }
        let base = reference.without_fragment();
        if let Some(document) = self.places.get(&base.key()) {
            let place = document.follow(&reference.steps())?;
            self.places.insert(key, place.clone());
            return Ok(place);
        }
        if !reference.is_canonical() {
            return Err(["Reference ", &key, " must be canonical"].concat());
        }
        let Some(document) = super::meta::document(&base.key()) else {
            return Err(["remote reference loading disabled: ", &key].concat());
        };
        let place = self.add(document, &base)?;
        place.follow(&reference.steps())
    }
}

/// Rewrites the references below a tree, and notes what has an id.
fn make_absolute(tree: &mut Tree, base: &Reference, path: &mut Vec<usize>, named: &mut Vec<(Box<str>, Vec<usize>)>) {
    match tree {
        Tree::Array(elements) => {
            for (position, element) in elements.iter_mut().enumerate() {
                path.push(position);
                make_absolute(element, base, path, named);
                path.pop();
            }
        }
        Tree::Object(_) => {
            let own = own_base(tree, base);
            if let Some(own) = &own {
                named.push((own.key(), path.clone()));
            }
            let base = own.as_deref().unwrap_or(base);
            let target = target_of(tree, base);
            let Tree::Object(pairs) = tree else {
                return;
            };
            for (position, (key, value)) in pairs.iter_mut().enumerate() {
                path.push(position);
                match &**key {
                    "const" | "enum" => {}
                    "$ref" if target.is_some() => *value = Tree::String(target.clone().unwrap_or_default()),
                    // Their keys are names, not keywords.
                    "properties" | "dependencies" | "patternProperties" => {
                        if let Tree::Object(inner) = value {
                            for (position, (_, value)) in inner.iter_mut().enumerate() {
                                path.push(position);
                                make_absolute(value, base, path, named);
                                path.pop();
                            }
                        }
                    }
                    _ => make_absolute(value, base, path, named),
                }
                path.pop();
            }
        }
        _ => {}
    }
}

/// What references in a schema with an id are relative to. A box, and a function on its own: what calls itself must take little of the stack.
#[inline(never)]
fn own_base(tree: &Tree, base: &Reference) -> Option<Box<Reference>> {
    let id = tree.get("id").or_else(|| tree.get("$id"))?.as_str()?;
    base.inherit(&Reference::parse(id).ok()?).ok().map(Box::new)
}

/// What the reference of a schema is known by.
#[inline(never)]
fn target_of(tree: &Tree, base: &Reference) -> Option<Box<str>> {
    let text = tree.get("$ref")?.as_str()?;
    base.inherit(&Reference::parse(text).ok()?).ok().map(|target| target.key())
}
