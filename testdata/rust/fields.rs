// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
//! Accesses to kernel records in every shape that Rust authors write, one function for each.
//!
//! `// records:` in front of a function are the relocations that it has, each once and sorted: a
//! member for its offset, with the kind before it where it is another one. `// wanted:` are those
//! that it should have where the pass does not see all yet; `// remarks:` is part of what it says
//! then, and without one it says nothing. tests/kernel/rust/rust.py checks all three.
#![no_std]
#![allow(non_camel_case_types)]

use core::mem::MaybeUninit;
use core::ptr::{addr_of, addr_of_mut, NonNull};

use vmlinux::*;

mod vmlinux {
    use super::{Idle, MaybeUninit, NonNull};

    #[repr(C)]
    #[derive(Clone, Copy)]
    pub struct list_head {
        pub next: *mut list_head,
        pub prev: *mut list_head,
    }

    #[repr(C)]
    #[derive(Clone, Copy)]
    pub struct load_weight {
        pub weight: u64,
        pub inv_weight: u32,
    }

    #[repr(C)]
    pub struct sched_entity {
        pub load: load_weight,
        pub on_rq: u8,
        pub vruntime: u64,
    }

    #[repr(C)]
    #[derive(Clone, Copy)]
    pub struct rlimit {
        pub rlim_cur: u64,
        pub rlim_max: u64,
    }

    #[repr(C)]
    #[derive(Clone, Copy)]
    pub struct timer {
        pub expires: u64,
        pub flags: u32,
        pub slack: u32,
    }

    #[repr(C)]
    pub union wait {
        pub deadline: u64,
        pub timer: timer,
        pub small: u16,
    }

    #[repr(transparent)]
    #[derive(Clone, Copy)]
    pub struct raw_pid(pub i32);

    #[repr(C)]
    #[derive(Clone, Copy)]
    pub struct kuid_t {
        pub val: u32,
    }

    #[repr(C)]
    pub struct cred {
        pub usage: i64,
        pub uid: kuid_t,
        pub gid: kuid_t,
    }

    #[repr(C)]
    pub struct operations {
        pub open: Option<unsafe extern "C" fn(*const task_struct) -> i32>,
        pub release: Option<unsafe extern "C" fn(*const task_struct)>,
        pub owner: *const cred,
    }

    #[repr(C)]
    pub struct task_struct {
        pub se: sched_entity,
        pub state: u8,
        pub flags: u32,
        pub pid: i32,
        pub tgid: i32,
        pub vpid: raw_pid,
        pub parent: *mut task_struct,
        pub children: list_head,
        pub sibling: list_head,
        pub comm: [u8; 16],
        pub numbers: [u32; 8],
        pub rlim: [rlimit; 4],
        pub matrix: [[u16; 4]; 4],
        pub wait: wait,
        pub ops: *const operations,
        pub cred: Option<&'static cred>,
        pub worker: Option<NonNull<task_struct>>,
        pub start: MaybeUninit<u64>,
        pub tasks: list_head,
    }

    impl task_struct {
        pub fn id(&self) -> i32 {
            self.pid
        }

        pub fn weight(&self) -> u64 {
            self.se.load.weight
        }

        pub fn set_flags(&mut self, flags: u32) {
            self.flags = flags;
        }
    }

    impl Idle for task_struct {
        fn is_idle(&self) -> bool {
            self.pid == 0
        }
    }
}

trait Idle {
    fn is_idle(&self) -> bool;
}

// ---------------------------------------------------------------------------- reads and writes

// records: task_struct.pid
#[no_mangle]
pub unsafe fn read(t: *const task_struct) -> i32 {
    (*t).pid
}

// records: task_struct.flags
#[no_mangle]
pub unsafe fn write(t: *mut task_struct, flags: u32) {
    (*t).flags = flags;
}

// records: task_struct.flags
#[no_mangle]
pub unsafe fn update(t: *mut task_struct) {
    (*t).flags |= 4;
}

// records: task_struct.pid
#[no_mangle]
pub fn by_reference(t: &task_struct) -> i32 {
    t.pid
}

