-- KEYS: history, promised epoch, channel. ARGV: PUBLISH or SPUBLISH, payload, most entries, milliseconds that the history
-- is kept, id of the message (and the epoch, if the history begins with it), 1 if it may have been stored already.
-- Answers epoch and offset.
if ARGV[6] == '1' then
  for _, entry in ipairs(redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 64)) do
    if entry[2][4] == ARGV[5] then return {string.match(entry[2][2], '^\1(%w+) (%d+)\n')} end
  end
end
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
local epoch, offset
if last then
  epoch, offset = string.match(last[2][2], '^\1(%w+) (%d+)\n')
  if not epoch then return redis.error_reply('OCTAVOFOREIGN the history holds what is no message') end
  offset = tonumber(offset) + 1
else
  -- An empty stream remembers the last id that it gave.
  redis.call('DEL', KEYS[1])
  epoch, offset = redis.call('GET', KEYS[2]) or ARGV[5], 1
  -- Not twice: when this history has gone the next one is another.
  redis.call('DEL', KEYS[2])
end
offset = string.format('%.0f', offset)
local message = '\1' .. epoch .. ' ' .. offset .. '\n' .. ARGV[2]
redis.call('XADD', KEYS[1], 'MAXLEN', '=', ARGV[3], offset .. '-0', 'm', message, 'i', ARGV[5])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call(ARGV[1], KEYS[3], message)
return {epoch, offset}
