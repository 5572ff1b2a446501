// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
//! testdata/pass/wrong_layout.bpf.c in Rust, where the module is the annotation: references,
//! methods, generics, traits. Reads the task that runs it through records whose every offset is
//! wrong on purpose, so that only relocations make it right.
#![no_std]
#![allow(non_camel_case_types)]

#[macro_use]
mod btfreloc;

/// Members have the kernel's names and kinds. What the kernel keeps in anonymous structs and unions
/// is declared without them, where it is looked for first.
mod vmlinux {
    #[repr(C)]
    #[derive(Clone, Copy)]
    pub struct kuid_t {
        pub val: u32,
    }

    #[repr(C)]
    pub struct cred {
        pub other_first: kuid_t,
        pub not_there: [u8; 96],
        pub fsuid: kuid_t,
    }

    #[repr(C)]
    pub struct ns_common {
        pub not_there: [u64; 3],
        pub inum: u32,
    }

    #[repr(C)]
    pub struct new_utsname {
        pub release: [u8; 13],
        pub nodename: [u8; 65],
    }

    #[repr(C)]
    pub struct uts_namespace {
        pub ns: ns_common,
        pub name: new_utsname,
    }

    #[repr(C)]
    pub struct nsproxy {
        pub not_there: [u8; 200],
        pub uts_ns: *const uts_namespace,
    }

    #[repr(C)]
    pub struct mm_struct {
        pub not_there: u64,
        pub arg_start: u64,
    }

    /// Larger than the kernel's, so that elements are further apart.
    #[repr(C)]
    #[derive(Clone, Copy)]
    pub struct rlimit {
        pub rlim_max: u64,
        pub not_there: u64,
        pub rlim_cur: u64,
    }

    /// Rust has no bitfields: what is one in the kernel is declared as an integer, which nothing
    /// but `read_bits!` may read.
    #[repr(C)]
    pub struct signal_struct {
        pub oom_score_adj: i16,
        pub is_child_subreaper: u32,
        pub rlim: [rlimit; 16],
    }

    impl signal_struct {
        pub fn stack_limit(&self) -> u64 {
            self.rlim[3].rlim_cur
        }
    }

    #[repr(C)]
    pub struct sigset_t {
        pub sig: [u64; 4],
    }

    /// The first member is one that is only loaded: its address is that of the record, so that
    /// where it is passed on, nothing tells which of them is meant.
    #[repr(C)]
    pub struct task_struct {
        pub nsproxy: *const nsproxy,
        pub comm: [u8; 40],
        pub in_execve: u32,
        pub sched_reset_on_fork: u32,
        pub tgid: u32,
        pub group_leader: *const task_struct,
        pub blocked: sigset_t,
        pub policy: u32,
        pub pid: u32,
        pub signal: *const signal_struct,
        pub mm: *const mm_struct,
        pub cred: *const cred,
        pub timer_slack_ns: u64,
        pub start_boottime: u64,
        pub personality: u32,
        pub real_parent: *const task_struct,
        pub static_prio: i32,
    }

    impl task_struct {
        pub fn thread(&self) -> u32 {
            self.pid
        }

        pub fn process(&self) -> u32 {
            self.tgid
        }

        pub fn parent(&self) -> *const task_struct {
            self.real_parent
        }

        pub fn signal(&self) -> Option<&signal_struct> {
            // SAFETY: a task's signal_struct lives as long as the task, or there is none.
            unsafe { self.signal.as_ref() }
        }
    }
}

use vmlinux::{cred, mm_struct, nsproxy, signal_struct, task_struct, uts_namespace};

/// As `struct wrong_layout_values` of wrong_layout.h, which has the units.
#[repr(C)]
struct Values {
    start_boottime: u64,
    timer_slack: u64,
    blocked_signals: u64,
    arg_start: u64,
    stack_limit: u64,
    pid: u32,
    tgid: u32,
    parent_tgid: u32,
    leader_pid: u32,
    fsuid: u32,
    policy: u32,
    personality: u32,
    static_prio: i32,
    oom_score_adj: i32,
    uts_ns: u32,
    comm: [u8; 16],
    nodename: [u8; 65],
}

impl Values {
    const EMPTY: Self = Self {
        start_boottime: 0,
        timer_slack: 0,
        blocked_signals: 0,
        arg_start: 0,
        stack_limit: 0,
        pid: 0,
        tgid: 0,
        parent_tgid: 0,
        leader_pid: 0,
        fsuid: 0,
        policy: 0,
        personality: 0,
        static_prio: 0,
        oom_score_adj: 0,
        uts_ns: 0,
        comm: [0; 16],
        nodename: [0; 65],
    };
}

