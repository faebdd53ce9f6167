-- KEYS: entries, ends. Answers names and entries in turn, of what has not ended.
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local gone
repeat
  gone = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 500)
  if gone[1] then
    redis.call('HDEL', KEYS[1], unpack(gone))
    redis.call('ZREM', KEYS[2], unpack(gone))
  end
until not gone[1]
return redis.call('HGETALL', KEYS[1])
