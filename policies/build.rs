//! Lists the vocabulary's files, so that a new file need not be named anywhere.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let folder = Path::new("src/sketcher/vocabulary");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut names = Vec::new();
    for file in fs::read_dir(folder)? {
        let path = file?.path();
        if path.extension().is_some_and(|e| e == "toml")
            && let Some(stem) = path.file_stem().and_then(|s| s.to_str())
        {
            names.push(stem.to_owned());
        }
    }
    names.sort();
    let mut out = String::from("&[\n");
    // Relative to the package: what is written here stays true when the repository is moved.
    for stem in names {
        let _ = writeln!(
            out,
            "    ({stem:?}, include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/src/sketcher/vocabulary/{stem}.toml\"))),"
        );
    }
    out.push(']');
    let target = env::var_os("OUT_DIR").unwrap_or_default();
    fs::write(Path::new(&target).join("vocabulary.rs"), out)
}
