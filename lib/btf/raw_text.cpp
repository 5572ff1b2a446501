#include "btf/raw_text.h"

#include "base/printable.h"

namespace btfreloc::btf {
namespace {

/// Prints one type; the overloads below write what its kind has behind `[id] KIND 'name'`.
class RawPrinter {
 public:
  RawPrinter(TextBuffer& out, const View& view) : out_(out), view_(view) {}

  void print(TypeId id) {
    out_ << '[';
    out_.decimal(id.value) << "] " << kind_name(view_, id) << ' ';
    quoted(view_.name_offset(id));
    std::visit([this](const auto& type) { rest(type); }, view_.decode(id));
    out_ << '\n';
  }

 private:
  void quoted(StrOff name) {
    const std::string_view text = name.value == 0 ? "(anon)" : view_.string(name);
    out_ << '\'';
    if (is_printable(text)) {
      out_ << text;
    } else {
      out_ << printable(text);
    }
    out_ << '\'';
  }
  template <class I>
  void field(std::string_view label, I value) {
    out_ << label;
    out_.decimal(value);
  }
  void type_field(TypeId id) { field(" type_id=", id.value); }

  void rest(const Void&) {}
  void rest(const Unknown&) {}
  void rest(const Int& type) {
    field(" size=", type.size.value);
    field(" bits_offset=", type.offset.value);
    field(" nr_bits=", type.bits.value);
    out_ << " encoding=" << encoding_name(type.encoding);
  }
  void rest(const Ptr& type) { type_field(type.type); }
  void rest(const Typedef& type) { type_field(type.type); }
  void rest(const Volatile& type) { type_field(type.type); }
  void rest(const Const& type) { type_field(type.type); }
  void rest(const Restrict& type) { type_field(type.type); }
  void rest(const TypeTag& type) { type_field(type.type); }
  void rest(const Array& type) {
    type_field(type.type);
    field(" index_type_id=", type.index_type.value);
    field(" nr_elems=", type.nr_elems);
  }
  void rest(const Struct& type) { composite(type.size, type.members); }
  void rest(const Union& type) { composite(type.size, type.members); }
  void composite(ByteCount size, const Records<Member>& members) {
    field(" size=", size.value);
    field(" vlen=", members.size());
    for (const Member member : members) {
      out_ << "\n\t";
      quoted(member.name);
      type_field(member.type);
      field(" bits_offset=", member.offset.value);
      if (member.bitfield_size.value != 0) field(" bitfield_size=", member.bitfield_size.value);
    }
  }
  void rest(const Enum& type) { enumeration(type, "", ""); }
  void rest(const Enum64& type) { enumeration(type, "LL", "ULL"); }
  void enumeration(const auto& type, std::string_view signed_end, std::string_view unsigned_end) {
    out_ << " encoding=" << (type.is_signed ? "SIGNED" : "UNSIGNED");
    field(" size=", type.size.value);
    field(" vlen=", type.values.size());
    for (const auto enumerator : type.values) {
      out_ << "\n\t";
      quoted(enumerator.name);
      if (type.is_signed) {
        field(" val=", static_cast<std::int64_t>(enumerator.value));
        out_ << signed_end;
      } else {
        field(" val=", enumerator.value);
        out_ << unsigned_end;
      }
    }
  }
  void rest(const Fwd& type) {
    out_ << " fwd_kind=" << (type.is_union ? std::string_view("union") : "struct");
  }
  void rest(const Func& type) {
    type_field(type.type);
    out_ << " linkage=" << linkage_name(type.linkage);
  }
  void rest(const FuncProto& type) {
    field(" ret_type_id=", type.return_type.value);
    field(" vlen=", type.params.size());
    for (const Param param : type.params) {
      out_ << "\n\t";
      quoted(param.name);
      type_field(param.type);
    }
  }
  void rest(const Var& type) {
    type_field(type.type);
    out_ << ", linkage=" << linkage_name(type.linkage);
  }
  void rest(const Datasec& type) {
    field(" size=", type.size.value);
    field(" vlen=", type.vars.size());
    for (const SectionVar var : type.vars) {
      field("\n\ttype_id=", var.type.value);
      field(" offset=", var.offset.value);
      field(" size=", var.size.value);
      out_ << " (" << kind_name(view_, var.type) << ' ';
      quoted(view_.name_offset(var.type));
      out_ << ')';
    }
  }
  void rest(const Float& type) { field(" size=", type.size.value); }
  void rest(const DeclTag& type) {
    type_field(type.type);
    field(" component_idx=", type.component);
  }

  TextBuffer& out_;
  const View& view_;
};

}  // namespace

void print_raw(TextBuffer& out, const View& view, TypeId id) { RawPrinter(out, view).print(id); }

std::string_view encoding_name(std::uint8_t encoding) {
  switch (encoding) {
    case 0: return "(none)";
    case kIntSigned: return "SIGNED";
    case kIntChar: return "CHAR";
    case kIntBool: return "BOOL";
    default: return "UNKN";
  }
}

std::string_view linkage_name(Linkage linkage) {
  switch (linkage) {
    case Linkage::is_static: return "static";
    case Linkage::is_global: return "global";
    case Linkage::is_extern: return "extern";
  }
  return "(unknown)";
}

std::string_view kind_name(const View& view, TypeId id) {
  const auto kind = view.kind(id);
  return kind ? traits(*kind).name : "UNKNOWN";
}

}  // namespace btfreloc::btf
