-- KEYS: open calls, calls being reclaimed. ARGV: most calls, milliseconds until a call is given again, what the name of
-- a call's key begins with, milliseconds that a call is kept. Answers id, tokens, nanodollars and record of each.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local due, max = string.format('%.0f', now), tonumber(ARGV[1])
local later = string.format('%.0f', now + tonumber(ARGV[2]))
local answer, given = {}, 0
for from = 2, 1, -1 do
  -- First those that somebody took and did not finish.
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[from], '-inf', due, 'LIMIT', 0, max - given)) do
    local call = redis.call('HMGET', ARGV[3] .. id, 't', 'n', 'r')
    redis.call('ZREM', KEYS[from], id)
    -- A call that nobody asked for in all the time it is kept for is forgotten.
    if call[1] then
      redis.call('ZADD', KEYS[2], later, id)
      answer[#answer + 1] = id
      for part = 1, 3 do answer[#answer + 1] = call[part] end
      given = given + 1
    end
  end
  if given >= max then break end
end
if given > 0 then redis.call('PEXPIRE', KEYS[2], ARGV[4]) end
return answer
