// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
//! Looks for the rule of an address or a port. Each returns its id, or 0.

use crate::kernel::seconds_now;
use crate::layout::*;
use crate::maps::*;

/// What the lists of one packet are looked up with.
pub struct Lookup {
    /// Bits of the active set, without what is switched off.
    pub used: u32,
    pub set: u32,
    /// Of the packet's device; 0 where `used` has no rules of groups.
    pub group: u32,
}

/// Rules of any of these lists that are for a group.
pub const USED_GROUPS: u32 = used_bit(LIST_HOSTS4, SCOPE_GROUP)
    | used_bit(LIST_NETS4, SCOPE_GROUP)
    | used_bit(LIST_HOSTS6, SCOPE_GROUP)
    | used_bit(LIST_NETS6, SCOPE_GROUP);

/// A key of which the scope is a part.
trait Scoped {
    fn set_scope(&mut self, scope: u32, value: u32);
}

macro_rules! scoped {
    ($($key:ty),*) => {
        $(impl Scoped for $key {
            #[inline(always)]
            fn set_scope(&mut self, scope: u32, value: u32) {
                self.scope = scope;
                self.scope_value = value;
            }
        })*
    };
}
scoped!(host4_key, net4_key, host6_key, net6_key);

/// A rule that has expired is as if it were not there.
#[inline(always)]
fn active_id(rule: *const rule) -> u32 {
    // SAFETY: maps give null or a value.
    let Some(rule) = (unsafe { rule.as_ref() }) else {
        return 0;
    };
    if rule.expires != 0 && seconds_now() >= rule.expires {
        return 0;
    }
    rule.id
}

#[inline(always)]
fn port_id(rules: &Array<port_rules, 65536>, port: u16, which: usize) -> u32 {
    // SAFETY: maps give null or a value.
    match unsafe { rules.at(port.into()).as_ref() } {
        Some(found) => active_id(&found.r#use[which & 3]),
        None => 0,
    }
}

impl Lookup {
    #[inline(always)]
    fn uses(&self, list: u32, scope: u32) -> bool {
        self.used & used_bit(list, scope) != 0
    }

    /// Asks a list for `key`: for any packet, then for those of the packet's group.
    #[inline(always)]
    fn find<K: Scoped, const TYPE: usize, const MAX: usize, const FLAGS: usize>(
        &self,
        number: u32,
        list: &ListOf<Map<K, rule, TYPE, MAX, FLAGS>>,
        mut key: K,
    ) -> u32 {
        if !self.uses(number, SCOPE_ANY) && !self.uses(number, SCOPE_GROUP) {
            return 0;
        }
        let Some(rules) = list.get(&self.set) else {
            return 0;
        };
        if self.uses(number, SCOPE_ANY) {
            let id = active_id(rules.get(&key));
            if id != 0 {
                return id;
            }
        }
        if !self.uses(number, SCOPE_GROUP) {
            return 0;
        }
        key.set_scope(SCOPE_GROUP, self.group);
        active_id(rules.get(&key))
    }

    #[inline(always)]
    pub fn host4(&self, address_be: u32) -> u32 {
        let key = host4_key {
            scope: SCOPE_ANY,
            scope_value: 0,
            address_be,
        };
        self.find(LIST_HOSTS4, &hosts4, key)
    }

    #[inline(always)]
    pub fn net4(&self, address_be: u32) -> u32 {
        let key = net4_key {
            prefixlen: NET_SCOPE_BITS + 32,
            scope: SCOPE_ANY,
            scope_value: 0,
            address_be,
        };
        self.find(LIST_NETS4, &nets4, key)
    }

    #[inline(always)]
    pub fn host6(&self, address: [u8; 16]) -> u32 {
        let key = host6_key {
            scope: SCOPE_ANY,
            scope_value: 0,
            address,
        };
        self.find(LIST_HOSTS6, &hosts6, key)
    }

    #[inline(always)]
    pub fn net6(&self, address: [u8; 16]) -> u32 {
        let key = net6_key {
            prefixlen: NET_SCOPE_BITS + 128,
            scope: SCOPE_ANY,
            scope_value: 0,
            address,
        };
        self.find(LIST_NETS6, &nets6, key)
    }

    /// The rule of the destination, else of the source port.
    #[inline(always)]
    pub fn ports(&self, destination: u16, source: u16, protocol: usize) -> u32 {
        if !self.uses(LIST_PORTS, SCOPE_ANY) {
            return 0;
        }
        let Some(rules) = ports.get(&self.set) else {
            return 0;
        };
        match port_id(rules, destination, protocol + PORT_DESTINATION) {
            0 => port_id(rules, source, protocol + PORT_SOURCE),
            id => id,
        }
    }
}
