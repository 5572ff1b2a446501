// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
//! Asks the kernel every question that btfreloc.rs can ask, of records that are wrong on purpose.
//! tests/kernel/rust/rust_programs.cpp has the answers from the kernel's own BTF.
#![no_std]
#![allow(dead_code, non_camel_case_types)]

#[macro_use]
mod btfreloc;

mod vmlinux {
    #[repr(C)]
    pub struct load_weight {
        pub weight: u8,
    }

    #[repr(C)]
    pub struct sched_entity {
        pub not_there: u8,
        pub load: load_weight,
    }

    #[repr(C)]
    pub struct list_head {
        pub next: *mut list_head,
        pub prev: *mut list_head,
    }

    #[repr(C)]
    pub struct task_struct {
        pub not_there: u64,
        pub pid: u32,
        pub comm: [u8; 3],
        pub se: sched_entity,
        pub sched_reset_on_fork: u32,
    }

    #[repr(C)]
    pub struct no_such_record {
        pub member: u8,
    }

    #[repr(C)]
    pub union bpf_attr {
        pub map_type: u32,
    }

    #[repr(u32)]
    pub enum bpf_map_type {
        BPF_MAP_TYPE_HASH = 77,
        BPF_MAP_TYPE_NOT_THERE = 78,
    }

    #[repr(u8)]
    pub enum no_such_enum {
        ENUMERATOR = 1,
    }
}

relocatable!(
    vmlinux::task_struct,
    vmlinux::list_head,
    vmlinux::no_such_record,
    vmlinux::bpf_attr,
    vmlinux::bpf_map_type,
    vmlinux::no_such_enum,
);

/// A record elsewhere: what marks it is the marker. Also kept with a marker of its own.
#[repr(C)]
pub struct new_utsname {
    _marker: btfreloc::Relocatable,
    nodename: [u8; 1],
}

relocatable!(new_utsname);

/// In the order of the answers in rust_programs.cpp.
#[no_mangle]
static mut ANSWERS: [u64; 24] = [0; 24];

#[no_mangle]
#[link_section = "raw_tp/sys_enter"]
unsafe extern "C" fn ask(_: *const u64) -> i32 {
    ANSWERS = [
        field_exists!("struct task_struct", "se.load.weight").into(),
        field_exists!("struct task_struct", "not_there").into(),
        field_size!("struct task_struct", "comm") as u64,
        field_size!("struct task_struct", "se.load.weight") as u64,
        field_offset!("struct task_struct", "pid") as u64,
        field_offset!("struct task_struct", "se.load.weight") as u64,
        field_offset!("struct new_utsname", "nodename") as u64,
        field_signed!("struct task_struct", "pid").into(),
        field_signed!("struct load_weight", "weight").into(),
        field_left_shift!("struct task_struct", "sched_reset_on_fork").into(),
        field_right_shift!("struct task_struct", "sched_reset_on_fork").into(),
        type_exists!("struct list_head").into(),
        type_exists!("struct no_such_record").into(),
        type_exists!("enum bpf_map_type").into(),
        type_exists!("enum no_such_enum").into(),
        type_size!("struct task_struct") as u64,
        type_size!("union bpf_attr") as u64,
        type_matches!("struct list_head").into(),
        type_matches!("struct task_struct").into(),
        (type_id_local!("struct list_head") != 0).into(),
        type_id_target!("struct list_head").into(),
        enum_value!("enum bpf_map_type", "BPF_MAP_TYPE_HASH"),
        enum_exists!("enum bpf_map_type", "BPF_MAP_TYPE_HASH").into(),
        enum_exists!("enum bpf_map_type", "BPF_MAP_TYPE_NOT_THERE").into(),
    ];
    0
}

#[no_mangle]
#[link_section = "license"]
static LICENSE: [u8; 4] = *b"GPL\0";

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
