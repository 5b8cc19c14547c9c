//! WASI preview 1 for a program that has three streams, a clock and chance, and nothing else.
//!
//! `wasmtime-wasi` has all of preview 1. Here most of it is to be refused, sleeping must not wait,
//! output has a limit with a verdict of its own, and it is to be seen what was asked for in vain; so
//! little would be left of it that these few functions are written out. What is not here cannot be
//! reached.

mod clocks;
mod memory;
mod streams;

use wasmtime::{Caller, Engine, FuncType, Linker, Val, ValType};
use wasmtime_wasi::I32Exit;

use super::host::Host;
use memory::{Answer, Call, Errno, Failure, call};

const MODULE: &str = "wasi_snapshot_preview1";

/// The program's only argument, its name.
const NAME: &[u8] = b"program\0";

/// A random byte takes as long as so many that are only moved.
const CHANCE: u64 = 16;

/// What asks for a file, a connection or a signal, with the types of its parameters (`i`: `i32`,
/// `I`: `i64`). It is answered with "not capable", and the asking is remembered.
const REFUSED: [(&str, &str); 14] = [
    ("path_create_directory", "iii"),
    ("path_filestat_get", "iiiii"),
    ("path_filestat_set_times", "iiiiIIi"),
    ("path_link", "iiiiiii"),
    ("path_open", "iiiiiIIii"),
    ("path_readlink", "iiiiii"),
    ("path_remove_directory", "iii"),
    ("path_rename", "iiiiii"),
    ("path_symlink", "iiiii"),
    ("path_unlink_file", "iii"),
    ("sock_accept", "iii"),
    ("sock_recv", "iiiiii"),
    ("sock_send", "iiiii"),
    ("sock_shutdown", "ii"),
];

/// What makes sense for files only; the first parameter is the descriptor, and there are no files.
const OF_FILES: [(&str, &str); 12] = [
    ("fd_advise", "iIIi"),
    ("fd_allocate", "iII"),
    ("fd_filestat_set_size", "iI"),
    ("fd_filestat_set_times", "iIIi"),
    ("fd_pread", "iiiIi"),
    ("fd_prestat_dir_name", "iii"),
    ("fd_prestat_get", "ii"),
    ("fd_pwrite", "iiiIi"),
    ("fd_readdir", "iiiIi"),
    ("fd_renumber", "ii"),
    ("fd_seek", "iIii"),
    ("fd_tell", "ii"),
];

/// What there is nothing to do for, on a stream.
const IDLE: [(&str, &str); 4] = [
    ("fd_datasync", "i"),
    ("fd_fdstat_set_flags", "ii"),
    ("fd_fdstat_set_rights", "iII"),
    ("fd_sync", "i"),
];

/// Everything that a module may import.
pub(super) fn linker(engine: &Engine) -> wasmtime::Result<Linker<Host>> {
    let mut linker = Linker::new(engine);
    add_streams(&mut linker)?;
    add_surroundings(&mut linker)?;
    for (name, types) in REFUSED {
        answer(&mut linker, name, types, move |call, _| {
            call.host.denied.get_or_insert(name);
            Err(Errno::NotCapable.into())
        })?;
    }
    for (name, types) in OF_FILES {
        answer(&mut linker, name, types, |call, fd| {
            call.stream(fd)?;
            Err(Errno::NotSeekable.into())
        })?;
    }
    for (name, types) in IDLE {
        answer(&mut linker, name, types, |call, fd| Ok(call.stream(fd)?))?;
    }
    answer(&mut linker, "proc_raise", "i", |_, _| {
        Err(Errno::NotSupported.into())
    })?;
    Ok(linker)
}

/// Adds a function by the types of its parameters, that needs no more than the first of them.
fn answer(
    linker: &mut Linker<Host>,
    name: &str,
    types: &str,
    work: impl Fn(&mut Call<'_>, u32) -> Answer + Copy + Send + Sync + 'static,
) -> wasmtime::Result<()> {
    let types = types.chars().map(|c| match c {
        'I' => ValType::I64,
        _ => ValType::I32,
    });
    let types = FuncType::new(linker.engine(), types, [ValType::I32]);
    let function = move |caller: Caller<'_, Host>, given: &[Val], answer: &mut [Val]| {
        let first = given.first().and_then(Val::i32).unwrap_or(0) as u32;
        let told = call(caller, |call| work(call, first))?;
        answer[0] = Val::I32(told as i32);
        Ok(())
    };
    linker.func_new(MODULE, name, types, function)?;
    Ok(())
}

