-- Blocks for an hour the sources of many malformed packets, and says each minute how many there
-- were of each kind. Sources of such packets can be forged: do not block whom you need.

local most = 100  -- malformed packets of a source in a minute
local never = {["192.0.2.1"] = true}  -- the router, say

local counts = {}   -- source -> packets in this minute
local reasons = {}  -- why -> packets in this minute
local minute = 0

function on_event(event)
  if event.what.kind ~= "malformed" then return end
  local reason = tostring(event.what.reason)
  reasons[reason] = (reasons[reason] or 0) + 1
  if event.ip == 0 or never[event.source] then return end
  local count = (counts[event.source] or 0) + 1
  counts[event.source] = count
  if count == most then block(event.source, {lasts = "1h"}) end
end

function on_tick(now)
  if now // 60 == minute then return end
  minute = now // 60
  for reason, count in pairs(reasons) do log(count .. " malformed packets: " .. reason) end
  counts, reasons = {}, {}
end