/// As `struct wrong_layout_bits`.
#[repr(C)]
struct Bits {
    reset_on_fork: u32,
    in_execve: u32,
    child_subreaper: u32,
}

const ANCESTORS: usize = 16;

/// As `struct wrong_layouts`.
#[repr(C)]
struct WrongLayouts {
    probed: Values,
    direct: Values,
    bits: Bits,
    ancestors: [u32; ANCESTORS],
}

#[export_name = "values"]
static mut VALUES: WrongLayouts = WrongLayouts {
    probed: Values::EMPTY,
    direct: Values::EMPTY,
    bits: Bits {
        reset_on_fork: 0,
        in_execve: 0,
        child_subreaper: 0,
    },
    ancestors: [0; ANCESTORS],
};

/// Helpers are functions at small addresses: their numbers, from include/uapi/linux/bpf.h.
mod helper {
    use core::ffi::c_void;
    use core::mem::transmute;

    /// The current task as a number, whose members only `probe_read_kernel` reaches.
    pub unsafe fn get_current_task() -> *const c_void {
        let call: unsafe extern "C" fn() -> *const c_void = transmute(35usize);
        call()
    }

    /// The current task as a pointer that the verifier knows for one to a task_struct.
    pub unsafe fn get_current_task_btf() -> *const c_void {
        let call: unsafe extern "C" fn() -> *const c_void = transmute(158usize);
        call()
    }

    pub unsafe fn probe_read_kernel(to: *mut c_void, size: u32, from: *const c_void) -> i64 {
        let call: unsafe extern "C" fn(*mut c_void, u32, *const c_void) -> i64 =
            transmute(113usize);
        call(to, size, from)
    }
}

/// How members are read. The address of the one that `from` refers to was relocated by the caller.
trait Read {
    unsafe fn get<T: Copy>(from: *const T) -> T;
}

struct Probing;

impl Read for Probing {
    #[inline(always)]
    unsafe fn get<T: Copy>(from: *const T) -> T {
        let mut value = core::mem::MaybeUninit::<T>::zeroed();
        helper::probe_read_kernel(
            value.as_mut_ptr().cast(),
            size_of::<T>() as u32,
            from.cast(),
        );
        value.assume_init()
    }
}

struct Loading;

impl Read for Loading {
    #[inline(always)]
    unsafe fn get<T: Copy>(from: *const T) -> T {
        *from
    }
}

unsafe fn read_ids<How: Read>(out: *mut Values, task: *const task_struct) {
    let parent = How::get(&raw const (*task).real_parent);
    let leader = How::get(&raw const (*task).group_leader);
    let cred: *const cred = How::get(&raw const (*task).cred);
    (*out).pid = How::get(&raw const (*task).pid);
    (*out).tgid = How::get(&raw const (*task).tgid);
    if !parent.is_null() {
        (*out).parent_tgid = How::get(&raw const (*parent).tgid);
    }
    if !leader.is_null() {
        (*out).leader_pid = How::get(&raw const (*leader).pid);
    }
    if !cred.is_null() {
        (*out).fsuid = How::get(&raw const (*cred).fsuid.val);
    }
}

unsafe fn read_attributes<How: Read>(out: *mut Values, task: *const task_struct) {
    (*out).start_boottime = How::get(&raw const (*task).start_boottime);
    (*out).timer_slack = How::get(&raw const (*task).timer_slack_ns);
    (*out).blocked_signals = How::get(&raw const (*task).blocked.sig[0]);
    (*out).policy = How::get(&raw const (*task).policy);
    (*out).personality = How::get(&raw const (*task).personality);
    (*out).static_prio = How::get(&raw const (*task).static_prio);
}

unsafe fn read_process<How: Read>(out: *mut Values, task: *const task_struct) {
    let signal: *const signal_struct = How::get(&raw const (*task).signal);
    let mm: *const mm_struct = How::get(&raw const (*task).mm);
    if !mm.is_null() {
        (*out).arg_start = How::get(&raw const (*mm).arg_start);
    }
    if !signal.is_null() {
        (*out).oom_score_adj = How::get(&raw const (*signal).oom_score_adj).into();
        (*out).stack_limit = How::get(&raw const (*signal).rlim[3].rlim_cur);
    }
}

