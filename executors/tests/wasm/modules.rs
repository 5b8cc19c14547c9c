//! Programs as WebAssembly text, and what they share.

/// A module of the shared part and `text`, in its binary form.
pub(crate) fn module(text: &str) -> Vec<u8> {
    wat::parse_str(format!("(module {PRINT} {text})")).expect("the text is WebAssembly")
}

/// What all modules share: the imports, a memory, and functions that write, sleep, tell the time,
/// and recurse for ever. Addresses below 64 and from 1024 to 1100 are theirs.
pub(crate) const PRINT: &str = r#"
(import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
(import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
(import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
(import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
(import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
(import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
(import "wasi_snapshot_preview1" "path_open"
  (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
(import "wasi_snapshot_preview1" "sock_accept" (func $sock_accept (param i32 i32 i32) (result i32)))
(import "wasi_snapshot_preview1" "fd_prestat_get" (func $prestat (param i32 i32) (result i32)))
(import "wasi_snapshot_preview1" "environ_sizes_get" (func $variables (param i32 i32) (result i32)))
(import "wasi_snapshot_preview1" "args_sizes_get" (func $arguments (param i32 i32) (result i32)))
(memory (export "memory") 1)

(func $deep call $deep call $deep)

;; Writes `len` bytes at `at` to the stream `fd`.
(func $put (param $fd i32) (param $at i32) (param $len i32)
  (i32.store (i32.const 1024) (local.get $at))
  (i32.store (i32.const 1028) (local.get $len))
  (drop (call $fd_write (local.get $fd) (i32.const 1024) (i32.const 1) (i32.const 1032))))

(func $print (param $at i32) (param $len i32)
  (call $put (i32.const 1) (local.get $at) (local.get $len)))

;; Writes a number and a line feed.
(func $number (param $n i64)
  (local $at i32)
  (local.set $at (i32.const 1099))
  (i32.store8 (local.get $at) (i32.const 10))
  (loop $digits
    (local.set $at (i32.sub (local.get $at) (i32.const 1)))
    (i32.store8 (local.get $at)
      (i32.add (i32.wrap_i64 (i64.rem_u (local.get $n) (i64.const 10))) (i32.const 48)))
    (local.set $n (i64.div_u (local.get $n) (i64.const 10)))
    (br_if $digits (i64.ne (local.get $n) (i64.const 0))))
  (call $print (local.get $at) (i32.sub (i32.const 1100) (local.get $at))))

;; Writes what a call of the host's gave.
(func $tell (param $n i32) (call $number (i64.extend_i32_u (local.get $n))))

;; The monotonic clock, in nanoseconds.
(func $now (result i64)
  (drop (call $clock (i32.const 1) (i64.const 0) (i32.const 0)))
  (i64.load (i32.const 0)))

;; Waits for so many nanoseconds, as libraries do: with one subscription.
(func $sleep (param $nanoseconds i64)
  (memory.fill (i32.const 2048) (i32.const 0) (i32.const 48))
  (i32.store (i32.const 2064) (i32.const 1))
  (i64.store (i32.const 2072) (local.get $nanoseconds))
  (if (call $poll (i32.const 2048) (i32.const 2112) (i32.const 1) (i32.const 2144))
    (then unreachable))
  (if (i32.ne (i32.load (i32.const 2144)) (i32.const 1)) (then unreachable))
  (if (i32.load16_u (i32.const 2120)) (then unreachable)))

;; Reads up to 60,000 bytes of input to 4096; gives how many there are.
(func $input (result i32)
  (local $total i32)
  (loop $more
    (i32.store (i32.const 1024) (i32.add (i32.const 4096) (local.get $total)))
    (i32.store (i32.const 1028) (i32.sub (i32.const 60000) (local.get $total)))
    (drop (call $fd_read (i32.const 0) (i32.const 1024) (i32.const 1) (i32.const 1032)))
    (local.set $total (i32.add (local.get $total) (i32.load (i32.const 1032))))
    (br_if $more (i32.load (i32.const 1032))))
  (local.get $total))
"#;

/// Writes what it reads.
pub(crate) const ECHO: &str = r#"
(func (export "_start") (call $print (i32.const 4096) (call $input)))
"#;

/// Writes the sum of the numbers that it reads.
pub(crate) const SUM: &str = r#"
(func (export "_start")
  (local $at i32) (local $end i32) (local $c i32) (local $n i64) (local $sum i64)
  (local.set $at (i32.const 4096))
  (local.set $end (i32.add (i32.const 4096) (call $input)))
  (block $done
    (loop $next
      (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
      (local.set $c (i32.sub (i32.load8_u (local.get $at)) (i32.const 48)))
      (if (i32.lt_u (local.get $c) (i32.const 10))
        (then (local.set $n (i64.add (i64.mul (local.get $n) (i64.const 10))
          (i64.extend_i32_u (local.get $c)))))
        (else (local.set $sum (i64.add (local.get $sum) (local.get $n)))
          (local.set $n (i64.const 0))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br $next)))
  (call $number (i64.add (local.get $sum) (local.get $n))))
"#;

/// Sorts the bytes that it reads by exchanging neighbours, in a time quadratic in their number.
pub(crate) const SORT_SLOWLY: &str = r#"
(func (export "_start")
  (local $len i32) (local $i i32) (local $j i32)
  (local.set $len (call $input))
  (loop $outer
    (local.set $j (i32.const 4096))
    (loop $inner
      (if (i32.gt_u (i32.load8_u (local.get $j)) (i32.load8_u offset=1 (local.get $j)))
        (then
          (i32.store8 (i32.const 0) (i32.load8_u (local.get $j)))
          (i32.store8 (local.get $j) (i32.load8_u offset=1 (local.get $j)))
          (i32.store8 offset=1 (local.get $j) (i32.load8_u (i32.const 0)))))
      (local.set $j (i32.add (local.get $j) (i32.const 1)))
      (br_if $inner (i32.lt_u (local.get $j)
        (i32.add (i32.const 4095) (local.get $len)))))
    (local.set $i (i32.add (local.get $i) (i32.const 1)))
    (br_if $outer (i32.lt_u (local.get $i) (local.get $len))))
  (call $print (i32.const 4096) (local.get $len)))
"#;

/// Takes memory until it is ended.
pub(crate) const GREEDY: &str = "(loop (drop (memory.grow (i32.const 16))) br 0)";
