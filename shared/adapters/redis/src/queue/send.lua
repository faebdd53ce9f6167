-- KEYS: stream, delayed. ARGV: most messages that may wait, then message id and body of each.
local count = (#ARGV - 1) / 2
local waiting = redis.call('XLEN', KEYS[1]) + redis.call('ZCARD', KEYS[2])
if waiting + count > tonumber(ARGV[1]) then
  return redis.error_reply('OCTAVOFULL the queue holds ' .. waiting .. ' messages of at most ' .. ARGV[1])
end
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
for at = 2, #ARGV, 2 do
  redis.call('XADD', KEYS[1], '*', 'i', ARGV[at], 'm', ARGV[at + 1], 'n', '0', 's', now)
end
return count
