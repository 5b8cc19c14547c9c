//! Where ONNX Runtime is looked for.
//!
//! Loading a library runs its code, so it is only taken from places that the user, the administrator or
//! whoever installed the program chose: beside the program, in the Python environment that is active, and
//! in the system. A `.venv` in the current folder may have come with someone else's repository: it is
//! told of ([`suggestions`]) and not loaded.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Libraries that may be loaded without being named, the preferred first.
pub(super) fn candidates() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    if let Ok(program) = env::current_exe()
        && let Some(folder) = program.parent()
    {
        folders.push(folder.to_owned());
        folders.push(folder.join("lib"));
    }
    if let Some(active) = env::var_os("VIRTUAL_ENV").filter(|v| !v.is_empty()) {
        let active = PathBuf::from(active);
        if active.is_absolute() {
            folders.extend(packages(&active));
        }
    }
    folders.extend(SYSTEM.iter().map(PathBuf::from));
    for root in ["/usr/local", "/usr", "/opt/homebrew"] {
        folders.extend(packages(Path::new(root)));
    }
    folders.iter().filter_map(|folder| newest(folder)).collect()
}

const SYSTEM: [&str; 7] = [
    "/usr/local/lib",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
    "/opt/onnxruntime/lib",
    "/opt/homebrew/lib",
];

/// Libraries in the current folder's `.venv`, which are used when the user names them.
pub(super) fn suggestions() -> Vec<PathBuf> {
    let Ok(here) = env::current_dir() else {
        return Vec::new();
    };
    let folders = packages(&here.join(".venv"));
    folders.iter().filter_map(|folder| newest(folder)).collect()
}

/// Whether a file looks like an ONNX Runtime that can be used, and if not why. It is not loaded: a library
/// that is none should not run, and only one may be tried ([`load`](super::runtime)).
pub(super) fn screen(path: &Path) -> Result<(), String> {
    // What a link without a version in its name leads to has one.
    let file = path
        .canonicalize()
        .map_err(|_| "there is no such file".to_owned())?;
    if !file.is_file() {
        return Err("it is not a file".to_owned());
    }
    if let Some([major, minor, ..]) = file.file_name().and_then(version).as_deref()
        && (*major, *minor) < (1, ort::MINOR_VERSION)
    {
        return Err(too_old(&format!("{major}.{minor}")));
    }
    let bytes = fs::read(&file).map_err(|e| e.to_string())?;
    let entry = b"OrtGetApiBase";
    if !bytes.windows(entry.len()).any(|window| window == entry) {
        return Err("it is not an ONNX Runtime library".to_owned());
    }
    Ok(())
}

/// What is said of a version.
pub(super) fn too_old(version: &str) -> String {
    format!(
        "its version is {version}, and 1.{} or later is needed",
        ort::MINOR_VERSION
    )
}

/// Where a Python environment's `onnxruntime` package keeps its library.
fn packages(root: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root.join("lib"))
        .into_iter()
        .flatten()
        .flatten();
    let mut pythons: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let name = entry.file_name();
            let minor = name.to_str()?.strip_prefix("python3")?;
            Some((
                minor.trim_start_matches('.').parse().unwrap_or(0),
                entry.path(),
            ))
        })
        .collect();
    pythons.sort();
    let newest_first = pythons.into_iter().rev().map(|(_, path)| path);
    newest_first
        .chain([root.join("Lib")])
        .flat_map(|lib| ["site-packages", "dist-packages"].map(|kind| lib.join(kind)))
        .map(|packages| packages.join("onnxruntime/capi"))
        .filter(|folder| folder.is_dir())
        .collect()
}

/// The ONNX Runtime of the highest version in a folder, by the file's name.
fn newest(folder: &Path) -> Option<PathBuf> {
    let files = fs::read_dir(folder).ok()?.flatten();
    files
        .filter_map(|file| Some((version(&file.file_name())?, file.path())))
        .max()
        .map(|(_, path)| path)
}

/// The version in the name of an ONNX Runtime library, empty where it has none; `None` for other files.
fn version(name: &OsStr) -> Option<Vec<u32>> {
    let name = name.to_str()?;
    let numbers = |text: &str| {
        text.split('.')
            .filter(|part| !part.is_empty())
            .map(|part| part.parse().ok())
            .collect::<Option<Vec<u32>>>()
    };
    if name == "onnxruntime.dll" {
        Some(Vec::new())
    } else if let Some(rest) = name.strip_prefix("libonnxruntime.so") {
        (rest.is_empty() || rest.starts_with('.')).then(|| numbers(rest))?
    } else {
        let rest = name
            .strip_prefix("libonnxruntime")?
            .strip_suffix(".dylib")?;
        (rest.is_empty() || rest.starts_with('.')).then(|| numbers(rest))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }

    #[test]
    fn the_highest_version_is_taken_and_other_files_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        assert_eq!(newest(folder), None);
        for name in [
            "libonnxruntime_providers_shared.so",
            "libonnxruntime.so.1.24.x",
            "libonnxruntime.sox",
            "notes.txt",
        ] {
            touch(&folder.join(name));
        }
        assert_eq!(newest(folder), None);
        for name in [
            "libonnxruntime.so",
            "libonnxruntime.so.1.9.1",
            "libonnxruntime.so.1.24.0",
        ] {
            touch(&folder.join(name));
        }
        assert_eq!(
            newest(folder),
            Some(folder.join("libonnxruntime.so.1.24.0"))
        );
        touch(&folder.join("libonnxruntime.2.0.dylib"));
        assert_eq!(
            newest(folder),
            Some(folder.join("libonnxruntime.2.0.dylib"))
        );
    }

    #[test]
    fn a_python_environment_is_searched_newest_python_first() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        let old = root.join("lib/python3.9/site-packages/onnxruntime/capi");
        let new = root.join("lib/python3.13/site-packages/onnxruntime/capi");
        for folder in [&old, &new] {
            touch(&folder.join("libonnxruntime.so.1.24.1"));
        }
        touch(&root.join("lib/python3.12/site-packages/numpy/x"));
        assert_eq!(packages(root), [new, old]);
    }
}
