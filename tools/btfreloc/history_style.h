#pragma once

namespace btfreloc::tool {

/// The looks of the picture. Everything that a colour says, a sign or a word says, too.
inline constexpr const char* kHistoryStyle = R"(
text { font-family: "Helvetica Neue", Helvetica, Arial, "DejaVu Sans", sans-serif; fill: #1b1f24; }
.title { font-size: 24px; font-weight: 600; }
.subtitle { font-size: 13px; fill: #57606a; }
.panel { font-size: 15px; font-weight: 600; }
.title, .kernel, .name, .type, .offset, .tiny, .panel {
  font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
.kernel { font-size: 13px; font-weight: 600; }
.small { font-size: 11px; fill: #57606a; }
.tiny { font-size: 9.5px; fill: #57606a; }
.name { font-size: 12px; }
.type { font-size: 10.5px; fill: #57606a; }
.offset { font-size: 10.5px; fill: #57606a; }
.strong { font-weight: 700; fill: #0a58ca; }
.note { font-size: 10.5px; fill: #57606a; }
.halo { stroke: #ffffff; stroke-width: 4px; stroke-linejoin: round; paint-order: stroke; }
.label { font-size: 11px; font-weight: 600; fill: #0a58ca; }
.sentence, .bullet { font-size: 12.5px; }
.mark { font-size: 13px; font-weight: 700; }
.page { fill: #ffffff; }
.box { fill: #f6f8fa; stroke: #c4cbd3; }
.asked { fill: #0a58ca; stroke: #0a58ca; }
.asked-text { fill: #ffffff; font-weight: 700; }
.asked-mark { fill: #0a58ca; }
.asked-ribbon { fill: #0a58ca; fill-opacity: 0.26; }
.ribbon { fill: #6e7781; fill-opacity: 0.13; }
.ribbon.asked-ribbon { fill: #0a58ca; fill-opacity: 0.26; }
.hole { fill: url(#hatch); stroke: #c4cbd3; stroke-dasharray: 2 2; }
.hatch { stroke: #b4bcc6; fill: none; }
.elided { fill: none; stroke: #c4cbd3; stroke-dasharray: 1 3; }
.gone { fill: none; stroke: #0a58ca; stroke-width: 1.5px; stroke-dasharray: 5 3; }
.new { fill: #1a7f37; }
.changed { fill: #9a6700; }
.leaving { fill: #c2331f; }
.strip { fill: #eef1f4; stroke: #b4bcc6; stroke-width: 0.75px; }
.strip-lines { stroke: #c9d0d8; stroke-width: 0.6px; fill: none; }
.grid { stroke: #d9dee3; stroke-width: 0.75px; }
.rule { stroke: #d9dee3; }
.bracket { stroke: #57606a; stroke-width: 1.4px; }
.pill { fill: #ffffff; stroke: #0a58ca; stroke-width: 0.75px; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .page, .pill { fill: #0d1117; }
  .halo { stroke: #0d1117; }
  .subtitle, .small, .tiny, .type, .offset, .note { fill: #9da7b1; }
  .strong, .label { fill: #79b8ff; }
  .box { fill: #161b22; stroke: #434c56; }
  .asked { fill: #1f6feb; stroke: #1f6feb; }
  .asked-text { fill: #ffffff; }
  .asked-mark, .ribbon.asked-ribbon { fill: #58a6ff; }
  .ribbon { fill: #9da7b1; }
  .hole, .elided { stroke: #434c56; }
  .hatch { stroke: #434c56; }
  .gone, .pill { stroke: #58a6ff; }
  .new { fill: #3fb950; }
  .changed { fill: #d29922; }
  .leaving { fill: #f85149; }
  .strip { fill: #161b22; stroke: #59636e; }
  .strip-lines, .grid, .rule { stroke: #30363d; }
  .bracket { stroke: #9da7b1; }
}
)";

inline constexpr const char* kHistoryDefinitions =
    R"(<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse">)"
    R"(<path class="hatch" d="M0 6L6 0M-1.5 1.5L1.5 -1.5M4.5 7.5L7.5 4.5"/></pattern>
)";

}  // namespace btfreloc::tool
