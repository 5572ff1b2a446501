// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
//! Attached where the scheduler switches tasks: the kernel hands over pointers that may be read
//! from, to task_structs whose layout here is wrong on purpose. Notes the task that the loader
//! waits in. tests/kernel/rust/rust_programs.cpp compares with what user space knows.
#![no_std]
#![allow(non_camel_case_types)]

mod vmlinux {
    #[repr(C)]
    pub struct task_struct {
        pub real_parent: *const task_struct,
        pub comm: [u8; 16],
        pub tgid: i32,
        pub pid: i32,
    }
}
use vmlinux::task_struct;

/// As the loader reads it.
#[repr(C)]
pub struct Switched {
    pub wanted: i32, // thread, set by the loader
    pub times: u32,
    pub pid: i32,
    pub tgid: i32,
    pub parent_tgid: i32,
    pub comm: [u8; 16],
}

#[no_mangle]
static mut SWITCHED: Switched =
    Switched { wanted: -1, times: 0, pid: 0, tgid: 0, parent_tgid: 0, comm: [0; 16] };

/// The arguments of the tracepoint are (preempt, previous, next, ...), each as 64 bits.
#[no_mangle]
#[link_section = "tp_btf/sched_switch"]
unsafe extern "C" fn on_switch(arguments: *const *const task_struct) -> i32 {
    let next = &**arguments.add(2);
    let out = &mut *(&raw mut SWITCHED);
    if next.pid != (&raw const (*out).wanted).read_volatile() {
        return 0;
    }
    out.times += 1;
    out.pid = next.pid;
    out.tgid = next.tgid;
    if let Some(parent) = next.real_parent.as_ref() {
        out.parent_tgid = parent.tgid;
    }
    for (to, from) in out.comm.iter_mut().zip(next.comm.iter()) {
        *to = *from;
    }
    0
}

#[no_mangle]
#[link_section = "license"]
static LICENSE: [u8; 13] = *b"Dual BSD/GPL\0";

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
