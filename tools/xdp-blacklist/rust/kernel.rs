// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
//! What the program needs of the kernel.

use core::arch::asm;
use core::mem::transmute;

/// Laid out wrong on purpose: only relocations find the members.
mod vmlinux {
    #[repr(C)]
    pub struct xdp_buff {
        pub not_there: u64,
        pub rxq: *const xdp_rxq_info,
    }

    #[repr(C)]
    pub struct xdp_rxq_info {
        pub not_there: [u64; 3],
        pub dev: *const net_device,
    }

    #[repr(C)]
    pub struct net_device {
        pub not_there: u32,
        pub group: i32,
    }
}
use vmlinux::xdp_buff;

/// The context of an XDP program. Its layout is a promise of the kernel, so it needs no relocation
/// and is not in `vmlinux`. Source: include/uapi/linux/bpf.h.
#[repr(C)]
pub struct xdp_md {
    pub data: u32,
    pub data_end: u32,
    pub data_meta: u32,
    pub ingress_ifindex: u32,
    pub rx_queue_index: u32,
    pub egress_ifindex: u32,
}

/// Values of `enum xdp_action`.
pub const XDP_DROP: u32 = 1;
pub const XDP_PASS: u32 = 2;

extern "C" {
    /// Calls bpf_cast_to_kern_ctx, see kfuncs.c.
    fn kernel_context(context: *const xdp_md) -> *const xdp_buff;
}

/// The group of the device that the packet came in by.
///
/// # Safety
/// `context` is what the program was called with.
pub unsafe fn device_group(context: *const xdp_md) -> u32 {
    let buff: *const xdp_buff = kernel_context(context);
    (*(*(*buff).rxq).dev).group as u32
}

/// Seconds of CLOCK_BOOTTIME.
pub fn seconds_now() -> u32 {
    // SAFETY: helper 125 is bpf_ktime_get_boot_ns.
    let nanoseconds = unsafe {
        let call: unsafe extern "C" fn() -> u64 = transmute(125usize);
        call()
    };
    (nanoseconds / 1_000_000_000) as u32
}

/// The same number, of which the compiler knows nothing more. Keeps a bound and what it is a bound
/// of in one register, for the verifier. Not an empty template: rustc wants the operand to be used,
/// and a comment would be a line of the source without an instruction, which kernels refuse.
#[inline(always)]
pub fn opaque(mut number: usize) -> usize {
    // SAFETY: it changes nothing.
    unsafe { asm!("{0} = {0}", inout(reg) number, options(nomem, nostack, preserves_flags)) };
    number
}

#[inline(always)]
pub fn opaque_pointer(mut pointer: *const u8) -> *const u8 {
    // SAFETY: it changes nothing.
    unsafe { asm!("{0} = {0}", inout(reg) pointer, options(nomem, nostack, preserves_flags)) };
    pointer
}
