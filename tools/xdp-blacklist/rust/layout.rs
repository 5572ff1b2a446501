// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
//! What the program and the tool share: ../bpf/layout.h in Rust, as far as this program needs it.
//! A test compares both in BTF.

pub const SCOPE_ANY: u32 = 0;
pub const SCOPE_GROUP: u32 = 2;

/// Lists of rules, and bits of `rule_set::used`.
pub const LIST_HOSTS4: u32 = 0;
pub const LIST_NETS4: u32 = 1;
pub const LIST_HOSTS6: u32 = 2;
pub const LIST_NETS6: u32 = 3;
pub const LIST_PORTS: u32 = 4;

pub const fn used_bit(list: u32, scope: u32) -> u32 {
    1 << (4 * list + scope)
}

/// Scopes in the constant `known`.
pub const fn known_scopes(kinds: u32) -> u32 {
    kinds << 8
}

/// A rule by its number, which is the index of its counters; 0 is no rule.
#[repr(C)]
pub struct rule {
    pub id: u32,
    /// In seconds of CLOCK_BOOTTIME; 0: never.
    pub expires: u32,
}

#[repr(C)]
pub struct host4_key {
    pub scope: u32,
    pub scope_value: u32,
    pub address_be: u32,
}

#[repr(C)]
pub struct host6_key {
    pub scope: u32,
    pub scope_value: u32,
    pub address: [u8; 16],
}

/// Bits of a prefix that are the scope's.
pub const NET_SCOPE_BITS: u32 = 64;

#[repr(C)]
pub struct net4_key {
    /// In bits: NET_SCOPE_BITS and those of the address.
    pub prefixlen: u32,
    pub scope: u32,
    pub scope_value: u32,
    pub address_be: u32,
}

#[repr(C)]
pub struct net6_key {
    pub prefixlen: u32,
    pub scope: u32,
    pub scope_value: u32,
    pub address: [u8; 16],
}

/// Which of the four rules of a port: a sum of these.
pub const PORT_TCP: usize = 0;
pub const PORT_UDP: usize = 1;
pub const PORT_DESTINATION: usize = 0;
pub const PORT_SOURCE: usize = 2;
pub const PORT_USES: usize = 4;

#[repr(C)]
pub struct port_rules {
    pub r#use: [rule; PORT_USES],
}

/// Of one CPU.
#[repr(C)]
pub struct counter {
    pub packets: u64,
    pub bytes: u64,
}

pub const VERDICT_PASS: u32 = 0;
pub const VERDICT_ALLOWED: u32 = 1;
pub const VERDICT_LAST_PASS: u32 = 2;
pub const VERDICT_HOST: u32 = 3;
pub const VERDICT_NET: u32 = 4;
pub const VERDICT_PORT: u32 = 5;
pub const VERDICT_NOT_LISTED: u32 = 10;
pub const VERDICT_MALFORMED: u32 = 11;
pub const VERDICTS: usize = 12;

/// Why a packet is malformed.
#[repr(u32)]
#[derive(Clone, Copy)]
pub enum Malformed {
    Ethernet = 1,
    Vlan,
    Ipv4,
    Ipv6,
    Fragment,
    Tcp,
    Udp,
}

pub const MODE_BLOCK: u32 = 0;
pub const MODE_ALLOW: u32 = 1;

#[repr(C)]
pub struct rule_set {
    pub used: u32,
    pub reserved: u32,
}

#[repr(C)]
pub struct name_key {
    pub a: u64,
    pub b: u64,
}

#[repr(C)]
pub struct config {
    /// Which set: 0 or 1.
    pub active: u32,
    pub mode: u32,
    /// In seconds of CLOCK_BOOTTIME: from then on the mode is MODE_BLOCK. 0: confirmed.
    pub confirm_by: u32,
    pub sample: u32,
    pub sets: [rule_set; 2],
    pub name_seed: name_key,
    pub next_id: u32,
    pub challenge: u32,
    pub bans: u32,
    pub most_fails: u32,
    pub ban_seconds: u32,
    pub features: u32,
}

pub const FEATURE_KERNEL_CONTEXT: u32 = 1 << 0;

/// What the program returns when it is asked to explain: the verdict, and above it the id of the
/// rule or why the packet is malformed.
pub const fn explained(verdict: u32, detail: u32) -> u32 {
    verdict | detail << 8
}
