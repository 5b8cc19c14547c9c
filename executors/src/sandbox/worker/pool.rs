//! The sandbox's side: as many workers as programs may run at once.

use std::ffi::OsString;
use std::io;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use cogitree_engine::ExecutorError;

use super::protocol::{self, Answer, LONGEST_ANSWER, PROTOCOL, Reply, Setup, Taken};
use crate::sandbox::instance::Work;
use crate::sandbox::slots::Slots;
use crate::sandbox::transcript::Told;
use crate::sandbox::{SandboxBuilder, SandboxError};

/// How long a worker may take to open its sandbox. The guest is there and compiled by then.
const STARTING: Duration = Duration::from_secs(60);

/// How often one is started anew when something outside ends it before it has begun: the system does
/// that when memory is short, and a search is not to end with it.
const STARTS: u32 = 3;

/// How much longer than its instance can run a worker may take to answer.
const ANSWERING: Duration = Duration::from_secs(5);

/// How long one that closed its pipe may take to end, so that it can be told how it ended.
const ENDING: Duration = Duration::from_millis(500);

/// Workers: started when they are needed, kept for the next program, and ended with the pool.
pub(in crate::sandbox) struct Pool {
    command: Vec<OsString>,
    /// The frame that each is greeted with.
    setup: Arc<[u8]>,
    metered: bool,
    slots: Slots,
    idle: Mutex<Vec<Worker>>,
}

impl Pool {
    /// Starts the first worker, so that what is wrong with them shows now.
    pub(in crate::sandbox) fn open(
        command: Vec<OsString>,
        workers: u32,
        options: SandboxBuilder,
    ) -> Result<Pool, SandboxError> {
        let metered = options.fuel;
        let setup = protocol::frame(&Setup {
            protocol: PROTOCOL,
            version: env!("CARGO_PKG_VERSION").into(),
            options,
        });
        let pool = Pool {
            command,
            setup: setup
                .map_err(|e| SandboxError::Worker(e.to_string()))?
                .into(),
            metered,
            slots: Slots::new(workers),
            idle: Mutex::default(),
        };
        let first = pool.start(None).map_err(SandboxError::Worker)?;
        pool.put_back(first);
        Ok(pool)
    }

    /// Has one instance run in a worker.
    pub(in crate::sandbox) fn run(&self, work: &Work) -> Result<Told, ExecutorError> {
        let frame: Arc<[u8]> = protocol::frame(work)
            .map_err(|e| ExecutorError(format!("a job cannot be sent to a worker: {e}")))?
            .into();
        let _slot = self.slots.take();
        let mut worker = self.give(&frame)?;
        let patience = work.patience(self.metered) + ANSWERING;
        let reply = worker
            .listen(protocol::longest_reply(work), patience)
            .and_then(|body| Ok(protocol::parse::<Reply>(&body)?))
            .and_then(|reply| match reply {
                Ok(told) if !told.answers(work.tests) => Err(Silence::Broken(io::Error::other(
                    "a report of other tests than were asked for",
                ))),
                reply => Ok(reply),
            });
        match reply {
            Ok(reply) => {
                self.put_back(worker);
                reply.map_err(ExecutorError)
            }
            Err(silence) => Err(ExecutorError(format!(
                "{}; the program that it ran has no verdict, and another worker takes its place",
                worker.end(&silence)
            ))),
        }
    }

    /// Finds a worker that takes this work. One that has waited may have been ended meanwhile, and
    /// may even look alive while the system takes it down; the work goes to another then, since a
    /// worker says that it has the work before it begins with it.
    fn give(&self, frame: &Arc<[u8]>) -> Result<Worker, ExecutorError> {
        while let Some(mut worker) = self.idle() {
            if worker.hand(frame).is_ok() {
                return Ok(worker);
            }
        }
        let worker = self.start(Some(frame));
        worker.map_err(|why| ExecutorError(SandboxError::Worker(why).to_string()))
    }

    fn idle(&self) -> Option<Worker> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.pop()
    }

    fn put_back(&self, worker: Worker) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push(worker);
    }

    /// Starts a worker and waits until it is ready, and until it has taken this work if there is some.
    /// `Err` says in words why it has not.
    fn start(&self, work: Option<&Arc<[u8]>>) -> Result<Worker, String> {
        let mut starts = 1;
        loop {
            let mut worker = Worker::start(&self.command)?;
            let answer = worker
                .ask(&self.setup, LONGEST_ANSWER, STARTING)
                .and_then(|body| Ok(protocol::parse::<Answer>(&body)?));
            let ready = match answer {
                Ok(Answer::Ready) => work.map_or(Ok(()), |work| worker.hand(work)),
                Ok(Answer::Refused(why)) => return Err(why),
                Err(silence) => Err(silence),
            };
            match ready {
                Ok(()) => return Ok(worker),
                Err(Silence::Closed) if starts < STARTS && worker.was_killed() => starts += 1,
                Err(silence) => return Err(worker.end(&silence)),
            }
        }
    }
}

