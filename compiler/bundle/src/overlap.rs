//! Several bundles together: none may own what another owns.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::roots::Roots;
use crate::{Bundle, Error, Manifest, Module, documents};

/// What several bundles hold together.
#[derive(Debug, Clone, Default)]
pub struct Activated {
    /// All Rego files.
    pub modules: Vec<Module>,
    /// The base documents.
    pub data: Map<String, Value>,
    /// The plan.
    pub plan: Option<Vec<u8>>,
    /// The manifests, by the bundles' names.
    pub manifests: BTreeMap<String, Manifest>,
}

/// How an error reports that bundles overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Words {
    /// As when OPA activates bundles: `opa eval`, `opa test`.
    Activation,
    /// As when OPA merges bundles: `opa build`, `opa check`.
    Merge,
}

/// Puts bundles together with documents that are there already. As in OPA, a bundle's documents replace what is at the bundle's roots.
///
/// # Errors
/// When the roots of two bundles overlap.
pub fn activate(bundles: Vec<Bundle>, data: Map<String, Value>, words: Words) -> Result<Activated, Error> {
    // A bundle that is named twice is one bundle.
    let bundles: BTreeMap<String, Bundle> = bundles.into_iter().map(|bundle| (bundle.name.clone(), bundle)).collect();
    match words {
        Words::Activation => check(&bundles)?,
        Words::Merge => {
            let roots: Vec<String> = bundles.values().flat_map(|bundle| bundle.manifest.roots.clone()).collect();
            Roots::new(&roots)?;
        }
    }
    let mut activated = Activated {
        data,
        ..Activated::default()
    };
    let mut planned: Option<String> = None;
    for (name, bundle) in bundles {
        bundle.require_code()?;
        for root in &bundle.manifest.roots {
            match root.as_str() {
                "" => activated.data.clear(),
                root => drop(documents::take(&mut activated.data, &root.split('/').collect::<Vec<_>>())),
            }
        }
        crate::merge(&mut activated.data, bundle.data).map_err(|path| Error::Document {
            path: name.clone(),
            reason: format!("failed to insert data file from path {}", path.join("/")),
        })?;
        activated.modules.extend(bundle.modules);
        if bundle.plan.is_some() {
            if let Some(first) = planned.replace(name.clone()) {
                return Err(Error::PlansOfBundles(first, name));
            }
            activated.plan = bundle.plan;
        }
        activated.manifests.insert(name, bundle.manifest);
    }
    Ok(activated)
}

/// Checks that the roots of bundles do not overlap. Sorted by their segments, a root is followed by all that lie below it.
fn check(bundles: &BTreeMap<String, Bundle>) -> Result<(), Error> {
    let mut roots: Vec<(String, &str)> = Vec::new();
    let mut empty = BTreeSet::new();
    for (name, bundle) in bundles {
        for root in &bundle.manifest.roots {
            if root.is_empty() {
                empty.insert(name.as_str());
            }
            let canonical = if root.is_empty() { "/".to_owned() } else { format!("/{root}/") };
            roots.push((canonical, name));
        }
    }
    roots.sort();
    let shown = |root: &str| root.trim_matches('/').to_owned();
    let mut colliding = BTreeSet::new();
    let mut conflicts = BTreeSet::new();
    // The roots that the one at hand may lie below.
    let mut above: Vec<&(String, &str)> = Vec::new();
    for entry in &roots {
        while above.last().is_some_and(|upper| !entry.0.starts_with(&upper.0)) {
            above.pop();
        }
        for upper in above.iter().filter(|upper| upper.1 != entry.1) {
            colliding.extend([upper.1, entry.1]);
            conflicts.insert(match upper.0 == entry.0 {
                true => format!("root {} is in multiple bundles", shown(&entry.0)),
                false => format!("{} overlaps {}", shown(&upper.0), shown(&entry.0)),
            });
        }
        above.push(entry);
    }
    if colliding.is_empty() {
        return Ok(());
    }
    let joined = |names: BTreeSet<&str>| names.into_iter().collect::<Vec<_>>().join(", ");
    let bundles = joined(colliding);
    if !empty.is_empty() {
        return Err(Error::EmptyRoots {
            bundles,
            empty: joined(empty),
        });
    }
    Err(Error::Overlap {
        bundles,
        conflicts: conflicts.into_iter().collect::<Vec<_>>().join(", "),
    })
}
