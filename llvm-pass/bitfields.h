#pragma once

#include <optional>
#include <vector>

#include "access_chain.h"
#include "llvm/IR/Instructions.h"

namespace btfreloc::pass {

/// Code that reads one bitfield: a load, and the shifts and masks that take the bitfield out of it.
struct BitfieldRead {
  Step field;
  bool is_signed;
  llvm::Instruction*
      result;  ///< Its value is the bitfield; the load itself when nothing is cut off.
};

/// Code that writes one bitfield: a load, masks, and the store.
struct BitfieldWrite {
  Step field;
  llvm::Value* value;  ///< New value of the bitfield, in the low bits.
};

/// How one load of storage is used.
struct BitfieldLoad {
  std::vector<BitfieldRead> reads;
  /// The bitfield of a store that writes the rest of the storage back.
  std::optional<Step> written;
};

/// Finds the bitfields of the record that the code takes from the load. None when some user of the
/// load takes bits that are no bitfield.
std::optional<BitfieldLoad> match_load(llvm::LoadInst& load, const Storage& storage);
/// The bitfield that the store changes. None when it changes others, too.
std::optional<BitfieldWrite> match_store(llvm::StoreInst& store, const Storage& storage);

/// Whether a load or store takes or changes just the bits of some bitfield of the record,
/// whichever.
bool may_access_bitfield(llvm::Instruction& instruction, const Storage& storage);

/// Makes the code read the bitfield wherever the kernel has it: by the byte offset, byte size and
/// shifts that are relocated, as BPF_CORE_READ_BITFIELD of libbpf does. `base` is that of
/// `meaning`.
void rewrite_read(AccessChains& chains, llvm::Value* base, const Meaning& meaning,
                  llvm::LoadInst& load, const BitfieldRead& read);
/// And BPF_CORE_WRITE_BITFIELD.
void rewrite_write(AccessChains& chains, llvm::Value* base, const Meaning& meaning,
                   llvm::StoreInst& store, const BitfieldWrite& write);

}  // namespace btfreloc::pass