// records: task_struct.flags
#[no_mangle]
pub fn by_mutable_reference(t: &mut task_struct) {
    t.flags = 1;
}

// records: task_struct.pid task_struct.tgid
#[no_mangle]
pub unsafe fn destructured(t: &task_struct) -> i32 {
    let task_struct { pid, tgid, .. } = t;
    *pid + *tgid
}

// records: task_struct.flags
#[no_mangle]
pub unsafe fn swapped(t: *mut task_struct) -> u32 {
    core::mem::replace(&mut (*t).flags, 7)
}

// ------------------------------------------------------------------------------------- nesting

// records: task_struct.se.load.weight
#[no_mangle]
pub unsafe fn nested_first(t: *const task_struct) -> u64 {
    (*t).se.load.weight
}

// records: task_struct.se.load.inv_weight
#[no_mangle]
pub unsafe fn nested(t: *const task_struct) -> u32 {
    (*t).se.load.inv_weight
}

// records: task_struct.children.prev
#[no_mangle]
pub unsafe fn nested_pointer(t: *const task_struct) -> *mut list_head {
    (*t).children.prev
}

// records: task_struct.se.load.inv_weight
#[no_mangle]
pub unsafe fn nested_by_reference(t: *const task_struct) -> u32 {
    let load = &(*t).se.load;
    load.inv_weight
}

// records: task_struct.parent task_struct.pid
#[no_mangle]
pub unsafe fn chased(t: *const task_struct) -> i32 {
    (*(*(*t).parent).parent).pid
}

// --------------------------------------------------------------------------- arrays and unions

// records: task_struct.comm[3]
#[no_mangle]
pub unsafe fn constant_index(t: *const task_struct) -> u8 {
    (*t).comm[3]
}

// records: task_struct.numbers
#[no_mangle]
pub unsafe fn variable_index(t: *const task_struct, i: usize) -> u32 {
    (*t).numbers[i & 7]
}

// records: task_struct.rlim[2].rlim_max
#[no_mangle]
pub unsafe fn constant_index_of_records(t: *const task_struct) -> u64 {
    (*t).rlim[2].rlim_max
}

// records: rlimit.rlim_max task_struct.rlim type_size rlimit
#[no_mangle]
pub unsafe fn variable_index_of_records(t: *const task_struct, i: usize) -> u64 {
    (*t).rlim[i & 3].rlim_max
}

// records: byte_sz task_struct.matrix[0] task_struct.matrix
#[no_mangle]
pub unsafe fn matrix(t: *const task_struct, i: usize, j: usize) -> u16 {
    (*t).matrix[i & 3][j & 3]
}

// records: task_struct.comm
#[no_mangle]
pub unsafe fn iterated(t: *const task_struct) -> u32 {
    let mut sum = 0;
    for byte in (*t).comm.iter() {
        sum += u32::from(*byte);
    }
    sum
}

// records: task_struct.numbers[0]
#[no_mangle]
pub unsafe fn iterated_with_closures(t: *const task_struct) -> u32 {
    (*t).numbers
        .iter()
        .map(|n| n & 0xff)
        .filter(|n| n & 1 == 1)
        .sum()
}

// records: task_struct.numbers[0]
#[no_mangle]
pub unsafe fn sliced(t: *const task_struct) -> u32 {
    let numbers: &[u32] = &(*t).numbers;
    match numbers.get(2..5) {
        Some([first, .., last]) => first + last,
        _ => 0,
    }
}

// records: task_struct.comm
#[no_mangle]
pub unsafe fn copied_array(t: *const task_struct, comm: &mut [u8; 16]) {
    *comm = (*t).comm;
}

// records: task_struct.wait
// remarks: it can be struct task_struct.wait.deadline or struct task_struct.wait.timer.expires
#[no_mangle]
pub unsafe fn union_member(t: *const task_struct) -> u64 {
    (*t).wait.deadline
}

// records: task_struct.wait.timer.slack
#[no_mangle]
pub unsafe fn union_nested(t: *const task_struct) -> u32 {
    (*t).wait.timer.slack
}

