//! A call of the program's into the host: its memory, read and written within bounds, and what the
//! call costs.

use wasmtime::{Caller, Extern, Trap};

use super::super::host::Host;

/// Error numbers of WASI preview 1 that are used here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub(super) enum Errno {
    BadDescriptor = 8,
    Fault = 21,
    Invalid = 28,
    NotSupported = 58,
    NotSeekable = 70,
    NotCapable = 76,
}

/// Why a call does not succeed: the program is told, or ended.
pub(super) enum Failure {
    Told(Errno),
    Ended(wasmtime::Error),
}

impl From<Errno> for Failure {
    fn from(errno: Errno) -> Self {
        Failure::Told(errno)
    }
}

pub(super) type Answer<T = ()> = Result<T, Failure>;

/// Fuel that a call burns beside one for each byte moved: about what it costs the host. Work done
/// here on a program's behalf is work of the program.
const CALL: u64 = 500;

/// Most elements of a list that a call is given, as `IOV_MAX`: the host's time for a call is bounded.
pub(super) const MOST: u32 = 1024;

/// What a call works on.
pub(super) struct Call<'a> {
    memory: &'a mut [u8],
    pub(super) host: &'a mut Host,
    /// Bytes moved so far.
    pub(super) moved: u64,
}

/// Does the work of a call, charges for it, and puts the answer as WASI does: 0 or an error number.
pub(super) fn call(
    mut caller: Caller<'_, Host>,
    work: impl FnOnce(&mut Call<'_>) -> Answer,
) -> wasmtime::Result<u32> {
    let memory = match caller.get_export("memory") {
        Some(Extern::Memory(memory)) => Some(memory),
        _ => None,
    };
    let (memory, host) = match memory {
        Some(memory) => memory.data_and_store_mut(&mut caller),
        None => (&mut [][..], caller.data_mut()),
    };
    let mut call = Call {
        memory,
        host,
        moved: 0,
    };
    let answer = work(&mut call);
    let cost = CALL + call.moved;
    charge(&mut caller, cost)?;
    match answer {
        Ok(()) => Ok(0),
        Err(Failure::Told(errno)) => Ok(errno as u32),
        Err(Failure::Ended(reason)) => Err(reason),
    }
}

fn charge(caller: &mut Caller<'_, Host>, cost: u64) -> wasmtime::Result<()> {
    // An error says that fuel is not metered.
    if let Ok(left) = caller.get_fuel() {
        let left = left.checked_sub(cost);
        caller.set_fuel(left.unwrap_or(0))?;
        left.ok_or(Trap::OutOfFuel)?;
    }
    Ok(())
}

impl Call<'_> {
    /// The memory from `at` on, `len` bytes of it.
    fn range(&mut self, at: u32, len: u32) -> Result<&mut [u8], Errno> {
        let (at, len) = (at as usize, len as usize);
        let range = self.memory.get_mut(at..).and_then(|m| m.get_mut(..len));
        range.ok_or(Errno::Fault)
    }

    /// The address `offset` bytes after `at`.
    pub(super) fn after(at: u32, offset: u32) -> Result<u32, Errno> {
        at.checked_add(offset).ok_or(Errno::Fault)
    }

    pub(super) fn read<const N: usize>(&mut self, at: u32) -> Result<[u8; N], Errno> {
        let mut bytes = [0; N];
        bytes.copy_from_slice(self.range(at, N as u32)?);
        Ok(bytes)
    }

    pub(super) fn read_u32(&mut self, at: u32) -> Result<u32, Errno> {
        self.read(at).map(u32::from_le_bytes)
    }

    pub(super) fn read_u64(&mut self, at: u32) -> Result<u64, Errno> {
        self.read(at).map(u64::from_le_bytes)
    }

    pub(super) fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), Errno> {
        self.range(at, bytes.len() as u32)?.copy_from_slice(bytes);
        Ok(())
    }

    /// The memory from `at` on together with the host's state, for moving bytes between them.
    pub(super) fn with_host(
        &mut self,
        at: u32,
        len: u32,
    ) -> Result<(&mut [u8], &mut Host, &mut u64), Errno> {
        let (at, len) = (at as usize, len as usize);
        let range = self.memory.get_mut(at..).and_then(|m| m.get_mut(..len));
        let range = range.ok_or(Errno::Fault)?;
        Ok((range, self.host, &mut self.moved))
    }

    /// The addresses and lengths of a list of buffers.
    pub(super) fn buffers(&mut self, list: u32, count: u32) -> Result<Vec<(u32, u32)>, Errno> {
        if count > MOST {
            return Err(Errno::Invalid);
        }
        (0..count)
            .map(|i| {
                let entry = Self::after(list, 8 * i)?;
                let length = Self::after(entry, 4)?;
                Ok((self.read_u32(entry)?, self.read_u32(length)?))
            })
            .collect()
    }
}