type Told = wasmtime::Result<u32>;
type Asking<'a> = Caller<'a, Host>;

fn add_streams(linker: &mut Linker<Host>) -> wasmtime::Result<()> {
    linker.func_wrap(
        MODULE,
        "fd_read",
        |c: Asking<'_>, fd: u32, list: u32, count: u32, out: u32| -> Told {
            call(c, |c| c.fd_read(fd, list, count, out))
        },
    )?;
    linker.func_wrap(
        MODULE,
        "fd_write",
        |c: Asking<'_>, fd: u32, list: u32, count: u32, out: u32| -> Told {
            call(c, |c| c.fd_write(fd, list, count, out))
        },
    )?;
    linker.func_wrap(MODULE, "fd_close", |c: Asking<'_>, fd: u32| -> Told {
        call(c, |c| c.fd_close(fd))
    })?;
    linker.func_wrap(
        MODULE,
        "fd_fdstat_get",
        |c: Asking<'_>, fd: u32, out: u32| -> Told { call(c, |c| c.fd_fdstat_get(fd, out)) },
    )?;
    linker.func_wrap(
        MODULE,
        "fd_filestat_get",
        |c: Asking<'_>, fd: u32, out: u32| -> Told { call(c, |c| c.fd_filestat_get(fd, out)) },
    )?;
    Ok(())
}

/// Arguments, environment, clocks, chance, and the end.
fn add_surroundings(linker: &mut Linker<Host>) -> wasmtime::Result<()> {
    linker.func_wrap(
        MODULE,
        "args_sizes_get",
        |c: Asking<'_>, count: u32, size: u32| -> Told {
            call(c, |c| {
                c.write(count, &1_u32.to_le_bytes())?;
                Ok(c.write(size, &(NAME.len() as u32).to_le_bytes())?)
            })
        },
    )?;
    linker.func_wrap(
        MODULE,
        "args_get",
        |c: Asking<'_>, list: u32, text: u32| -> Told {
            call(c, |c| {
                c.write(list, &text.to_le_bytes())?;
                Ok(c.write(text, NAME)?)
            })
        },
    )?;
    linker.func_wrap(
        MODULE,
        "environ_sizes_get",
        |c: Asking<'_>, count: u32, size: u32| -> Told {
            call(c, |c| {
                c.write(count, &[0; 4])?;
                Ok(c.write(size, &[0; 4])?)
            })
        },
    )?;
    answer(linker, "environ_get", "ii", |_, _| Ok(()))?;
    linker.func_wrap(
        MODULE,
        "clock_res_get",
        |c: Asking<'_>, clock: u32, out: u32| -> Told { call(c, |c| c.clock_res_get(clock, out)) },
    )?;
    linker.func_wrap(
        MODULE,
        "clock_time_get",
        |c: Asking<'_>, clock: u32, _precision: u64, out: u32| -> Told {
            call(c, |c| c.clock_time_get(clock, out))
        },
    )?;
    linker.func_wrap(
        MODULE,
        "poll_oneoff",
        |c: Asking<'_>, list: u32, out: u32, count: u32, told: u32| -> Told {
            call(c, |c| c.poll_oneoff(list, out, count, told))
        },
    )?;
    answer(linker, "sched_yield", "", |_, _| Ok(()))?;
    linker.func_wrap(
        MODULE,
        "random_get",
        |c: Asking<'_>, out: u32, len: u32| -> Told {
            call(c, |c| {
                let (memory, host, moved) = c.with_host(out, len)?;
                host.chance.fill(memory);
                *moved += CHANCE * u64::from(len);
                Ok(())
            })
        },
    )?;
    linker.func_wrap(
        MODULE,
        "proc_exit",
        |c: Asking<'_>, status: u32| -> wasmtime::Result<()> {
            let leave = |_: &mut Call<'_>| Err(Failure::Ended(I32Exit(status as i32).into()));
            call(c, leave).map(drop)
        },
    )?;
    Ok(())
}
