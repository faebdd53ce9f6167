-- KEYS: stream, dead letters. ARGV: group, most failures kept, most dead letters, id, deliveries, failure, time of
-- burial in milliseconds.
local fields = held(KEYS[1], ARGV[1], ARGV[4], ARGV[5])
if not fields then return 0 end
-- It stays in the queue rather than push out another: nothing is lost for want of room.
local dead = redis.call('XLEN', KEYS[2])
if dead >= tonumber(ARGV[3]) then
  return redis.error_reply('OCTAVOFULL there are ' .. dead .. ' dead letters of at most ' .. ARGV[3])
end
local kept = carried(fields, ARGV[5], ARGV[6], tonumber(ARGV[2]))
redis.call('XADD', KEYS[2], '*', 'b', ARGV[7], unpack(kept))
redis.call('XACK', KEYS[1], ARGV[1], ARGV[4])
redis.call('XDEL', KEYS[1], ARGV[4])
return 1