// records: task_struct.wait.small
#[no_mangle]
pub unsafe fn union_small(t: *const task_struct) -> u16 {
    (*t).wait.small
}

// ---------------------------------------------------------------------------------- addresses

#[inline(never)]
unsafe fn load<T: Copy>(from: *const T) -> T {
    core::ptr::read_volatile(from)
}

// records: task_struct.pid
#[no_mangle]
pub unsafe fn address(t: *const task_struct) -> i32 {
    load(addr_of!((*t).pid))
}

// records: task_struct.se.load.weight
#[no_mangle]
pub unsafe fn address_nested_first(t: *const task_struct) -> u64 {
    load(&raw const (*t).se.load.weight)
}

#[inline(never)]
fn is_unlimited(limit: &rlimit) -> bool {
    limit.rlim_cur == u64::MAX
}

// records: task_struct.rlim[1]
#[no_mangle]
pub unsafe fn address_of_record(t: *const task_struct) -> bool {
    is_unlimited(&(*t).rlim[1])
}

// records: task_struct.pid
#[no_mangle]
pub unsafe fn volatile(t: *const task_struct) -> i32 {
    core::ptr::read_volatile(&(*t).pid)
}

// records: task_struct.flags
#[no_mangle]
pub unsafe fn volatile_write(t: *mut task_struct) {
    addr_of_mut!((*t).flags).write_volatile(3)
}

// records: task_struct.tgid
#[no_mangle]
pub unsafe fn unaligned(t: *const task_struct) -> i32 {
    addr_of!((*t).tgid).read_unaligned()
}

// records: task_struct.start
#[no_mangle]
pub unsafe fn maybe_uninit(t: *const task_struct) -> u64 {
    (*t).start.assume_init()
}

// records: task_struct.pid
#[no_mangle]
pub unsafe fn into_maybe_uninit(t: *const task_struct) -> i32 {
    let mut pid = MaybeUninit::<i32>::uninit();
    core::ptr::copy_nonoverlapping(addr_of!((*t).pid), pid.as_mut_ptr(), 1);
    pid.assume_init()
}

// ----------------------------------------------------------- methods, traits, generics, closures

// records: task_struct.pid
#[no_mangle]
pub unsafe fn method(t: *const task_struct) -> i32 {
    (*t).id()
}

// records: task_struct.se.load.weight
#[no_mangle]
pub unsafe fn method_nested(t: &task_struct) -> u64 {
    t.weight()
}

// records: task_struct.flags
#[no_mangle]
pub unsafe fn method_mutable(t: *mut task_struct) {
    (*t).set_flags(9)
}

// records: task_struct.parent task_struct.pid
#[no_mangle]
pub unsafe fn method_of_parent(t: *const task_struct) -> i32 {
    (*(*t).parent).id()
}

// records: task_struct.pid
#[no_mangle]
pub unsafe fn trait_method(t: &task_struct) -> bool {
    t.is_idle()
}

unsafe fn generic_parent<T>(t: *const T, parent: fn(*const T) -> *const T) -> *const T {
    parent(t)
}

// records: task_struct.parent task_struct.tgid
// remarks: the address of a record or of its first member
#[no_mangle]
pub unsafe fn generic(t: *const task_struct) -> i32 {
    (*generic_parent(t, |t| (*t).parent)).tgid
}

// records: task_struct.pid task_struct.tgid
#[no_mangle]
pub unsafe fn closure(t: *const task_struct) -> i32 {
    let sum = || (*t).pid + (*t).tgid;
    sum()
}

// records: task_struct.pid
#[no_mangle]
pub unsafe fn closure_moved(t: &task_struct, i: usize) -> i32 {
    let get = move |n: usize| if n == 0 { t.pid } else { 0 };
    get(i)
}

// records: task_struct.parent task_struct.pid
#[no_mangle]
pub unsafe fn closure_passed(t: *const task_struct) -> i32 {
    (*t).parent.as_ref().map_or(0, |parent| parent.pid)
}

#[inline(never)]
unsafe fn tgid_of(t: *const task_struct) -> i32 {
    (*t).tgid
}

