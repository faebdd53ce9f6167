-- Put before record.lua, probe.lua and hold.lua. The rule and the names of the state are those of BreakerRule's
-- documentation; the fields of the hash:
--   h half; c, f, s counts of this half; C, F, S of the half before; o open_until (0: none); l open_length;
--   p probe_until (0: none); t latency; e last_failure
-- Times are microseconds of the server's clock, as integer text.

local function text(number) return string.format('%.0f', number) end

local function server_time()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end

-- What is known of a breaker; zeros where nothing is.
local function state(key)
  local names = { 'h', 'c', 'f', 's', 'C', 'F', 'S', 'o', 'l', 'p', 't' }
  local found, known = redis.call('HMGET', key, unpack(names)), {}
  for at, name in ipairs(names) do known[name] = tonumber(found[at] or '0') end
  known.latency = found[11] and known.t
  return known
end

-- May be forgotten some time after its last use, and not while it is open.
local function keep(key, open_until, now, kept_ms)
  local open_ms = math.max(0, math.ceil((open_until - now) / 1000))
  redis.call('PEXPIRE', key, text(open_ms + tonumber(kept_ms)))
end
