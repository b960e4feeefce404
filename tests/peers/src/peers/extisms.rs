//! The same evaluator as an Extism plugin: JSON in, JSON out.

use std::path::Path;

use anyhow::{Context as _, Result};
use extism::{CompiledPlugin, Manifest, Plugin, PluginBuilder, Wasm};

use super::{Peer, Session};
use crate::questions::Question;

/// A plugin made for each call, as the product makes an instance for each, and one that is kept.
pub fn peers(plugins: &Path) -> Result<Vec<Peer>> {
    let module = plugins.join("peers_guest.wasm");
    let module = std::fs::read(&module).with_context(|| module.display().to_string())?;
    let compiled = PluginBuilder::new(Manifest::new([Wasm::data(module)])).compile()?;
    let kept = compiled.clone();
    Ok(vec![
        Peer::new("extism", move || Ok(fresh(compiled.clone()))),
        Peer::new("extism_reused", move || reused(&kept)),
    ])
}

fn fresh(compiled: CompiledPlugin) -> Session {
    Box::new(move |question| ask(&mut Plugin::new_from_compiled(&compiled)?, question))
}

fn reused(compiled: &CompiledPlugin) -> Result<Session> {
    let mut plugin = Plugin::new_from_compiled(compiled)?;
    Ok(Box::new(move |question| ask(&mut plugin, question)))
}

fn ask(plugin: &mut Plugin, question: &Question) -> Result<yishi_domain::voting::Verdict> {
    let input = serde_json::to_vec(question)?;
    let output: &[u8] = plugin.call("decide", input.as_slice())?;
    Ok(serde_json::from_slice(output)?)
}
