//! Makes the plans of entrypoints and of queries.

use super::Error;
use super::body::Body;
use super::context::ContextId;
use super::program::Program;
use crate::analysis::AnalysedQuery;
use crate::ir::{Op, Operand, Plan};
use crate::syntax::ast::{Name, Term};

/// The plan of a document's value.
pub(super) fn document(program: &mut Program<'_>, name: &str, path: &[Term]) -> Result<Plan, Error> {
    let mut body = Body::new(program, ContextId::TOP);
    let block = body.block(|body| {
        let value = body.data_reference(path)?;
        let target = body.new_local();
        let key = body.string("result");
        body.emit(Op::MakeObject { target });
        body.emit(Op::ObjectInsert {
            key,
            value,
            object: target,
        });
        body.emit(Op::ResultSetAdd { value: target });
        Ok(())
    })?;
    Ok(Plan {
        name: name.to_owned(),
        blocks: vec![block],
    })
}

/// The plan of what a function of the runtime knows by now.
pub(super) fn known(program: &mut Program<'_>, name: &str, function: &str) -> Result<Plan, Error> {
    let mut body = Body::new(program, ContextId::TOP);
    let block = body.block(|body| {
        let (result, target) = (body.new_local(), body.new_local());
        body.emit(Op::Call {
            func: function.to_owned(),
            args: Vec::new(),
            result,
        });
        let key = body.string("result");
        body.emit(Op::MakeObject { target });
        body.emit(Op::ObjectInsert {
            key,
            value: Operand::Local(result),
            object: target,
        });
        body.emit(Op::ResultSetAdd { value: target });
        Ok(())
    })?;
    Ok(Plan {
        name: name.to_owned(),
        blocks: vec![block],
    })
}

/// The plan of a query.
pub(super) fn query(program: &mut Program<'_>, name: &str, query: &AnalysedQuery) -> Result<Plan, Error> {
    let mut body = Body::new(program, ContextId::TOP);
    let block = body.block(|body| {
        let mark = body.mark();
        body.exprs(&query.body)?;
        let mut bound: Vec<(Name, Operand)> = Vec::new();
        for name in body.bound_since(mark) {
            let shown = query.original_names.get(name).unwrap_or(name);
            let generated = shown.starts_with('$') || shown.starts_with("__local");
            if let Some(operand) = body.var(name).filter(|_| !generated) {
                bound.push((shown.clone(), operand));
            }
        }
        bound.sort_by(|a, b| a.0.cmp(&b.0));
        let target = body.new_local();
        body.emit(Op::MakeObject { target });
        for (name, value) in bound {
            let key = body.string(&name);
            body.emit(Op::ObjectInsert {
                key,
                value,
                object: target,
            });
        }
        body.emit(Op::ResultSetAdd { value: target });
        Ok(())
    })?;
    Ok(Plan {
        name: name.to_owned(),
        blocks: vec![block],
    })
}
