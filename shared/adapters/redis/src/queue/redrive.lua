-- KEYS: dead letters, stream, delayed. ARGV: id, most messages that may wait, 1 if the body is replaced, the body, and
-- the message id in it. Answers 1 if the dead letter was there.
local entry = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])[1]
if not entry then return 0 end
local waiting = redis.call('XLEN', KEYS[2]) + redis.call('ZCARD', KEYS[3])
if waiting >= tonumber(ARGV[2]) then
  return redis.error_reply('OCTAVOFULL the queue holds ' .. waiting .. ' messages of at most ' .. ARGV[2])
end
local fields = {}
for at = 1, #entry[2], 2 do
  local name, value = entry[2][at], entry[2][at + 1]
  if name == 'n' then value = '0' end
  if ARGV[3] == '1' and name == 'm' then value = ARGV[4] end
  if ARGV[3] == '1' and name == 'i' then value = ARGV[5] end
  -- The history stays with it; only when it was buried is over.
  if name ~= 'b' then
    fields[#fields + 1] = name
    fields[#fields + 1] = value
  end
end
redis.call('XADD', KEYS[2], '*', unpack(fields))
redis.call('XDEL', KEYS[1], ARGV[1])
return 1
