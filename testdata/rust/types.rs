// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
//! Types that C does not have, all of them in the debug info of one small program: the kernel
//! accepts its BTF after btfreloc-legalize-di, and refuses what LLVM makes of it alone.
//!
//! Each type of the list is a member of `Everything`, which the program's map has for its value.
#![no_std]
#![allow(dead_code)]

use core::cell::{Cell, UnsafeCell};
use core::marker::PhantomData;
use core::mem::{ManuallyDrop, MaybeUninit};
use core::num::{NonZeroI64, NonZeroU32, NonZeroU8, Wrapping};
use core::ops::{ControlFlow, Range};
use core::ptr::{null, NonNull};

// ---------------------------------------------------------------------- enums that carry data

/// With a discriminant of its own, whose payloads have different sizes.
#[derive(Clone, Copy)]
pub enum Event {
    Nothing,
    Started(u32),
    Moved { from: u16, to: u16, weight: u64 },
    Named([u8; 5], char),
}

/// Discriminants as they are chosen here: negative, far apart.
#[repr(i16)]
pub enum Signed {
    Below(u64) = -300,
    Zero = 0,
    Above { high: u8 } = 300,
}

/// As C would write it: a tag and a union.
#[repr(C, u8)]
pub enum Tagged {
    Small(u8),
    Large(u64),
}

/// One variant: nothing to choose from, and no discriminant.
pub enum Single {
    Only { first: u8, second: u64 },
}

/// No value at all.
pub enum Never {}

/// Without data: what C calls an enumeration.
#[repr(u8)]
#[derive(Clone, Copy)]
pub enum Level {
    Low = 1,
    High = 200,
}

/// An enumerator of more than 32 bits.
#[repr(u64)]
pub enum Wide {
    Zero = 0,
    Far = 1 << 40,
}

/// A niche inside of a niche: the discriminant is one of a value of Event.
pub enum Nested {
    Event(Event),
    Level(Level),
    Pair(Option<bool>, Option<Event>),
}

// ------------------------------------------------------------------- structs as Rust lays them out

/// Members are not in the order in which they are written.
pub struct Reordered {
    small: u8,
    large: u64,
    middle: u16,
    flag: bool,
}

pub struct Generic<T, const N: usize> {
    first: T,
    rest: [T; N],
    tag: u8,
}

/// Members that have numbers for names.
pub struct Tuple(u8, u64, (u16, ()));

/// A name that C could not write.
#[allow(non_camel_case_types)]
pub struct größe {
    höhe: u32,
}

/// Names that are keywords of C or of Rust.
pub struct Keywords {
    r#struct: u32,
    register: u32,
    int: u32,
}

pub struct Empty;

#[repr(transparent)]
pub struct Transparent(u64);

#[repr(C, packed)]
pub struct Packed {
    byte: u8,
    word: u32,
}

#[repr(C, align(64))]
pub struct Aligned {
    byte: u8,
}

pub union Either {
    number: u32,
    bytes: [u8; 4],
}

/// A list whose type mentions itself.
pub struct Node {
    next: Option<NonNull<Node>>,
    owner: *const Everything,
}

mod inner {
    /// Of the same name as another, in another module.
    pub struct Reordered {
        pub small: u8,
    }
}

pub trait Shape {
    fn area(&self) -> u32;
}

pub struct Everything {
    event: Event,
    signed: Signed,
    tagged: Tagged,
    single: MaybeUninit<Single>,
    never: [Never; 0],
    level: Level,
    wide: Wide,
    nested: Nested,
    optional_reference: Option<&'static u64>,
    optional_number: Option<NonZeroU32>,
    optional_optional: Option<Option<NonZeroU8>>,
    optional_level: Option<Level>,
    optional_bool: Option<Option<bool>>,
    optional_char: Option<char>,
    optional_wide: Option<u128>,
    result: Result<u32, Never>,
    result_large: Result<Event, NonZeroI64>,
    result_unit: Result<(), ()>,
    control: ControlFlow<u8, u64>,
    ordering: core::cmp::Ordering,
    reordered: Reordered,
    reordered_inner: inner::Reordered,
    generic: Generic<u16, 3>,
    generic_large: Generic<Option<u32>, 2>,
    tuple: Tuple,
    pair: (u8, u64),
    unit: (),
    size: größe,
    keywords: Keywords,
    empty: Empty,
    phantom: PhantomData<Reordered>,
    transparent: Transparent,
    packed: Packed,
    aligned: MaybeUninit<Aligned>,
    either: Either,
    node: Node,
    character: char,
    half: i16,
    signed_wide: i128,
    unsigned_wide: u128,
    size_signed: isize,
    single_precision: f32,
    double_precision: f64,
    boolean: bool,
    slice: &'static [u8],
    text: &'static str,
    slices: &'static [&'static [u16]],
    object: Option<&'static dyn Shape>,
    callable: Option<&'static dyn Fn(u32, &str) -> u32>,
    function: fn(u32, Event) -> Option<u8>,
    function_of_c: Option<unsafe extern "C" fn(*const u8, ...) -> i32>,
    mutable: *mut Everything,
    array: [[u8; 3]; 2],
    no_elements: [u64; 0],
    cell: Cell<u32>,
    unsafe_cell: UnsafeCell<[u16; 2]>,
    manually: ManuallyDrop<Reordered>,
    uninitialized: MaybeUninit<[u32; 2]>,
    wrapping: Wrapping<u8>,
    range: Range<u32>,
}

// --------------------------------------------------------------------------------- the program

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
static mut SUM: u64 = 0;

/// With a parameter that has neither a name nor a size.
#[inline(never)]
fn weigh(event: &Event, _: ()) -> u64 {
    match *event {
        Event::Nothing => 1,
        Event::Started(at) => at.into(),
        Event::Moved { from, to, weight } => u64::from(from) + u64::from(to) + weight,
        Event::Named(name, initial) => u64::from(name[0]) + u64::from(u32::from(initial)),
    }
}

#[inline(never)]
fn choose<const N: usize>(generic: &Generic<u16, N>, level: Option<Level>) -> u64 {
    let scale = level.map_or(1, |level| level as u64);
    let add = |sum: u64, number: &u16| sum + u64::from(*number) * scale;
    generic.rest.iter().fold(u64::from(generic.first), add) + u64::from(generic.tag)
}

#[no_mangle]
#[link_section = "socket"]
unsafe extern "C" fn classify(context: *const [u32; 16]) -> u32 {
    let length = (*context)[0];
    let event = match length {
        0..20 => Event::Nothing,
        20..60 => Event::Started(length),
        60..100 => Event::Moved {
            from: 1,
            to: 2,
            weight: u64::from(length),
        },
        _ => Event::Named(*b"large", 'ß'),
    };
    let generic = Generic {
        first: 1u16,
        rest: [2, 3, 4],
        tag: 5,
    };
    SUM = weigh(&event, ()) + choose(&generic, Some(Level::High));
    length
}

#[no_mangle]
#[link_section = "license"]
static LICENSE: [u8; 4] = *b"GPL\0";

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
