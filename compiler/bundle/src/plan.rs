//! What a plan (`plan.json`) decides must be within the bundle's roots: the paths of its rules, and its entrypoints.

use serde::Deserialize;

use crate::Error;
use crate::roots::Roots;

#[derive(Deserialize)]
struct Plan {
    plans: Option<Plans>,
    funcs: Option<Funcs>,
}

#[derive(Deserialize)]
struct Plans {
    plans: Option<Vec<Named>>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct Funcs {
    funcs: Option<Vec<Func>>,
}

#[derive(Deserialize)]
struct Func {
    path: Option<Vec<String>>,
}

/// Checks a plan against roots.
pub fn check(bytes: &[u8], roots: &Roots<'_>) -> Result<(), Error> {
    let plan: Plan = serde_json::from_slice(bytes).map_err(|error| Error::Plan(error.to_string()))?;
    let refuse = |path: String| Error::Planned { roots: roots.text(), path };
    for func in plan.funcs.and_then(|funcs| funcs.funcs).unwrap_or_default() {
        let path = func.path.unwrap_or_default();
        // The first step is the generation of the rule: `g0`.
        let Some((_, path)) = path.split_first() else { continue };
        if !roots.contain(path) {
            return Err(refuse(path.join("/")));
        }
    }
    for entrypoint in plan.plans.and_then(|plans| plans.plans).unwrap_or_default() {
        if !roots.contain(&entrypoint.name.split('/').collect::<Vec<_>>()) {
            return Err(refuse(entrypoint.name));
        }
    }
    Ok(())
}
