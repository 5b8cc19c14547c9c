//! The guest in its cache: built once, checked before it is loaded, made anew when it is not what it
//! was, and a clear word when it cannot be made.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use cogitree_engine::{Executor, Job, Program, Value};
use cogitree_executors::{Sandbox, SandboxError, State, doctor};
use common::{SANDBOX, call, function};

/// A folder of its own for a test, removed in the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let name = format!("cogitree-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }

    /// A script that stands for Python.
    fn script(&self, text: &str) -> PathBuf {
        let path = self.0.join("python");
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn open_error(cache: &Path, python: &Path) -> SandboxError {
    let opened = Sandbox::builder().cache(cache).python(python).open(|_| {});
    match opened {
        Err(error) => error,
        Ok(_) => panic!("the sandbox opened"),
    }
}

#[test]
fn without_python_the_error_says_what_to_install() {
    let scratch = Scratch::new("no-python");
    let error = open_error(&scratch.0.join("cache"), Path::new("/nowhere/python3"));
    let text = error.to_string();
    assert!(matches!(error, SandboxError::NoPython { .. }), "{text}");
    for part in ["/nowhere/python3", "3.10", "apt install", "COGITREE_PYTHON"] {
        assert!(text.contains(part), "{text}");
    }
    let old = scratch.script("echo 3.8.10");
    let text = open_error(&scratch.0.join("cache"), &old).to_string();
    assert!(text.contains("is version 3.8.10"), "{text}");
    let bare = scratch.script("echo 3.12.1 ensurepip");
    let text = open_error(&scratch.0.join("cache"), &bare).to_string();
    assert!(text.contains("lacks ensurepip"), "{text}");
}

#[test]
fn without_the_network_the_error_says_so() {
    let scratch = Scratch::new("no-network");
    // A Python whose environments have a pip that reaches nothing.
    let python = scratch.script(
        "case \"$1 $2\" in\n  '-m venv') mkdir -p \"$4/bin\" && cp \"$0\" \"$4/bin/python\";;\n  \
         '-m pip') echo 'ERROR: Could not find a version (connection refused)' >&2; exit 1;;\n  \
         '-c import componentize_py') exit 1;;\n  *) echo 3.12.1;;\nesac",
    );
    let error = open_error(&scratch.0.join("cache"), &python);
    let text = error.to_string();
    assert!(matches!(error, SandboxError::Install { .. }), "{text}");
    for part in ["componentize-py 0.25.1", "connection refused", "network"] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn a_cache_that_cannot_be_written_is_named() {
    let scratch = Scratch::new("no-cache");
    let file = scratch.0.join("file");
    fs::write(&file, "").unwrap();
    let error = open_error(&file, Path::new("python3"));
    assert!(matches!(error, SandboxError::Cache { .. }), "{error}");
    assert!(error.to_string().contains("file"), "{error}");
}

/// The folder of the guest that other tests use.
static GUEST: LazyLock<PathBuf> = LazyLock::new(|| {
    LazyLock::force(&SANDBOX);
    let needs = doctor();
    let compiled = needs.iter().find(|n| n.name == "compiled guest").unwrap();
    assert_eq!(compiled.state, State::Present, "{compiled}");
    let (path, _) = compiled.detail.split_once(" (").unwrap();
    Path::new(path).parent().unwrap().to_owned()
});

/// A cache with a copy of the guest.
fn copy_of_guest(scratch: &Scratch) -> PathBuf {
    let folder = scratch.0.join(GUEST.file_name().unwrap());
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    for entry in fs::read_dir(&*GUEST).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
        }
    }
    folder
}

fn with_ending(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    paths
        .filter(|p| p.to_string_lossy().ends_with(ending))
        .collect()
}

/// Changes one byte in the middle of a file.
fn tamper(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
}

/// The part of tests that runs in a process of its own: opens the sandbox in `COGITREE_CACHE`, says
/// how, and runs a program.
#[test]
#[ignore = "for other tests to run as a process"]
fn opens_and_runs() {
    let opened = Sandbox::builder()
        .python("/nowhere")
        .open(|step| eprintln!("{:?}: {}", step.stage, step.message));
    let sandbox = match opened {
        Ok(sandbox) => sandbox,
        Err(error) => panic!("error: {error}"),
    };
    let report = sandbox.run(&Job {
        interface: &function("solve"),
        program: &Program::new("def solve(): return 1"),
        tests: &[call([], Value::Int(1))],
        checker: &Default::default(),
        limits: Default::default(),
    });
    assert!(report.unwrap().all_passed());
}

/// The arguments that make this executable run [`opens_and_runs`].
const OPEN: [&str; 4] = ["opens_and_runs", "--exact", "--ignored", "--nocapture"];

/// What a process said, and whether it succeeded.
fn ended(child: std::process::Child) -> (String, bool) {
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    (told, output.status.success())
}

