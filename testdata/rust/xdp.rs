// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
//! Drops IPv4 packets of blocked senders, and counts what it saw: maps, packets and kernel records
//! in Rust. tests/kernel/rust/xdp_test_run.cpp runs it on packets of several shapes.
//!
//! A packet is no slice of `data..data_end`: its length would be a number, and the verifier knows
//! what is inside by comparisons with `data_end` only. `Packet::get` is `slice::get` with such a
//! comparison, and what it returns is a slice like any other.
#![no_std]
#![allow(non_camel_case_types)]

use core::cell::UnsafeCell;
use core::mem::transmute;
use core::ops::Range;
use core::ptr::null;

/// Wrong on purpose: only relocations find the members.
mod vmlinux {
    #[repr(C)]
    pub struct cred {
        pub not_there: [u64; 20],
        pub uid: kuid_t,
    }

    #[repr(C)]
    pub struct kuid_t {
        pub val: u32,
    }

    #[repr(C)]
    pub struct task_struct {
        pub tgid: i32,
        pub comm: [u8; 3],
        pub pid: i32,
        pub cred: *const cred,
    }
}

/// The context of an XDP program. Its layout is a promise of the kernel, so it needs no relocation
/// and is not in `vmlinux`. Source: include/uapi/linux/bpf.h.
#[repr(C)]
pub struct xdp_md {
    data: u32,
    data_end: u32,
    data_meta: u32,
    ingress_ifindex: u32,
    rx_queue_index: u32,
    egress_ifindex: u32,
}

/// Values of `enum xdp_action`.
const XDP_DROP: u32 = 1;
const XDP_PASS: u32 = 2;

/// A map as libbpf reads it from the types of the members, all of them pointers to nothing: numbers
/// are lengths of arrays. `__uint` and `__type` of bpf_helpers.h make the same types.
#[repr(C)]
struct Map<K, V, const TYPE: usize, const MAX_ENTRIES: usize> {
    r#type: *const [i32; TYPE],
    max_entries: *const [i32; MAX_ENTRIES],
    key: *const K,
    value: *const V,
}

// SAFETY: the kernel takes the place of the map's pointers, and it locks.
unsafe impl<K, V, const T: usize, const M: usize> Sync for Map<K, V, T, M> {}

impl<K, V, const TYPE: usize, const MAX_ENTRIES: usize> Map<K, V, TYPE, MAX_ENTRIES> {
    const NEW: Self = Self {
        r#type: null(),
        max_entries: null(),
        key: null(),
        value: null(),
    };

    /// The value stays valid while the program runs; others may write it meanwhile.
    fn get(&self, key: &K) -> Option<&UnsafeCell<V>> {
        // SAFETY: helper 1 is bpf_map_lookup_elem, and takes the address of a map.
        unsafe {
            let lookup: unsafe extern "C" fn(*const Self, *const K) -> *const UnsafeCell<V> =
                transmute(1usize);
            lookup(self, key).as_ref()
        }
    }
}

/// Values of `enum bpf_map_type`.
type Hash<K, V, const MAX_ENTRIES: usize> = Map<K, V, 1, MAX_ENTRIES>;
type PerCpuArray<V, const MAX_ENTRIES: usize> = Map<u32, V, 6, MAX_ENTRIES>;

/// Senders that are dropped, in network order.
#[no_mangle]
#[link_section = ".maps"]
static blocked: Hash<[u8; 4], u64, 1024> = Map::NEW;

/// What became of packets: an index of `counts`.
#[repr(u32)]
#[derive(Clone, Copy)]
enum Verdict {
    Short,
    NotIpv4,
    Malformed,
    Fragment,
    Dropped,
    Passed,
}

#[no_mangle]
#[link_section = ".maps"]
static counts: PerCpuArray<u64, 6> = Map::NEW;

/// What the last packet said, and who sent it into the program.
#[repr(C)]
struct Seen {
    source: u32,
    destination_port: u32,
    options: u32,
    pid: i32,
    tgid: i32,
    uid: u32,
}

#[no_mangle]
static mut seen: Seen = Seen {
    source: 0,
    destination_port: 0,
    options: 0,
    pid: 0,
    tgid: 0,
    uid: 0,
};

#[derive(Clone, Copy)]
struct Packet {
    start: *const u8,
    end: *const u8,
}

