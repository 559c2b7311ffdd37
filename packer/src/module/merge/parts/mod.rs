//! The runtime by need: a runtime without the parts that an image does not need.
//!
//! A runtime asks for each part by an import, for example `part` `links`. [`without_unneeded`]
//! answers all questions and removes the code behind them. Functions that only this code
//! called are then unreachable, and the merge omits them.

mod fold;
pub(crate) mod needed;

use crate::module::edit::items::Items;
use crate::module::edit::rebuild::Rebuild;
use crate::module::error::ModuleError;
use crate::module::merge::runtime::Runtime;
use crate::module::parse::leb::leb;
use crate::module::parse::section::id;
use crate::module::parse::shape::Shape;
use wasi_vfs_embedding::{PART_MODULE, Part, Parts};
use wasmparser::{ExternalKind, ValType};

/// The module `runtime` with only the `needed` parts. It still imports the questions, but
/// calls none of them.
pub(crate) fn without_unneeded(runtime: &[u8], needed: Parts) -> Result<Vec<u8>, ModuleError> {
    let shape = Shape::parse(runtime).map_err(|error| ModuleError::Runtime(error.to_string()))?;
    let answers = answers(&shape, needed)?;
    let answer = |function: u32| answers.get(function as usize).copied().flatten();
    let mut bytes = Vec::new();
    for body in &shape.bodies {
        let body = fold::folded(shape.wasm, body, &answer)?;
        bytes.extend(leb(body.len() as u32));
        bytes.extend(body);
    }
    let count = shape.bodies.len() as u32;
    let bytes = bytes.into();
    let mut rebuild = Rebuild::copy(&shape, |_, bytes| Some(bytes.into()))?;
    rebuild.items(id::CODE, 0, Items { count, bytes })?;
    rebuild.finish()
}

/// Bytes of code of `runtime` that only `part` needs, one of the `needed` parts, if a program
/// calls all functions.
pub(crate) fn part_len(runtime: &[u8], needed: Parts, part: Part) -> Result<u64, ModuleError> {
    let with = code_len(runtime, needed)?;
    let without = code_len(runtime, needed.without(part))?;
    Ok(with.saturating_sub(without))
}

/// Bytes of the functions that the exports need.
fn code_len(runtime: &[u8], needed: Parts) -> Result<u64, ModuleError> {
    let runtime = without_unneeded(runtime, needed)?;
    let runtime = Runtime::parse(&runtime)?;
    let exports = runtime.shape.exports.iter();
    let functions = exports.filter(|export| export.kind == ExternalKind::Func);
    let reachable = runtime.reachable(functions.map(|export| export.index).collect())?;
    let bodies = (0..).zip(reachable).filter(|(_, reachable)| *reachable);
    let bodies = bodies.filter_map(|(function, _)| runtime.body(function));
    Ok(bodies.map(|body| body.range().len() as u64).sum())
}

/// The answer to each question, by the number of its import.
fn answers(shape: &Shape<'_>, needed: Parts) -> Result<Vec<Option<bool>>, ModuleError> {
    let mut answers = Vec::new();
    for (number, import) in (0..).zip(shape.imported_functions()) {
        if import.module != PART_MODULE {
            answers.push(None);
            continue;
        }
        let ty = shape.function_type(number);
        let is_question =
            ty.is_some_and(|ty| ty.params().is_empty() && ty.results() == [ValType::I32]);
        let answer = needed.answer(import.name).filter(|_| is_question);
        let name = import.name;
        let what = || format!("it asks for the part `{name}`, which the ABI does not have");
        answers.push(Some(answer.ok_or_else(|| ModuleError::Runtime(what()))?));
    }
    Ok(answers)
}
