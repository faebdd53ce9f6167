-- KEYS: groups. ARGV: group, milliseconds that it is kept (empty: for ever), most groups. Answers 1, or 0 where it is full.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now))
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
local ends = ARGV[2] == '' and '+inf' or string.format('%.0f', now + ARGV[2])
redis.call('ZADD', KEYS[1], ends, ARGV[1])
-- Nobody has to come by for the last one's end.
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2]
if last == 'inf' then
  redis.call('PERSIST', KEYS[1])
else
  redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', tonumber(last)))
end
return 1
