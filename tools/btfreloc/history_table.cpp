#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "btfreloc/diff_report.h"
#include "btfreloc/history_text.h"
#include "btfreloc/table.h"
#include "kernels/column.h"

namespace btfreloc::tool {
namespace {

/// What makes rows of a timeline.
class TimelineTable {
 public:
  TimelineTable(Output& out, const HistoryKernels& kernels, const History& history,
                const Timeline& timeline)
      : out_(out), kernels_(kernels), question_(history.question), timeline_(timeline) {}

  void print() {
    switch (timeline_.subject) {
      case Subject::record: print_record(); break;
      case Subject::enumeration: print_enumeration(); break;
      case Subject::function:
      case Subject::other: print_declarations(); break;
    }
    if (timeline_.steps.empty()) return;
    out_ << "\n";
    for (const Step& step : timeline_.steps) print_step(step);
  }

 private:
  std::string name(Run run) const { return run_name(kernels_, timeline_, run); }
  const Entry& first_of(Run run) const { return timeline_.entries[run.begin]; }

  bool has_modules() const {
    return std::ranges::any_of(timeline_.entries,
                               [](const Entry& entry) { return !entry.module.empty(); });
  }

  /// Why a kernel has no row of its own.
  std::string lack(const Entry& entry) const {
    if (entry.has_type()) return "no such member";
    if (!entry.knows_modules && has_modules()) return "not in the kernel itself";
    return timeline_.subject == Subject::function ? "no such function" : "no such type";
  }

  /// The size of the type in these kernels; "9728-9792" where it is not the same.
  std::string sizes(Run run) const {
    std::uint64_t least = UINT64_MAX;
    std::uint64_t most = 0;
    for (std::size_t i = run.begin; i < run.end; ++i) {
      const auto& size = timeline_.entries[i].size;
      if (!size) return "-";
      least = std::min(least, size->value);
      most = std::max(most, size->value);
    }
    return least == most ? fmt::format("{}", least) : fmt::format("{}-{}", least, most);
  }

  /// The end of a row that is about the whole type.
  void finish_row(std::vector<std::string> row, Run run, Table& table) const {
    if (has_modules()) row.push_back(cell(first_of(run).module));
    table.add(std::move(row));
  }

  void print_record() {
    if (question_.path.empty()) {
      print_sizes();
      return;
    }
    Table table({false, false, true, true, false, true, false});
    std::vector<std::string> head = {
        "kernels", "member", "offset",
        "size",    "type",   question_.keyword.empty() ? "struct" : question_.keyword};
    if (has_modules()) head.emplace_back("module");
    table.add(std::move(head));
    for (const Run run : timeline_.runs()) {
      const Entry& entry = first_of(run);
      if (entry.places.empty()) {
        finish_row({name(run), "-", "-", "-", lack(entry), entry.has_type() ? sizes(run) : "-"},
                   run, table);
      }
      bool is_first = true;
      for (const FieldPlace& place : entry.places) {
        const bool is_head = std::exchange(is_first, false);
        finish_row({is_head ? name(run) : "", cell(place.path), offset_text(place),
                    size_text(place), cell(place.type), is_head ? sizes(run) : ""},
                   run, table);
      }
    }
    table.print(out_);
  }

  void print_sizes() {
    Table table({false, true, true, false});
    std::vector<std::string> head = {"kernels", "size", "members"};
    if (has_modules()) head.emplace_back("module");
    table.add(std::move(head));
    for (const Run run : timeline_.runs()) {
      const Entry& entry = first_of(run);
      if (!entry.has_type()) {
        table.add({name(run), "-", lack(entry)});
      } else {
        finish_row({name(run), sizes(run), fmt::format("{}", entry.members)}, run, table);
      }
    }
    table.print(out_);
  }

  void print_declarations() {
    const bool has_size = timeline_.subject != Subject::function;
    Table table(has_size ? std::vector<bool>{false, true, false} : std::vector<bool>{false, false});
    const auto add = [&](std::string kernels, std::string size, std::string text) {
      std::vector<std::string> row = {std::move(kernels), std::move(text)};
      if (has_size) row.insert(row.begin() + 1, std::move(size));
      table.add(std::move(row));
    };
    add("kernels", "size", has_size ? "type" : "prototype");
    for (const Run run : timeline_.runs()) {
      const Entry& entry = first_of(run);
      std::string text = entry.has_type() ? cell(entry.declaration) : lack(entry);
      if (entry.has_type() && text.empty()) text = cell(entry.title);
      if (!entry.module.empty()) text += fmt::format("  (module {})", cell(entry.module));
      add(name(run), entry.has_type() && entry.size ? sizes(run) : "-", std::move(text));
    }
    table.print(out_);
  }

