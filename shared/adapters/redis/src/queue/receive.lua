-- KEYS: stream, delayed, delayed entries. ARGV: group, consumer, most messages, visibility in milliseconds, most
-- delayed ones to look at, idle milliseconds after which a consumer that holds nothing is forgotten (0: none is).
-- Answers: milliseconds until the next delayed one is due (-1: there is none), the last id that was delivered to
-- anybody, and the messages taken: id, deliveries by this stream, fields.
local stream, delayed, entries = KEYS[1], KEYS[2], KEYS[3]
local group, consumer, max, visibility = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- What is due goes back to the stream, in this one step: a crash finds it before or after, never nowhere.
for _, id in ipairs(redis.call('ZRANGEBYSCORE', delayed, '-inf', string.format('%.0f', now), 'LIMIT', 0, ARGV[5])) do
  local entry = redis.call('XRANGE', entries, id, id)[1]
  if entry then
    redis.call('XADD', stream, '*', unpack(entry[2]))
    redis.call('XDEL', entries, id)
  end
  redis.call('ZREM', delayed, id)
end

local taken = {}
-- First what somebody took and did not answer for in time. The rounds are bounded because entries that are held
-- rightly may stand before those that are not.
local cursor, rounds = '0-0', 0
repeat
  local claimed = redis.call('XAUTOCLAIM', stream, group, consumer, visibility, cursor, 'COUNT', max - #taken)
  cursor, rounds = claimed[1], rounds + 1
  for _, entry in ipairs(claimed[2]) do
    if entry and entry[2] then
      local pending = redis.call('XPENDING', stream, group, entry[1], entry[1], 1)[1]
      taken[#taken + 1] = { entry[1], pending[4], entry[2] }
    end
  end
until cursor == '0-0' or #taken >= max or rounds >= 20

if #taken < max then
  local read = redis.call('XREADGROUP', 'GROUP', group, consumer, 'COUNT', max - #taken, 'STREAMS', stream, '>')
  if read then
    for _, entry in ipairs(read[1][2]) do
      taken[#taken + 1] = { entry[1], 1, entry[2] }
    end
  end
end

local due, last = -1, '0-0'
if #taken == 0 then
  local first = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')
  if first[2] then due = math.max(0, tonumber(first[2]) - now) end
  for _, info in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
    local named = {}
    for at = 1, #info, 2 do named[info[at]] = info[at + 1] end
    if named['name'] == group then last = named['last-delivered-id'] end
  end
  if tonumber(ARGV[6]) > 0 then
    for _, info in ipairs(redis.call('XINFO', 'CONSUMERS', stream, group)) do
      local named = {}
      for at = 1, #info, 2 do named[info[at]] = info[at + 1] end
      if named['pending'] == 0 and named['idle'] > tonumber(ARGV[6]) then
        redis.call('XGROUP', 'DELCONSUMER', stream, group, named['name'])
      end
    end
  end
end
return { due, last, taken }
