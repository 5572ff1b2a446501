// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
//! Code that may panic, as all Rust may: checked indexes, slices, unwrap, divisions. The compiler
//! leaves calls of core::panicking, which exist only when core's bitcode is linked.
//!
//! Each program gets its input from INPUT and stores into RESULTS. tests/kernel/rust/ runs them with
//! the values below, which panic nowhere, and with others, which panic everywhere.
#![no_std]
#![feature(asm_experimental_arch)]

/// An index, a divisor, a length, two numbers.
#[no_mangle]
static mut INPUT: [u32; 5] = [2, 5, 4, 30, 12];

/// One for each program, in their order.
#[no_mangle]
static mut RESULTS: [u64; 7] = [0; 7];

const TABLE: [u64; 8] = [2, 3, 5, 7, 11, 13, 17, 19];

/// Not to be known while compiling.
unsafe fn input(number: usize) -> u32 {
    (&raw const INPUT[number]).read_volatile()
}

/// 5: the third of the primes.
#[no_mangle]
#[link_section = "raw_tp/sys_enter"]
unsafe extern "C" fn index(_: *const u64) -> i32 {
    RESULTS[0] = TABLE[input(0) as usize];
    0
}

/// 2 + 3 + 5 + 7. The verifier follows it because the slice starts where the array does: that a
/// start is not behind its end is more than it remembers.
#[no_mangle]
#[link_section = "raw_tp/sys_enter"]
unsafe extern "C" fn slice(_: *const u64) -> i32 {
    RESULTS[1] = TABLE[..input(2) as usize].iter().sum();
    0
}

/// 100 / 5 + 100 % 5.
#[no_mangle]
#[link_section = "raw_tp/sys_enter"]
unsafe extern "C" fn divide(_: *const u64) -> i32 {
    RESULTS[2] = (100 / input(1) + 100 % input(1)).into();
    0
}

/// 30 - 12.
#[no_mangle]
#[link_section = "raw_tp/sys_enter"]
unsafe extern "C" fn unwrap(_: *const u64) -> i32 {
    RESULTS[3] = input(3).checked_sub(input(4)).unwrap().into();
    0
}

/// 30 * 12.
#[no_mangle]
#[link_section = "raw_tp/sys_enter"]
unsafe extern "C" fn expect(_: *const u64) -> i32 {
    RESULTS[4] = input(3)
        .checked_mul(input(4))
        .expect("the product is small")
        .into();
    0
}

#[inline(never)]
fn prime(number: usize) -> u64 {
    match TABLE.get(number) {
        Some(prime) => *prime,
        None => panic!("there is no prime {number}"),
    }
}

/// 5 again, from a function that panics with a message.
#[no_mangle]
#[link_section = "raw_tp/sys_enter"]
unsafe extern "C" fn message(_: *const u64) -> i32 {
    RESULTS[5] = prime(input(0) as usize);
    0
}

/// 30 + 12, which panics when it overflows if the compiler is told to check for that.
#[no_mangle]
#[link_section = "raw_tp/sys_enter"]
unsafe extern "C" fn add(_: *const u64) -> i32 {
    RESULTS[6] = (input(3) + input(4)).into();
    0
}

#[no_mangle]
#[link_section = "license"]
static LICENSE: [u8; 4] = *b"GPL\0";

/// Ends the program: `exit` returns from the function that panicked, once this is inlined into it.
/// Where the verifier cannot prove that nobody gets there, it would refuse an endless loop; of this
/// one it knows that it never comes around. What follows the `exit` has to be reachable for it all
/// the same, so that `options(noreturn)` will not do: LLVM 22 puts a call of __bpf_trap there.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {
        unsafe { core::arch::asm!("r0 = 0", "if r0 != 0 goto +1", "exit", out("r0") _) }
    }
}
