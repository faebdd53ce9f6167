-- KEYS: stream, delayed, dead letters. ARGV: group. Answers: ready, in flight, delayed, dead, milliseconds that the
-- oldest ready one has waited (-1: there is none).
local length, pending, last, oldest = redis.call('XLEN', KEYS[1]), 0, '0-0', -1
if redis.call('EXISTS', KEYS[1]) == 1 then
  for _, info in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
    local named = {}
    for at = 1, #info, 2 do named[info[at]] = info[at + 1] end
    if named['name'] == ARGV[1] then pending, last = named['pending'], named['last-delivered-id'] end
  end
  local first = redis.call('XRANGE', KEYS[1], '(' .. last, '+', 'COUNT', 1)[1]
  if first then
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    oldest = math.max(0, now - tonumber(string.match(first[1], '^%d+')))
  end
end
return { math.max(0, length - pending), pending, redis.call('ZCARD', KEYS[2]), redis.call('XLEN', KEYS[3]), oldest }
