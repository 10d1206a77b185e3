//! `not`, `and` and `or` without braces read as part of the body around them, so their variables have to be bound there. This finds
//! those: all but the ones that the operand itself binds and uses again (which rewriting has put there).

use std::collections::BTreeMap;

use super::outputs;
use crate::analysis::functions::Functions;
use crate::analysis::make;
use crate::analysis::vars::{self, Skip, VarSet, reserved};
use crate::syntax::ast::{Expr, ExprKind, Name, Value};

/// The variables that the operands without braces need from outside.
pub fn promoted(kind: &ExprKind, functions: Functions<'_>) -> VarSet {
    let mut names = VarSet::new();
    match kind {
        ExprKind::Not(not) if !not.explicit => names.extend(needed(&not.body, functions)),
        ExprKind::And(logical) | ExprKind::Or(logical) => {
            if !logical.explicit_lhs {
                names.extend(needed(&logical.lhs, functions));
            }
            if !logical.explicit_rhs {
                names.extend(needed(&logical.rhs, functions));
            }
        }
        _ => {}
    }
    names
}

fn needed(body: &[Expr], functions: Functions<'_>) -> VarSet {
    let mut uses: BTreeMap<Name, usize> = BTreeMap::new();
    for expr in body {
        for name in vars::of_expr(expr, Skip::SAFETY) {
            *uses.entry(name).or_default() += 1;
        }
    }
    if body.len() == 1 {
        return uses.into_keys().collect();
    }
    let bound = bound_inside(body, &uses, functions);
    uses.into_iter()
        .filter(|(name, count)| *count == 1 || !bound.contains(name))
        .map(|(name, _)| name)
        .collect()
}

/// Variables that some expression of the body binds, taking those on no side of an equality to be bound outside.
fn bound_inside(body: &[Expr], uses: &BTreeMap<Name, usize>, functions: Functions<'_>) -> VarSet {
    let mut safe = reserved();
    safe.extend(uses.keys().cloned());
    let equalities = || body.iter().filter(|expr| make::calls(expr, "eq"));
    for side in equalities().flat_map(|expr| make::operands(expr).unwrap_or_default().iter().take(2)) {
        if let Value::Var(name) = &side.value {
            safe.remove(name);
        }
    }
    let mut bound = VarSet::new();
    loop {
        let before = bound.len();
        for expr in equalities() {
            let outputs = outputs::of_equality(expr, &safe);
            safe.extend(outputs.iter().cloned());
            bound.extend(outputs);
        }
        if bound.len() == before {
            break;
        }
    }
    let skip = Skip {
        sets: true,
        ..Skip::BINDABLE
    };
    for expr in body.iter().filter(|expr| !make::calls(expr, "eq")) {
        let ExprKind::Call(terms) = &expr.kind else { continue };
        let Some(arity) = make::call_operator(terms).and_then(|operator| functions.arity(operator)) else {
            continue;
        };
        if arity + 1 < terms.len() {
            vars::collect(skip, &mut bound, |c| c.terms(&terms[arity + 1..]));
        }
    }
    bound
}