/// A worker process. It ends when this is dropped.
struct Worker {
    child: Child,
    questions: Sender<Question>,
    answers: Receiver<io::Result<Option<Vec<u8>>>>,
}

/// A frame to write, if there is one, and the longest frame to read then.
struct Question {
    frame: Option<Arc<[u8]>>,
    longest: u64,
}

/// Why there is no answer.
enum Silence {
    /// It closed its pipe.
    Closed,
    /// It said something else than an answer, or cannot be spoken to.
    Broken(io::Error),
    /// It took longer than this.
    TooLong(Duration),
}

impl From<io::Error> for Silence {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Silence::Closed,
            _ => Silence::Broken(error),
        }
    }
}

impl Worker {
    fn start(line: &[OsString]) -> Result<Worker, String> {
        let (program, arguments) = line
            .split_first()
            .ok_or("the command line of a worker is empty")?;
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        // A Ctrl-C at the terminal is for the search, which then ends its workers itself.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let cannot = |e: io::Error| format!("{}: {e}", program.display());
        let mut child = command.spawn().map_err(cannot)?;
        let (questions, asked) = mpsc::channel();
        let (answer, answers) = mpsc::channel();
        let pipes = child.stdin.take().zip(child.stdout.take());
        let talking = std::thread::Builder::new().name("cogitree-worker".into());
        let talking = talking.spawn(move || {
            if let Some((stdin, stdout)) = pipes {
                talk(stdin, stdout, &asked, &answer);
            }
        });
        let worker = Worker {
            child,
            questions,
            answers,
        };
        talking.map_err(|e| format!("cannot start a thread: {e}"))?;
        Ok(worker)
    }

    /// Gives it work, and waits until it says that it has it.
    fn hand(&mut self, work: &Arc<[u8]>) -> Result<(), Silence> {
        let taken = self.ask(work, LONGEST_ANSWER, ANSWERING)?;
        Ok(protocol::parse::<Taken>(&taken).map(drop)?)
    }

    fn ask(
        &mut self,
        frame: &Arc<[u8]>,
        longest: u64,
        patience: Duration,
    ) -> Result<Vec<u8>, Silence> {
        self.talk(Some(Arc::clone(frame)), longest, patience)
    }

    fn listen(&mut self, longest: u64, patience: Duration) -> Result<Vec<u8>, Silence> {
        self.talk(None, longest, patience)
    }

    fn talk(
        &mut self,
        frame: Option<Arc<[u8]>>,
        longest: u64,
        patience: Duration,
    ) -> Result<Vec<u8>, Silence> {
        self.questions
            .send(Question { frame, longest })
            .map_err(|_| Silence::Closed)?;
        match self.answers.recv_timeout(patience) {
            Ok(Ok(Some(body))) => Ok(body),
            Ok(Ok(None)) | Err(RecvTimeoutError::Disconnected) => Err(Silence::Closed),
            Ok(Err(error)) => Err(error.into()),
            Err(RecvTimeoutError::Timeout) => Err(Silence::TooLong(patience)),
        }
    }

    /// Ends the worker and says in words what became of it.
    fn end(mut self, silence: &Silence) -> String {
        match silence {
            Silence::Closed => match self.ended() {
                Some(status) => format!("a worker process {}", words(status)),
                None => "a worker process stopped answering and was ended".into(),
            },
            Silence::Broken(error) => format!("a worker process said {error}, and was ended"),
            Silence::TooLong(patience) => format!(
                "a worker process did not answer within {:.0} s and was ended",
                patience.as_secs_f64()
            ),
        }
    }

    /// Whether a signal ended it: nothing that it did itself, as leaving with a status is.
    fn was_killed(&mut self) -> bool {
        #[cfg(unix)]
        if let Some(status) = self.ended() {
            return std::os::unix::process::ExitStatusExt::signal(&status).is_some();
        }
        false
    }

    /// Its status, if it ends by itself within a moment.
    fn ended(&mut self) -> Option<ExitStatus> {
        let start = Instant::now();
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return Some(status),
                Ok(None) if start.elapsed() < ENDING => {
                    std::thread::sleep(Duration::from_millis(2));
                }
                _ => return None,
            }
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It has nothing to lose, and must be waited for to leave no trace. Either fails only when
        // it has ended and been waited for already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Writes questions and reads answers, on a thread of its own, so that a worker that neither reads nor
/// writes can be given up. It ends with the worker's pipes.
fn talk(
    mut stdin: ChildStdin,
    mut stdout: ChildStdout,
    questions: &Receiver<Question>,
    answers: &Sender<io::Result<Option<Vec<u8>>>>,
) {
    for question in questions {
        let written = match &question.frame {
            Some(frame) => protocol::write(&mut stdin, frame),
            None => Ok(()),
        };
        let answer = written.and_then(|()| protocol::read(&mut stdout, question.longest));
        let sound = matches!(answer, Ok(Some(_)));
        if answers.send(answer).is_err() || !sound {
            return;
        }
    }
}

fn words(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("was ended by signal {signal}");
    }
    match status.code() {
        Some(code) => format!("left with status {code}"),
        None => "ended".into(),
    }
}
