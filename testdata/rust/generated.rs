// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
//! Reads members of kernel structs that `btfreloc header --lang rust --co-re` has declared, in
//! vmlinux.rs beside this file: a number, an enum, what is in an anonymous struct, and bitfields.
//! tests/differential/rust_header_core.py compares its relocations with a kernel's BTF.
#![no_std]
#![no_main]

include!("vmlinux.rs");
use vmlinux::*;

#[no_mangle]
static mut numbers: [u64; 8] = [0; 8];

#[no_mangle]
#[link_section = "tp_btf/sched_process_exit"]
unsafe extern "C" fn on_exit(context: *const *const task_struct) -> i32 {
    let task = *context;
    numbers[0] = (*task).pid as u64;
    numbers[1] = (*(*task).real_parent).tgid as u64;
    numbers[2] = task_struct::sched_reset_on_fork(task).into();
    numbers[3] = task_struct::read_in_execve(task).into();
    numbers[4] = (*(*task).mm).__bindgen_anon_1.total_vm;
    0
}

#[no_mangle]
#[link_section = "fentry/bpf_map_free_deferred"]
unsafe extern "C" fn on_map(context: *const *const bpf_map) -> i32 {
    let map = *context;
    if (*map).map_type.value() == BPF_MAP_TYPE_HASH {
        numbers[5] += 1;
    }
    0
}

#[no_mangle]
#[link_section = "fentry/kfree_skb"]
unsafe extern "C" fn on_skb(context: *const *const sk_buff) -> i32 {
    let skb = *context;
    numbers[6] = sk_buff::pkt_type(skb).into();
    0
}

#[no_mangle]
#[link_section = "license"]
static LICENSE: [u8; 4] = *b"GPL\0";

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
