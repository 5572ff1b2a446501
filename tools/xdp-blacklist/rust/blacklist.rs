// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
//! Drops packets by rules of addresses and ports, as ../bpf/blacklist.bpf.c does: the same maps and
//! the same verdicts, without names, agents, bans and events, and with scopes of device groups only.
//!
//! packet.rs reads headers, lists.rs asks the lists; this file is the order in which they decide.
#![no_std]
#![allow(non_camel_case_types)]
#![feature(asm_experimental_arch)]

mod kernel;
mod layout;
mod lists;
mod maps;
mod packet;

use kernel::{device_group, seconds_now, xdp_md, XDP_DROP, XDP_PASS};
use layout::*;
use lists::{Lookup, USED_GROUPS};
use packet::{Frame, Layer3, Packet, Ports};

/// What becomes of a packet: the verdict, and the id of the rule or why it is malformed.
struct Decision {
    verdict: u32,
    detail: u32,
}

impl From<Malformed> for Decision {
    #[inline(always)]
    fn from(why: Malformed) -> Self {
        Self {
            verdict: VERDICT_MALFORMED,
            detail: why as u32,
        }
    }
}

/// A packet on its way through the rules.
struct Walk {
    frame: Frame,
    lookup: Lookup,
    mode: u32,
    /// MODE_ALLOW: the first rule that names it, or 0.
    allowed: u32,
    is_ipv6: bool,
}

impl Walk {
    /// A rule names the packet. In MODE_BLOCK that decides.
    #[inline(always)]
    fn named(&mut self, verdict: u32, id: u32) -> Result<(), Decision> {
        if id == 0 {
            return Ok(());
        }
        if self.mode == MODE_BLOCK {
            return Err(Decision {
                verdict,
                detail: id,
            });
        }
        if self.allowed == 0 {
            self.allowed = id;
        }
        Ok(())
    }

    /// An error is a decision.
    #[inline(always)]
    fn judge(&mut self) -> Result<Decision, Decision> {
        let packet = match packet::read_ethernet(&self.frame)? {
            Layer3::Ipv4(layer3) => self.judge_ipv4(layer3)?,
            Layer3::Ipv6(layer3) => self.judge_ipv6(layer3)?,
            Layer3::Other => {
                return Ok(Decision {
                    verdict: VERDICT_PASS,
                    detail: 0,
                })
            }
        };
        if packet.is_tcp() {
            let ports = packet.read_tcp(&self.frame)?;
            self.judge_ports(ports, PORT_TCP)?;
        } else if packet.is_udp() {
            let ports = packet.read_udp(&self.frame)?;
            self.judge_ports(ports, PORT_UDP)?;
        }
        Ok(self.rest(&packet))
    }

    #[inline(always)]
    fn judge_ports(&mut self, ports: Ports, protocol: usize) -> Result<(), Decision> {
        let id = self.lookup.ports(ports.destination, ports.source, protocol);
        self.named(VERDICT_PORT, id)
    }

    #[inline(always)]
    fn judge_ipv4(&mut self, layer3: usize) -> Result<Packet, Decision> {
        let ip = packet::read_ipv4(&self.frame, layer3)?;
        let id = self.lookup.host4(ip.source_be);
        self.named(VERDICT_HOST, id)?;
        let id = self.lookup.net4(ip.source_be);
        self.named(VERDICT_NET, id)?;
        Ok(ip.layer4()?)
    }

    #[inline(always)]
    fn judge_ipv6(&mut self, layer3: usize) -> Result<Packet, Decision> {
        let ip = packet::read_ipv6(&self.frame, layer3)?;
        self.is_ipv6 = true;
        let id = self.lookup.host6(ip.source);
        self.named(VERDICT_HOST, id)?;
        let id = self.lookup.net6(ip.source);
        self.named(VERDICT_NET, id)?;
        Ok(ip.layer4(&self.frame)?)
    }

    /// Nothing has decided.
    #[inline(always)]
    fn rest(&self, packet: &Packet) -> Decision {
        if self.mode == MODE_ALLOW && self.allowed != 0 {
            return Decision {
                verdict: VERDICT_ALLOWED,
                detail: self.allowed,
            };
        }
        let passes =
            self.mode == MODE_BLOCK || self.is_ipv6 && packet.is_neighbour_discovery(&self.frame);
        Decision {
            verdict: if passes {
                VERDICT_PASS
            } else {
                VERDICT_NOT_LISTED
            },
            detail: 0,
        }
    }
}

/// The mode now: an allow list that nobody confirms in time blocks nothing any more.
#[inline(always)]
fn mode_of(config: &config) -> u32 {
    if config.mode == MODE_BLOCK {
        return MODE_BLOCK;
    }
    let is_over = config.confirm_by != 0 && seconds_now() >= config.confirm_by;
    if is_over {
        MODE_BLOCK
    } else {
        MODE_ALLOW
    }
}

#[inline(always)]
fn count(counter: *mut counter, bytes: usize) {
    // SAFETY: maps give null or a value, and this one is the CPU's own.
    if let Some(counter) = unsafe { counter.as_mut() } {
        counter.packets += 1;
        counter.bytes += bytes as u64;
    }
}

#[inline(always)]
fn has_rule(verdict: u32) -> bool {
    matches!(
        verdict,
        VERDICT_ALLOWED | VERDICT_HOST | VERDICT_NET | VERDICT_PORT
    )
}

#[no_mangle]
#[link_section = "xdp"]
unsafe extern "C" fn xdp_blacklist(context: *const xdp_md) -> u32 {
    let Some(config) = maps::config.at(0).as_ref() else {
        return XDP_PASS; // An array has its element 0.
    };
    let set = config.active & 1;
    let used = config.sets[set as usize].used & maps::lists_in_use();
    let mut group = 0;
    if used & USED_GROUPS != 0 && maps::has_feature(FEATURE_KERNEL_CONTEXT) {
        group = device_group(context);
    }
    let mut walk = Walk {
        frame: Frame::of(context),
        lookup: Lookup { used, set, group },
        mode: mode_of(config),
        allowed: 0,
        is_ipv6: false,
    };
    let (Ok(decision) | Err(decision)) = walk.judge();
    if maps::is_explaining() {
        return explained(decision.verdict, decision.detail);
    }
    let length = walk.frame.length();
    count(maps::verdicts.at(decision.verdict), length);
    if has_rule(decision.verdict) {
        count(maps::counters.at(decision.detail), length);
    }
    if decision.verdict <= VERDICT_LAST_PASS {
        XDP_PASS
    } else {
        XDP_DROP
    }
}

#[no_mangle]
#[link_section = "license"]
static LICENSE: [u8; 13] = *b"Dual BSD/GPL\0";

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