// records:
#[no_mangle]
pub unsafe fn helper(t: *const task_struct) -> i32 {
    tgid_of(t)
}

#[inline(always)]
unsafe fn flags_of(t: *const task_struct) -> u32 {
    (*t).flags
}

// records: task_struct.flags
#[no_mangle]
pub unsafe fn helper_inlined(t: *const task_struct) -> u32 {
    flags_of(t)
}

#[inline(always)]
unsafe fn parent_of(t: *const task_struct) -> *const task_struct {
    (*t).parent
}

// records: task_struct.flags task_struct.parent
#[no_mangle]
pub unsafe fn helper_result(t: *const task_struct) -> u32 {
    (*parent_of(t)).flags
}

// ------------------------------------------------------------------------------- special members

// records: task_struct.state
#[no_mangle]
pub unsafe fn matched(t: *const task_struct) -> u32 {
    match (*t).state {
        0 => 10,
        1 | 2 => 20,
        3..=9 => 30,
        _ => 40,
    }
}

// records: task_struct.vpid
#[no_mangle]
pub unsafe fn newtype(t: *const task_struct) -> i32 {
    (*t).vpid.0
}

// records: operations.open task_struct.ops
#[no_mangle]
pub unsafe fn function_pointer(t: *const task_struct) -> bool {
    (*(*t).ops).open.is_some()
}

// records: operations.release task_struct.ops
#[no_mangle]
pub unsafe fn function_address(t: *const task_struct) -> usize {
    match (*(*t).ops).release {
        Some(release) => release as usize,
        None => 0,
    }
}

// records: cred.uid.val task_struct.cred
#[no_mangle]
pub unsafe fn optional_reference(t: *const task_struct) -> u32 {
    match (*t).cred {
        Some(cred) => cred.uid.val,
        None => 0,
    }
}

// records: task_struct.pid task_struct.worker
#[no_mangle]
pub unsafe fn non_null(t: *const task_struct) -> i32 {
    (*t).worker.map_or(0, |worker| (*worker.as_ptr()).pid)
}

// ----------------------------------------------------------- wrappers, arithmetic, lists, merges

pub struct Task {
    pointer: *const task_struct,
}

impl Task {
    fn parent(&self) -> Self {
        Self {
            pointer: unsafe { (*self.pointer).parent },
        }
    }
}

// records: task_struct.pid
#[no_mangle]
pub unsafe fn wrapped(task: &Task) -> i32 {
    (*task.pointer).pid
}

// records: task_struct.pid
#[no_mangle]
pub unsafe fn wrapped_value(task: Task) -> i32 {
    (*task.pointer).pid
}

// records: task_struct.parent task_struct.pid
#[no_mangle]
pub unsafe fn wrapped_parent(task: Task) -> i32 {
    (*task.parent().parent().pointer).pid
}

pub struct Found<'a> {
    count: u64,
    task: Option<&'a task_struct>,
}

// records: task_struct.tgid
#[no_mangle]
pub unsafe fn wrapped_option(found: &Found) -> i32 {
    found.task.map_or(found.count as i32, |task| task.tgid)
}

// records: task_struct.pid type_size task_struct
#[no_mangle]
pub unsafe fn added(t: *const task_struct, i: usize) -> i32 {
    (*t.add(i)).pid
}

// records: task_struct.children.next task_struct.pid
// remarks: the record is found by going back
#[no_mangle]
pub unsafe fn container(t: *const task_struct) -> i32 {
    let first = (*t).children.next;
    let child = first.byte_sub(core::mem::offset_of!(task_struct, sibling)) as *const task_struct;
    (*child).pid
}

// records: list_head.next task_struct.tasks task_struct.tasks.next
#[no_mangle]
pub unsafe fn walked(t: *const task_struct) -> u32 {
    let head = &raw const (*t).tasks;
    let mut at = (*head).next as *const list_head;
    let mut count = 0;
    while at != head && count < 64 {
        at = (*at).next;
        count += 1;
    }
    count
}

