//! The Python that the guest is built with: found on the machine, used in a private environment.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::cache::Cache;
use super::progress::{Reporter, Stage};
use super::sources;
use crate::sandbox::SandboxError;

/// A Python that can build the guest.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Python {
    pub(crate) path: PathBuf,
    pub(crate) version: String,
}

const NAMES: [&str; 7] = [
    "python3",
    "python3.14",
    "python3.13",
    "python3.12",
    "python3.11",
    "python3.10",
    "python",
];

/// Prints the version, and what is missing.
const PROBE: &str = "
import sys
missing = []
for name in ('venv', 'ensurepip'):
    try:
        __import__(name)
    except ImportError:
        missing.append(name)
print('%d.%d.%d' % sys.version_info[:3], ' '.join(missing))
";

/// Finds a suitable Python: the one asked for, else `$COGITREE_PYTHON`, else one in the search path.
/// `Err` says in words what was found instead.
pub(crate) fn find(asked: Option<&Path>) -> Result<Python, String> {
    let set = std::env::var_os("COGITREE_PYTHON").filter(|v| !v.is_empty());
    let one = asked.map(Path::to_owned).or(set.map(PathBuf::from));
    let candidates = match one {
        Some(path) => vec![path],
        None => NAMES.iter().map(PathBuf::from).collect(),
    };
    let mut reasons = Vec::new();
    for path in &candidates {
        match probe(path) {
            Ok(Some(python)) => return Ok(python),
            Ok(None) => {}
            Err(reason) => reasons.push(format!("{} {reason}", path.display())),
        }
    }
    if reasons.is_empty() {
        let names: Vec<String> = candidates.iter().map(|p| p.display().to_string()).collect();
        reasons.push(format!("found none of {}", names.join(", ")));
    }
    Err(reasons.join("; "))
}

/// A Python that does not see what the user has set for others.
fn python_command(path: &Path) -> Command {
    let mut command = Command::new(path);
    command
        .env_remove("PYTHONHOME")
        .env_remove("PYTHONPATH")
        .env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

fn probe(path: &Path) -> Result<Option<Python>, String> {
    let output = match python_command(path)
        .args(["-c", PROBE])
        .stdin(Stdio::null())
        .output()
    {
        Ok(output) => output,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(format!("does not run ({e})")),
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let mut words = text.split_whitespace();
    let version = match words.next() {
        Some(version) if output.status.success() => version.to_owned(),
        _ => return Err("does not run".into()),
    };
    let mut numbers = version.split('.').map(|n| n.parse().unwrap_or(0));
    let (major, minor): (u32, u32) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if (major, minor) < (3, 10) {
        return Err(format!("is version {version}"));
    }
    let missing: Vec<&str> = words.collect();
    if !missing.is_empty() {
        return Err(format!("({version}) lacks {}", missing.join(" and ")));
    }
    Ok(Some(Python {
        path: path.to_owned(),
        version,
    }))
}

/// The Python of the private environment, made if it is not there.
pub(super) fn environment(
    cache: &Cache,
    asked: Option<&Path>,
    report: &mut Reporter<'_>,
) -> Result<PathBuf, SandboxError> {
    let folder = cache.environment();
    let python = python_of(&folder);
    if installed(&python) {
        return Ok(python);
    }
    report.tell(Stage::Environment, "looking for a Python to build with");
    let found = find(asked).map_err(|found| SandboxError::NoPython { found })?;
    report.tell(
        Stage::Environment,
        format!(
            "making a private environment with {} ({})",
            found.path.display(),
            found.version
        ),
    );
    cache.prepare(&folder)?;
    let mut venv = python_command(&found.path);
    venv.args(["-m", "venv", "--clear"]).arg(&folder);
    run(&mut venv).map_err(|reason| SandboxError::NoPython {
        found: format!(
            "{} ({}) cannot make an environment ({reason})",
            found.path.display(),
            found.version
        ),
    })?;
    report.tell(
        Stage::Install,
        format!("installing {}", sources::COMPONENTIZE_PY),
    );
    let requirements = folder.join("requirements.txt");
    std::fs::write(&requirements, sources::REQUIREMENTS)
        .map_err(SandboxError::file("write", &requirements))?;
    let mut pip = python_command(&python);
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ])
    .args([
        "--no-input",
        "--only-binary",
        ":all:",
        "--require-hashes",
        "-r",
    ])
    .arg(&requirements);
    // Settings that would take the package out of the environment it is for.
    pip.env("PIP_USER", "0")
        .env_remove("PIP_TARGET")
        .env_remove("PIP_PREFIX");
    run(&mut pip).map_err(|reason| SandboxError::Install {
        package: sources::COMPONENTIZE_PY,
        reason,
    })?;
    Ok(python)
}

/// Whether the environment has what the guest is built with.
pub(super) fn installed(python: &Path) -> bool {
    python.exists()
        && python_command(python)
            .args(["-c", "import componentize_py"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|s| s.success())
}

/// The interpreter of an environment.
pub(super) fn python_of(environment: &Path) -> PathBuf {
    if cfg!(windows) {
        environment.join("Scripts").join("python.exe")
    } else {
        environment.join("bin").join("python")
    }
}

/// Makes the component `out` from the sources in `folder`.
pub(super) fn componentize(python: &Path, folder: &Path, out: &Path) -> Result<(), SandboxError> {
    let mut command = python_command(python);
    command
        .current_dir(folder)
        .args(["-c", "from componentize_py import script; script()"])
        .args(["-d", "wit", "-w", "guest", "componentize", "-p", "."])
        .args(["cogitree_guest_app", "-o"])
        .arg(out);
    run(&mut command).map_err(SandboxError::Build)
}

/// Runs a command to its end; `Err` has the last lines that it wrote.
fn run(command: &mut Command) -> Result<(), String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|e| format!("{} does not run ({e})", command.get_program().display()))?;
    if output.status.success() {
        return Ok(());
    }
    let mut text = String::from_utf8_lossy(&output.stderr).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stdout));
    let lines: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).collect();
    let last = &lines[lines.len().saturating_sub(6)..];
    Err(match last {
        [] => format!("it ended with {}", output.status),
        last => last.join("\n  "),
    })
}
