#include "btfreloc/history_svg.h"
namespace btfreloc::tool {
Result<std::string> draw_history(const HistoryKernels&, const History&) { return std::string("<svg/>"); }
}
