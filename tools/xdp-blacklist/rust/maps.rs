// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
//! The maps of ../bpf/maps.h that this program reads, under the same names.
#![allow(non_upper_case_globals)]

use crate::layout::*;
use core::mem::transmute;
use core::ptr::null;

/// A map as libbpf reads it from the types of the members, all of them pointers to nothing: numbers
/// are lengths of arrays.
#[repr(C)]
pub struct Map<K, V, const TYPE: usize, const MAX_ENTRIES: usize, const FLAGS: usize> {
    r#type: *const [i32; TYPE],
    map_flags: *const [i32; FLAGS],
    max_entries: *const [i32; MAX_ENTRIES],
    key: *const K,
    value: *const V,
}

// SAFETY: the kernel takes the place of the pointers, and it locks.
unsafe impl<K, V, const T: usize, const M: usize, const F: usize> Sync for Map<K, V, T, M, F> {}

impl<K, V, const TYPE: usize, const MAX_ENTRIES: usize, const FLAGS: usize>
    Map<K, V, TYPE, MAX_ENTRIES, FLAGS>
{
    const NEW: Self = Self {
        r#type: null(),
        map_flags: null(),
        max_entries: null(),
        key: null(),
        value: null(),
    };

    /// Null where there is none. The value stays valid while the program runs; others may write it
    /// meanwhile.
    #[inline(always)]
    pub fn get(&self, key: &K) -> *mut V {
        // SAFETY: it is the address of a map.
        unsafe { lookup(self, key) }
    }
}

impl<V, const TYPE: usize, const MAX: usize, const FLAGS: usize> Map<u32, V, TYPE, MAX, FLAGS> {
    /// By value: `&0` would be a constant in .rodata, for which the compiler takes the place of any
    /// other 0 there, even if the loader writes another number to it, as to `explain`.
    #[inline(always)]
    pub fn at(&self, index: u32) -> *mut V {
        self.get(&index)
    }
}

/// Helper 1 is bpf_map_lookup_elem, and takes the address of a map.
#[inline(always)]
unsafe fn lookup<M, K, V>(map: *const M, key: *const K) -> *mut V {
    let call: unsafe extern "C" fn(*const M, *const K) -> *mut V = transmute(1usize);
    call(map, key)
}

/// Two maps of a list, one for each set. How many rules the inner ones take is for the tool to say,
/// which creates them. 12 is BPF_MAP_TYPE_ARRAY_OF_MAPS.
#[repr(C)]
pub struct ListOf<M> {
    r#type: *const [i32; 12],
    max_entries: *const [i32; 2],
    key: *const u32,
    values: [*const M; 0],
}

// SAFETY: as for Map.
unsafe impl<M> Sync for ListOf<M> {}

impl<M> ListOf<M> {
    const NEW: Self = Self {
        r#type: null(),
        max_entries: null(),
        key: null(),
        values: [],
    };

    /// The map of a set.
    #[inline(always)]
    pub fn get(&self, set: &u32) -> Option<&M> {
        // SAFETY: the kernel gives the address of a map, or null.
        unsafe { lookup::<_, _, M>(self, set).as_ref() }
    }
}

const BPF_F_NO_PREALLOC: usize = 1;

/// Values of `enum bpf_map_type`.
pub type Hash<K, V> = Map<K, V, 1, 16384, BPF_F_NO_PREALLOC>;
pub type Trie<K, V> = Map<K, V, 11, 16384, BPF_F_NO_PREALLOC>;
pub type Array<V, const MAX_ENTRIES: usize> = Map<u32, V, 2, MAX_ENTRIES, 0>;
pub type PerCpuArray<V, const MAX_ENTRIES: usize> = Map<u32, V, 6, MAX_ENTRIES, 0>;

#[no_mangle]
#[link_section = ".maps"]
pub static hosts4: ListOf<Hash<host4_key, rule>> = ListOf::NEW;

#[no_mangle]
#[link_section = ".maps"]
pub static nets4: ListOf<Trie<net4_key, rule>> = ListOf::NEW;

#[no_mangle]
#[link_section = ".maps"]
pub static hosts6: ListOf<Hash<host6_key, rule>> = ListOf::NEW;

#[no_mangle]
#[link_section = ".maps"]
pub static nets6: ListOf<Trie<net6_key, rule>> = ListOf::NEW;

#[no_mangle]
#[link_section = ".maps"]
pub static ports: ListOf<Array<port_rules, 65536>> = ListOf::NEW;

#[no_mangle]
#[link_section = ".maps"]
pub static config: Array<crate::layout::config, 1> = Map::NEW;

/// LLVM describes a record that is only pointed to from inside a record, as keys and values of inner
/// maps are, as unknown. One that is in a variable is known; nobody reads this one.
#[repr(C)]
pub struct KeysAndValues {
    host4: host4_key,
    net4: net4_key,
    host6: host6_key,
    net6: net6_key,
    ports: port_rules,
}
#[no_mangle]
static keys_and_values: KeysAndValues = {
    // SAFETY: they are numbers.
    unsafe { core::mem::zeroed() }
};

/// By verdict.
#[no_mangle]
#[link_section = ".maps"]
pub static verdicts: PerCpuArray<counter, VERDICTS> = Map::NEW;

/// By the id of a rule.
#[no_mangle]
#[link_section = ".maps"]
pub static counters: PerCpuArray<counter, 131072> = Map::NEW;

/// Chosen when the program is loaded; the verifier takes out what they rule out.
#[no_mangle]
static features: u32 = FEATURE_KERNEL_CONTEXT;
#[no_mangle]
static lists: u32 = !0;
#[no_mangle]
static explain: u32 = 0;
/// For the tool: what it may ask for.
#[no_mangle]
static known: u32 = FEATURE_KERNEL_CONTEXT | known_scopes(1 << SCOPE_ANY | 1 << SCOPE_GROUP);

/// Not what the compiler sees there: the loader writes them, see also Map::at().
#[inline(always)]
fn chosen(variable: &u32) -> u32 {
    // SAFETY: it is a reference.
    unsafe { core::ptr::read_volatile(variable) }
}

#[inline(always)]
pub fn has_feature(feature: u32) -> bool {
    chosen(&features) & feature != 0
}

/// Bits of what may ever be used.
#[inline(always)]
pub fn lists_in_use() -> u32 {
    chosen(&lists)
}

#[inline(always)]
pub fn is_explaining() -> bool {
    chosen(&explain) != 0
}