fn start(mut command: Command, cache: &Path) -> std::process::Child {
    command
        .env("COGITREE_CACHE", cache)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn opening() -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(OPEN);
    command
}

#[test]
fn a_full_disk_is_an_error_and_two_processes_then_compile_once() {
    let scratch = Scratch::new("full");
    let folder = copy_of_guest(&scratch);
    for path in with_ending(&folder, ".cwasm") {
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    }
    // No file may become larger than a megabyte or two, and that is an error, not a signal.
    let mut limited = Command::new("sh");
    limited
        .args(["-c", "trap '' XFSZ; ulimit -f 2000; exec \"$@\"", "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(OPEN);
    let (told, opened) = ended(start(limited, &scratch.0));
    assert!(!opened, "{told}");
    assert!(told.contains("was changed after it was made"), "{told}");
    assert!(
        told.contains("error: cannot write") && told.contains("make room"),
        "{told}"
    );
    assert_eq!(with_ending(&folder, ".new"), Vec::<PathBuf>::new());

    // What a process that was killed would have left.
    let compiled = with_ending(&folder, ".cwasm");
    fs::write(compiled[0].with_extension("cwasm.new"), "half").unwrap();
    let both = [(); 2].map(|()| start(opening(), &scratch.0));
    let both = both.map(ended);
    let told = format!("{}\n{}", both[0].0, both[1].0);
    assert!(both.iter().all(|(_, opened)| *opened), "{told}");
    assert_eq!(told.matches("Compile:").count(), 1, "{told}");
    assert_eq!(told.matches("Discard:").count(), 1, "{told}");
    assert_eq!(with_ending(&folder, ".new"), Vec::<PathBuf>::new());
}

/// A folder and what is in it, for reading only.
fn make_read_only(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            make_read_only(&path);
        } else {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
        }
        give_away(&path);
    }
    give_away(folder);
    fs::set_permissions(folder, fs::Permissions::from_mode(0o555)).unwrap();
}

const NOBODY: u32 = 65534;

/// The superuser may write anywhere: then the folder is another user's, as whom it is opened.
fn superuser() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|m| m.uid() == 0)
}

fn give_away(path: &Path) {
    if superuser() {
        std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_cache_for_reading_only_is_used_as_it_is() {
    use std::os::unix::process::CommandExt;
    let scratch = Scratch::new("read-only");
    let folder = copy_of_guest(&scratch);
    make_read_only(&scratch.0);
    let open = || {
        let mut command = opening();
        if superuser() {
            // By its own name, since the folders on the way to it may be closed to others.
            command = Command::new("/proc/self/exe");
            command.args(OPEN).uid(NOBODY).gid(NOBODY);
        }
        ended(start(command, &scratch.0))
    };
    let (told, opened) = open();
    assert!(opened, "{told}");
    assert!(!told.contains("Compile:"), "{told}");

    // With nothing usable in it there is one error, and nothing is written.
    let write = fs::Permissions::from_mode(0o755);
    fs::set_permissions(&folder, write.clone()).unwrap();
    with_ending(&folder, ".cwasm")
        .iter()
        .for_each(|p| fs::remove_file(p).unwrap());
    make_read_only(&scratch.0);
    let (told, opened) = open();
    assert!(!opened, "{told}");
    assert!(
        told.contains("error: cannot create") && told.contains("COGITREE_CACHE"),
        "{told}"
    );
    // So that it can be removed.
    fs::set_permissions(&scratch.0, write.clone()).unwrap();
    fs::set_permissions(&folder, write).unwrap();
}

#[test]
fn a_component_that_was_changed_is_never_compiled() {
    let scratch = Scratch::new("component");
    let folder = copy_of_guest(&scratch);
    with_ending(&folder, ".cwasm")
        .iter()
        .for_each(|p| fs::remove_file(p).unwrap());
    tamper(&folder.join("guest.wasm"));
    // It would have to be built, and there is nothing to build it with.
    let error = open_error(&scratch.0, Path::new("/nowhere"));
    assert!(matches!(error, SandboxError::NoPython { .. }), "{error}");
}

#[test]
fn a_guest_of_another_version_is_never_loaded() {
    let scratch = Scratch::new("version");
    let folder = copy_of_guest(&scratch);
    let note = folder.join("guest.wasm.json");
    let text = fs::read_to_string(&note).unwrap();
    let (head, _) = text.split_once("\"from\":\"").unwrap();
    fs::write(&note, format!("{head}\"from\":\"another\"}}")).unwrap();
    let error = open_error(&scratch.0, Path::new("/nowhere"));
    assert!(matches!(error, SandboxError::NoPython { .. }), "{error}");
}

#[test]
fn the_doctor_names_every_need() {
    LazyLock::force(&GUEST);
    let names: Vec<&str> = doctor().iter().map(|n| n.name).collect();
    assert_eq!(
        names,
        [
            "cache",
            "python",
            "componentize-py",
            "guest",
            "compiled guest"
        ]
    );
}
