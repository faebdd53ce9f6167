-- KEYS: stream, delayed, delayed entries. ARGV: group, most failures kept, then of each: id, deliveries, milliseconds
-- to wait, failure (or nothing: not counted).
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for at = 3, #ARGV, 4 do
  local id, count, wait, failure = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  local fields = held(KEYS[1], ARGV[1], id, count)
  if fields then
    local later = redis.call('XADD', KEYS[3], '*', unpack(carried(fields, count, failure, tonumber(ARGV[2]))))
    redis.call('ZADD', KEYS[2], string.format('%.0f', now + tonumber(wait)), later)
    redis.call('XACK', KEYS[1], ARGV[1], id)
    redis.call('XDEL', KEYS[1], id)
  end
end
return 1
