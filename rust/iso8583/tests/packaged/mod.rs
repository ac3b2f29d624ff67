//! The specifications that are shipped, for tests over all of them.

use std::sync::Arc;

use cbs_iso8583::{Spec, SpecText};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../python/cbs/specs");

/// Every packaged specification, by its name.
pub(crate) fn specifications() -> Vec<Arc<Spec>> {
    let entries = std::fs::read_dir(FOLDER).expect("the packaged specifications are there");
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|it| it == "toml"));
    paths.sort();
    let spec = |path: &std::path::PathBuf| {
        let name = path.file_stem().unwrap().to_string_lossy();
        let own = read(&name, "").unwrap();
        let spec = Spec::parse_with(own, &name, &mut read);
        Arc::new(spec.expect("a packaged specification compiles"))
    };
    paths.iter().map(spec).collect()
}

fn read(wanted: &str, _origin: &str) -> Result<SpecText, String> {
    let text = std::fs::read_to_string(format!("{FOLDER}/{wanted}.toml"));
    let text = text.map_err(|error| error.to_string())?;
    let origin = wanted.to_owned();
    Ok(SpecText { origin, text })
}
