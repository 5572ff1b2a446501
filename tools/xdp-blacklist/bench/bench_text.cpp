#include "xdp-blacklist/bench/bench_text.h"

#include <fmt/format.h>

#include <optional>
#include <string>

#include "btfreloc/json.h"
#include "btfreloc/table.h"

namespace xdp_blacklist {
namespace {

using btfreloc::tool::Json;
using btfreloc::tool::Output;
using btfreloc::tool::Table;

const Timing* timing_of(const BenchCell& cell) { return std::get_if<Timing>(&cell); }

/// Of ours to this one.
std::string ratio_text(const BenchRow& row, const Timing& theirs) {
  const Timing* ours = timing_of(row.cells.front());
  if (ours == nullptr) return "";
  const auto value = ratio(*ours, theirs);
  return value ? fmt::format("{:.2f}", *value) : "unsteady";
}

Json json_of(const BenchCell& cell, const std::string& program, const BenchRow& row) {
  Json json{{"program", program}};
  const Timing* timing = timing_of(cell);
  if (timing == nullptr) {
    json["skipped"] = std::get<std::string>(cell);
    return json;
  }
  json["median_ns"] = timing->median;
  json["min_ns"] = timing->fastest;
  json["iqr_ns"] = timing->iqr;
  json["steady"] = timing->is_steady();
  const Timing* ours = timing_of(row.cells.front());
  const auto value = ours == nullptr ? std::nullopt : ratio(*ours, *timing);
  json["ratio"] = value ? Json(*value) : Json(nullptr);
  return json;
}

}  // namespace

void print(Output& out, const BenchReport& report) {
  Table table({false, false, true, true, true, true, false});
  table.add({"packet", "program", "median ns", "min ns", "IQR ns", "ratio", ""});
  for (const BenchRow& row : report.rows) {
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      const std::string packet = i == 0 ? row.packet : "";
      const Timing* timing = timing_of(row.cells[i]);
      if (timing == nullptr) {
        table.add(
            {packet, report.programs[i], "", "", "", "", std::get<std::string>(row.cells[i])});
        continue;
      }
      table.add({packet, report.programs[i], fmt::format("{:.1f}", timing->median),
                 fmt::format("{:.1f}", timing->fastest), fmt::format("{:.1f}", timing->iqr),
                 i == 0 ? "" : ratio_text(row, *timing), ""});
    }
  }
  table.print(out);
  out << "\nratio: the median of the first program to that of the row's; none when either's IQR is "
         "more than 10 % of its median\n";
}

void print_json(Output& out, const BenchReport& report) {
  out << "{\"schema\":\"xdp-blacklist.bench/1\"";
  {
    btfreloc::tool::JsonArray packets(out, "packets");
    for (const BenchRow& row : report.rows) {
      Json programs = Json::array();
      for (std::size_t i = 0; i < row.cells.size(); ++i) {
        programs.push_back(json_of(row.cells[i], report.programs[i], row));
      }
      packets.add(Json{{"packet", row.packet}, {"programs", std::move(programs)}});
    }
  }
  out << "}\n";
}

}  // namespace xdp_blacklist
