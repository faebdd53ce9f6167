-- Put before reserve.lua and settle.lua.
--
-- A rate is kept as its theoretical arrival time (ITU-T I.371): 'us:rest', microseconds of the server's clock and a rest
-- in parts of which `per` (units a minute) make a microsecond, so that nothing is rounded: a rate of seven a minute with
-- a burst of seven grants seven at once. All whole numbers below 2^53, which a Lua number holds exactly.

local function text(number) return string.format('%.0f', number) end

local function server_time()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end

-- The arrival time after `us` and `rest` are added to what is kept; and how far what was kept lies ahead of now.
local function after(key, now, us, rest, per)
  local kept_us, kept_rest = now, 0
  local kept = redis.call('GET', key)
  if kept then
    local at = string.find(kept, ':', 1, true)
    local found = tonumber(string.sub(kept, 1, at - 1))
    -- The rest is in parts of the rate that was; where that was another it is off by less than a microsecond.
    if found >= now then kept_us, kept_rest = found, math.min(tonumber(string.sub(kept, at + 1)), per - 1) end
  end
  local new_us, new_rest = kept_us + us, kept_rest + rest
  if new_rest >= per then new_us, new_rest = new_us + 1, new_rest - per end
  return new_us, new_rest, kept_us - now, kept_rest
end

-- Of no use any more when it is reached: all of the burst can be taken then, as if nothing had been.
local function keep_rate(key, now, us, rest)
  redis.call('SET', key, text(us) .. ':' .. text(rest), 'PX', text(math.floor((us - now) / 1000) + 1))
end
