#include "btf/header/rust_support.h"

namespace btfreloc::btf {
namespace {

// Bit 0 is the lowest of the first byte.
constexpr std::string_view kLittleEndianBits = R"(
    /// Bitfields in bytes, which lie in them as in little-endian kernels.
    mod bits_ {
        #[inline(always)]
        pub const fn get<const N: usize>(bytes: &[u8; N], offset: usize, size: usize) -> u64 {
            let mut value = 0;
            let mut i = offset / 8;
            while 8 * i < offset + size {
                let byte = bytes[i] as u64;
                value |= if 8 * i < offset { byte >> (offset - 8 * i) } else { byte << (8 * i - offset) };
                i += 1;
            }
            value & (u64::MAX >> (64 - size))
        }

        #[inline(always)]
        pub const fn get_signed<const N: usize>(bytes: &[u8; N], offset: usize, size: usize) -> i64 {
            (get(bytes, offset, size) << (64 - size)) as i64 >> (64 - size)
        }

        #[inline(always)]
        pub const fn set<const N: usize>(bytes: &mut [u8; N], offset: usize, size: usize, value: u64) {
            let mask = u64::MAX >> (64 - size);
            let mut i = offset / 8;
            while 8 * i < offset + size {
                let (mask, part) = if 8 * i < offset {
                    (mask << (offset - 8 * i), (value & mask) << (offset - 8 * i))
                } else {
                    (mask >> (8 * i - offset), (value & mask) >> (8 * i - offset))
                };
                bytes[i] = bytes[i] & !(mask as u8) | part as u8;
                i += 1;
            }
        }
    }
)";

// Bit 0 is the highest of the first byte.
constexpr std::string_view kBigEndianBits = R"(
    /// Bitfields in bytes, which lie in them as in big-endian kernels.
    mod bits_ {
        #[inline(always)]
        pub const fn get<const N: usize>(bytes: &[u8; N], offset: usize, size: usize) -> u64 {
            let (mut value, end) = (0, offset + size);
            let mut i = offset / 8;
            while 8 * i < end {
                let byte = bytes[i] as u64;
                let next = 8 * i + 8;
                value |= if next < end { byte << (end - next) } else { byte >> (next - end) };
                i += 1;
            }
            value & (u64::MAX >> (64 - size))
        }

        #[inline(always)]
        pub const fn get_signed<const N: usize>(bytes: &[u8; N], offset: usize, size: usize) -> i64 {
            (get(bytes, offset, size) << (64 - size)) as i64 >> (64 - size)
        }

        #[inline(always)]
        pub const fn set<const N: usize>(bytes: &mut [u8; N], offset: usize, size: usize, value: u64) {
            let (mask, end) = (u64::MAX >> (64 - size), offset + size);
            let mut i = offset / 8;
            while 8 * i < end {
                let next = 8 * i + 8;
                let (mask, part) = if next < end {
                    (mask >> (end - next), (value & mask) >> (end - next))
                } else {
                    (mask << (next - end), (value & mask) << (next - end))
                };
                bytes[i] = bytes[i] & !(mask as u8) | part as u8;
                i += 1;
            }
        }
    }
)";

// A relocated size chooses among loads of each: there is none of a size that is known later.
constexpr std::string_view kRelocatedBits = R"(
    /// A number about a member, which becomes a relocation. Where the pass did not run, the linker
    /// or loader says that there is no such function.
    macro_rules! ask_ {
        ($function:ident, $record:literal, $member:literal) => {{
            unsafe extern "C" {
                fn $function(_: *const ::core::ffi::c_char, _: *const ::core::ffi::c_char) -> u32;
            }
            $function(
                concat!($record, "\0") as *const str as *const ::core::ffi::c_char,
                concat!($member, "\0") as *const str as *const ::core::ffi::c_char,
            )
        }};
    }

    /// The bitfield out of the bytes around it.
    macro_rules! shift_bits_ {
        ($bytes:ident, $kind:ty, $record:literal, $member:literal) => {
            ($bytes << ask_!(__btfreloc_field_left_shift, $record, $member)) as $kind
                >> ask_!(__btfreloc_field_right_shift, $record, $member)
        };
    }

    /// A bitfield, for programs that may load from the address of its record.
    macro_rules! load_bits_ {
        ($address:ident, $kind:ty, $record:literal, $member:literal) => {{
            let offset = ask_!(__btfreloc_field_offset, $record, $member) as usize;
            let address = $address.cast::<u8>().add(offset);
            let bytes = match ask_!(__btfreloc_field_size, $record, $member) {
                1 => *address as u64,
                2 => *address.cast::<u16>() as u64,
                4 => *address.cast::<u32>() as u64,
                _ => *address.cast::<u64>(),
            };
            shift_bits_!(bytes, $kind, $record, $member)
        }};
    }

    /// A bitfield by bpf_probe_read_kernel, which is helper 113; 0 where that fails.
    macro_rules! probe_bits_ {
        ($address:ident, $kind:ty, $record:literal, $member:literal) => {{
            let offset = ask_!(__btfreloc_field_offset, $record, $member) as usize;
            let size = ask_!(__btfreloc_field_size, $record, $member);
            let read: unsafe extern "C" fn(*mut u8, u32, *const u8) -> i64 =
                ::core::mem::transmute(113usize);
            let mut bytes = 0u64;
            let unused = if cfg!(target_endian = "big") { 8 - size as usize } else { 0 };
            read((&raw mut bytes).cast::<u8>().add(unused), size, $address.cast::<u8>().add(offset));
            shift_bits_!(bytes, $kind, $record, $member)
        }};
    }
)";

constexpr std::string_view kEnumWrapper = R"(
    /// What the kernel declares as an enum, and may be any number.
    #[repr(transparent)]
    #[derive(Clone, Copy)]
    pub struct enum_<T: enums_::Enum>(::core::mem::MaybeUninit<T>);

    impl<T: enums_::Enum> enum_<T> {
        #[inline(always)]
        pub const fn value(self) -> T::Value {
            // SAFETY: an integer of that size, as the enum's own `repr` says.
            unsafe { ::core::mem::transmute_copy(&self) }
        }
    }
)";

}  // namespace

std::string_view rust_bits_module(std::endian order) {
  return order == std::endian::little ? kLittleEndianBits : kBigEndianBits;
}

std::string_view rust_relocated_bits() { return kRelocatedBits; }

std::string_view rust_enum_wrapper() { return kEnumWrapper; }

}  // namespace btfreloc::btf
