-- KEYS: calls being reclaimed, then the calls. ARGV: their ids. Answers how many there were. One that is not being
-- reclaimed is let alone: it is open.
local count = 0
for at, id in ipairs(ARGV) do
  if redis.call('ZREM', KEYS[1], id) == 1 then
    redis.call('DEL', KEYS[1 + at])
    count = count + 1
  end
end
return count