unsafe fn uts_of<How: Read>(task: *const task_struct) -> *const uts_namespace {
    let proxy: *const nsproxy = How::get(&raw const (*task).nsproxy);
    if proxy.is_null() {
        return core::ptr::null();
    }
    How::get(&raw const (*proxy).uts_ns)
}

/// With methods, in place of the members they return.
unsafe fn read_with_methods(out: *mut Values, task: &task_struct) {
    (*out).pid = task.thread();
    (*out).tgid = task.process();
    if let Some(parent) = task.parent().as_ref() {
        (*out).parent_tgid = parent.process();
    }
    if let Some(signal) = task.signal() {
        (*out).stack_limit = signal.stack_limit();
    }
}

/// Copies the bytes one by one: a copy of the whole is a call of a helper that does not exist.
unsafe fn copy_text<const N: usize>(to: *mut u8, from: *const [u8; N], size: usize) {
    for i in 0..size {
        *to.add(i) = (*from)[i];
    }
}

/// Reads a member that is a bitfield in the kernel, wherever its bits are there. Not with a load:
/// the compiler would put the offset into it, and loaders refuse loads of what is a bitfield.
macro_rules! read_bits {
    ($pointer:expr, $record:literal, $member:literal) => {{
        let mut unit = 0u64;
        let storage = $pointer.cast::<u8>().add(field_offset!($record, $member));
        let size = field_size!($record, $member) as u32;
        helper::probe_read_kernel((&raw mut unit).cast(), size, storage.cast());
        unit << field_left_shift!($record, $member) >> field_right_shift!($record, $member)
    }};
}

#[no_mangle]
#[link_section = "raw_tp/sys_enter"]
unsafe extern "C" fn probed(_: *const u64) -> i32 {
    let task: *const task_struct = helper::get_current_task().cast();
    let out = &raw mut VALUES.probed;
    read_ids::<Probing>(out, task);
    read_attributes::<Probing>(out, task);
    read_process::<Probing>(out, task);
    let uts = uts_of::<Probing>(task);
    if !uts.is_null() {
        (*out).uts_ns = Probing::get(&raw const (*uts).ns.inum);
        let name = &raw const (*uts).name.nodename;
        helper::probe_read_kernel((&raw mut (*out).nodename).cast(), 65, name.cast());
    }
    let comm = &raw const (*task).comm;
    helper::probe_read_kernel((&raw mut (*out).comm).cast(), 16, comm.cast());
    0
}

#[no_mangle]
#[link_section = "raw_tp/sys_enter"]
unsafe extern "C" fn direct(_: *const u64) -> i32 {
    let task: *const task_struct = helper::get_current_task_btf().cast();
    let out = &raw mut VALUES.direct;
    read_ids::<Loading>(out, task);
    read_attributes::<Loading>(out, task);
    read_process::<Loading>(out, task);
    read_with_methods(out, &*task);
    let uts = uts_of::<Loading>(task);
    if !uts.is_null() {
        (*out).uts_ns = Loading::get(&raw const (*uts).ns.inum);
        copy_text(
            (&raw mut (*out).nodename).cast(),
            &raw const (*uts).name.nodename,
            64,
        );
    }
    copy_text((&raw mut (*out).comm).cast(), &raw const (*task).comm, 16);
    0
}

#[no_mangle]
#[link_section = "raw_tp/sys_enter"]
unsafe extern "C" fn bits(_: *const u64) -> i32 {
    let task: *const task_struct = helper::get_current_task_btf().cast();
    let out = &raw mut VALUES.bits;
    (*out).reset_on_fork = read_bits!(task, "struct task_struct", "sched_reset_on_fork") as u32;
    (*out).in_execve = read_bits!(task, "struct task_struct", "in_execve") as u32;
    let signal = (*task).signal;
    if !signal.is_null() {
        (*out).child_subreaper =
            read_bits!(signal, "struct signal_struct", "is_child_subreaper") as u32;
    }
    0
}

#[no_mangle]
#[link_section = "raw_tp/sys_enter"]
unsafe extern "C" fn ancestry(_: *const u64) -> i32 {
    let mut task: *const task_struct = helper::get_current_task_btf().cast();
    for ancestor in (*&raw mut VALUES.ancestors).iter_mut() {
        let Some(known) = task.as_ref() else { break };
        *ancestor = known.process();
        task = known.parent();
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
