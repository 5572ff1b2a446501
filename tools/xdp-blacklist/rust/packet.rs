// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
//! Reads the headers of a packet. What makes no sense is malformed, never "no rule is for it": else
//! a packet that we misread and the kernel does not would pass.

use crate::kernel::{opaque, opaque_pointer, xdp_md};
use crate::layout::Malformed;
use core::mem::size_of;

/// Headers as they are on the wire. Numbers are big-endian; packets begin at even addresses.
mod wire {
    #[repr(C, packed(2))]
    pub struct Ethernet {
        pub destination: [u8; 6],
        pub source: [u8; 6],
        pub r#type: u16,
    }

    #[repr(C)]
    pub struct Vlan {
        pub tag: u16,
        pub r#type: u16,
    }

    #[repr(C, packed(2))]
    pub struct Ipv4 {
        pub version_words: u8,
        pub tos: u8,
        pub length: u16,
        pub id: u16,
        pub fragment: u16,
        pub ttl: u8,
        pub protocol: u8,
        pub checksum: u16,
        pub source: u32,
        pub destination: u32,
    }

    #[repr(C, packed(2))]
    pub struct Ipv6 {
        pub version: u8,
        pub class_and_flow: [u8; 3],
        pub length: u16,
        pub next: u8,
        pub hops: u8,
        pub source: [u16; 8],
        pub destination: [u16; 8],
    }

    /// The first 8 bytes of each extension header.
    #[repr(C)]
    pub struct Ipv6Extension {
        pub next: u8,
        pub length: u8,
        pub fragment: u16,
        pub rest: [u16; 2],
    }

    #[repr(C)]
    pub struct Tcp {
        pub source: u16,
        pub destination: u16,
        pub sequence: [u16; 2],
        pub acknowledged: [u16; 2],
        pub words: u8,
        pub flags: u8,
        pub window: u16,
        pub checksum: u16,
        pub urgent: u16,
    }

    #[repr(C)]
    pub struct Udp {
        pub source: u16,
        pub destination: u16,
        pub length: u16,
        pub checksum: u16,
    }
}

const TYPE_IPV4: u16 = 0x0800_u16.to_be();
const TYPE_IPV6: u16 = 0x86dd_u16.to_be();
const TYPE_VLAN: u16 = 0x8100_u16.to_be();
const TYPE_QINQ: u16 = 0x88a8_u16.to_be();

const HOP_BY_HOP: u8 = 0;
const TCP: u8 = 6;
const UDP: u8 = 17;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const AUTHENTICATION: u8 = 51;
const ICMPV6: u8 = 58;
const OPTIONS: u8 = 60;
/// Ours, where there is nothing to read of layer 4.
const NO_LAYER4: u8 = 255;

const MOST_EXTENSIONS: usize = 8;

/// Headers are in the first few kilobytes. The verifier wants a bound it can add to a pointer.
const FURTHEST_OFFSET: usize = 0x3fff;

#[derive(Clone, Copy)]
pub struct Frame {
    start: *const u8,
    end: *const u8,
}

impl Frame {
    /// # Safety
    /// `context` is what the program was called with.
    #[inline(always)]
    pub unsafe fn of(context: *const xdp_md) -> Self {
        // The kernel puts whole pointers where the context has 32 bits for them. Opaque, they are
        // not kept as 32 bits either.
        Self {
            start: opaque_pointer((*context).data as usize as *const u8),
            end: opaque_pointer((*context).data_end as usize as *const u8),
        }
    }

    /// In bytes.
    #[inline(always)]
    pub fn length(&self) -> usize {
        self.end as usize - self.start as usize
    }

    /// What lies at an offset, if all of it is in the frame.
    #[inline(always)]
    fn get<T>(&self, offset: usize) -> Option<&T> {
        let offset = opaque(offset);
        if offset > FURTHEST_OFFSET {
            return None;
        }
        self.at(opaque_pointer(self.start.wrapping_add(offset)))
    }

    #[inline(always)]
    fn first<T>(&self, offset: usize) -> Option<&T> {
        self.at(self.start.wrapping_add(offset))
    }

    #[inline(always)]
    fn at<T>(&self, start: *const u8) -> Option<&T> {
        if start.wrapping_add(size_of::<T>()) > self.end {
            return None;
        }
        // SAFETY: it ends before the frame does, which is nowhere near 0.
        unsafe {
            core::hint::assert_unchecked(!start.is_null());
            Some(&*start.cast::<T>())
        }
    }
}

