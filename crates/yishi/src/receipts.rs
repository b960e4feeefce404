//! A voter's receipt, and the promise that came before it.

use yishi_record::{
    checkpoints::CheckpointError,
    cosignatures::Witness,
    promises,
    proofs::{Proof, ProofError, Proven},
    verifications::Step,
};

use crate::outputs::Reason;

/// Verifies a receipt, and whether it keeps a promise; adds what holds to the steps.
pub fn check(
    text: &str,
    promise: Option<&str>,
    key: Option<&str>,
    witnesses: &[Witness],
    steps: &mut Vec<Step>,
) -> Result<(), Reason> {
    let proven = Proof::read(text).and_then(|proof| proof.verify(key)).map_err(|error| of_proof(&error))?;
    let Proven { leaf, hash, position, checkpoint, keys, note } = &proven;
    let held = |code, detail| Step { code, detail };
    steps.push(match key {
        Some(_) => held("checkpoint.anchored", format!("{} at {}", checkpoint.origin, checkpoint.time)),
        None => held("checkpoint.unanchored", "no key was pinned".into()),
    });
    for witness in witnesses {
        let found = witness.cosignature(note);
        let missing = || reason("checkpoint.not_witnessed", format!("{} has not cosigned it", witness.name));
        let found = found.ok_or_else(missing)?;
        steps.push(held("checkpoint.witnessed", format!("{} at {}", found.witness, found.time)));
    }
    steps.push(held("leaf.included", format!("{} of {} leaves", position, checkpoint.size)));
    steps.push(held(
        "leaf.read",
        format!("{} of {}, event {} at {}", leaf.kind, leaf.tenant, leaf.event, leaf.recorded_at),
    ));
    let Some(note) = promise else { return Ok(()) };
    let promise = match key {
        Some(_) => promises::verify(note, keys).map_err(|error| of_promise(&error))?,
        None => promises::read(note).map_err(|error| of_promise(&error))?,
    };
    if promise.origin != checkpoint.origin || promise.event != leaf.event {
        return Err(reason("promise.of_another", format!("it promises event {} in {}", promise.event, promise.origin)));
    }
    if promise.leaf != *hash {
        return Err(reason("promise.broken", "the record has another leaf of this event than the promised one".into()));
    }
    steps.push(held("promise.kept", format!("made at {}", promise.time)));
    Ok(())
}

fn of_proof(error: &ProofError) -> Reason {
    reason(error.code(), error.to_string())
}

fn of_promise(error: &CheckpointError) -> Reason {
    match error {
        CheckpointError::Unsigned => reason("promise.unsigned", "it is not signed by a key of this record".into()),
        error => reason("promise.malformed", format!("it cannot be read as a promise: {error}")),
    }
}

fn reason(code: &'static str, detail: String) -> Reason {
    Reason { code, detail }
}