impl Packet {
    /// What the program was called with.
    unsafe fn of(context: *const xdp_md) -> Self {
        // The kernel puts whole pointers where the context has 32 bits for them.
        Self {
            start: (*context).data as usize as *const u8,
            end: (*context).data_end as usize as *const u8,
        }
    }

    /// Without the bytes before `start`, which must be small enough for the verifier to follow.
    fn skip(self, start: usize) -> Self {
        Self {
            start: self.start.wrapping_add(start),
            ..self
        }
    }

    #[inline(always)]
    fn get(&self, range: Range<usize>) -> Option<&[u8]> {
        if self.start.wrapping_add(range.end) > self.end {
            return None;
        }
        // SAFETY: it ends before the packet does.
        unsafe {
            // Not range.len(), of which an assertion with too many arguments for BPF is left.
            let size = range.end - range.start;
            Some(core::slice::from_raw_parts(
                self.start.add(range.start),
                size,
            ))
        }
    }

    fn be16(&self, at: usize) -> Option<u16> {
        Some(u16::from_be_bytes(self.get(at..at + 2)?.try_into().ok()?))
    }
}

/// Without an Option: what it holds when it is None is left over in some register, and when that is
/// a pointer, the verifier lets nobody store 16 bits of it.
struct Ipv4 {
    source: [u8; 4],
    /// UDP and TCP; 0 for others.
    destination_port: u16,
    options: usize,
}

const ETHERNET_HEADER: usize = 14;
const ETHERTYPE_IPV4: u16 = 0x0800;
const IPV4_HEADER: usize = 20;
const TCP: u8 = 6;
const UDP: u8 = 17;

fn parse(packet: Packet) -> Result<Ipv4, Verdict> {
    let ether_type = packet.be16(12).ok_or(Verdict::Short)?;
    if ether_type != ETHERTYPE_IPV4 {
        return Err(Verdict::NotIpv4);
    }
    let ip = packet.skip(ETHERNET_HEADER);
    let header = ip.get(0..IPV4_HEADER).ok_or(Verdict::Short)?;
    let version_and_length = header[0];
    let length = usize::from(version_and_length & 0xf) * 4;
    if version_and_length >> 4 != 4 || length < IPV4_HEADER {
        return Err(Verdict::Malformed);
    }
    // More fragments, or not the first.
    if u16::from_be_bytes([header[6], header[7]]) & 0x3fff != 0 {
        return Err(Verdict::Fragment);
    }
    let source = header.get(12..16).and_then(|bytes| bytes.try_into().ok());
    let destination_port = match header[9] {
        TCP | UDP => ip.skip(length).be16(2).unwrap_or(0),
        _ => 0,
    };
    Ok(Ipv4 {
        source: source.ok_or(Verdict::Short)?,
        destination_port,
        options: length - IPV4_HEADER,
    })
}

unsafe fn current_task() -> *const vmlinux::task_struct {
    // bpf_get_current_task_btf
    let call: unsafe extern "C" fn() -> *const vmlinux::task_struct = transmute(158usize);
    call()
}

unsafe fn remember(packet: &Ipv4) {
    let out = &raw mut seen;
    (*out).source = u32::from_be_bytes(packet.source);
    (*out).destination_port = packet.destination_port.into();
    (*out).options = packet.options as u32;
    let task = current_task();
    (*out).pid = (*task).pid;
    (*out).tgid = (*task).tgid;
    if let Some(cred) = (*task).cred.as_ref() {
        (*out).uid = cred.uid.val;
    }
}

unsafe fn judge(packet: Packet) -> Verdict {
    match parse(packet) {
        Err(verdict) => verdict,
        Ok(ip) => {
            remember(&ip);
            match blocked.get(&ip.source) {
                Some(hits) => {
                    *hits.get() += 1;
                    Verdict::Dropped
                }
                None => Verdict::Passed,
            }
        }
    }
}

#[no_mangle]
#[link_section = "xdp"]
unsafe extern "C" fn filter(context: *const xdp_md) -> u32 {
    let verdict = judge(Packet::of(context));
    if let Some(count) = counts.get(&(verdict as u32)) {
        *count.get() += 1;
    }
    match verdict {
        Verdict::Dropped => XDP_DROP,
        _ => XDP_PASS,
    }
}

#[no_mangle]
#[link_section = "license"]
static LICENSE: [u8; 4] = *b"GPL\0";

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
