-- KEYS: the rate. ARGV: how many a second.
-- Answers 0 if one was taken; else the microseconds until one is there.
--
-- Kept is the theoretical arrival time (ITU-T I.371) in microseconds of the server's clock, so that all processes count
-- by one clock. All whole numbers below 2^53, which a Lua number holds exactly.

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local per_second = tonumber(ARGV[1])
local interval = math.ceil(1000000 / per_second)
-- A tenth of a second's worth may be taken at once.
local ahead = interval * math.max(math.floor(per_second / 10) - 1, 0)
local kept = tonumber(redis.call('GET', KEYS[1]) or '0')
-- A clock that was set back must not close it for as long.
if kept > now + ahead + interval then kept = now + ahead + interval end
local at = math.max(kept, now)
if at - now > ahead then return at - now - ahead end
redis.call('SET', KEYS[1], string.format('%.0f', at + interval), 'PX', 1000 + math.ceil(ahead / 1000))
return 0
