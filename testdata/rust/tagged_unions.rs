// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
//! Enums that carry data, of types that LLVM has BTF for: what it makes of them alone is compared
//! with what the pass makes of them. docs/tagged-unions.md shows them.
#![no_std]
#![allow(dead_code)]

use core::num::NonZeroU32;
use core::ptr::null;

/// What a firewall reports.
pub enum Event {
    DropIp { addr: u32, prefix: u8 },
    DropSni { len: u8, name: [u8; 16] },
    Nothing,
}

/// Has a niche, the values of `flag` that are no bool, behind other members.
pub struct Reordered {
    small: u8,
    large: u64,
    middle: u16,
    flag: bool,
}

/// Two more values of the niche in Reordered.
pub enum State {
    Idle,
    Busy(Reordered),
    Done,
}

#[repr(i16)]
pub enum Signed {
    Below(u64) = -300,
    Zero = 0,
    Above { high: u8 } = 300,
}

pub enum Single {
    Only { first: u8, second: u64 },
}

pub enum Never {}

pub struct Everything {
    event: Event,
    state: State,
    signed: Signed,
    single: Single,
    never: [Never; 0],
    optional_reference: Option<&'static u64>,
    optional_number: Option<NonZeroU32>,
    optional_reordered: Option<Reordered>,
    optional_wide: Option<u128>,
    optional_event: Option<Event>,
    result: Result<u32, Option<bool>>,
    uninhabited: Result<u32, Never>,
}

/// See xdp.rs.
#[repr(C)]
pub struct Map<K, V, const TYPE: usize, const MAX_ENTRIES: usize> {
    r#type: *const [i32; TYPE],
    max_entries: *const [i32; MAX_ENTRIES],
    key: *const K,
    value: *const V,
}

// SAFETY: the kernel takes the place of the map's pointers, and it locks.
unsafe impl<K, V, const T: usize, const M: usize> Sync for Map<K, V, T, M> {}

/// BPF_MAP_TYPE_ARRAY.
#[no_mangle]
#[link_section = ".maps"]
static EVERYTHING: Map<u32, Everything, 2, 1> = Map {
    r#type: null(),
    max_entries: null(),
    key: null(),
    value: null(),
};

#[no_mangle]
#[link_section = "socket"]
extern "C" fn pass(_: *const [u32; 16]) -> u32 {
    0
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
