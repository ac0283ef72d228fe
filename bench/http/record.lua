-- What wrk sends: one new reading a request, for a while; then it waits for the last answers and
-- writes down what it saw. Each answer is told from its timestamp, so times are exact, without the
-- correction that wrk makes in its own table.

local ffi = require("ffi")
ffi.cdef([[
  typedef struct { long seconds; long nanoseconds; } moment;
  int clock_gettime(int clock, moment *now);
]])

local MONOTONIC = 1
local moment = ffi.new("moment")

local function now()
  ffi.C.clock_gettime(MONOTONIC, moment)
  return tonumber(moment.seconds) + tonumber(moment.nanoseconds) / 1e9
end

local is_trial = true -- wrk asks once before it starts, to look at the request; it is not sent
local began, ends_at, last
local minute, out, seconds
local sent, times, statuses = {}, {}, {}
local waiting, answered, strangers = 0, 0, 0

-- Arguments: the token, the first minute, the seconds, the file of the result.
function init(arguments)
  wrk.method = "POST"
  wrk.path = "/records/single"
  wrk.headers["Content-Type"] = "application/json"
  wrk.headers["Authorization"] = "Bearer " .. arguments[1]
  minute = tonumber(arguments[2])
  seconds = tonumber(arguments[3])
  out = arguments[4]
end

function request()
  local at = now()
  if began == nil and not is_trial then
    began, ends_at = at, at + seconds
  end
  if began ~= nil and at >= ends_at then
    return "" -- nothing is sent; the connection stays as it is
  end
  local stamp = os.date("!%Y-%m-%dT%H:%M", 1420070400 + minute * 60)
  local body = string.format(
    '{"timestamp": "%s:00Z", "meterValue": %d.%03d}',
    stamp, math.floor(minute * 8 / 1000), minute * 8 % 1000
  )
  if is_trial then
    is_trial = false
  else
    minute = minute + 1
    waiting = waiting + 1
    sent[stamp] = at
  end
  return wrk.format(nil, nil, nil, body)
end

local function write_result()
  local parts = {}
  for status, count in pairs(statuses) do
    parts[#parts + 1] = string.format('"%d": %d', status, count)
  end
  local file = assert(io.open(out .. ".part", "w"))
  file:write(string.format(
    '{"seconds": %.6f, "next": %d, "strangers": %d, "statuses": {%s}, "times": [',
    last - began, minute, strangers, table.concat(parts, ", ")
  ))
  for index, time in ipairs(times) do
    file:write(index > 1 and ", " or "", string.format("%.6f", time))
  end
  file:write("]}\n")
  file:close()
  assert(os.rename(out .. ".part", out))
end

function response(status, _, body)
  last = now()
  statuses[status] = (statuses[status] or 0) + 1
  local stamp = body:match('"timestamp": ?"(%d+-%d+-%d+T%d+:%d+)')
  if stamp ~= nil and sent[stamp] ~= nil then
    times[#times + 1] = last - sent[stamp]
    sent[stamp] = nil
  else
    strangers = strangers + 1
  end
  waiting = waiting - 1
  if last >= ends_at and waiting == 0 then
    write_result()
    wrk.thread:stop()
  end
end