  /// Each enumerator with each of its values, and the kernels where it has that.
  void print_enumeration() {
    Table table({true, false, false});
    table.add({"value", "enumerator", "kernels"});
    struct Row {
      EnumeratorValue value;
      std::vector<Run> runs;
    };
    std::vector<Row> rows;
    std::unordered_map<std::string, std::vector<std::size_t>> by_name;
    for (std::size_t i = 0; i < timeline_.entries.size(); ++i) {
      for (const EnumeratorValue& value : timeline_.entries[i].values) {
        auto& known = by_name[value.name];
        auto at = std::ranges::find(known, value.value,
                                    [&](std::size_t row) { return rows[row].value.value; });
        if (at == known.end()) {
          known.push_back(rows.size());
          at = known.end() - 1;
          rows.push_back({.value = value, .runs = {}});
        }
        std::vector<Run>& runs = rows[*at].runs;
        if (runs.empty() || runs.back().end < i) runs.push_back({i, i});
        runs.back().end = i + 1;
      }
    }
    std::ranges::stable_sort(rows, [](const Row& a, const Row& b) {
      return kernels::compare_releases(a.value.value, b.value.value) < 0;
    });
    for (const Row& row : rows) {
      std::string names;
      for (const Run run : row.runs) names += (names.empty() ? "" : ", ") + name(run);
      const bool is_everywhere =
          row.runs.size() == 1 && row.runs[0].end - row.runs[0].begin == timeline_.entries.size();
      table.add({row.value.value, cell(row.value.name),
                 is_everywhere && timeline_.entries.size() > 1 ? "all" : names});
    }
    table.print(out_);
  }

  void print_step(const Step& step) {
    const bool has_members = step.type && !step.type->fields.empty();
    // What happened to which member is said below.
    const std::string what =
        has_members ? size_step_text(timeline_, step) : step_text(timeline_, step);
    out_ << fmt::format("{}{}\n", between(kernels_, timeline_, step),
                        what.empty() ? "" : ": " + what);
    if (!has_members) return;
    DiffEntry entry;
    entry.old_btf = timeline_.entries[step.before].definition->btf;
    entry.new_btf = timeline_.entries[step.after].definition->btf;
    entry.change = *step.type;
    print_members(out_, entry);
  }

  Output& out_;
  const HistoryKernels& kernels_;
  const Question& question_;
  const Timeline& timeline_;
};

/// "struct inode.i_ctime, in 8 kernels of x86_64"
std::string heading(const Output& out, const HistoryKernels& kernels, const History& history) {
  std::string archs;
  for (const HistoryKernel& kernel : kernels.kernels().first(kernels.asked_for())) {
    if (!archs.empty() && archs.ends_with(kernel.arch)) continue;
    archs += (archs.empty() ? "" : ", ") + kernel.arch;
  }
  const std::size_t count = kernels.asked_for();
  return fmt::format("{}  {}\n", out.heading(cell(history.question.text())),
                     out.dim(fmt::format("in {} kernel{}{}{}", count, count == 1 ? "" : "s",
                                         archs.empty() ? "" : " of ", cell(archs))));
}

}  // namespace

void print_history(Output& out, const HistoryKernels& kernels, const History& history) {
  out << heading(out, kernels, history);
  const bool has_several = history.timelines.size() > 1;
  for (const Timeline& timeline : history.timelines) {
    if (has_several) {
      std::string what = timeline.arch.empty() ? "architecture unknown" : cell(timeline.arch);
      if (timeline.number != 0) what += fmt::format(", definition {}", timeline.number);
      out << "\n" << out.heading(what) << "\n";
    }
    TimelineTable(out, kernels, history, timeline).print();
  }
  if (history.left_out != 0) {
    out << fmt::format("\n{} more definitions of that name are left out\n", history.left_out);
  }
}

}  // namespace btfreloc::tool
