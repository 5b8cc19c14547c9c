//! The guest's sources, which are part of this crate, and the identity of what is made of them.

/// What turns the sources into a component, for pip. It has no dependencies; the hashes are those
/// of its published wheels.
pub(super) const REQUIREMENTS: &str = include_str!("../../guest/requirements.txt");

/// The package that [`REQUIREMENTS`] asks for.
pub(super) const COMPONENTIZE_PY: &str = "componentize-py 0.25.1";

/// Every file that the guest is made of: path and content.
pub(super) const FILES: [(&str, &str); 14] = [
    ("wit/guest.wit", include_str!("../../guest/wit/guest.wit")),
    (
        "cogitree_guest_app.py",
        include_str!("../../guest/cogitree_guest_app.py"),
    ),
    (
        "cogitree_guest/__init__.py",
        include_str!("../../guest/cogitree_guest/__init__.py"),
    ),
    (
        "cogitree_guest/alarms.py",
        include_str!("../../guest/cogitree_guest/alarms.py"),
    ),
    (
        "cogitree_guest/answers.py",
        include_str!("../../guest/cogitree_guest/answers.py"),
    ),
    (
        "cogitree_guest/errors.py",
        include_str!("../../guest/cogitree_guest/errors.py"),
    ),
    (
        "cogitree_guest/library.py",
        include_str!("../../guest/cogitree_guest/library.py"),
    ),
    (
        "cogitree_guest/plain.py",
        include_str!("../../guest/cogitree_guest/plain.py"),
    ),
    (
        "cogitree_guest/program.py",
        include_str!("../../guest/cogitree_guest/program.py"),
    ),
    (
        "cogitree_guest/refusals.py",
        include_str!("../../guest/cogitree_guest/refusals.py"),
    ),
    (
        "cogitree_guest/stand_ins.py",
        include_str!("../../guest/cogitree_guest/stand_ins.py"),
    ),
    (
        "cogitree_guest/streams.py",
        include_str!("../../guest/cogitree_guest/streams.py"),
    ),
    (
        "cogitree_guest/tracing.py",
        include_str!("../../guest/cogitree_guest/tracing.py"),
    ),
    (
        "cogitree_guest/warmth.py",
        include_str!("../../guest/cogitree_guest/warmth.py"),
    ),
];

/// Identifies what is built from the sources: changes whenever any of them does.
pub(super) fn key() -> String {
    let mut hasher = blake3::Hasher::new();
    for (path, content) in FILES.iter().chain([&("requirements.txt", REQUIREMENTS)]) {
        // Lengths keep one file's end apart from the next one's beginning.
        hasher.update(&(path.len() as u64).to_le_bytes());
        hasher.update(path.as_bytes());
        hasher.update(&(content.len() as u64).to_le_bytes());
        hasher.update(content.as_bytes());
    }
    hasher.finalize().to_hex()[..16].to_owned()
}