// records: task_struct.parent task_struct.pid
#[no_mangle]
pub unsafe fn ancestors(mut t: Option<&task_struct>) -> i32 {
    let mut sum = 0;
    let mut depth = 0;
    while let Some(task) = t {
        if depth == 8 {
            break;
        }
        depth += 1;
        sum += task.pid;
        t = task.parent.as_ref();
    }
    sum
}

// records: task_struct.parent task_struct.pid
#[no_mangle]
pub unsafe fn selected(t: *const task_struct, up: bool) -> i32 {
    let who = if up {
        (*t).parent as *const task_struct
    } else {
        t
    };
    (*who).pid
}

// records: cred.gid.val
#[no_mangle]
pub unsafe fn from_number(address: u64) -> u32 {
    let cred = address as *const cred;
    (*cred).gid.val
}

// records: task_struct.tgid
#[no_mangle]
pub unsafe fn from_context(context: *const u64) -> i32 {
    let t = *context.add(1) as *const task_struct;
    (*t).tgid
}

// records: task_struct.tgid
#[no_mangle]
pub unsafe fn from_helper() -> i32 {
    let current: unsafe extern "C" fn() -> *const task_struct = core::mem::transmute(35usize);
    let t = current();
    (*t).tgid
}

// ------------------------------------------------------------------- what debug info hardly tells

#[inline(always)]
unsafe fn current() -> *const task_struct {
    let call: unsafe extern "C" fn() -> *const task_struct = core::mem::transmute(35usize);
    call()
}

// records: task_struct.pid
#[no_mangle]
pub unsafe fn from_helper_in_expression() -> i32 {
    (*current()).pid
}

// records: task_struct.pid
#[no_mangle]
pub unsafe fn from_context_in_expression(context: *const *const task_struct) -> i32 {
    (**context.add(2)).pid
}

pub enum Source {
    Task(*const task_struct),
    Cred(*const cred),
    Nothing,
}

// records: cred.gid.val task_struct.pid
#[no_mangle]
pub unsafe fn payload(source: &Source) -> u32 {
    match *source {
        Source::Task(t) => (*t).pid as u32,
        Source::Cred(c) => (*c).gid.val,
        Source::Nothing => 0,
    }
}

// records:
// remarks: a pointer that is one of several at one place
// wanted: cred.gid.val task_struct.pid
#[no_mangle]
pub unsafe fn payload_by_reference(source: &Source) -> u32 {
    match source {
        Source::Task(t) => (**t).pid as u32,
        Source::Cred(c) => (**c).gid.val,
        Source::Nothing => 0,
    }
}

#[inline(never)]
fn twice<F: Fn(i32) -> i32>(function: F) -> i32 {
    function(1) + function(2)
}

// The closure is inlined into `twice`, and its record with it.
// records:
#[no_mangle]
pub unsafe fn closure_out_of_line(t: *const task_struct) -> i32 {
    twice(|add| (*t).pid + add)
}

// records: rlimit.rlim_max task_struct.rlim[0] type_size rlimit
#[no_mangle]
pub unsafe fn iterated_records(t: *const task_struct) -> u64 {
    let mut sum = 0;
    for limit in (*t).rlim.iter() {
        sum += limit.rlim_max;
    }
    sum
}

// records: task_struct.numbers
#[no_mangle]
pub unsafe fn rest_of_slice(t: *const task_struct, sum: &mut u32) {
    for number in &(&(*t).numbers)[2..] {
        *sum += *number;
    }
}

// records: task_struct.comm
#[no_mangle]
pub unsafe fn copied_by_pointer(t: *const task_struct, comm: &mut [u8; 16]) {
    core::ptr::copy_nonoverlapping((*t).comm.as_ptr(), comm.as_mut_ptr(), 16);
}

// records: task_struct.comm
#[no_mangle]
pub unsafe fn compared(t: *const task_struct) -> bool {
    (*t).comm == *b"a name of sixtee"
}

#[repr(C)]
pub struct Other {
    first: u64,
    second: u32,
}

// records:
// remarks: the pointer is used as struct cred and as struct Other
#[no_mangle]
pub unsafe fn cast_to_variable(c: *const cred) -> u32 {
    let other = c as *const Other;
    (*other).second
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
