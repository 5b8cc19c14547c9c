//! The worker's side.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;

use super::descriptors;
use super::protocol::{self, Answer, PROTOCOL, Reply, Setup, Taken};
use crate::Sandbox;
use crate::sandbox::instance::Work;

/// Makes this process a worker of a sandbox with
/// [`Isolation::Process`](crate::Isolation::Process): runs what is asked for on standard input, and
/// tells what came of it on standard output, until standard input ends; then the process exits, even in
/// the middle of a program.
///
/// An executable that is to be a worker calls this first, before it opens a file or starts a thread,
/// and writes nothing to standard output. Descriptors above 2 that it was started with are closed
/// (on Linux).
///
/// # Errors
/// When what comes on standard input is not a sandbox's, or standard output cannot be written to.
pub fn serve_worker() -> io::Result<()> {
    descriptors::close_inherited();
    // Locked by the thread that reads in the end, so not here.
    let Some(setup) = protocol::read(&mut io::stdin(), u64::MAX)? else {
        return Ok(());
    };
    let sandbox = match open(&setup) {
        Ok(sandbox) => sandbox,
        Err(why) => return tell(&Answer::Refused(why)),
    };
    tell(&Answer::Ready)?;
    let (send, requests) = mpsc::channel();
    std::thread::Builder::new()
        .name("cogitree-requests".into())
        .spawn(move || {
            while let Ok(Some(request)) = protocol::read(&mut io::stdin(), u64::MAX) {
                if send.send(request).is_err() {
                    return;
                }
            }
            // Nobody waits for an answer any more, whatever is running.
            std::process::exit(0);
        })?;
    for request in requests {
        let work: Work = protocol::parse(&request)?;
        tell(&Taken::Taken)?;
        tell(&answer(&sandbox, &work))?;
    }
    Ok(())
}

fn open(setup: &[u8]) -> Result<Sandbox, String> {
    // The version is looked at first: options of another version may not be readable.
    #[derive(serde::Deserialize)]
    struct Version {
        protocol: u32,
        version: String,
    }
    let said: Version = protocol::parse(setup).map_err(|e| e.to_string())?;
    let ours = env!("CARGO_PKG_VERSION");
    if said.protocol != PROTOCOL || said.version != ours {
        return Err(format!(
            "it is of version {ours} (protocol {PROTOCOL}), and the sandbox of version {} \
             (protocol {})",
            said.version, said.protocol
        ));
    }
    let setup: Setup = protocol::parse(setup).map_err(|e| e.to_string())?;
    setup.options.open(|_| {}).map_err(|e| e.to_string())
}

fn answer(sandbox: &Sandbox, work: &Work) -> Reply {
    let run = || sandbox.instance(work);
    // Nothing that a panic interrupts is used again but through locks that know of it.
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(told)) => Ok(told),
        Ok(Err(error)) => Err(error.0),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            let text = text.unwrap_or("for a reason that it did not give");
            Err(format!("a worker process panicked: {text}"))
        }
    }
}

fn tell(message: &impl serde::Serialize) -> io::Result<()> {
    protocol::write(&mut io::stdout().lock(), &protocol::frame(message)?)
}
