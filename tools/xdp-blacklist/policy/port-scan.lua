-- Blocks for 10 minutes whoever is turned away at more than 20 different ports within 10 seconds.
--
--   xdp-blacklist add tcp:1-21 tcp:23-79 tcp:81-442     # ports that nobody serves here
--   xdp-blacklist policy port-scan.lua
--
-- Events are of packets that were dropped, so there have to be rules of ports that drop some. All
-- drops have to be events: load with --sample 1.

local most_ports = 20
local window = 10        -- seconds
local ban = "10m"
local most_sources = 10000  -- that are remembered; the script may take 16 MiB

local sources = {}  -- address -> {since = seconds, ports = {port -> true}, count = ports}
local remembered = 0

-- Of a window that is over, or the first.
local function start_window(address, now)
  if not sources[address] then
    if remembered >= most_sources then return nil end
    remembered = remembered + 1
  end
  sources[address] = {since = now, ports = {}, count = 0}
  return sources[address]
end

local function forget(address)
  sources[address] = nil
  remembered = remembered - 1
end

function on_event(event)
  if event.what.kind ~= "drop_port" or event.what.is_source ~= 0 then return end
  local address, port = event.source, event.destination_port
  local now = event.time // 1000000000

  local seen = sources[address]
  if not seen or now - seen.since > window then
    seen = start_window(address, now)
    if not seen then return end
  end
  if seen.ports[port] then return end
  seen.ports[port] = true
  seen.count = seen.count + 1
  if seen.count <= most_ports then return end

  log("port scan by " .. address .. ", blocked for " .. ban)
  block(address, {lasts = ban})
  forget(address)
end

function on_tick(now)
  for address, seen in pairs(sources) do
    if now - seen.since > window then forget(address) end
  end
end