pub enum Layer3 {
    Ipv4(usize),
    Ipv6(usize),
    Other,
}

/// Finds layer 3 behind up to two tags.
#[inline(always)]
pub fn read_ethernet(frame: &Frame) -> Result<Layer3, Malformed> {
    let ethernet: &wire::Ethernet = frame.first(0).ok_or(Malformed::Ethernet)?;
    let mut kind = ethernet.r#type;
    let mut at = size_of::<wire::Ethernet>();
    if is_tag(kind) {
        kind = next_type(frame, &mut at)?;
        if is_tag(kind) {
            kind = next_type(frame, &mut at)?;
        }
        if is_tag(kind) {
            return Err(Malformed::Vlan);
        }
    }
    Ok(match kind {
        TYPE_IPV4 => Layer3::Ipv4(at),
        TYPE_IPV6 => Layer3::Ipv6(at),
        _ => Layer3::Other,
    })
}

#[inline(always)]
fn is_tag(kind: u16) -> bool {
    kind == TYPE_VLAN || kind == TYPE_QINQ
}

#[inline(always)]
fn next_type(frame: &Frame, at: &mut usize) -> Result<u16, Malformed> {
    let tag: &wire::Vlan = frame.first(*at).ok_or(Malformed::Vlan)?;
    *at += size_of::<wire::Vlan>();
    Ok(tag.r#type)
}

/// Where in the frame things are, in bytes from its start. Of layer 4 there is nothing in a fragment
/// that is not the first. No Option says so: what is in one that is None may be left over in some
/// register, a pointer, of which the verifier lets nobody store a part.
pub struct Packet {
    /// Where the IP packet ends; what is behind it is padding.
    stop: usize,
    layer4: usize,
    protocol: u8,
    /// The rest of layer 4 is in later fragments.
    is_first_fragment: bool,
    is_jumbogram: bool,
}

pub struct Ipv4 {
    pub source_be: u32,
    packet: Packet,
    fragment: u16,
}

#[inline(always)]
pub fn read_ipv4(frame: &Frame, layer3: usize) -> Result<Ipv4, Malformed> {
    let ip: &wire::Ipv4 = frame.get(layer3).ok_or(Malformed::Ipv4)?;
    let header = usize::from(ip.version_words & 0xf) * 4;
    let length = usize::from(u16::from_be(ip.length));
    if ip.version_words >> 4 != 4 || header < size_of::<wire::Ipv4>() {
        return Err(Malformed::Ipv4);
    }
    let stop = layer3 + length;
    if length < header || stop > frame.length() {
        return Err(Malformed::Ipv4);
    }
    Ok(Ipv4 {
        source_be: ip.source,
        packet: Packet {
            stop,
            layer4: layer3 + header,
            protocol: ip.protocol,
            is_first_fragment: false,
            is_jumbogram: false,
        },
        fragment: u16::from_be(ip.fragment),
    })
}

impl Ipv4 {
    #[inline(always)]
    pub fn layer4(mut self) -> Result<Packet, Malformed> {
        const MORE: u16 = 0x2000;
        const OFFSET: u16 = 0x1fff;
        let offset = self.fragment & OFFSET;
        if offset != 0 {
            if self.packet.protocol == TCP && offset == 1 {
                return Err(Malformed::Fragment);
            }
            self.packet.protocol = NO_LAYER4;
        }
        self.packet.is_first_fragment = self.fragment & MORE != 0;
        Ok(self.packet)
    }
}

pub struct Ipv6 {
    pub source: [u8; 16],
    packet: Packet,
}

#[inline(always)]
pub fn read_ipv6(frame: &Frame, layer3: usize) -> Result<Ipv6, Malformed> {
    let ip: &wire::Ipv6 = frame.get(layer3).ok_or(Malformed::Ipv6)?;
    if ip.version >> 4 != 6 {
        return Err(Malformed::Ipv6);
    }
    let layer4 = layer3 + size_of::<wire::Ipv6>();
    let length = usize::from(u16::from_be(ip.length));
    let is_jumbogram = length == 0 && ip.next == HOP_BY_HOP;
    let stop = if is_jumbogram {
        frame.length()
    } else {
        layer4 + length
    };
    if stop > frame.length() {
        return Err(Malformed::Ipv6);
    }
    // SAFETY: both are 16 bytes.
    let source = unsafe { core::mem::transmute::<[u16; 8], [u8; 16]>(ip.source) };
    Ok(Ipv6 {
        source,
        packet: Packet {
            stop,
            layer4,
            protocol: ip.next,
            is_first_fragment: false,
            is_jumbogram,
        },
    })
}

#[inline(always)]
fn is_extension(next: u8) -> bool {
    matches!(
        next,
        HOP_BY_HOP | ROUTING | FRAGMENT | AUTHENTICATION | OPTIONS
    )
}

impl Ipv6 {
    /// Goes on behind the extension headers.
    #[inline(always)]
    pub fn layer4(mut self, frame: &Frame) -> Result<Packet, Malformed> {
        const MORE: u16 = 0x0001;
        const OFFSET: u16 = 0xfff8;
        let packet = &mut self.packet;
        for _ in 0..MOST_EXTENSIONS {
            let kind = packet.protocol;
            if !is_extension(kind) {
                break;
            }
            let header: &wire::Ipv6Extension = frame
                .get(packet.layer4)
                .ok_or(packet.cut(Malformed::Ipv6))?;
            if packet.layer4 + size_of::<wire::Ipv6Extension>() > packet.stop {
                return Err(packet.cut(Malformed::Ipv6));
            }
            let size = match kind {
                FRAGMENT => 8,
                AUTHENTICATION => (usize::from(header.length) + 2) * 4,
                _ => (usize::from(header.length) + 1) * 8,
            };
            if kind == FRAGMENT {
                let fragment = u16::from_be(header.fragment);
                let offset = fragment & OFFSET;
                if offset != 0 {
                    if header.next == TCP && offset == 8 {
                        return Err(Malformed::Fragment);
                    }
                    packet.protocol = NO_LAYER4;
                    break;
                }
                packet.is_first_fragment |= fragment & MORE != 0;
            }
            packet.layer4 += size;
            packet.protocol = header.next;
            if packet.layer4 > packet.stop {
                return Err(packet.cut(Malformed::Ipv6));
            }
        }
        if is_extension(packet.protocol) {
            return Err(Malformed::Ipv6);
        }
        Ok(self.packet)
    }
}

/// In the byte order of the machine.
pub struct Ports {
    pub source: u16,
    pub destination: u16,
}

impl Packet {
    /// What to say of a header that ends too early.
    #[inline(always)]
    fn cut(&self, whole: Malformed) -> Malformed {
        if self.is_first_fragment {
            Malformed::Fragment
        } else {
            whole
        }
    }

    #[inline(always)]
    pub fn is_tcp(&self) -> bool {
        self.protocol == TCP
    }

    #[inline(always)]
    pub fn is_udp(&self) -> bool {
        self.protocol == UDP
    }

    #[inline(always)]
    pub fn read_tcp(&self, frame: &Frame) -> Result<Ports, Malformed> {
        let cut = self.cut(Malformed::Tcp);
        let tcp: &wire::Tcp = frame.get(self.layer4).ok_or(cut)?;
        if self.layer4 + size_of::<wire::Tcp>() > self.stop {
            return Err(cut);
        }
        let header = usize::from(tcp.words >> 4) * 4;
        if header < size_of::<wire::Tcp>() {
            return Err(Malformed::Tcp);
        }
        if self.layer4 + header > self.stop {
            return Err(cut);
        }
        Ok(Ports {
            source: u16::from_be(tcp.source),
            destination: u16::from_be(tcp.destination),
        })
    }

    #[inline(always)]
    pub fn read_udp(&self, frame: &Frame) -> Result<Ports, Malformed> {
        let cut = self.cut(Malformed::Udp);
        let udp: &wire::Udp = frame.get(self.layer4).ok_or(cut)?;
        if self.layer4 + size_of::<wire::Udp>() > self.stop {
            return Err(cut);
        }
        let length = usize::from(u16::from_be(udp.length));
        let says_nothing = length == 0 && self.is_jumbogram;
        if length < size_of::<wire::Udp>() && !says_nothing {
            return Err(Malformed::Udp);
        }
        if !self.is_first_fragment && self.layer4 + length > self.stop {
            return Err(Malformed::Udp);
        }
        Ok(Ports {
            source: u16::from_be(udp.source),
            destination: u16::from_be(udp.destination),
        })
    }

    /// ICMPv6 that finds neighbours and routers; without it nothing else gets through.
    #[inline(always)]
    pub fn is_neighbour_discovery(&self, frame: &Frame) -> bool {
        if self.protocol != ICMPV6 || self.layer4 >= self.stop {
            return false;
        }
        matches!(frame.get::<u8>(self.layer4), Some(133..=137))
    }
}
