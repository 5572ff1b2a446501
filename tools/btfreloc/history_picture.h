#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/units.h"
#include "btfreloc/history.h"

// What a picture of a timeline shows, before it has places and colours: columns of kernels, rows of
// members, and which row of one column is which of the next.

namespace btfreloc::tool {

struct PictureRow {
  enum class Kind : std::uint8_t {
    member,
    hole,     ///< Bytes that no member has.
    padding,  ///< The same at the end.
    elided,   ///< Members that are left out.
    gone,     ///< Where the member that is asked for had been.
  };
  Kind kind = Kind::member;
  std::string name = {};  ///< Without the path of the struct that the column shows.
  std::string type = {};
  Bits offset = {};  ///< From the start of the outermost struct.
  Bits size = {};
  bool is_bitfield = false;
  std::size_t members = 0;       ///< That are left out; of kernels that share a column, the fewest,
  std::size_t most_members = 0;  ///< and the most.
  bool shares_bytes = false;     ///< With a row above: members of a union.
  bool is_asked = false;
  bool is_new = false;      ///< The column before lacks it.
  bool is_leaving = false;  ///< The column behind lacks it.
  bool is_changed = false;  ///< Its type, size or name: the column before has another.

  /// How many members are left out does not count: that changes with every kernel.
  bool shows_same(const PictureRow& other) const {
    return kind == other.kind && name == other.name && type == other.type &&
           offset == other.offset && is_asked == other.is_asked &&
           (size == other.size || kind == Kind::elided);
  }
};

/// From a row of one column to a row of the next.
struct PictureLink {
  std::size_t from;
  std::size_t to;
  bool is_asked = false;
  std::vector<std::string> labels = {};  ///< "renamed", "16 → 24".
};

/// Neighbouring kernels that look the same.
struct PictureColumn {
  Run run;                  ///< Of the timeline's entries.
  std::string inside = {};  ///< "se", when members of a member are shown; "" for the whole struct.
  std::string inside_type = {};
  std::vector<PictureRow> rows = {};
  std::vector<PictureLink> links = {};  ///< To the column behind.
  bool has_type = true;
};

struct Picture {
  std::vector<PictureColumn> columns;
  std::size_t left_out = 0;  ///< Columns behind the last.
};

/// Whole types show what changes; members what is around them.
Picture make_picture(const Timeline& timeline, const std::string& path);

}  // namespace btfreloc::tool
